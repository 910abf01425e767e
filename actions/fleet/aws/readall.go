package aws

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	"ecsbot/actions/fleet"
)

const (
	// servicesAtOnce is what one DescribeServices takes (ECS API reference).
	servicesAtOnce = 10
	// clustersAtOnce is what one DescribeClusters takes (ECS API reference).
	clustersAtOnce = 100
	// callsAtOnce bounds the calls of one reading of many.
	callsAtOnce = 8
)

// ReadAll reads many services as Read does, in as few calls as AWS allows, and returns them
// in the order in which they were asked for. Services that are gone are left out. What could
// be read is returned beside an error about the rest.
func (f *Fleet) ReadAll(ctx context.Context, refs []fleet.Ref) ([]fleet.Service, error) {
	var reading bulk
	var group errgroup.Group
	group.SetLimit(callsAtOnce)
	for scope, clusters := range byPlace(refs) {
		client := f.scope(scope).reads
		for names := range slices.Chunk(slices.Collect(maps.Keys(clusters)), clustersAtOnce) {
			group.Go(func() error {
				found, err := describeClusters(ctx, client, names)
				reading.addClusters(scope, found, readError("read clusters", err))
				return nil
			})
		}
		for cluster, services := range clusters {
			for names := range slices.Chunk(services, servicesAtOnce) {
				group.Go(func() error {
					found, err := describeServices(ctx, client, cluster, names)
					reading.addServices(place{scope, cluster}, found, readError("read services of "+cluster, err))
					return nil
				})
			}
		}
	}
	_ = group.Wait()
	return reading.judged(f, refs), errors.Join(reading.errs...)
}

// place is a cluster where it is found.
type place struct {
	scope   fleet.Scope
	cluster string
}

// byPlace sorts the names of services by scope and cluster.
func byPlace(refs []fleet.Ref) map[fleet.Scope]map[string][]string {
	places := make(map[fleet.Scope]map[string][]string)
	for _, ref := range refs {
		if places[ref.Scope] == nil {
			places[ref.Scope] = make(map[string][]string)
		}
		places[ref.Scope][ref.Cluster] = append(places[ref.Scope][ref.Cluster], ref.Name)
	}
	return places
}

// bulk collects the answers of calls that run side by side.
type bulk struct {
	mutex    sync.Mutex
	clusters map[place]types.Cluster
	services map[place]map[string]types.Service
	errs     []error
}

func (b *bulk) addClusters(scope fleet.Scope, found map[string]types.Cluster, err error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if err != nil {
		b.errs = append(b.errs, err)
	}
	if b.clusters == nil {
		b.clusters = make(map[place]types.Cluster)
	}
	for name, cluster := range found {
		b.clusters[place{scope, name}] = cluster
	}
}

func (b *bulk) addServices(at place, found map[string]types.Service, err error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if err != nil {
		b.errs = append(b.errs, err)
	}
	if b.services == nil {
		b.services = make(map[place]map[string]types.Service)
	}
	if b.services[at] == nil {
		b.services[at] = make(map[string]types.Service)
	}
	maps.Copy(b.services[at], found)
}

func (b *bulk) judged(f *Fleet, refs []fleet.Ref) []fleet.Service {
	var services []fleet.Service
	for _, ref := range refs {
		at := place{ref.Scope, ref.Cluster}
		cluster, ok := b.clusters[at]
		if !ok {
			continue
		}
		if service, ok := f.judge(ref, b.services[at], cluster); ok {
			services = append(services, service)
		}
	}
	return services
}
