package aws

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsbot/actions/fleet"
)

// tasksAtOnce is what one ListTasks returns and one DescribeTasks takes (ECS API reference).
const tasksAtOnce = 100

// Tasks lists the service's tasks whose desired status is RUNNING or STOPPED, newest first.
// ECS shows stopped ones for an hour at least.
func (f *Fleet) Tasks(
	ctx context.Context, given fleet.Session, service fleet.Service, status string,
) ([]fleet.Task, error) {
	doing := fmt.Sprintf("list the tasks of %s", service.Ref)
	session, err := mayRead(given, service.Ref)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	tasks, err := listTasks(ctx, session.reads(), service, types.DesiredStatus(status))
	if err != nil {
		return nil, readError(doing, err)
	}
	slices.SortFunc(tasks, func(a, b fleet.Task) int {
		return cmp.Or(b.Started.Compare(a.Started), b.Stopped.Compare(a.Stopped), cmp.Compare(a.ID, b.ID))
	})
	return tasks, nil
}

func listTasks(
	ctx context.Context, client *ecs.Client, service fleet.Service, status types.DesiredStatus,
) ([]fleet.Task, error) {
	return everyTask(ctx, client, service.Cluster, &ecs.ListTasksInput{
		Cluster:       aws.String(clusterARN(service.Ref)),
		ServiceName:   aws.String(service.Name),
		DesiredStatus: status,
	})
}

// everyTask lists tasks and describes them.
func everyTask(ctx context.Context, client *ecs.Client, cluster string, input *ecs.ListTasksInput) ([]fleet.Task, error) {
	input.MaxResults = aws.Int32(tasksAtOnce)
	pages := ecs.NewListTasksPaginator(client, input)
	var tasks []fleet.Task
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		if len(page.TaskArns) == 0 {
			continue
		}
		described, err := describeTasks(ctx, client, cluster, page.TaskArns)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, described...)
	}
	return tasks, nil
}

// describeTasks leaves out what is gone since it was listed.
func describeTasks(ctx context.Context, client *ecs.Client, cluster string, arns []string) ([]fleet.Task, error) {
	output, err := client.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: aws.String(cluster), Tasks: arns})
	if err != nil {
		return nil, err
	}
	if err := failed(output.Failures); err != nil {
		return nil, err
	}
	tasks := make([]fleet.Task, 0, len(output.Tasks))
	for _, task := range output.Tasks {
		tasks = append(tasks, describeTask(task))
	}
	return tasks, nil
}

func describeTask(task types.Task) fleet.Task {
	described := fleet.Task{
		ARN:        aws.ToString(task.TaskArn),
		ID:         lastPart(aws.ToString(task.TaskArn)),
		Group:      aws.ToString(task.Group),
		Status:     aws.ToString(task.LastStatus),
		Desired:    aws.ToString(task.DesiredStatus),
		Health:     string(task.HealthStatus),
		Revision:   aws.ToString(task.TaskDefinitionArn),
		StartedBy:  aws.ToString(task.StartedBy),
		Started:    aws.ToTime(task.StartedAt),
		Stopped:    aws.ToTime(task.StoppedAt),
		StopCode:   string(task.StopCode),
		StopReason: aws.ToString(task.StoppedReason),
	}
	for _, container := range task.Containers {
		described.Containers = append(described.Containers, describeContainer(container))
	}
	return described
}

func describeContainer(container types.Container) fleet.Container {
	described := fleet.Container{
		Name:   aws.ToString(container.Name),
		Image:  aws.ToString(container.Image),
		Digest: aws.ToString(container.ImageDigest),
		Status: aws.ToString(container.LastStatus),
		Reason: aws.ToString(container.Reason),
	}
	if container.ExitCode != nil {
		code := int(*container.ExitCode)
		described.ExitCode = &code
	}
	return described
}
