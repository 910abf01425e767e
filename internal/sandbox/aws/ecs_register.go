package aws

import (
	"fmt"
	"slices"
	"strconv"
)

type registerTaskDefinitionInput struct {
	Family                  string                `json:"family"`
	ContainerDefinitions    []containerDefinition `json:"containerDefinitions"`
	TaskRoleArn             string                `json:"taskRoleArn"`
	ExecutionRoleArn        string                `json:"executionRoleArn"`
	NetworkMode             string                `json:"networkMode"`
	PidMode                 string                `json:"pidMode"`
	RequiresCompatibilities []string              `json:"requiresCompatibilities"`
	CPU                     string                `json:"cpu"`
	Memory                  string                `json:"memory"`
	Tags                    []tag                 `json:"tags"`
}

type registerTaskDefinitionOutput struct {
	TaskDefinition wireTaskDefinition `json:"taskDefinition"`
	Tags           []tag              `json:"tags,omitempty"`
}

func registerTaskDefinition(c *call, in *registerTaskDefinitionInput) (*registerTaskDefinitionOutput, error) {
	c.touch(in.Family)
	if err := in.validate(); err != nil {
		return nil, err
	}
	tags, err := readTags(in.Tags)
	if err != nil {
		return nil, err
	}
	known, ok := c.place.definitions[in.Family]
	if !ok {
		known = &family{name: in.Family}
	}
	number := 1
	if count := len(known.revisions); count > 0 {
		number = known.revisions[count-1].revision + 1
	}
	arn := c.place.arn("ecs", fmt.Sprintf("task-definition/%s:%d", in.Family, number))
	if err := c.mayRegister(arn, in, tags); err != nil {
		return nil, err
	}
	made := in.define(c, arn, number, tags)
	known.revisions = append(known.revisions, made)
	c.place.definitions[in.Family] = known
	c.place.register(arn, "ecs:task-definition", &made.tags)
	return &registerTaskDefinitionOutput{TaskDefinition: made.wire, Tags: listed(tags)}, nil
}

// mayRegister asks for the authorisations of RegisterTaskDefinition: the task definition, its
// tags, its roles (Service Authorization Reference, Amazon ECS).
func (c *call) mayRegister(arn string, in *registerTaskDefinitionInput, tags map[string]string) error {
	privileged := slices.ContainsFunc(in.ContainerDefinitions, func(defined containerDefinition) bool { return defined.Privileged })
	conditions := append(requestTags(tags), condition{"ecs:privileged", []string{strconv.FormatBool(privileged)}})
	if len(in.RequiresCompatibilities) > 0 {
		conditions = append(conditions, condition{"ecs:compute-compatibility", in.RequiresCompatibilities})
	}
	if err := c.allow("ecs:RegisterTaskDefinition", arn, conditions); err != nil {
		return err
	}
	if len(tags) > 0 {
		created := []condition{{"ecs:CreateAction", []string{"RegisterTaskDefinition"}}}
		if err := c.allow("ecs:TagResource", arn, requestTags(tags), created); err != nil {
			return err
		}
	}
	return c.mayPass(in.TaskRoleArn, in.ExecutionRoleArn)
}

// validate checks what ECS checks (Amazon ECS API reference, RegisterTaskDefinition).
func (in *registerTaskDefinitionInput) validate() error {
	switch {
	case in.Family == "" || len(in.Family) > 255 || !wordOf(in.Family, "_-"):
		return refuse("ClientException", "Family contains invalid characters.")
	case len(in.ContainerDefinitions) == 0:
		return refuse("ClientException", "Container list cannot be empty.")
	case slices.Contains(in.RequiresCompatibilities, "FARGATE") && (in.CPU == "" || in.Memory == ""):
		return refuse("ClientException", "Fargate requires that 'cpu' and 'memory' be defined at the task level.")
	case slices.Contains(in.RequiresCompatibilities, "FARGATE") && in.NetworkMode != "awsvpc":
		return refuse("ClientException", "Fargate only supports network mode 'awsvpc'.")
	}
	names := map[string]bool{}
	essential := false
	for _, defined := range in.ContainerDefinitions {
		switch {
		case defined.Name == "" || !wordOf(defined.Name, "_-") || names[defined.Name]:
			return refuse("ClientException", "Container name is invalid or given twice: %s", defined.Name)
		case defined.Image == "" || len(defined.Image) > 255+72:
			return refuse("ClientException", "Container.image should not be null or empty.")
		case in.Memory == "" && defined.Memory == 0:
			return refuse("ClientException", "Invalid setting for container '%s'. At least one of 'memory' or 'memoryReservation' must be specified.", defined.Name)
		}
		names[defined.Name] = true
		essential = essential || defined.Essential
	}
	if !essential {
		return refuse("ClientException", "At least one container must be essential.")
	}
	return oneOf("networkMode", in.NetworkMode, "bridge", "host", "awsvpc", "none")
}

func (in *registerTaskDefinitionInput) define(c *call, arn string, number int, tags map[string]string) *definition {
	return &definition{
		family: in.Family, revision: number, arn: arn, image: in.ContainerDefinitions[0].Image, containers: in.ContainerDefinitions, tags: newTags(tags),
		wire: wireTaskDefinition{
			TaskDefinitionArn: arn, ContainerDefinitions: in.ContainerDefinitions, Family: in.Family, Revision: number, Status: "ACTIVE",
			TaskRoleArn: in.TaskRoleArn, ExecutionRoleArn: in.ExecutionRoleArn, NetworkMode: orElse(in.NetworkMode, "bridge"), PidMode: in.PidMode,
			Volumes: []struct{}{}, PlacementConstraints: []struct{}{}, Compatibilities: []string{"EC2", "FARGATE"},
			RequiresCompatibilities: in.RequiresCompatibilities, CPU: in.CPU, Memory: in.Memory,
			RegisteredAt: stamp(c.now), RegisteredBy: c.principal.ARN,
		},
	}
}
