package aws

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsbot/actions/fleet"
)

// unlike is what AWS says of a task that it started otherwise than it was asked: its revision, its
// tags, its subnet and its command. Its security groups stand in no answer.
func unlike(asked *ecs.RunTaskInput, started types.Task) []string {
	var differs []string
	if is, want := aws.ToString(started.TaskDefinitionArn), aws.ToString(asked.TaskDefinition); is != want {
		differs = append(differs, fmt.Sprintf("revision %s instead of %s", fleet.ShortRevision(is), fleet.ShortRevision(want)))
	}
	for _, tag := range asked.Tags {
		if is, found := valueOf(started.Tags, aws.ToString(tag.Key)); !found || is != aws.ToString(tag.Value) {
			differs = append(differs, fmt.Sprintf("the task's tag %s is %q instead of %q", aws.ToString(tag.Key), is, aws.ToString(tag.Value)))
		}
	}
	if subnet := subnetOf(started); subnet != "" && !slices.Contains(subnetsOf(asked), subnet) {
		differs = append(differs, fmt.Sprintf("the task is in %s, which is no subnet of the service", subnet))
	}
	if !slices.Equal(commandOf(started.Overrides), commandOf(asked.Overrides)) {
		differs = append(differs, "the task runs another command")
	}
	return differs
}

// notStopped is what AWS says otherwise of a task that it was asked to stop.
func notStopped(asked string, told *types.Task) []string {
	switch {
	case told == nil:
		return nil
	case aws.ToString(told.TaskArn) != asked:
		return []string{fmt.Sprintf("task %s instead of %s", lastPart(aws.ToString(told.TaskArn)), lastPart(asked))}
	case aws.ToString(told.DesiredStatus) != string(types.DesiredStatusStopped):
		return []string{"the task is not to stop"}
	}
	return nil
}

func valueOf(tags []types.Tag, key string) (value string, found bool) {
	for _, tag := range tags {
		if aws.ToString(tag.Key) == key {
			return aws.ToString(tag.Value), true
		}
	}
	return "", false
}

// subnetOf is where the task's network interface is; empty where it has none of its own.
func subnetOf(task types.Task) string {
	for _, attachment := range task.Attachments {
		for _, detail := range attachment.Details {
			if aws.ToString(detail.Name) == "subnetId" {
				return aws.ToString(detail.Value)
			}
		}
	}
	return ""
}

func subnetsOf(asked *ecs.RunTaskInput) []string {
	if asked.NetworkConfiguration == nil || asked.NetworkConfiguration.AwsvpcConfiguration == nil {
		return nil
	}
	return asked.NetworkConfiguration.AwsvpcConfiguration.Subnets
}

func commandOf(overrides *types.TaskOverride) []string {
	if overrides == nil || len(overrides.ContainerOverrides) == 0 {
		return nil
	}
	return overrides.ContainerOverrides[0].Command
}
