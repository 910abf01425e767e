package aws

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"ecsbot/actions/fleet"
)

// Ending reads the last lines of all containers of a task, stopped or not. Every value of the
// task's own environment is among the secrets.
func (f *Fleet) Ending(
	ctx context.Context, given fleet.Session, service fleet.Service, task fleet.Task, lines int,
) (fleet.Lines, error) {
	doing := fmt.Sprintf("read the end of task %s of %s", task.ID, service.Ref)
	reader, definition, err := f.defined(ctx, doing, given, service, task)
	if err != nil {
		return fleet.Lines{}, err
	}
	var sources []*source
	for _, to := range definition.destinations {
		sources = append(sources, streamOf(definition, task, to.container, reader.purpose.Region))
	}
	began := cmp.Or(task.Started, task.Stopped, time.Now()).Add(-time.Minute)
	tail := f.newTail(reader, fleet.LogQuery{Lines: lines, From: began})
	if err := tail.read(ctx, sources); err != nil {
		return fleet.Lines{}, readError(doing, err)
	}
	found, more := tail.newest()
	return fleet.Lines{Lines: found, Tasks: 1, Notes: slices.Concat(definition.notes, tail.notes), Secrets: definition.values, More: more}, nil
}
