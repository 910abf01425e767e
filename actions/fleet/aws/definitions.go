package aws

import (
	"context"
	"fmt"
	"hash/maphash"
	"regexp"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsbot/actions/fleet"
)

const (
	// definitionsKept bounds the memory that task definitions take.
	definitionsKept = 512
	// secretLength is the shortest value that is taken for a secret: masking shorter ones
	// would tear ordinary text apart.
	secretLength = 6
)

// definition is what is remembered of a task definition's revision.
type definition struct {
	shown        fleet.Definition
	destinations []destination
	notes        []string // why a container's log cannot be read
	secrets      []string
	values       []string // everything in the containers' plain environment
}

// destination is where one container's log goes.
type destination struct {
	container string
	group     string
	region    string // empty: that of the task
	prefix    string
}

// definitions remembers revisions, which never change.
type definitions struct {
	secretName *regexp.Regexp
	seed       maphash.Seed // of marks: they mean nothing in another process

	mutex sync.Mutex
	known map[string]definition // by revision ARN
}

func newDefinitions() *definitions {
	return &definitions{
		secretName: regexp.MustCompile(`(?i)(secret|token|password|passwd|api_?key|private|credential|dsn|auth)`),
		seed:       maphash.MakeSeed(),
		known:      make(map[string]definition),
	}
}

func (d *definitions) get(ctx context.Context, client *ecs.Client, revision string) (definition, error) {
	if known, ok := d.recall(revision); ok {
		return known, nil
	}
	output, err := client.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: aws.String(revision),
	})
	if err != nil {
		return definition{}, err
	}
	if output.TaskDefinition == nil {
		return definition{}, fmt.Errorf("an answer without the task definition %s", revision)
	}
	read := d.read(*output.TaskDefinition)
	d.put(revision, read)
	return read, nil
}

// recall is a revision that was read before.
func (d *definitions) recall(revision string) (definition, bool) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	known, ok := d.known[revision]
	return known, ok
}

func (d *definitions) put(revision string, read definition) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if len(d.known) >= definitionsKept {
		clear(d.known)
	}
	d.known[revision] = read
}

func (d *definitions) read(task types.TaskDefinition) definition {
	read := definition{shown: d.show(task)}
	for _, container := range task.ContainerDefinitions {
		found, note := destinationOf(container)
		if note != "" {
			read.notes = append(read.notes, note)
		} else {
			read.destinations = append(read.destinations, found)
		}
		for _, variable := range container.Environment {
			value := aws.ToString(variable.Value)
			read.values = append(read.values, value)
			if len(value) >= secretLength && d.secretName.MatchString(aws.ToString(variable.Name)) {
				read.secrets = append(read.secrets, value)
			}
		}
	}
	return read
}

// destinationOf says where a container's log goes, or why it cannot be read and what to do.
func destinationOf(container types.ContainerDefinition) (destination, string) {
	name, configured := aws.ToString(container.Name), container.LogConfiguration
	if configured == nil {
		return destination{}, fmt.Sprintf("%s: no log configuration; add the awslogs driver to its task definition", name)
	}
	if configured.LogDriver != types.LogDriverAwslogs {
		return destination{}, fmt.Sprintf("%s: its log goes through the driver %s, not to CloudWatch Logs; %s",
			name, configured.LogDriver, elsewhere(configured.LogDriver))
	}
	found := destination{
		container: name,
		group:     configured.Options["awslogs-group"],
		region:    configured.Options["awslogs-region"],
		prefix:    configured.Options["awslogs-stream-prefix"],
	}
	switch {
	case found.group == "":
		return destination{}, fmt.Sprintf("%s: its task definition names no awslogs-group; add it", name)
	case found.prefix == "":
		return destination{}, fmt.Sprintf("%s: without awslogs-stream-prefix its log stream is called after the Docker container, "+
			"which ECS does not tell; add it to its task definition", name)
	default:
		return found, ""
	}
}

// elsewhere is where to look for a log that does not go to CloudWatch Logs.
func elsewhere(driver types.LogDriver) string {
	where, known := map[types.LogDriver]string{
		types.LogDriverAwsfirelens: "its FireLens container routes it: read it where that sends it, or have it send a copy to CloudWatch Logs",
		types.LogDriverSplunk:      "read it in Splunk",
		types.LogDriverJsonFile:    "it stays on the container instance: read it there, or change logDriver to awslogs",
		types.LogDriverJournald:    "it stays in the journal of the container instance: read it there, or change logDriver to awslogs",
	}[driver]
	if !known {
		where = "read it where that sends it, or change logDriver to awslogs"
	}
	return where
}
