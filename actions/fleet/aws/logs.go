package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ecsbot/actions/fleet"
)

// Logs reads the newest lines of the service's tasks, oldest first. The tasks and their
// definitions are read as the operation "status" of the same person, since AWS grants each
// operation only its own; while the service looks the same they come from memory, and one
// call for each log group is all. What cannot be read is said in the notes, and what to do.
func (f *Fleet) Logs(
	ctx context.Context, given fleet.Session, service fleet.Service, query fleet.LogQuery,
) (fleet.Lines, error) {
	doing := fmt.Sprintf("read the logs of %s", service.Ref)
	reader, err := mayRead(given, service.Ref)
	if err != nil {
		return fleet.Lines{}, fmt.Errorf("%s: %w", doing, err)
	}
	from, err := f.origins(ctx, reader, service, &query)
	if err != nil {
		return fleet.Lines{}, logsError(doing, err)
	}
	tail := f.newTail(reader, query)
	tail.missing = from.missing
	if err := tail.read(ctx, from.sources); err != nil {
		return fleet.Lines{}, logsError(doing, err)
	}
	from.lines.Lines, from.lines.More = tail.newest()
	from.lines.Notes = append(from.lines.Notes, tail.notes...)
	return from.lines, nil
}

// logsError keeps what was asked for and is not there apart from what AWS refused.
func logsError(doing string, err error) error {
	if absent, is := errors.AsType[*fleet.NotThere](err); is {
		return fmt.Errorf("%s: %w", doing, absent)
	}
	return readError(doing, err)
}

// lister is the session's person, reading tasks and their definitions.
func (f *Fleet) lister(ctx context.Context, reader *session) (*session, error) {
	purpose := reader.purpose
	purpose.Operation, purpose.Changes = "status", false
	given, err := f.Assume(ctx, purpose)
	if err != nil {
		return nil, err
	}
	return mayRead(given, fleet.Ref{Environment: purpose.Environment})
}

// source is one log group and the streams in it that are wanted.
type source struct {
	group   string
	region  string
	streams map[string]origin // by stream name

	isUnreadable bool   // as the first call showed
	first        *begun // what a sweep goes on from; nil where it begins anew
}

// begun is what a first page with lines has brought, and how to go on from it.
type begun struct {
	lines []fleet.Line // oldest first
	next  *string
	limit *int32
}

// origin is the container that writes a stream.
type origin struct{ task, container string }

// origins are the streams that a query is about, and what is known of them before reading.
type origins struct {
	sources   []*source
	lines     fleet.Lines
	missing   func(stream string) // notes that a stream does not exist
	isMissing func(stream string) bool
}

// origins finds the log streams of the service's tasks by their own task definitions. The
// query of a previous task is given that task's time.
func (f *Fleet) origins(ctx context.Context, reader *session, service fleet.Service, query *fleet.LogQuery) (origins, error) {
	known, err := f.roster(ctx, reader, service)
	if err != nil {
		return origins{}, err
	}
	tasks, err := known.chosen(*query)
	if err != nil {
		return origins{}, err
	}
	if query.Previous {
		query.From, query.To = life(tasks[0])
	}
	found := origins{
		missing:   func(stream string) { f.rosters.miss(known, stream) },
		isMissing: func(stream string) bool { return f.rosters.isMissing(known, stream) },
	}
	if len(tasks) == 0 {
		found.lines.Notes = []string{"no tasks are running, and none stopped within that time, so there are no lines to show; look at the service's status and events"}
		return found, nil
	}
	containers := &fleet.NotThere{What: "container", Name: query.Container}
	for _, task := range tasks {
		definition, err := f.definition(ctx, reader, task.Revision)
		if err != nil {
			return origins{}, err
		}
		found.add(reader, task, definition, *query)
		for _, container := range definition.shown.Containers {
			containers.Known = append(containers.Known, container.Name)
		}
	}
	slices.Sort(containers.Known)
	containers.Known = slices.Compact(containers.Known)
	if query.Container != "" && !slices.Contains(containers.Known, query.Container) {
		return origins{}, containers
	}
	found.settle()
	return found, nil
}

// definition reads a revision as whoever reads tasks, unless it is remembered.
func (f *Fleet) definition(ctx context.Context, reader *session, revision string) (definition, error) {
	if known, ok := f.definitions.recall(revision); ok {
		return known, nil
	}
	lister, err := f.lister(ctx, reader)
	if err != nil {
		return definition{}, err
	}
	return f.definitions.get(ctx, lister.reads(), revision)
}

// life is when a task may have written, with some room for what arrives late.
func life(task fleet.Task) (from, to time.Time) {
	from, to = task.Started, task.Stopped.Add(time.Minute)
	if from.IsZero() {
		from = task.Stopped.Add(-time.Hour)
	}
	return from.Add(-time.Minute), to
}

// add adds the streams of one task. One that never ran has none.
func (o *origins) add(reader *session, task fleet.Task, definition definition, query fleet.LogQuery) {
	o.lines.Secrets = append(o.lines.Secrets, definition.secrets...)
	for _, note := range definition.notes {
		if query.Container == "" || strings.HasPrefix(note, query.Container+": ") {
			o.lines.Notes = append(o.lines.Notes, note)
		}
	}
	if never := neverRan(task); never != "" {
		o.lines.Notes = append(o.lines.Notes, never)
		return
	}
	o.lines.Tasks++
	for _, to := range definition.destinations {
		if query.Container != "" && to.container != query.Container {
			continue
		}
		region := cmp.Or(to.region, reader.purpose.Region)
		o.stream(to.group, region, to.prefix+"/"+to.container+"/"+task.ID, origin{task.ID, to.container})
	}
}

// neverRan says why a task has no stream at all.
func neverRan(task fleet.Task) string {
	began := !task.Started.IsZero() || task.Status == "RUNNING"
	for _, container := range task.Containers {
		began = began || container.ExitCode != nil || container.Status == "RUNNING"
	}
	switch {
	case began:
		return ""
	case task.Stopped.IsZero():
		return fmt.Sprintf("task %s has not started yet (%s): it has written nothing", task.ID, task.Status)
	default:
		return fmt.Sprintf("task %s stopped before it ran, so it has no log: %s", task.ID, cmp.Or(task.StopReason, "no reason is given"))
	}
}

func (o *origins) stream(group, region, name string, from origin) {
	for _, known := range o.sources {
		if known.group == group && known.region == region {
			if len(known.streams) < streamsAtOnce {
				known.streams[name] = from
			} else {
				o.lines.Notes = append(o.lines.Notes, fmt.Sprintf("%s: the lines of tasks that stopped earlier are left out; "+
					"name one with --task to see them", group))
			}
			return
		}
	}
	o.sources = append(o.sources, &source{group: group, region: region, streams: map[string]origin{name: from}})
}

// settle leaves out what is known not to exist, and says everything once.
func (o *origins) settle() {
	for _, source := range o.sources {
		for stream := range source.streams {
			if o.isMissing(stream) {
				delete(source.streams, stream)
			}
		}
	}
	o.sources = slices.DeleteFunc(o.sources, func(s *source) bool { return len(s.streams) == 0 || s.isUnreadable })
	slices.Sort(o.lines.Notes)
	slices.Sort(o.lines.Secrets)
	o.lines.Notes, o.lines.Secrets = slices.Compact(o.lines.Notes), slices.Compact(o.lines.Secrets)
}
