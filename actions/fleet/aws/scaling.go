package aws

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsbot/actions/fleet"
)

// Bounds are those within which Auto Scaling moves the service's count; false where it does not.
func (f *Fleet) Bounds(ctx context.Context, given fleet.Session, service fleet.Service) (fleet.Bounds, bool, error) {
	doing := fmt.Sprintf("read how %s is scaled", service.Ref)
	session, err := mayRead(given, service.Ref)
	if err != nil {
		return fleet.Bounds{}, false, fmt.Errorf("%s: %w", doing, err)
	}
	client := scaling.NewFromConfig(f.reading(session.purpose.Region, session.purpose.Role, session.credentials, false))
	output, err := client.DescribeScalableTargets(ctx, &scaling.DescribeScalableTargetsInput{
		ServiceNamespace: types.ServiceNamespaceEcs, ScalableDimension: types.ScalableDimensionECSServiceDesiredCount,
		ResourceIds: []string{"service/" + service.Cluster + "/" + service.Name},
	})
	if err != nil {
		return fleet.Bounds{}, false, readError(doing, err)
	}
	if len(output.ScalableTargets) > 0 {
		target := output.ScalableTargets[0]
		bounds := fleet.Bounds{Min: int(aws.ToInt32(target.MinCapacity)), Max: int(aws.ToInt32(target.MaxCapacity))}
		if suspended := target.SuspendedState; suspended != nil {
			bounds.Frozen = aws.ToBool(suspended.DynamicScalingInSuspended) || aws.ToBool(suspended.DynamicScalingOutSuspended)
		}
		return bounds, true, nil
	}
	return fleet.Bounds{}, false, nil
}

// Scale sets how many tasks the service wants, by one UpdateService that says nothing else.
func (f *Fleet) Scale(ctx context.Context, given fleet.Session, service fleet.Service, count int) (fleet.Change, error) {
	doing := fmt.Sprintf("scale %s to %d", service.Ref, count)
	session, err := mayChange(given, service)
	if err != nil {
		return fleet.Change{}, fmt.Errorf("%s: %w", doing, err)
	}
	return f.update(ctx, session, service, doing, &ecs.UpdateServiceInput{
		Cluster: aws.String(clusterARN(service.Ref)), Service: aws.String(service.Name),
		DesiredCount: aws.Int32(int32(count)), //nolint:gosec // bounded by the operation
	})
}
