package aws

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// taskOverride is what RunTask changes of the task definition.
type taskOverride struct {
	ContainerOverrides []containerOverride `json:"containerOverrides"`
	CPU                string              `json:"cpu,omitempty"`
	Memory             string              `json:"memory,omitempty"`
	ExecutionRoleArn   string              `json:"executionRoleArn,omitempty"`
	TaskRoleArn        string              `json:"taskRoleArn,omitempty"`
}

type containerOverride struct {
	Name        string        `json:"name,omitempty"`
	Command     []string      `json:"command,omitempty"`
	Environment []environment `json:"environment,omitempty"`
	CPU         *int          `json:"cpu,omitempty"`
	Memory      *int          `json:"memory,omitempty"`
}

// wire has a list of containers even where nothing is overridden.
func (o taskOverride) wire() taskOverride {
	if o.ContainerOverrides == nil {
		o.ContainerOverrides = []containerOverride{}
	}
	return o
}

// exitCode is how a one-off task ends: "exit 3" in a command says it, else 0.
func (o taskOverride) exitCode() int { return o.after("exit") }

// sleep is how much longer a one-off task runs: "sleep 600" in a command says it, in seconds.
func (o taskOverride) sleep() time.Duration { return time.Duration(o.after("sleep")) * time.Second }

// after is the number behind a word of a command; 0 where there is none.
func (o taskOverride) after(word string) int {
	for _, container := range o.ContainerOverrides {
		words := strings.Fields(strings.ReplaceAll(strings.Join(container.Command, " "), ";", " "))
		if at := slices.Index(words, word); at >= 0 && at+1 < len(words) {
			if number, err := strconv.Atoi(words[at+1]); err == nil {
				return number
			}
		}
	}
	return 0
}

// spoken is what a one-off task writes: its command, with "env" the environment that it got, and
// with "key" a private key, as careless commands do.
func (o taskOverride) spoken(of *definition) []string {
	var lines []string
	for _, container := range o.ContainerOverrides {
		lines = append(lines, "+ "+strings.Join(container.Command, " "))
		if slices.Contains(container.Command, "key") {
			lines = append(lines, privateKey()...)
		}
		if !slices.Contains(container.Command, "env") {
			continue
		}
		for _, variable := range of.containers[0].Environment {
			lines = append(lines, variable.Name+" is "+variable.Value)
		}
	}
	return lines
}

type runTaskInput struct {
	Cluster                  string                `json:"cluster"`
	TaskDefinition           string                `json:"taskDefinition"`
	Count                    *int                  `json:"count"`
	ClientToken              string                `json:"clientToken"`
	Group                    string                `json:"group"`
	LaunchType               string                `json:"launchType"`
	CapacityProviderStrategy []capacityProvider    `json:"capacityProviderStrategy"`
	NetworkConfiguration     *networkConfiguration `json:"networkConfiguration"`
	Overrides                taskOverride          `json:"overrides"`
	PlatformVersion          string                `json:"platformVersion"`
	PropagateTags            string                `json:"propagateTags"`
	EnableECSManagedTags     bool                  `json:"enableECSManagedTags"`
	EnableExecuteCommand     bool                  `json:"enableExecuteCommand"`
	ReferenceID              string                `json:"referenceId"`
	StartedBy                string                `json:"startedBy"`
	Tags                     []tag                 `json:"tags"`
}

type runTaskOutput struct {
	Tasks    []wireTask `json:"tasks"`
	Failures []missing  `json:"failures"`
}

func runTask(c *call, in *runTaskInput) (*runTaskOutput, error) {
	c.touch(in.Cluster, in.TaskDefinition)
	if err := in.validate(); err != nil {
		return nil, err
	}
	tags, err := readTags(in.Tags)
	if err != nil {
		return nil, err
	}
	found, err := c.place.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	of, ok := c.place.definition(in.TaskDefinition)
	if !ok {
		return nil, refuse("ClientException", "TaskDefinition not found.")
	}
	if err := c.mayRun(found, of, in, tags); err != nil {
		return nil, err
	}
	if err := in.validateFor(of); err != nil {
		return nil, err
	}
	if before, ok := c.place.runs[in.ClientToken]; ok && in.ClientToken != "" {
		return described(before), nil
	}
	return described(found.run(of, in, tags, c.now)), nil
}

func described(tasks []*task) *runTaskOutput {
	out := &runTaskOutput{Tasks: []wireTask{}, Failures: []missing{}}
	for _, task := range tasks {
		out.Tasks = append(out.Tasks, task.wire(true))
	}
	return out
}

// mayRun asks for the authorisations of RunTask: the task definition, its tags, its roles.
func (c *call) mayRun(in *cluster, of *definition, asked *runTaskInput, tags map[string]string) error {
	conditions := slices.Concat(clusterKey(in.arn), resourceTags(of.tags.now), requestTags(tags))
	conditions = append(conditions, condition{"ecs:enable-execute-command", []string{strconv.FormatBool(asked.EnableExecuteCommand)}})
	conditions = append(conditions, in.place.providerKey(asked.CapacityProviderStrategy)...)
	if err := c.allow("ecs:RunTask", of.arn, conditions); err != nil {
		return err
	}
	if len(tags) > 0 {
		created := []condition{{"ecs:CreateAction", []string{"RunTask"}}}
		if err := c.allow("ecs:TagResource", in.place.arn("ecs", "task/"+in.name+"/*"), requestTags(tags), created); err != nil {
			return err
		}
	}
	return c.mayPass(
		orElse(asked.Overrides.TaskRoleArn, of.wire.TaskRoleArn),
		orElse(asked.Overrides.ExecutionRoleArn, of.wire.ExecutionRoleArn),
	)
}

// validate checks what does not depend on the task definition (Amazon ECS API reference, RunTask).
func (in *runTaskInput) validate() error {
	overrides, err := json.Marshal(in.Overrides)
	switch {
	case err != nil:
		return invalid("Invalid overrides.")
	case in.TaskDefinition == "":
		return refuse("ClientException", "TaskDefinition can not be blank.")
	case in.Count != nil && (*in.Count < 1 || *in.Count > 10):
		return invalid("Count must be between 1 and 10.")
	case len(in.StartedBy) > 128 || !wordOf(in.StartedBy, "_-/"):
		return invalid("Invalid startedBy.")
	case len(in.ClientToken) > 64 || strings.IndexFunc(in.ClientToken, func(r rune) bool { return r < 33 || r > 126 }) >= 0:
		return invalid("Invalid clientToken.")
	case len(overrides) > 8192:
		return invalid("Overrides must be at most 8192 characters.")
	case in.LaunchType != "" && len(in.CapacityProviderStrategy) > 0:
		return invalid("Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.")
	}
	if err := oneOf("propagateTags", in.PropagateTags, "TASK_DEFINITION", "NONE"); err != nil {
		return err
	}
	return oneOf("launchType", in.LaunchType, "EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES")
}

// validateFor checks the parameters against the task definition.
func (in *runTaskInput) validateFor(of *definition) error {
	if in.NetworkConfiguration == nil || in.NetworkConfiguration.AwsvpcConfiguration == nil || len(in.NetworkConfiguration.AwsvpcConfiguration.Subnets) == 0 {
		return invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	}
	for _, override := range in.Overrides.ContainerOverrides {
		named := func(defined containerDefinition) bool { return defined.Name == override.Name }
		if !slices.ContainsFunc(of.containers, named) {
			return invalid("Override for container named %s is not a container in the TaskDefinition.", override.Name)
		}
	}
	return nil
}

func wordOf(text, others string) bool {
	return strings.IndexFunc(text, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune(others, r)
	}) < 0
}

// run starts one-off tasks.
func (c *cluster) run(of *definition, in *runTaskInput, tags map[string]string, now time.Time) []*task {
	count := 1
	if in.Count != nil {
		count = *in.Count
	}
	var tasks []*task
	for range count {
		made := c.newTask(of, now)
		made.startedBy, made.group = in.StartedBy, orElse(in.Group, "family:"+of.family)
		made.overrides, made.subnet = in.Overrides, in.NetworkConfiguration.subnet()
		made.tags = newTags(tags)
		if in.PropagateTags == "TASK_DEFINITION" {
			made.tags = newTags(made.tags.with(of.tags.now))
		}
		made.begin(now)
		tasks = append(tasks, made)
	}
	if in.ClientToken != "" {
		c.place.runs[in.ClientToken] = tasks
		c.place.server.at(now.Add(24*time.Hour), func(time.Time) { delete(c.place.runs, in.ClientToken) })
	}
	return tasks
}
