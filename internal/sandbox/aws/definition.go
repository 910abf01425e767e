package aws

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// family is a task definition family with its revisions.
type family struct {
	name      string
	revisions []*definition // by number, oldest first
}

// definition is one revision of a task definition. It never changes.
type definition struct {
	family     string
	revision   int
	arn        string
	image      string // of the first container
	containers []containerDefinition
	wire       wireTaskDefinition
	tags       tagSet
}

// containerDefinition is a container as DescribeTaskDefinition shows it.
type containerDefinition struct {
	Name             string           `json:"name"`
	Image            string           `json:"image"`
	CPU              int              `json:"cpu"`
	Memory           int              `json:"memory"`
	PortMappings     []portMapping    `json:"portMappings"`
	Essential        bool             `json:"essential"`
	Privileged       bool             `json:"privileged,omitempty"`
	Secrets          []secret         `json:"secrets,omitempty"`
	Environment      []environment    `json:"environment"`
	MountPoints      []struct{}       `json:"mountPoints"`
	VolumesFrom      []struct{}       `json:"volumesFrom"`
	StopTimeout      int              `json:"stopTimeout,omitempty"`
	LogConfiguration logConfiguration `json:"logConfiguration"`
	HealthCheck      *healthCheck     `json:"healthCheck,omitempty"`
}

type portMapping struct {
	ContainerPort int    `json:"containerPort"`
	HostPort      int    `json:"hostPort"`
	Protocol      string `json:"protocol"`
}

type environment struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type secret struct {
	Name      string `json:"name"`
	ValueFrom string `json:"valueFrom"`
}

type logConfiguration struct {
	LogDriver string            `json:"logDriver"`
	Options   map[string]string `json:"options"`
}

type healthCheck struct {
	Command  []string `json:"command"`
	Interval int      `json:"interval"`
	Timeout  int      `json:"timeout"`
	Retries  int      `json:"retries"`
}

// wireTaskDefinition is the taskDefinition of DescribeTaskDefinition.
type wireTaskDefinition struct {
	TaskDefinitionArn       string                `json:"taskDefinitionArn"`
	ContainerDefinitions    []containerDefinition `json:"containerDefinitions"`
	Family                  string                `json:"family"`
	TaskRoleArn             string                `json:"taskRoleArn,omitempty"`
	ExecutionRoleArn        string                `json:"executionRoleArn,omitempty"`
	NetworkMode             string                `json:"networkMode"`
	PidMode                 string                `json:"pidMode,omitempty"`
	Revision                int                   `json:"revision"`
	Volumes                 []struct{}            `json:"volumes"`
	Status                  string                `json:"status"`
	PlacementConstraints    []struct{}            `json:"placementConstraints"`
	Compatibilities         []string              `json:"compatibilities"`
	RequiresCompatibilities []string              `json:"requiresCompatibilities"`
	CPU                     string                `json:"cpu"`
	Memory                  string                `json:"memory"`
	RegisteredAt            stamp                 `json:"registeredAt"`
	RegisteredBy            string                `json:"registeredBy"`
}

// makeDefinitions registers a revision for each image, and returns the newest.
func (p *place) makeDefinitions(cluster string, spec ServiceSpec, now time.Time) *definition {
	name := cluster + "-" + spec.Name
	made := &family{name: name}
	for i, image := range spec.Images {
		number := spec.Revision - len(spec.Images) + 1 + i
		registered := now.Add(-time.Duration(len(spec.Images)-i) * 9 * 24 * time.Hour)
		made.revisions = append(made.revisions, p.define(name, number, image, spec, registered))
	}
	p.definitions[name] = made
	return made.revisions[len(made.revisions)-1]
}

func (p *place) define(name string, number int, image string, spec ServiceSpec, registered time.Time) *definition {
	made := &definition{
		family: name, revision: number, image: image, tags: newTags(spec.Definition),
		arn: p.arn("ecs", fmt.Sprintf("task-definition/%s:%d", name, number)),
	}
	made.containers = []containerDefinition{p.container(spec.Name, image, spec)}
	made.containers[0].Essential = true
	made.containers[0].HealthCheck = &healthCheck{Command: []string{"CMD", "/bin/healthy"}, Interval: 10, Timeout: 5, Retries: 3}
	made.containers[0].Privileged = spec.Privileged
	for _, name := range slices.Sorted(maps.Keys(spec.Secrets)) {
		made.containers[0].Secrets = append(made.containers[0].Secrets, secret{name, spec.Secrets[name]})
	}
	for _, sidecar := range slices.Sorted(maps.Keys(spec.Sidecars)) {
		made.containers = append(made.containers, p.container(sidecar, spec.Sidecars[sidecar], spec))
	}
	made.wire = wireTaskDefinition{
		TaskDefinitionArn: made.arn, ContainerDefinitions: made.containers, Family: name, NetworkMode: orElse(spec.NetworkMode, "awsvpc"),
		Revision: number, Volumes: []struct{}{}, Status: "ACTIVE", PlacementConstraints: []struct{}{},
		Compatibilities: []string{"EC2", "FARGATE"}, RequiresCompatibilities: []string{spec.LaunchType},
		CPU: "512", Memory: "1024", RegisteredAt: stamp(registered), RegisteredBy: roleARN(p.account, "deployer"),
	}
	if spec.TaskRole != "" {
		made.wire.TaskRoleArn = roleARN(p.account, spec.TaskRole)
	}
	if spec.Execution != "" {
		made.wire.ExecutionRoleArn = roleARN(p.account, spec.Execution)
	}
	p.register(made.arn, "ecs:task-definition", &made.tags)
	return made
}

func (p *place) container(name, image string, spec ServiceSpec) containerDefinition {
	made := containerDefinition{
		Name: name, Image: image, CPU: 256, Memory: 512, StopTimeout: 30,
		PortMappings: []portMapping{}, Environment: []environment{}, MountPoints: []struct{}{}, VolumesFrom: []struct{}{},
		LogConfiguration: logConfiguration{LogDriver: spec.LogDriver, Options: map[string]string{}},
	}
	for _, variable := range slices.Sorted(maps.Keys(spec.Variables)) {
		made.Environment = append(made.Environment, environment{variable, spec.Variables[variable]})
	}
	if name == spec.Name {
		made.PortMappings = append(made.PortMappings, portMapping{8080, 8080, "tcp"})
	}
	if spec.LogDriver == "awslogs" {
		made.LogConfiguration.Options = map[string]string{
			"awslogs-group": spec.LogGroup, "awslogs-region": orElse(spec.LogRegion, p.region), "awslogs-stream-prefix": spec.LogPrefix,
		}
		if spec.LogPrefix == noPrefix {
			delete(made.LogConfiguration.Options, "awslogs-stream-prefix")
		}
	}
	return made
}

// definition finds a revision by family, family:revision or ARN.
func (p *place) definition(named string) (*definition, bool) {
	if strings.HasPrefix(named, "arn:") && !strings.HasPrefix(named, p.arn("ecs", "task-definition/")) {
		return nil, false
	}
	name, number, numbered := strings.Cut(shortName(named), ":")
	if strings.HasPrefix(named, "arn:") {
		name, number, numbered = strings.Cut(strings.TrimPrefix(named, p.arn("ecs", "task-definition/")), ":")
	}
	known, ok := p.definitions[name]
	if !ok {
		return nil, false
	}
	if !numbered {
		return known.revisions[len(known.revisions)-1], true
	}
	wanted, err := strconv.Atoi(number)
	if err != nil {
		return nil, false
	}
	for _, revision := range known.revisions {
		if revision.revision == wanted {
			return revision, true
		}
	}
	return nil, false
}

type describeTaskDefinitionInput struct {
	TaskDefinition string   `json:"taskDefinition"`
	Include        []string `json:"include"`
}

type describeTaskDefinitionOutput struct {
	TaskDefinition wireTaskDefinition `json:"taskDefinition"`
	Tags           []tag              `json:"tags,omitempty"`
}

func describeTaskDefinition(c *call, in *describeTaskDefinitionInput) (*describeTaskDefinitionOutput, error) {
	c.touch(in.TaskDefinition)
	if in.TaskDefinition == "" {
		return nil, refuse("ClientException", "Task definition can not be blank.")
	}
	withTags, err := includes(in.Include, "TAGS")
	if err != nil {
		return nil, err
	}
	if err := c.allow("ecs:DescribeTaskDefinition", "*"); err != nil {
		return nil, err
	}
	found, ok := c.place.definition(in.TaskDefinition)
	if !ok {
		return nil, refuse("ClientException", "Unable to describe task definition.")
	}
	out := &describeTaskDefinitionOutput{TaskDefinition: found.wire}
	if withTags {
		out.Tags = listed(found.tags.now)
	}
	return out, nil
}

type listTaskDefinitionsInput struct {
	FamilyPrefix string `json:"familyPrefix"`
	Status       string `json:"status"`
	Sort         string `json:"sort"`
	NextToken    string `json:"nextToken"`
	MaxResults   *int   `json:"maxResults"`
}

type listTaskDefinitionsOutput struct {
	TaskDefinitionArns []string `json:"taskDefinitionArns"`
	NextToken          string   `json:"nextToken,omitempty"`
}

func listTaskDefinitions(c *call, in *listTaskDefinitionsInput) (*listTaskDefinitionsOutput, error) {
	c.touch(in.FamilyPrefix)
	if !slices.Contains([]string{"", "ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"}, in.Status) || !slices.Contains([]string{"", "ASC", "DESC"}, in.Sort) {
		return nil, invalid("Invalid status or sort order.")
	}
	size, err := pageSize(in.MaxResults, 100, 100)
	if err != nil {
		return nil, err
	}
	if err := c.allow("ecs:ListTaskDefinitions", "*"); err != nil {
		return nil, err
	}
	revisions := c.place.revisions(in)
	keys := map[string]string{}
	for i, arn := range revisions {
		keys[arn] = fmt.Sprintf("%08d", i)
	}
	part, next, err := page(revisions, func(arn string) string { return keys[arn] }, in.NextToken, size)
	return &listTaskDefinitionsOutput{TaskDefinitionArns: part, NextToken: next}, err
}

// revisions are the ARNs that ListTaskDefinitions shows: by family, then by number.
func (p *place) revisions(in *listTaskDefinitionsInput) []string {
	arns := []string{}
	if in.Status == "INACTIVE" || in.Status == "DELETE_IN_PROGRESS" {
		return arns
	}
	for _, name := range slices.Sorted(maps.Keys(p.definitions)) {
		if in.FamilyPrefix != "" && name != in.FamilyPrefix {
			continue // despite its name, familyPrefix is the full family name (ECS API reference)
		}
		for _, revision := range p.definitions[name].revisions {
			arns = append(arns, revision.arn)
		}
	}
	if in.Sort == "DESC" {
		slices.Reverse(arns)
	}
	return arns
}
