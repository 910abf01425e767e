package aws

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/doctor"
)

// examiner is one examination of one scope. What is read goes into the examination piece by
// piece: nothing but its findings is kept.
type examiner struct {
	*Fleet
	scope   fleet.Scope
	clients *scope
	into    *doctor.Examination
	wanted  func(environment string) bool
	purpose func(environment string) fleet.Purpose
	tagged  *tagIndex
}

// Examine reads what the doctor judges: every cluster and service of the scopes of the wanted
// environments (all of them where none is named), and of the wanted environments' own
// services all that hangs on them. It goes behind whatever people wait for. What cannot be
// read is noted in the examination; an error means that the services cannot be listed.
func (f *Fleet) Examine(
	ctx context.Context, into *doctor.Examination, environments []string, purpose func(environment string) fleet.Purpose,
) error {
	wanted := func(environment string) bool {
		return len(environments) == 0 || slices.Contains(environments, environment)
	}
	var group errgroup.Group
	for scope, names := range scopesOf(into.Rules()) {
		if !slices.ContainsFunc(names, wanted) {
			continue
		}
		e := &examiner{Fleet: f, scope: scope, clients: f.scope(scope), into: into, wanted: wanted, purpose: purpose}
		group.Go(func() error {
			if err := e.examine(ctx); err != nil {
				return readError("examine "+scope.String(), err)
			}
			return nil
		})
	}
	return group.Wait()
}

// scopesOf are the places in which the environments are found.
func scopesOf(rules doctor.Rules) map[fleet.Scope][]string {
	scopes := map[fleet.Scope][]string{}
	for name, environment := range rules.Environments {
		scopes[environment.Scope] = append(scopes[environment.Scope], name)
	}
	return scopes
}

func (e *examiner) examine(ctx context.Context) error {
	e.operators(ctx)
	e.tagged = e.readTags(ctx)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(walkers)
	err := eachCluster(ctx, e.clients.walks, func(name string) error {
		cluster, ok, err := e.cluster(ctx, name)
		if err != nil || !ok {
			return err
		}
		return eachTen(ctx, e.clients.walks, name, func(names []string) {
			group.Go(func() error {
				services, err := describeServices(ctx, e.clients.walks, name, names)
				if err != nil {
					return vanished(err)
				}
				for _, service := range services {
					e.into.Service(cluster.Cluster, e.service(ctx, cluster, service))
				}
				return nil
			})
		})
	})
	if failed := group.Wait(); failed != nil {
		return failed
	}
	return err
}

// examined is a cluster under examination.
type examined struct {
	doctor.Cluster
	isFargate bool // where a service does not say how it is run
}

func (e *examiner) cluster(ctx context.Context, name string) (examined, bool, error) {
	read, err := describeClusters(ctx, e.clients.walks, []string{name})
	if err != nil {
		return examined{}, false, err
	}
	found, ok := read[name]
	if !ok {
		return examined{}, false, nil
	}
	cluster := examined{
		Cluster:   doctor.Cluster{Scope: e.scope, ARN: aws.ToString(found.ClusterArn), Name: name, Tags: tagsOf(found.Tags)},
		isFargate: onFargate(found.DefaultCapacityProviderStrategy),
	}
	e.into.Cluster(cluster.Cluster)
	return cluster, true, nil
}

func (e *examiner) service(ctx context.Context, cluster examined, found types.Service) doctor.Service {
	service := doctor.Service{
		ARN: aws.ToString(found.ServiceArn), Name: aws.ToString(found.ServiceName), Tags: tagsOf(found.Tags),
		Propagates: found.PropagateTags == types.PropagateTagsService, Exec: found.EnableExecuteCommand,
		OnInstances: onInstances(found, cluster.isFargate),
	}
	environment := e.into.Rules().EnvironmentOf(service.Tags)
	if environment == "" || !e.wanted(environment) {
		return service
	}
	session, err := e.session(ctx, environment)
	if err != nil {
		e.into.CannotRead(doctor.Unread{Environment: environment, What: "tasks and task definitions of " + environment, Why: err.Error()})
		service.Tasks, _ = e.tagged.tasks(cluster.Name, service.Name)
		return service
	}
	service.Definition = e.definition(ctx, session, environment, found)
	if service.Propagates || service.OnInstances {
		service.Tasks = e.running(ctx, session, environment, cluster.Name, service)
	}
	return service
}

// session is the credentials with which an environment's own things are read.
func (e *examiner) session(ctx context.Context, environment string) (*session, error) {
	given, err := e.Assume(ctx, e.purpose(environment))
	if err != nil {
		return nil, err
	}
	return given.(*session), nil //nolint:forcetypeassert // Assume returns nothing else
}

// running are the service's running tasks. On Fargate the tagging API's index is enough where
// it finds nothing wrong; it keeps tasks that have ended, so what it finds wrong is held
// against the list of those that run.
func (e *examiner) running(ctx context.Context, session *session, environment, cluster string, service doctor.Service) []doctor.Task {
	indexed, ok := e.tagged.tasks(cluster, service.Name)
	if ok && !service.OnInstances && e.areTagged(indexed, environment) {
		return indexed
	}
	client := ecs.NewFromConfig(e.reading(e.scope.Region, session.purpose.Role, session.credentials, true))
	arns, err := taskARNs(ctx, client, cluster, service.Name)
	var tasks []doctor.Task
	if err == nil {
		tasks, err = taggedTasks(ctx, client, cluster, arns)
	}
	if err == nil {
		return tasks
	}
	e.into.CannotRead(doctor.Unread{
		Environment: environment, What: "tasks of " + cluster + "/" + service.Name,
		Why: readError("read", err).Error() + " (a task without the environment's tag cannot be read in its name)",
	})
	return slices.DeleteFunc(indexed, func(task doctor.Task) bool {
		return !slices.ContainsFunc(arns, func(arn string) bool { return lastPart(arn) == task.ID })
	})
}

func (e *examiner) areTagged(tasks []doctor.Task, environment string) bool {
	return !slices.ContainsFunc(tasks, func(task doctor.Task) bool { return task.Tags[e.tagged.environment] != environment })
}

// taskARNs lists the service's running tasks.
func taskARNs(ctx context.Context, client *ecs.Client, cluster, service string) ([]string, error) {
	pages := ecs.NewListTasksPaginator(client, &ecs.ListTasksInput{
		Cluster: aws.String(cluster), ServiceName: aws.String(service), MaxResults: aws.Int32(tasksAtOnce),
	})
	var arns []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return arns, err
		}
		arns = append(arns, page.TaskArns...)
	}
	return arns, nil
}

// taggedTasks reads tasks with their tags and instances.
func taggedTasks(ctx context.Context, client *ecs.Client, cluster string, arns []string) ([]doctor.Task, error) {
	tasks := make([]doctor.Task, 0, len(arns))
	for some := range slices.Chunk(arns, tasksAtOnce) {
		output, err := client.DescribeTasks(ctx, &ecs.DescribeTasksInput{
			Cluster: aws.String(cluster), Tasks: some, Include: []types.TaskField{types.TaskFieldTags},
		})
		if err != nil {
			return tasks, err
		}
		for _, task := range output.Tasks {
			tasks = append(tasks, doctor.Task{
				ID: lastPart(aws.ToString(task.TaskArn)), Tags: tagsOf(task.Tags),
				Instance: aws.ToString(task.ContainerInstanceArn), Started: aws.ToTime(task.StartedAt),
			})
		}
	}
	return tasks, nil
}

// definition reads the revision that the service runs.
func (e *examiner) definition(ctx context.Context, session *session, environment string, service types.Service) *doctor.Definition {
	revision := aws.ToString(service.TaskDefinition)
	if revision == "" {
		return nil
	}
	client := ecs.NewFromConfig(e.reading(e.scope.Region, session.purpose.Role, session.credentials, true))
	output, err := client.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: aws.String(revision), Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	})
	if err != nil || output.TaskDefinition == nil {
		e.into.CannotRead(doctor.Unread{
			Environment: environment, What: "task definitions of " + environment, Why: readError("read "+lastPart(revision), err).Error(),
		})
		return nil
	}
	read := &doctor.Definition{
		ARN: aws.ToString(output.TaskDefinition.TaskDefinitionArn), Tags: tagsOf(output.Tags),
		TaskRole: aws.ToString(output.TaskDefinition.TaskRoleArn), ExecutionRole: aws.ToString(output.TaskDefinition.ExecutionRoleArn),
	}
	for _, destination := range e.definitions.read(*output.TaskDefinition).destinations {
		if group, ok := e.tagged.logGroup(revision, destination); ok {
			read.LogGroups = append(read.LogGroups, group)
		}
	}
	return read
}

// onInstances says whether a service's tasks run on instances, which tasks share. Managed
// instances count: they are shared by default (ECS developer guide, Managed Instances).
func onInstances(service types.Service, clusterIsFargate bool) bool {
	switch {
	case service.LaunchType != "":
		return service.LaunchType != types.LaunchTypeFargate
	case len(service.CapacityProviderStrategy) > 0:
		return !onFargate(service.CapacityProviderStrategy)
	}
	return !clusterIsFargate
}

// onFargate says whether every provider of a strategy is one of Fargate's own. No strategy
// names none.
func onFargate(strategy []types.CapacityProviderStrategyItem) bool {
	for _, item := range strategy {
		if provider := aws.ToString(item.CapacityProvider); provider != "FARGATE" && provider != "FARGATE_SPOT" {
			return false
		}
	}
	return len(strategy) > 0
}

func tagsOf(tags []types.Tag) map[string]string {
	read := make(map[string]string, len(tags))
	for _, tag := range tags {
		read[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return read
}

// ExamineTime estimates how long an examination takes in which so many services are listed,
// of which so many are looked at closely: the slowest of AWS's throttles decides.
func (f *Fleet) ExamineTime(scope fleet.Scope, listed, closely int) time.Duration {
	calls := map[string]int{
		"service_read":         listed/servicesAtOnce + listed/listedAtOnce + 1,
		"task_definition_read": closely,
		"tag_resources":        4*listed/resourcesAtOnce + 1,
	}
	var longest time.Duration
	for bucket, count := range calls {
		rate := f.limits.allowed(throttle{bucket, account(scope.Role), scope.Region})
		beyond := float64(count) - 0.8*float64(rate.Burst)
		longest = max(longest, time.Duration(max(beyond, 0)/rate.PerSecond*float64(time.Second)))
	}
	return longest + time.Duration(listed+closely)*callTime/(servicesAtOnce*walkers)
}

// callTime is how long AWS takes to answer a call, about.
const callTime = 100 * time.Millisecond
