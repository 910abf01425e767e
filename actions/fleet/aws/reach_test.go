package aws

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestEveryWayOntoTheInstanceIsSeen has a field each by which a task would rule its instance, or
// read what is another's.
func TestEveryWayOntoTheInstanceIsSeen(t *testing.T) {
	reach := reachOf(types.TaskDefinition{
		Volumes: []types.Volume{
			{Name: aws.String("scratch"), DockerVolumeConfiguration: &types.DockerVolumeConfiguration{}},
			{Name: aws.String("root"), DockerVolumeConfiguration: &types.DockerVolumeConfiguration{DriverOpts: map[string]string{"device": "/"}}},
			{Host: &types.HostVolumeProperties{SourcePath: aws.String("/var/run")}},
			{FsxWindowsFileServerVolumeConfiguration: &types.FSxWindowsFileServerVolumeConfiguration{
				AuthorizationConfig: &types.FSxWindowsFileServerAuthorizationConfig{CredentialsParameter: aws.String("/prod/fsx")},
			}},
		},
		ContainerDefinitions: []types.ContainerDefinition{{
			LinuxParameters: &types.LinuxParameters{
				Capabilities: &types.KernelCapabilities{Add: []string{"SYS_ADMIN"}}, Devices: []types.Device{{HostPath: aws.String("/dev/kmsg")}},
			},
			DockerSecurityOptions: []string{"apparmor:unconfined"},
			LogConfiguration:      &types.LogConfiguration{SecretOptions: []types.Secret{{Name: aws.String("token"), ValueFrom: aws.String("prod/log")}}},
		}, {
			LinuxParameters:       &types.LinuxParameters{Capabilities: &types.KernelCapabilities{Drop: []string{"ALL"}}},
			DockerSecurityOptions: []string{"no-new-privileges"},
		}},
	})
	if want := []string{"of the volume root", "/var/run"}; !slices.Equal(reach.HostPaths, want) {
		t.Errorf("paths %v, want %v", reach.HostPaths, want)
	}
	if want := []string{"/prod/fsx"}; !slices.Equal(reach.Volumes, want) {
		t.Errorf("passwords %v, want %v", reach.Volumes, want)
	}
	first, second := reach.Containers[0], reach.Containers[1]
	if want := []string{"linuxParameters.capabilities.add", "linuxParameters.devices", "dockerSecurityOptions"}; !slices.Equal(first.HostRights, want) {
		t.Errorf("rights %v, want %v", first.HostRights, want)
	}
	if first.Secrets["logConfiguration token"] != "prod/log" || len(second.HostRights) != 0 {
		t.Errorf("secrets %v; a confined one has %v", first.Secrets, second.HostRights)
	}
}
