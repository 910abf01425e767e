package aws

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsbot/actions/fleet"
)

// Return makes ECS turn a deployment that is under way back to the one before.
func (f *Fleet) Return(ctx context.Context, given fleet.Session, service fleet.Service, deployment string) (fleet.Change, error) {
	doing := fmt.Sprintf("roll back the deployment of %s", service.Ref)
	return f.onDeployment(ctx, given, service, doing, func(ctx context.Context, client *ecs.Client, option func(*ecs.Options)) (string, error) {
		output, err := client.StopServiceDeployment(ctx, &ecs.StopServiceDeploymentInput{
			ServiceDeploymentArn: aws.String(deployment), StopType: types.StopServiceDeploymentStopTypeRollback,
		}, option)
		if err != nil {
			return "", err
		}
		id, _ := awsmiddleware.GetRequestIDMetadata(output.ResultMetadata)
		return id, nil
	})
}

// Continue lets a deployment go on that waits at a hook.
func (f *Fleet) Continue(ctx context.Context, given fleet.Session, service fleet.Service, pause fleet.Pause) (fleet.Change, error) {
	doing := fmt.Sprintf("let the deployment of %s go on", service.Ref)
	return f.onDeployment(ctx, given, service, doing, func(ctx context.Context, client *ecs.Client, option func(*ecs.Options)) (string, error) {
		output, err := client.ContinueServiceDeployment(ctx, &ecs.ContinueServiceDeploymentInput{
			ServiceDeploymentArn: aws.String(pause.Deployment), HookId: aws.String(pause.Hook), Action: types.DeploymentLifecycleHookActionContinue,
		}, option)
		if err != nil {
			return "", err
		}
		id, _ := awsmiddleware.GetRequestIDMetadata(output.ResultMetadata)
		return id, nil
	})
}

// onDeployment makes one call about a deployment of the service that is under way.
func (f *Fleet) onDeployment(
	ctx context.Context, given fleet.Session, service fleet.Service, doing string,
	send func(context.Context, *ecs.Client, func(*ecs.Options)) (string, error),
) (fleet.Change, error) {
	session, err := mayChange(given, service)
	if err != nil {
		return fleet.Change{}, fmt.Errorf("%s: %w", doing, err)
	}
	var change fleet.Change
	client := session.changes()
	err = f.change(ctx, doing, func(ctx context.Context, witness *witness) error {
		id, err := send(ctx, client, func(options *ecs.Options) { options.HTTPClient = witness })
		change.RequestID = id
		if err != nil {
			change.RequestID = answered(err).requestID
		}
		return err
	})
	return change, err
}

// Revise lets the service run another revision of its task definition, by one UpdateService
// that says nothing else.
func (f *Fleet) Revise(ctx context.Context, given fleet.Session, service fleet.Service, revision string) (fleet.Change, error) {
	doing := fmt.Sprintf("let %s run %s", service.Ref, fleet.ShortRevision(revision))
	session, err := mayChange(given, service)
	if err != nil {
		return fleet.Change{}, fmt.Errorf("%s: %w", doing, err)
	}
	return f.update(ctx, session, service, doing, &ecs.UpdateServiceInput{
		Cluster: aws.String(clusterARN(service.Ref)), Service: aws.String(service.Name), TaskDefinition: aws.String(revision),
	})
}
