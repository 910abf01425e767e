package aws

import (
	"context"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	"ecsbot/actions/fleet"
)

const (
	// listedAtOnce is what one ListClusters or ListServices returns at most (ECS API reference).
	listedAtOnce = 100
	// walkers is how many calls a walk makes at once: at 200 ms a call they keep up with the
	// 20 a second that AWS allows.
	walkers = 4
)

// walk goes through every cluster and describes every service in it, tags included: a tenth
// of a call for each service and one for every hundred.
func (f *Fleet) walk(ctx context.Context, client *ecs.Client, found *finding) error {
	var adding sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(walkers)
	err := eachCluster(ctx, client, func(cluster string) error {
		return eachTen(ctx, client, cluster, func(names []string) {
			group.Go(func() error {
				services, err := describeServices(ctx, client, cluster, names)
				if err != nil {
					return vanished(err)
				}
				adding.Lock()
				defer adding.Unlock()
				found.add(f.walked(cluster, services))
				return nil
			})
		})
	})
	if failed := group.Wait(); failed != nil {
		return failed
	}
	return err
}

func (f *Fleet) walked(cluster string, services map[string]types.Service) []fleet.Ref {
	var refs []fleet.Ref
	for name, service := range services {
		if environment := f.environmentOf(service.Tags); environment != "" {
			refs = append(refs, fleet.Ref{
				ARN:         aws.ToString(service.ServiceArn),
				Cluster:     cluster,
				Name:        name,
				Environment: environment,
			})
		}
	}
	return refs
}

func eachCluster(ctx context.Context, client *ecs.Client, visit func(cluster string) error) error {
	pages := ecs.NewListClustersPaginator(client, &ecs.ListClustersInput{MaxResults: aws.Int32(listedAtOnce)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, arn := range page.ClusterArns {
			if err := visit(lastPart(arn)); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachTen lists a cluster's services and hands their names out by as many as one
// DescribeServices takes. A cluster that is gone meanwhile has none.
func eachTen(ctx context.Context, client *ecs.Client, cluster string, visit func(names []string)) error {
	pages := ecs.NewListServicesPaginator(client, &ecs.ListServicesInput{
		Cluster:    aws.String(cluster),
		MaxResults: aws.Int32(listedAtOnce),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return vanished(err)
		}
		for from := 0; from < len(page.ServiceArns); from += servicesAtOnce {
			var names []string
			for _, arn := range page.ServiceArns[from:min(from+servicesAtOnce, len(page.ServiceArns))] {
				names = append(names, lastPart(arn))
			}
			visit(names)
		}
	}
	return nil
}

// vanished takes what was deleted during a walk for what it is.
func vanished(err error) error {
	if answered(err).missing() {
		return nil
	}
	return err
}

// lastPart is the name at the end of an ARN of a cluster, service or task.
func lastPart(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
