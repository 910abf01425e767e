package aws

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"ecsbot/actions/fleet"
)

// Definitions reads what services run, by the revision's ARN: those that are remembered, and
// from AWS as many more as calls may be made. A revision that could not be read is left out.
func (f *Fleet) Definitions(ctx context.Context, given fleet.Session, services []fleet.Service, calls int) (map[string]fleet.Definition, error) {
	found := make(map[string]fleet.Definition, len(services))
	var missing []string
	for _, service := range services {
		if known, ok := f.definitions.recall(service.Revision); ok {
			found[service.Revision] = known.shown
		} else if service.Revision != "" && !slices.Contains(missing, service.Revision) {
			missing = append(missing, service.Revision)
		}
	}
	if len(missing) == 0 {
		return found, nil
	}
	session, err := mayRead(given, services[0].Ref)
	if err != nil {
		return nil, fmt.Errorf("read task definitions: %w", err)
	}
	missing = missing[:min(len(missing), calls)]
	read := make([]*definition, len(missing))
	var group errgroup.Group
	group.SetLimit(callsAtOnce)
	client := session.reads()
	for position, revision := range missing {
		group.Go(func() error {
			each, err := f.definitions.get(ctx, client, revision)
			if err == nil {
				read[position] = &each
			}
			return err
		})
	}
	err = group.Wait()
	for position, each := range read {
		if each != nil {
			found[missing[position]] = each.shown
		}
	}
	return found, readError("read task definitions", err)
}
