package bench

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"golang.org/x/sync/errgroup"

	"ecsbot/actions/fleet"
	fleetaws "ecsbot/actions/fleet/aws"
	"ecsbot/internal/sandbox"
	"ecsbot/internal/sandbox/aws"
)

// How many deployments are watched, in how many clusters, and what share of the calls of
// watching each alone that may take.
const (
	watchedServices = 1000
	watchedClusters = 20
	watchedShare    = 8
)

// measureWatching is what one round of following many deployments costs at AWS, beside a loop
// that follows each alone.
func measureWatching(ctx context.Context, _ *workshop) ([]line, error) {
	in, err := newLab(terms{fleet: inClusters(watchedServices, watchedClusters)})
	if err != nil {
		return nil, err
	}
	defer in.close()
	watching, refs, err := in.discovered(ctx)
	if err != nil {
		return nil, err
	}
	together, err := in.calls(func() error {
		read, err := watching.ReadAll(ctx, refs)
		if err == nil && len(read) != len(refs) {
			err = fmt.Errorf("%d of %d services were read", len(read), len(refs))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	alone, err := in.calls(func() error { return eachAlone(ctx, watching, refs) })
	if err != nil {
		return nil, err
	}
	return []line{{
		what:     fmt.Sprintf("following %d deployments in %d clusters, each round", watchedServices, watchedClusters),
		measured: fmt.Sprintf("%d calls of AWS", together), against: fmt.Sprintf("each alone: %d calls", alone),
		ratio: ratio(float64(together), float64(alone)), bound: "≤ 1/8 of the calls", held: held(together*watchedShare <= alone),
	}}, nil
}

// discovered is what the bot reads a lab's AWS with, and every service of the environment dev.
func (l *lab) discovered(ctx context.Context) (*fleetaws.Fleet, []fleet.Ref, error) {
	key, secret := l.AWS.BaseKey()
	home, raised := fleet.Scope{Region: sandbox.Region}, fleetaws.Rate{Burst: 5000, PerSecond: 5000}
	made, err := fleetaws.New(ctx, fleetaws.Settings{
		Tag: "Environment", Region: sandbox.Region, Environments: map[string]fleetaws.Environment{"dev": {Scope: home}},
		Rates:  map[string]fleetaws.Rate{"service_read": raised, "cluster_read": raised, "tag_resources": raised},
		Narrow: func(fleet.Purpose) string { return "" },
		LoadOptions: []func(*config.LoadOptions) error{
			config.WithBaseEndpoint(l.address + sandbox.AWSPath),
			config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(key, secret, "")),
		},
	})
	if err != nil {
		return nil, nil, err
	}
	index := fleet.NewIndex(map[string]fleet.Scope{"dev": home})
	err = made.Discover(ctx, home, index)
	return made, index.Services("dev"), err
}

// calls is how many calls of AWS something makes.
func (l *lab) calls(do func() error) (int, error) {
	count := func() int {
		sum := 0
		for _, each := range l.AWS.Counts() {
			sum += each
		}
		return sum
	}
	before := count()
	err := do()
	return count() - before, err
}

// eachAlone reads services as so many loops would, some at a time.
func eachAlone(ctx context.Context, watching *fleetaws.Fleet, refs []fleet.Ref) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(developers)
	for _, ref := range refs {
		group.Go(func() error {
			_, err := watching.Read(ctx, ref)
			return err
		})
	}
	return group.Wait()
}

// inClusters is a fleet of services of one environment, spread over clusters.
func inClusters(services, clusters int) aws.Fleet {
	made := aws.Fleet{}
	tags := map[string]string{"Environment": "dev"}
	for i := range clusters {
		made.Clusters = append(made.Clusters, aws.ClusterSpec{Name: fmt.Sprintf("dev-%02d", i), Tags: tags})
	}
	for i := range services {
		at := i % clusters
		made.Clusters[at].Services = append(made.Clusters[at].Services, aws.ServiceSpec{Name: fmt.Sprintf("service-%04d", i), Tags: tags, Desired: 1})
	}
	return made
}
