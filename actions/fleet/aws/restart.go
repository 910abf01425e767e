package aws

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsbot/actions/fleet"
)

// Restart replaces every task of the service, keeping its version, by one UpdateService that
// says nothing but that. The deadline of ctx is when the right to act expires.
func (f *Fleet) Restart(ctx context.Context, given fleet.Session, service fleet.Service) (fleet.Change, error) {
	doing := fmt.Sprintf("restart %s", service.Ref)
	session, err := mayChange(given, service)
	if err != nil {
		return fleet.Change{}, fmt.Errorf("%s: %w", doing, err)
	}
	return f.update(ctx, session, service, doing, &ecs.UpdateServiceInput{
		Cluster:            aws.String(clusterARN(service.Ref)),
		Service:            aws.String(service.Name),
		ForceNewDeployment: true,
	})
}

// update sends an UpdateService, whose answer has no tags: the environment stays as read.
func (f *Fleet) update(
	ctx context.Context, session *session, service fleet.Service, doing string, input *ecs.UpdateServiceInput,
) (fleet.Change, error) {
	var change fleet.Change
	client := session.changes()
	err := f.change(ctx, doing, func(ctx context.Context, witness *witness) error {
		output, err := client.UpdateService(ctx, input, func(options *ecs.Options) { options.HTTPClient = witness })
		if err != nil {
			change.RequestID = answered(err).requestID
			return err
		}
		change.RequestID, _ = awsmiddleware.GetRequestIDMetadata(output.ResultMetadata)
		change.Service = service
		if output.Service == nil {
			return fmt.Errorf("%w: the answer names no service", fleet.ErrFateUnknown)
		}
		if arn := aws.ToString(output.Service.ServiceArn); arn != service.ARN {
			return fmt.Errorf("%w: the answer is about %s", fleet.ErrFateUnknown, arn)
		}
		change.Service = describe(service.Ref, *output.Service)
		change.Service.Conflict = service.Conflict
		return nil
	})
	return change, err
}

// clusterARN names the cluster with account and region, as the service's own ARN has them: by
// its bare name, credentials of another account would reach another cluster.
func clusterARN(ref fleet.Ref) string {
	place, _, long := strings.Cut(ref.ARN, ":service/"+ref.Cluster+"/")
	if !long {
		return ref.Cluster
	}
	return place + ":cluster/" + ref.Cluster
}
