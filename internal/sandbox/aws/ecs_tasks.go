package aws

import (
	"slices"
	"strings"
)

type listTasksInput struct {
	Cluster           string `json:"cluster"`
	ContainerInstance string `json:"containerInstance"`
	DaemonName        string `json:"daemonName"`
	DesiredStatus     string `json:"desiredStatus"`
	Family            string `json:"family"`
	LaunchType        string `json:"launchType"`
	MaxResults        *int   `json:"maxResults"`
	NextToken         string `json:"nextToken"`
	ServiceName       string `json:"serviceName"`
	StartedBy         string `json:"startedBy"`
}

type listTasksOutput struct {
	TaskArns  []string `json:"taskArns"`
	NextToken string   `json:"nextToken,omitempty"`
}

func listTasks(c *call, in *listTasksInput) (*listTasksOutput, error) {
	c.touch(in.Cluster, in.ServiceName)
	size, err := pageSize(in.MaxResults, 100, 100)
	if err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	found, err := c.place.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	instances := c.place.arn("ecs", "container-instance/"+found.name+"/*")
	if err := c.allow("ecs:ListTasks", instances, clusterKey(found.arn)); err != nil {
		return nil, err
	}
	if _, ok := found.service(in.ServiceName); in.ServiceName != "" && !ok {
		return nil, refuse("ServiceNotFoundException", "Service not found.")
	}
	part, next, err := page(found.tasksLike(in), func(arn string) string { return arn }, in.NextToken, size)
	return &listTasksOutput{TaskArns: part, NextToken: next}, err
}

func (in *listTasksInput) validate() error {
	if err := oneOf("desiredStatus", in.DesiredStatus, "RUNNING", "PENDING", "STOPPED"); err != nil {
		return err
	}
	if err := oneOf("launchType", in.LaunchType, "EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"); err != nil {
		return err
	}
	others := in.ContainerInstance + in.DaemonName + in.DesiredStatus + in.Family + in.LaunchType + in.ServiceName
	if in.StartedBy != "" && others != "" { // Amazon ECS API reference, ListTasks
		return invalid("startedBy must be the only filter.")
	}
	return nil
}

// tasksLike are the ARNs of the cluster's tasks that the filters let through, sorted. Without
// a desired status these are the running ones; PENDING never finds any, as with AWS.
func (c *cluster) tasksLike(in *listTasksInput) []string {
	arns := []string{}
	add := func(t *task) {
		if t.like(in) {
			arns = append(arns, t.arn)
		}
	}
	if known, ok := c.service(in.ServiceName); ok {
		for _, task := range known.tasks {
			add(task)
		}
	} else {
		for _, task := range c.tasks {
			add(task)
		}
	}
	slices.Sort(arns)
	return arns
}

func (t *task) like(in *listTasksInput) bool {
	return t.desired == orElse(in.DesiredStatus, "RUNNING") && in.ContainerInstance == "" && in.DaemonName == "" &&
		(in.Family == "" || t.definition.family == in.Family) &&
		(in.LaunchType == "" || t.launchType() == in.LaunchType) &&
		(in.StartedBy == "" || t.startedBy == in.StartedBy)
}

type describeTasksInput struct {
	Cluster string   `json:"cluster"`
	Tasks   []string `json:"tasks"`
	Include []string `json:"include"`
}

type describeTasksOutput struct {
	Tasks    []wireTask `json:"tasks"`
	Failures []missing  `json:"failures"`
}

func describeTasks(c *call, in *describeTasksInput) (*describeTasksOutput, error) {
	c.touch(in.Cluster)
	withTags, err := includes(in.Include, "TAGS")
	if err != nil {
		return nil, err
	}
	switch {
	case len(in.Tasks) == 0:
		return nil, invalid("Tasks cannot be empty.")
	case len(in.Tasks) > 100: // Amazon ECS API reference, DescribeTasks
		return nil, invalid("Tasks cannot have more than 100 elements.")
	}
	found, err := c.place.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	out := &describeTasksOutput{Tasks: []wireTask{}, Failures: []missing{}}
	for _, name := range in.Tasks {
		known, arn, err := c.authorisedTask("ecs:DescribeTasks", found, name)
		if err != nil {
			return nil, err
		}
		if known == nil {
			out.Failures = append(out.Failures, missing{arn, "MISSING"})
			continue
		}
		out.Tasks = append(out.Tasks, known.wire(withTags))
	}
	return out, nil
}

// authorisedTask finds a task, nil where there is none, once the caller may act on it.
func (c *call) authorisedTask(action string, in *cluster, name string) (known *task, arn string, err error) {
	arn = in.place.arn("ecs", "task/"+in.name+"/"+shortName(name))
	conditions := clusterKey(in.arn)
	known, ok := in.task(name)
	if ok {
		conditions = append(conditions, resourceTags(known.tags.now)...)
	}
	return known, arn, c.allow(action, arn, conditions)
}

type stopTaskInput struct {
	Cluster string `json:"cluster"`
	Task    string `json:"task"`
	Reason  string `json:"reason"`
}

type stopTaskOutput struct {
	Task wireTask `json:"task"`
}

func stopTask(c *call, in *stopTaskInput) (*stopTaskOutput, error) {
	c.touch(in.Cluster, in.Task)
	switch {
	case in.Task == "":
		return nil, invalid("Task cannot be empty.")
	case len(in.Reason) > 1024: // Amazon ECS API reference, StopTask
		return nil, invalid("Reason cannot be longer than 1024 characters.")
	}
	found, err := c.place.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	known, _, err := c.authorisedTask("ecs:StopTask", found, in.Task)
	if err != nil {
		return nil, err
	}
	if known == nil {
		return nil, invalid("The referenced task was not found.")
	}
	known.stop("UserInitiated", orElse(strings.TrimSpace(in.Reason), "Task stopped by user"), c.now)
	if known.service != nil {
		known.service.reconcile(c.now)
	}
	return &stopTaskOutput{Task: known.wire(false)}, nil
}
