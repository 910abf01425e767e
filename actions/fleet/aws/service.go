package aws

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsbot/actions/fleet"
)

// eventsKept is how many of a service's newest events are kept; ECS shows 100.
const eventsKept = 20

// describe is the service in the fleet's words, under the reference by which it was asked.
func describe(ref fleet.Ref, service types.Service) fleet.Service {
	described := fleet.Service{
		Ref:        ref,
		Status:     aws.ToString(service.Status),
		Desired:    int(service.DesiredCount),
		Running:    int(service.RunningCount),
		Pending:    int(service.PendingCount),
		Revision:   aws.ToString(service.TaskDefinition),
		Controller: controller(service),
		Scheduling: string(service.SchedulingStrategy),
		LaunchType: launchType(service),
		MinHealthy: minHealthy(service),
		Strategy:   strategy(service),
		Bake:       bake(service),
		Pauses:     pauses(service),
		Current:    aws.ToString(service.CurrentServiceDeployment),
		ReadAt:     time.Now(),
	}
	for _, deployment := range service.Deployments {
		described.Deployments = append(described.Deployments, describeDeployment(deployment))
	}
	for _, event := range service.Events[:min(len(service.Events), eventsKept)] {
		described.Events = append(described.Events, fleet.Event{
			ID:   aws.ToString(event.Id),
			Time: aws.ToTime(event.CreatedAt),
			Text: aws.ToString(event.Message),
		})
	}
	return described
}

func describeDeployment(deployment types.Deployment) fleet.Deployment {
	return fleet.Deployment{
		ID:       aws.ToString(deployment.Id),
		Status:   aws.ToString(deployment.Status),
		Rollout:  fleet.Rollout(deployment.RolloutState),
		Reason:   aws.ToString(deployment.RolloutStateReason),
		Revision: aws.ToString(deployment.TaskDefinition),
		Desired:  int(deployment.DesiredCount),
		Running:  int(deployment.RunningCount),
		Pending:  int(deployment.PendingCount),
		Failed:   int(deployment.FailedTasks),
		Created:  aws.ToTime(deployment.CreatedAt),
		Updated:  aws.ToTime(deployment.UpdatedAt),
	}
}

// controller is ECS where the service names none (ECS API reference, DeploymentController).
func controller(service types.Service) string {
	if service.DeploymentController == nil {
		return string(types.DeploymentControllerTypeEcs)
	}
	return string(service.DeploymentController.Type)
}

// launchType is the service's own, or that of its capacity providers by their names.
func launchType(service types.Service) string {
	if service.LaunchType != "" || len(service.CapacityProviderStrategy) == 0 {
		return string(service.LaunchType)
	}
	var providers []string
	for _, item := range service.CapacityProviderStrategy {
		providers = append(providers, aws.ToString(item.CapacityProvider))
	}
	return strings.Join(providers, ", ")
}

// minHealthy falls back to ECS's own defaults (ECS API reference, DeploymentConfiguration).
func minHealthy(service types.Service) int {
	configured := service.DeploymentConfiguration
	switch {
	case configured != nil && configured.MinimumHealthyPercent != nil:
		return int(*configured.MinimumHealthyPercent)
	case service.SchedulingStrategy == types.SchedulingStrategyDaemon:
		return 0
	default:
		return 100
	}
}
