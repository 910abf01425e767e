package aws

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsbot/actions/fleet"
)

// Deploy registers a copy of the revision that runs, which differs in one container's image
// alone, and lets the service run it. Where it is not known whether the copy was registered,
// the service is not touched.
func (f *Fleet) Deploy(
	ctx context.Context, given, reader fleet.Session, service fleet.Service, container, image string,
) (fleet.Change, error) {
	doing := fmt.Sprintf("register a revision for %s", service.Ref)
	session, err := mayChange(given, service)
	if err != nil {
		return fleet.Change{}, fmt.Errorf("%s: %w", doing, err)
	}
	input, err := f.copied(ctx, reader, service, container, image)
	if err != nil {
		return fleet.Change{}, fmt.Errorf("%s: %w", doing, err)
	}
	revision := ""
	client := session.changes()
	err = f.change(ctx, doing, func(ctx context.Context, witness *witness) error {
		output, err := client.RegisterTaskDefinition(ctx, input, func(options *ecs.Options) { options.HTTPClient = witness })
		if err != nil {
			return err
		}
		if output.TaskDefinition != nil {
			revision = aws.ToString(output.TaskDefinition.TaskDefinitionArn)
		}
		return nil
	})
	if err != nil || revision == "" {
		return fleet.Change{}, untouched(doing, err)
	}
	change, err := f.Revise(ctx, given, service, revision)
	change.Revision = revision
	if err != nil {
		return change, &fleet.LeftBehind{Revision: revision, Err: err}
	}
	return change, nil
}

// untouched is the failure of a registration: whatever became of it, the service runs as before.
func untouched(doing string, err error) error {
	if err == nil || errors.Is(err, fleet.ErrFateUnknown) {
		return fmt.Errorf("%s: %w: it did not answer, so the service was not touched; a revision that nothing uses may have been registered",
			doing, fleet.ErrUnavailable)
	}
	return err
}

// copied is the revision that runs, as it would be registered again with another image.
func (f *Fleet) copied(ctx context.Context, reader fleet.Session, service fleet.Service, container, image string) (*ecs.RegisterTaskDefinitionInput, error) {
	session, err := mayRead(reader, service.Ref)
	if err != nil {
		return nil, err
	}
	output, err := session.reads().DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: aws.String(service.Revision), Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	})
	if err != nil {
		return nil, readError("read the revision that runs", err)
	}
	if output.TaskDefinition == nil {
		return nil, fmt.Errorf("%w: an answer without the revision that runs", fleet.ErrUnavailable)
	}
	input := registration(*output.TaskDefinition, output.Tags)
	for position := range input.ContainerDefinitions {
		if aws.ToString(input.ContainerDefinitions[position].Name) == container {
			input.ContainerDefinitions[position].Image = aws.String(image)
			return input, nil
		}
	}
	return nil, fmt.Errorf("%w: the revision that runs has no container %s", fleet.ErrRefused, container)
}

// registration is what registers a task definition again as it is.
func registration(of types.TaskDefinition, tags []types.Tag) *ecs.RegisterTaskDefinitionInput {
	input := &ecs.RegisterTaskDefinitionInput{
		Family:                  of.Family,
		ContainerDefinitions:    of.ContainerDefinitions,
		Cpu:                     of.Cpu,
		EnableFaultInjection:    of.EnableFaultInjection,
		EphemeralStorage:        of.EphemeralStorage,
		ExecutionRoleArn:        of.ExecutionRoleArn,
		IpcMode:                 of.IpcMode,
		Memory:                  of.Memory,
		NetworkMode:             of.NetworkMode,
		PidMode:                 of.PidMode,
		PlacementConstraints:    of.PlacementConstraints,
		ProxyConfiguration:      of.ProxyConfiguration,
		RequiresCompatibilities: of.RequiresCompatibilities,
		RuntimePlatform:         of.RuntimePlatform,
		TaskRoleArn:             of.TaskRoleArn,
		Volumes:                 of.Volumes,
	}
	for _, tag := range tags {
		if !reservedTag(aws.ToString(tag.Key)) {
			input.Tags = append(input.Tags, tag)
		}
	}
	return input
}

// reservedTag says whether only AWS may set a tag (ECS API reference, Tag).
func reservedTag(key string) bool { return len(key) >= 4 && (key[:4] == "aws:" || key[:4] == "AWS:") }
