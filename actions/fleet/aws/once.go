package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsbot/actions/fleet"
)

// Once starts one task of the revision that the service runs, with its network and launch
// settings, and another command in one container. operation marks it, so that it can be found
// again, and makes AWS start it once.
func (f *Fleet) Once(
	ctx context.Context, given, reader fleet.Session, service fleet.Service, order fleet.RunOrder,
) (fleet.Change, error) {
	doing := fmt.Sprintf("run a task of %s", service.Ref)
	session, err := mayChange(given, service)
	if err != nil {
		return fleet.Change{}, fmt.Errorf("%s: %w", doing, err)
	}
	input, err := f.like(ctx, reader, service)
	if err != nil {
		return fleet.Change{}, fmt.Errorf("%s: %w", doing, err)
	}
	input.StartedBy, input.ClientToken = aws.String(order.Operation), aws.String(order.Operation)
	input.Tags = []types.Tag{{Key: aws.String(f.settings.Tag), Value: aws.String(service.Environment)}}
	input.Overrides = &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{Name: aws.String(order.Container), Command: order.Command}}}
	var change fleet.Change
	client := session.changes()
	err = f.change(ctx, doing, func(ctx context.Context, witness *witness) error {
		output, err := client.RunTask(ctx, input, func(options *ecs.Options) { options.HTTPClient = witness })
		if err != nil {
			change.RequestID = answered(err).requestID
			return err
		}
		change.RequestID, _ = awsmiddleware.GetRequestIDMetadata(output.ResultMetadata)
		if len(output.Tasks) > 0 {
			change.Task, change.Differs = describeTask(output.Tasks[0]), unlike(input, output.Tasks[0])
		}
		return nil
	})
	if err == nil && change.Task.ARN == "" { // a success that started nothing: its failures say why
		return fleet.Change{}, fmt.Errorf("%s: %w: it found no room for the task", doing, fleet.ErrRefused)
	}
	return change, err
}

// like is how a task is run where and as the service runs its own.
func (f *Fleet) like(ctx context.Context, reader fleet.Session, service fleet.Service) (*ecs.RunTaskInput, error) {
	session, err := mayRead(reader, service.Ref)
	if err != nil {
		return nil, err
	}
	read, err := describeServices(ctx, session.reads(), clusterARN(service.Ref), []string{service.Name})
	if err != nil {
		return nil, readError("read the service", err)
	}
	now, found := read[service.Name]
	if !found || aws.ToString(now.ServiceArn) != service.ARN || aws.ToString(now.TaskDefinition) != service.Revision {
		return nil, fmt.Errorf("%w: the service has changed since it was looked at", fleet.ErrRefused)
	}
	return &ecs.RunTaskInput{
		Cluster: aws.String(clusterARN(service.Ref)), TaskDefinition: now.TaskDefinition, Count: aws.Int32(1),
		LaunchType: now.LaunchType, CapacityProviderStrategy: now.CapacityProviderStrategy, PlatformVersion: now.PlatformVersion,
		NetworkConfiguration: now.NetworkConfiguration,
	}, nil
}

// Stop tells one task of the service to stop.
func (f *Fleet) Stop(ctx context.Context, given fleet.Session, service fleet.Service, task fleet.Task, reason string) (fleet.Change, error) {
	doing := fmt.Sprintf("stop task %s of %s", task.ID, service.Ref)
	session, err := mayChange(given, service)
	if err == nil && (session.purpose.Task == "" || !strings.HasPrefix(task.ID, session.purpose.Task)) {
		err = fmt.Errorf("%w: these credentials are for another task", fleet.ErrDenied)
	}
	if err != nil {
		return fleet.Change{}, fmt.Errorf("%s: %w", doing, err)
	}
	change := fleet.Change{Task: task}
	client := session.changes()
	err = f.change(ctx, doing, func(ctx context.Context, witness *witness) error {
		output, err := client.StopTask(ctx, &ecs.StopTaskInput{
			Cluster: aws.String(clusterARN(service.Ref)), Task: aws.String(task.ARN), Reason: aws.String(reason),
		}, func(options *ecs.Options) { options.HTTPClient = witness })
		if err != nil {
			change.RequestID = answered(err).requestID
			return err
		}
		change.RequestID, _ = awsmiddleware.GetRequestIDMetadata(output.ResultMetadata)
		change.Differs = notStopped(task.ARN, output.Task)
		return nil
	})
	return change, err
}

// Described are tasks of a cluster by ARN, a hundred to a call, as many as there still are.
func (f *Fleet) Described(ctx context.Context, given fleet.Session, at fleet.Ref, arns []string) ([]fleet.Task, error) {
	doing := "read tasks of " + at.Cluster
	session, err := mayRead(given, at)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	var tasks []fleet.Task
	for some := range slices.Chunk(arns, tasksAtOnce) {
		read, err := describeTasks(ctx, session.reads(), clusterARN(at), some)
		if err != nil {
			return tasks, readError(doing, err)
		}
		tasks = append(tasks, read...)
	}
	return tasks, nil
}

// StartedBy are the one-off tasks of the service's family that carry an operation's mark,
// running or stopped. ECS lists by the mark only what runs, so that the family is looked through.
func (f *Fleet) StartedBy(ctx context.Context, given fleet.Session, service fleet.Service, by string) ([]fleet.Task, error) {
	doing := fmt.Sprintf("look for the task of operation %s", by)
	session, err := mayRead(given, service.Ref)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	var found []fleet.Task
	for _, status := range []types.DesiredStatus{types.DesiredStatusRunning, types.DesiredStatusStopped} {
		input := &ecs.ListTasksInput{
			Cluster: aws.String(clusterARN(service.Ref)), Family: aws.String(fleet.FamilyOf(service.Revision)), DesiredStatus: status,
		}
		tasks, err := everyTask(ctx, session.reads(), clusterARN(service.Ref), input)
		if err != nil {
			return nil, readError(doing, err)
		}
		for _, task := range tasks {
			if strings.EqualFold(task.StartedBy, by) {
				found = append(found, task)
			}
		}
	}
	return found, nil
}
