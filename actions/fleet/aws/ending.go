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
// task's own environment is among the secrets. The task's definition is read as the operation
// "status", as in Logs.
func (f *Fleet) Ending(
	ctx context.Context, given fleet.Session, service fleet.Service, task fleet.Task, lines int,
) (fleet.Lines, error) {
	doing := fmt.Sprintf("read the end of task %s of %s", task.ID, service.Ref)
	reader, err := mayRead(given, service.Ref)
	if err != nil {
		return fleet.Lines{}, fmt.Errorf("%s: %w", doing, err)
	}
	lister, err := f.lister(ctx, reader)
	if err != nil {
		return fleet.Lines{}, fmt.Errorf("%s: %w", doing, err)
	}
	definition, err := f.definitions.get(ctx, lister.reads(), task.Revision)
	if err != nil {
		return fleet.Lines{}, readError(doing, err)
	}
	var sources []*source
	for _, to := range definition.destinations {
		sources = append(sources, streamOf(definition, task, to.container, lister.purpose.Region))
	}
	began := cmp.Or(task.Started, task.Stopped, time.Now()).Add(-time.Minute)
	tail := f.newTail(reader, fleet.LogQuery{Lines: lines, From: began})
	if err := tail.read(ctx, sources); err != nil {
		return fleet.Lines{}, readError(doing, err)
	}
	found, more := tail.newest()
	return fleet.Lines{Lines: found, Tasks: 1, Notes: slices.Concat(definition.notes, tail.notes), Secrets: definition.values, More: more}, nil
}
