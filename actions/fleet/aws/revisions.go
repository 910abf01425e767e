package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsbot/actions/fleet"
)

// revisionsAtOnce is what one ListTaskDefinitions returns at most (ECS API reference).
const revisionsAtOnce = 100

// Definition reads one revision of the family that the service runs; no other family can be
// named. A revision is read from AWS once: it never changes.
func (f *Fleet) Definition(ctx context.Context, given fleet.Session, service fleet.Service, number int) (fleet.Definition, error) {
	family, _, err := splitRevision(service.Revision)
	if err != nil {
		return fleet.Definition{}, err
	}
	revision := family + ":" + strconv.Itoa(number)
	doing := "read the task definition " + lastPart(revision)
	session, err := mayRead(given, service.Ref)
	if err != nil {
		return fleet.Definition{}, fmt.Errorf("%s: %w", doing, err)
	}
	read, err := f.definitions.get(ctx, session.reads(), revision)
	if err != nil {
		return fleet.Definition{}, readError(doing, err)
	}
	return read.shown, nil
}

// Earlier is the number of the newest active revision of the service's family below one; 0
// where there is none.
func (f *Fleet) Earlier(ctx context.Context, given fleet.Session, service fleet.Service, number int) (int, error) {
	family, _, err := splitRevision(service.Revision)
	if err != nil {
		return 0, err
	}
	doing := "list the revisions of " + lastPart(family)
	session, err := mayRead(given, service.Ref)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", doing, err)
	}
	pages := ecs.NewListTaskDefinitionsPaginator(session.reads(), &ecs.ListTaskDefinitionsInput{
		FamilyPrefix: aws.String(lastPart(family)), // despite its name, the whole family (ECS API reference)
		Sort:         types.SortOrderDesc,
		MaxResults:   aws.Int32(revisionsAtOnce),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, readError(doing, err)
		}
		for _, arn := range page.TaskDefinitionArns {
			if _, each, err := splitRevision(arn); err == nil && each < number {
				return each, nil
			}
		}
	}
	return 0, nil
}

// splitRevision cuts a task definition's ARN into that of its family and a number.
func splitRevision(arn string) (family string, number int, err error) {
	at := strings.LastIndexByte(arn, ':')
	if at < 0 {
		return "", 0, fmt.Errorf("%q is no revision of a task definition", arn)
	}
	number, err = strconv.Atoi(arn[at+1:])
	if err != nil {
		return "", 0, fmt.Errorf("%q is no revision of a task definition", arn)
	}
	return arn[:at], number, nil
}

// show is a revision without any value that it gives to its containers.
func (d *definitions) show(task types.TaskDefinition) fleet.Definition {
	shown := fleet.Definition{
		ARN: aws.ToString(task.TaskDefinitionArn), Family: aws.ToString(task.Family), Number: int(task.Revision),
		CPU: aws.ToString(task.Cpu), Memory: aws.ToString(task.Memory),
		TaskRole: aws.ToString(task.TaskRoleArn), ExecutionRole: aws.ToString(task.ExecutionRoleArn),
		Rest: map[string]fleet.Mark{
			"network mode": d.mark(task.NetworkMode), "volumes": d.mark(task.Volumes), "platform": d.mark(task.RuntimePlatform),
			"process namespace": d.mark(task.PidMode), "placement": d.mark(task.PlacementConstraints),
			"ephemeral storage": d.mark(task.EphemeralStorage), "proxy": d.mark(task.ProxyConfiguration),
		},
	}
	for _, container := range task.ContainerDefinitions {
		shown.Containers = append(shown.Containers, d.showContainer(container))
	}
	return shown
}

func (d *definitions) showContainer(container types.ContainerDefinition) fleet.ContainerDefinition {
	shown := fleet.ContainerDefinition{
		Name: aws.ToString(container.Name), Image: aws.ToString(container.Image),
		CPU: units(container.Cpu), Memory: memory(container),
		Variables: map[string]fleet.Mark{}, Secrets: map[string]fleet.Mark{},
		Rest: map[string]fleet.Mark{
			"command": d.mark(container.Command), "entry point": d.mark(container.EntryPoint), "ports": d.mark(container.PortMappings),
			"health check": d.mark(container.HealthCheck), "log configuration": d.mark(container.LogConfiguration),
			"environment files": d.mark(container.EnvironmentFiles), "mounts": d.mark(container.MountPoints),
			"user": d.mark(container.User), "privileged": d.mark(container.Privileged), "essential": d.mark(container.Essential),
			"stop timeout": d.mark(container.StopTimeout), "dependencies": d.mark(container.DependsOn),
		},
	}
	for _, variable := range container.Environment {
		shown.Variables[aws.ToString(variable.Name)] = d.mark(variable.Value)
	}
	for _, secret := range container.Secrets {
		shown.Secrets[aws.ToString(secret.Name)] = d.mark(secret.ValueFrom)
	}
	return shown
}

// mark is one number for a value, by which nobody finds the value again.
func (d *definitions) mark(value any) fleet.Mark {
	text, err := json.Marshal(value)
	if err != nil { // the SDK's shapes are plain data
		return 0
	}
	return fleet.Mark(maphash.Bytes(d.seed, text))
}

func units(cpu int32) string {
	if cpu == 0 {
		return ""
	}
	return strconv.Itoa(int(cpu))
}

// memory is a container's own limit, or what it reserves where it has none.
func memory(container types.ContainerDefinition) string {
	switch {
	case container.Memory != nil:
		return strconv.Itoa(int(*container.Memory))
	case container.MemoryReservation != nil:
		return strconv.Itoa(int(*container.MemoryReservation)) + " reserved"
	}
	return ""
}
