package fleet

import (
	"strings"
	"time"
)

// Reach is what one revision of a task definition may reach: its images, roles and secrets, and
// what it shares with its host. It names things and holds no value that is handed to a container.
type Reach struct {
	ARN           string
	Active        bool
	TaskRole      string   // ARN; empty for none
	ExecutionRole string   // ARN; empty for none
	NetworkMode   string   // awsvpc, bridge, host or none
	HostSpaces    []string // namespaces of the host that it shares: pidMode, ipcMode
	HostPaths     []string // directories of the host that it mounts, and volumes whose driver may
	Volumes       []string // where the passwords of its volumes come from
	Containers    []ContainerReach
}

// ContainerReach is one container of a Reach.
type ContainerReach struct {
	Name        string
	Image       string
	Essential   bool
	Privileged  bool
	HostRights  []string          // fields that give it a part of what privileged gives: capabilities, devices, no confinement
	Secrets     map[string]string // name to where its value comes from
	Files       []string          // files of variables, by ARN
	Credentials string            // where the password of its registry comes from; empty for none
}

// Container finds a container by name.
func (r Reach) Container(name string) (ContainerReach, bool) {
	for _, container := range r.Containers {
		if container.Name == name {
			return container, true
		}
	}
	return ContainerReach{}, false
}

// ShortRevision is family:number of a task definition's ARN.
func ShortRevision(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// FamilyOf is the family of a task definition's ARN.
func FamilyOf(arn string) string {
	family, _, _ := strings.Cut(ShortRevision(arn), ":")
	return family
}

// Image is where a container's image lies: repository, and tag or digest.
type Image struct {
	Repository string // registry included
	Tag        string // empty where it goes by digest alone; latest where nothing is said
	Digest     string // sha256:…, or empty
}

// ParseImage reads an image as a task definition names it.
func ParseImage(text string) Image {
	repository, digest, _ := strings.Cut(text, "@")
	image := Image{Repository: repository, Digest: digest}
	if slash := strings.LastIndex(repository, "/"); strings.Contains(repository[slash+1:], ":") {
		at := strings.LastIndex(repository, ":")
		image.Repository, image.Tag = repository[:at], repository[at+1:]
	}
	if image.Tag == "" && image.Digest == "" {
		image.Tag = "latest"
	}
	return image
}

// String is the image as a task definition names it: by digest where there is one.
func (i Image) String() string {
	if i.Digest != "" {
		return i.Repository + "@" + i.Digest
	}
	return i.Repository + ":" + i.Tag
}

// Registry is the private ECR registry that holds the image, as account and region, and its
// repository there; false where another registry holds it.
func (i Image) Registry() (account, region, repository string, private bool) {
	host, path, _ := strings.Cut(i.Repository, "/")
	parts := strings.Split(host, ".")
	if len(parts) < 6 || parts[1] != "dkr" || parts[2] != "ecr" || parts[4] != "amazonaws" {
		return "", "", "", false
	}
	return parts[0], parts[3], path, true
}

// Bounds are those within which Auto Scaling moves a service's count.
type Bounds struct {
	Min, Max int
	Frozen   bool // scaling is suspended, in one direction or both
}

// Pause is a point at which a deployment waits for somebody to let it go on.
type Pause struct {
	Deployment string // ARN of the service deployment
	Hook       string // its ID
	Stage      string // lifecycle stage
	Expires    time.Time
	Then       string // what AWS does at its end: CONTINUE or ROLLBACK
}

// RunOrder is what a one-off task is to run.
type RunOrder struct {
	Operation string // its mark
	Container string // whose command is replaced
	Command   []string
}
