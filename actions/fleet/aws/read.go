package aws

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	"ecsbot/actions/fleet"
)

// Read is the service as AWS has it now, its tags and its cluster's included, in one round
// trip. A service that is gone is ErrUnknown.
func (f *Fleet) Read(ctx context.Context, ref fleet.Ref) (fleet.Service, error) {
	doing := "read " + ref.String()
	clients := f.scope(ref.Scope)
	var services map[string]types.Service
	var clusters map[string]types.Cluster
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		services, err = describeServices(ctx, clients.reads, ref.Cluster, []string{ref.Name})
		return err
	})
	group.Go(func() (err error) {
		clusters, err = describeClusters(ctx, clients.reads, []string{ref.Cluster})
		return err
	})
	if err := group.Wait(); err != nil {
		return fleet.Service{}, readError(doing, err)
	}
	if service, ok := f.judge(ref, services, clusters[ref.Cluster]); ok {
		return service, nil
	}
	return fleet.Service{}, fmt.Errorf("%s: %w", doing, fleet.ErrUnknown)
}

// judge puts together what was read of a service and its cluster. It finds nothing where
// either is missing or not active, or where another service has taken the name.
func (f *Fleet) judge(ref fleet.Ref, services map[string]types.Service, cluster types.Cluster) (fleet.Service, bool) {
	service, ok := services[ref.Name]
	if !ok || aws.ToString(service.Status) == "INACTIVE" || aws.ToString(service.ServiceArn) != ref.ARN {
		return fleet.Service{}, false
	}
	if aws.ToString(cluster.ClusterName) != ref.Cluster || aws.ToString(cluster.Status) == "INACTIVE" {
		return fleet.Service{}, false
	}
	ref.Environment = f.environmentOf(service.Tags)
	described := describe(ref, service)
	described.Conflict = f.conflict(ref.Cluster, ref.Environment, service.Tags, cluster.Tags)
	return described, true
}

// describeServices reads at most ten services of a cluster with their tags, by name. What is
// missing is left out; any other failure in the list is an error.
func describeServices(ctx context.Context, client *ecs.Client, cluster string, names []string) (map[string]types.Service, error) {
	output, err := client.DescribeServices(ctx, &ecs.DescribeServicesInput{
		Cluster:  aws.String(cluster),
		Services: names,
		Include:  []types.ServiceField{types.ServiceFieldTags},
	})
	if err != nil {
		return nil, err
	}
	if err := failed(output.Failures); err != nil {
		return nil, err
	}
	services := make(map[string]types.Service, len(output.Services))
	for _, service := range output.Services {
		services[aws.ToString(service.ServiceName)] = service
	}
	return services, nil
}

// describeClusters reads at most a hundred clusters with their tags, by name.
func describeClusters(ctx context.Context, client *ecs.Client, names []string) (map[string]types.Cluster, error) {
	output, err := client.DescribeClusters(ctx, &ecs.DescribeClustersInput{
		Clusters: names,
		Include:  []types.ClusterField{types.ClusterFieldTags},
	})
	if err != nil {
		return nil, err
	}
	if err := failed(output.Failures); err != nil {
		return nil, err
	}
	clusters := make(map[string]types.Cluster, len(output.Clusters))
	for _, cluster := range output.Clusters {
		clusters[aws.ToString(cluster.ClusterName)] = cluster
	}
	return clusters, nil
}

// failed looks through the failures that ECS reports beside a success.
func failed(failures []types.Failure) error {
	for _, failure := range failures {
		if reason := aws.ToString(failure.Reason); reason != "MISSING" {
			return fmt.Errorf("%s: %s", reason, aws.ToString(failure.Detail))
		}
	}
	return nil
}
