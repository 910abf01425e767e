package aws

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsbot/actions/fleet"
)

// Stopped lists the service's stopped tasks, read as the operation "status" of the session's
// person: why something stopped is asked for with credentials for logs.
func (f *Fleet) Stopped(ctx context.Context, given fleet.Session, service fleet.Service) ([]fleet.Task, error) {
	reader, err := mayRead(given, service.Ref)
	if err != nil {
		return nil, fmt.Errorf("list the tasks of %s: %w", service.Ref, err)
	}
	lister, err := f.lister(ctx, reader)
	if err != nil {
		return nil, fmt.Errorf("list the tasks of %s: %w", service.Ref, err)
	}
	return f.Tasks(ctx, lister, service, string(types.DesiredStatusStopped))
}

// LastWords reads the last lines that a container of a stopped task wrote.
func (f *Fleet) LastWords(
	ctx context.Context, given fleet.Session, service fleet.Service, task fleet.Task, container string, lines int,
) (fleet.Lines, error) {
	doing := fmt.Sprintf("read the last lines of task %s of %s", task.ID, service.Ref)
	reader, definition, err := f.defined(ctx, doing, given, service, task)
	if err != nil {
		return fleet.Lines{}, err
	}
	result := fleet.Lines{Tasks: 1, Secrets: definition.secrets}
	from := streamOf(definition, task, container, reader.purpose.Region)
	if from == nil {
		result.Notes = definition.notes
		return result, nil
	}
	began := task.Started
	if began.IsZero() { // it never ran; what it wrote all the same is from just before its end
		began = task.Stopped.Add(-time.Hour)
	}
	tail := f.newTail(reader, fleet.LogQuery{Lines: lines, From: began.Add(-time.Minute)})
	if err := tail.read(ctx, []*source{from}); err != nil {
		return fleet.Lines{}, readError(doing, err)
	}
	result.Lines, result.More = tail.newest()
	result.Notes = tail.notes
	return result, nil
}

// defined is the session that reads a task's lines, and the task's definition, read as the
// operation "status", as in Logs.
func (f *Fleet) defined(ctx context.Context, doing string, given fleet.Session, service fleet.Service, task fleet.Task) (*session, definition, error) {
	reader, err := mayRead(given, service.Ref)
	if err != nil {
		return nil, definition{}, fmt.Errorf("%s: %w", doing, err)
	}
	lister, err := f.lister(ctx, reader)
	if err != nil {
		return nil, definition{}, fmt.Errorf("%s: %w", doing, err)
	}
	found, err := f.definitions.get(ctx, lister.reads(), task.Revision)
	if err != nil {
		return nil, definition{}, readError(doing, err)
	}
	return reader, found, nil
}

// streamOf is where the container's lines went; nil where they are not in CloudWatch Logs.
func streamOf(definition definition, task fleet.Task, container, region string) *source {
	for _, to := range definition.destinations {
		if to.container == container {
			return &source{
				group: to.group, region: cmp.Or(to.region, region),
				streams: map[string]origin{to.prefix + "/" + to.container + "/" + task.ID: {task.ID, container}},
			}
		}
	}
	return nil
}
