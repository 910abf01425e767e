package aws

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsbot/actions/fleet"
)

// Logs reads the newest lines of the service's running tasks, oldest first. The tasks and
// their definitions are read as the operation "status" of the same person, since AWS grants
// each operation only its own. What cannot be read is said in the notes, and what to do.
func (f *Fleet) Logs(
	ctx context.Context, given fleet.Session, service fleet.Service, query fleet.LogQuery,
) (fleet.Lines, error) {
	doing := fmt.Sprintf("read the logs of %s", service.Ref)
	reader, err := mayRead(given, service.Ref)
	if err != nil {
		return fleet.Lines{}, fmt.Errorf("%s: %w", doing, err)
	}
	lister, err := f.lister(ctx, reader)
	if err != nil {
		return fleet.Lines{}, fmt.Errorf("%s: %w", doing, err)
	}
	result, sources, err := f.sources(ctx, lister, service)
	if err != nil {
		return fleet.Lines{}, readError(doing, err)
	}
	tail := newTail(reader, f.settings.Tag, query)
	if err := tail.read(ctx, sources); err != nil {
		return fleet.Lines{}, readError(doing, err)
	}
	result.Lines = tail.newest()
	result.Notes = append(result.Notes, tail.notes...)
	return result, nil
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
}

// origin is the container that writes a stream.
type origin struct{ task, container string }

// sources finds the log streams of the service's running tasks, sorted by group.
func (f *Fleet) sources(ctx context.Context, lister *session, service fleet.Service) (fleet.Lines, []*source, error) {
	client := lister.reads()
	tasks, err := listTasks(ctx, client, service, types.DesiredStatusRunning)
	if err != nil {
		return fleet.Lines{}, nil, err
	}
	result := fleet.Lines{Tasks: len(tasks)}
	if len(tasks) == 0 {
		result.Notes = []string{"no tasks are running, so there are no lines to show; look at the service's status and events"}
	}
	var sources []*source
	for _, task := range tasks {
		definition, err := f.definitions.get(ctx, client, task.Revision)
		if err != nil {
			return fleet.Lines{}, nil, err
		}
		for _, to := range definition.destinations {
			region := cmp.Or(to.region, lister.purpose.Region)
			sources = addStream(sources, to.group, region, to.prefix+"/"+to.container+"/"+task.ID, origin{task.ID, to.container})
		}
		result.Notes = append(result.Notes, definition.notes...)
		result.Secrets = append(result.Secrets, definition.secrets...)
	}
	slices.Sort(result.Notes)
	slices.Sort(result.Secrets)
	result.Notes, result.Secrets = slices.Compact(result.Notes), slices.Compact(result.Secrets)
	return result, sources, nil
}

func addStream(sources []*source, group, region, stream string, from origin) []*source {
	for _, known := range sources {
		if known.group == group && known.region == region {
			known.streams[stream] = from
			return sources
		}
	}
	return append(sources, &source{group: group, region: region, streams: map[string]origin{stream: from}})
}
