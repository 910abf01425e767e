package aws

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"ecsbot/actions/fleet"
)

// LastWords reads the last lines that a container of a stopped task wrote. The credentials
// given are those of reading tasks; the lines are read as the operation "logs" of the same
// person, since AWS grants each operation only its own.
func (f *Fleet) LastWords(
	ctx context.Context, given fleet.Session, service fleet.Service, task fleet.Task, container string, lines int,
) (fleet.Lines, error) {
	doing := fmt.Sprintf("read the last lines of task %s of %s", task.ID, service.Ref)
	lister, err := mayRead(given, service.Ref)
	if err != nil {
		return fleet.Lines{}, fmt.Errorf("%s: %w", doing, err)
	}
	definition, err := f.definitions.get(ctx, lister.reads(), task.Revision)
	if err != nil {
		return fleet.Lines{}, readError(doing, err)
	}
	result := fleet.Lines{Tasks: 1, Secrets: definition.secrets}
	from := streamOf(definition, task, container, lister.purpose.Region)
	if from == nil {
		result.Notes = definition.notes
		return result, nil
	}
	reader, err := f.logReader(ctx, lister)
	if err != nil {
		return fleet.Lines{}, fmt.Errorf("%s: %w", doing, err)
	}
	began := task.Started
	if began.IsZero() { // it never ran; what it wrote all the same is from just before its end
		began = task.Stopped.Add(-time.Hour)
	}
	tail := newTail(reader, f.settings.Tag, fleet.LogQuery{Lines: lines, Since: time.Since(began) + time.Minute})
	if err := tail.read(ctx, []*source{from}); err != nil {
		return fleet.Lines{}, readError(doing, err)
	}
	result.Lines, result.Notes = tail.newest(), tail.notes
	return result, nil
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

// logReader is the session's person, reading log lines.
func (f *Fleet) logReader(ctx context.Context, lister *session) (*session, error) {
	purpose := lister.purpose
	purpose.Operation, purpose.Changes = "logs", false
	given, err := f.Assume(ctx, purpose)
	if err != nil {
		return nil, err
	}
	return mayRead(given, fleet.Ref{Environment: purpose.Environment})
}
