package aws

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsbot/actions/fleet"
)

// usualOf is of how many deployments the usual time is the middle one; DescribeServiceRevisions
// takes as many revisions at most (Amazon ECS API reference).
const usualOf = 20

// Usual is how long the service's deployments that went well have taken: the middle one of
// the last. It is 0 where none is known.
func (f *Fleet) Usual(ctx context.Context, given fleet.Session, service fleet.Service) (time.Duration, error) {
	doing := fmt.Sprintf("read the deployments of %s", service.Ref)
	session, err := mayRead(given, service.Ref)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", doing, err)
	}
	went, err := session.wentWell(ctx, service)
	if err != nil {
		return 0, readError(doing, err)
	}
	var took []time.Duration
	for _, each := range went {
		if begun := aws.ToTime(each.CreatedAt); each.FinishedAt != nil && each.FinishedAt.After(begun) {
			took = append(took, each.FinishedAt.Sub(begun))
		}
	}
	if len(took) == 0 {
		return 0, nil
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}

// wentWell are the service's last deployments that went well, newest first. ECS remembers those
// of 90 days (Amazon ECS Developer Guide, "View service history using Amazon ECS service deployments").
func (s *session) wentWell(ctx context.Context, service fleet.Service) ([]types.ServiceDeploymentBrief, error) {
	output, err := s.reads().ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{
		Cluster: aws.String(clusterARN(service.Ref)), Service: aws.String(service.Name),
		Status: []types.ServiceDeploymentStatus{types.ServiceDeploymentStatusSuccessful}, MaxResults: aws.Int32(usualOf),
	})
	if err != nil {
		return nil, err
	}
	return output.ServiceDeployments, nil
}

// Proven are the numbers of the revisions of the service's family that its last deployments
// brought which went well, newest deployment first.
func (f *Fleet) Proven(ctx context.Context, given fleet.Session, service fleet.Service) ([]int, error) {
	doing := fmt.Sprintf("read what %s ran before", service.Ref)
	family, _, err := splitRevision(service.Revision)
	if err != nil {
		return nil, err
	}
	session, err := mayRead(given, service.Ref)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	went, err := session.wentWell(ctx, service)
	if err != nil || len(went) == 0 {
		return nil, readError(doing, err)
	}
	arns := make([]string, 0, len(went))
	for _, each := range went {
		arns = append(arns, aws.ToString(each.TargetServiceRevisionArn))
	}
	output, err := session.reads().DescribeServiceRevisions(ctx, &ecs.DescribeServiceRevisionsInput{ServiceRevisionArns: arns})
	if err != nil {
		return nil, readError(doing, err)
	}
	brought := map[string]string{}
	for _, each := range output.ServiceRevisions {
		brought[aws.ToString(each.ServiceRevisionArn)] = aws.ToString(each.TaskDefinition)
	}
	var numbers []int
	for _, arn := range arns {
		if of, number, err := splitRevision(brought[arn]); err == nil && of == family {
			numbers = append(numbers, number)
		}
	}
	return numbers, nil
}

// Pauses are the hooks at which the service's deployment waits for somebody now.
func (f *Fleet) Pauses(ctx context.Context, given fleet.Session, service fleet.Service) ([]fleet.Pause, error) {
	doing := fmt.Sprintf("read the deployment of %s", service.Ref)
	session, err := mayRead(given, service.Ref)
	if err != nil || service.Current == "" {
		return nil, err
	}
	output, err := session.reads().DescribeServiceDeployments(ctx, &ecs.DescribeServiceDeploymentsInput{
		ServiceDeploymentArns: []string{service.Current},
	})
	if err != nil {
		return nil, readError(doing, err)
	}
	var pauses []fleet.Pause
	for _, each := range output.ServiceDeployments {
		for _, hook := range each.LifecycleHookDetails {
			if hook.TargetType == types.DeploymentLifecycleHookTargetTypePause && hook.Status == types.DeploymentLifecycleHookStatusAwaitingAction {
				pauses = append(pauses, fleet.Pause{
					Deployment: aws.ToString(each.ServiceDeploymentArn), Hook: aws.ToString(hook.HookId), Stage: string(each.LifecycleStage),
					Expires: aws.ToTime(hook.ExpiresAt), Then: string(hook.TimeoutAction),
				})
			}
		}
	}
	return pauses, nil
}

// pauses says whether the service's deployments stop at hooks for somebody.
func pauses(service types.Service) bool {
	configured := service.DeploymentConfiguration
	return configured != nil && slices.ContainsFunc(configured.LifecycleHooks, func(hook types.DeploymentLifecycleHook) bool {
		return hook.TargetType == types.DeploymentLifecycleHookTargetTypePause
	})
}

// bake is how long a new deployment of the service is watched before it counts as done.
func bake(service types.Service) time.Duration {
	if service.DeploymentConfiguration == nil {
		return 0
	}
	return time.Duration(aws.ToInt32(service.DeploymentConfiguration.BakeTimeInMinutes)) * time.Minute
}

// strategy is ROLLING where the service names none (ECS API reference, DeploymentConfiguration).
func strategy(service types.Service) string {
	if service.DeploymentConfiguration == nil || service.DeploymentConfiguration.Strategy == "" {
		return string(types.DeploymentStrategyRolling)
	}
	return string(service.DeploymentConfiguration.Strategy)
}
