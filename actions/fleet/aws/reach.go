package aws

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsbot/actions/fleet"
)

// Reach reads what a revision of the service's family may reach, by number; ErrUnknown where
// there is none.
func (f *Fleet) Reach(ctx context.Context, given fleet.Session, service fleet.Service, number int) (fleet.Reach, error) {
	family, _, err := splitRevision(service.Revision)
	if err != nil {
		return fleet.Reach{}, err
	}
	revision := family + ":" + strconv.Itoa(number)
	doing := "read the task definition " + lastPart(revision)
	session, err := mayRead(given, service.Ref)
	if err != nil {
		return fleet.Reach{}, fmt.Errorf("%s: %w", doing, err)
	}
	output, err := session.reads().DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String(revision)})
	switch said := answered(err); {
	case said.code == "ClientException":
		return fleet.Reach{}, fmt.Errorf("%s: %w: %s", doing, fleet.ErrUnknown, said)
	case err != nil:
		return fleet.Reach{}, readError(doing, err)
	case output.TaskDefinition == nil:
		return fleet.Reach{}, fmt.Errorf("%s: %w: an answer without it", doing, fleet.ErrUnavailable)
	}
	return reachOf(*output.TaskDefinition), nil
}

// Running reads the images of the revision that the service runs, by container: it never
// changes, so that it is read from AWS once.
func (f *Fleet) Running(ctx context.Context, given fleet.Session, service fleet.Service) (fleet.Definition, error) {
	_, number, err := splitRevision(service.Revision)
	if err != nil {
		return fleet.Definition{}, err
	}
	return f.Definition(ctx, given, service, number)
}

func reachOf(task types.TaskDefinition) fleet.Reach {
	reach := fleet.Reach{
		ARN:           aws.ToString(task.TaskDefinitionArn),
		Active:        task.Status == types.TaskDefinitionStatusActive,
		TaskRole:      aws.ToString(task.TaskRoleArn),
		ExecutionRole: aws.ToString(task.ExecutionRoleArn),
		NetworkMode:   string(task.NetworkMode),
	}
	if task.PidMode == types.PidModeHost {
		reach.HostSpaces = append(reach.HostSpaces, "pidMode")
	}
	if task.IpcMode == types.IpcModeHost {
		reach.HostSpaces = append(reach.HostSpaces, "ipcMode")
	}
	for _, volume := range task.Volumes {
		if volume.Host != nil && aws.ToString(volume.Host.SourcePath) != "" {
			reach.HostPaths = append(reach.HostPaths, aws.ToString(volume.Host.SourcePath))
		}
		if docker := volume.DockerVolumeConfiguration; docker != nil && len(docker.DriverOpts) > 0 { // a driver can mount any directory
			reach.HostPaths = append(reach.HostPaths, "of the volume "+aws.ToString(volume.Name))
		}
		if windows := volume.FsxWindowsFileServerVolumeConfiguration; windows != nil && windows.AuthorizationConfig != nil {
			reach.Volumes = append(reach.Volumes, aws.ToString(windows.AuthorizationConfig.CredentialsParameter))
		}
	}
	for _, container := range task.ContainerDefinitions {
		reach.Containers = append(reach.Containers, containerReach(container))
	}
	return reach
}

func containerReach(container types.ContainerDefinition) fleet.ContainerReach {
	reach := fleet.ContainerReach{
		Name:       aws.ToString(container.Name),
		Image:      aws.ToString(container.Image),
		Essential:  container.Essential == nil || *container.Essential,
		Privileged: aws.ToBool(container.Privileged),
		Secrets:    map[string]string{},
	}
	if container.RepositoryCredentials != nil {
		reach.Credentials = aws.ToString(container.RepositoryCredentials.CredentialsParameter)
	}
	for _, file := range container.EnvironmentFiles {
		reach.Files = append(reach.Files, aws.ToString(file.Value))
	}
	for _, secret := range container.Secrets {
		reach.Secrets[aws.ToString(secret.Name)] = aws.ToString(secret.ValueFrom)
	}
	if container.LogConfiguration != nil {
		for _, secret := range container.LogConfiguration.SecretOptions {
			reach.Secrets["logConfiguration "+aws.ToString(secret.Name)] = aws.ToString(secret.ValueFrom)
		}
	}
	reach.HostRights = hostRights(container)
	return reach
}

// hostRights are the fields by which a container gets a part of what privileged mode gives. A
// profile that confines it more is no such thing.
func hostRights(container types.ContainerDefinition) []string {
	var fields []string
	if linux := container.LinuxParameters; linux != nil {
		if linux.Capabilities != nil && len(linux.Capabilities.Add) > 0 {
			fields = append(fields, "linuxParameters.capabilities.add")
		}
		if len(linux.Devices) > 0 {
			fields = append(fields, "linuxParameters.devices")
		}
	}
	for _, option := range container.DockerSecurityOptions {
		if strings.Contains(option, "unconfined") || strings.Contains(option, "disable") {
			fields = append(fields, "dockerSecurityOptions")
			break
		}
	}
	return fields
}
