package aws

import (
	"fmt"
	"io"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"
)

// Fleet is what exists when the server starts.
type Fleet struct {
	Roles    []string                     `yaml:"roles"`     // ARNs that may be assumed
	RoleTags map[string]map[string]string `yaml:"role_tags"` // by ARN; what IAM tells, without effect on sessions
	Clusters []ClusterSpec                `yaml:"clusters"`
}

// ClusterSpec is a cluster of the fleet.
type ClusterSpec struct {
	Name     string            `yaml:"name"`
	Account  string            `yaml:"account"` // default: HomeAccount
	Region   string            `yaml:"region"`  // default: eu-west-1
	Tags     map[string]string `yaml:"tags"`
	Services []ServiceSpec     `yaml:"services"`
}

// ServiceSpec is a service of a cluster with its task definition, log group and temper.
type ServiceSpec struct {
	Name         string            `yaml:"name"`
	Tags         map[string]string `yaml:"tags"`
	Images       []string          `yaml:"images"`       // one for each revision, oldest first; the last one runs
	Revision     int               `yaml:"revision"`     // number of the last image's revision; default: how many images
	Desired      int               `yaml:"desired"`      // tasks
	Variables    map[string]string `yaml:"variables"`    // plain environment variables of the containers
	Sidecars     map[string]string `yaml:"sidecars"`     // further containers: name to image
	RolePath     string            `yaml:"role_path"`    // path of task and execution role, e.g. ecs/staging/; empty: no roles
	LogGroup     string            `yaml:"log_group"`    // default: /ecs/<cluster>/<service>
	LogRegion    string            `yaml:"log_region"`   // default: the cluster's
	LogPrefix    string            `yaml:"log_prefix"`   // of the streams; default: the service's name; -: none
	LogDriver    string            `yaml:"log_driver"`   // default: awslogs
	LogEvery     time.Duration     `yaml:"log_every"`    // between lines of a task; 0: 3s; negative: only what tests write
	Status       string            `yaml:"status"`       // ACTIVE (default), DRAINING: it was deleted, and its tasks are stopping
	Controller   string            `yaml:"controller"`   // ECS (default), CODE_DEPLOY, EXTERNAL
	Scheduling   string            `yaml:"scheduling"`   // REPLICA (default), DAEMON
	LaunchType   string            `yaml:"launch_type"`  // FARGATE (default), EC2
	Breaker      string            `yaml:"breaker"`      // off (default), on, rollback
	MinHealthy   *int              `yaml:"min_healthy"`  // percent; default 100
	Maximum      *int              `yaml:"maximum"`      // percent; default 200
	ShortARN     bool              `yaml:"short_arn"`    // the old format without the cluster, which cannot be tagged
	TagTasks     bool              `yaml:"tag_tasks"`    // propagateTags SERVICE
	Draining     time.Duration     `yaml:"draining"`     // from told to stop until stopped; 0: as the pace has it
	Turning      time.Duration     `yaml:"turning"`      // from a rollback that is requested until it is begun; 0: at once
	Scaling      *ScalingSpec      `yaml:"scaling"`      // bounds of Auto Scaling; none: it has no part in it
	Pushed       []string          `yaml:"pushed"`       // further images that lie in their private registry
	Secrets      map[string]string `yaml:"secrets"`      // of the first container: name to where its value comes from
	Privileged   bool              `yaml:"privileged"`   // the first container
	NetworkMode  string            `yaml:"network_mode"` // default: awsvpc
	Strategy     string            `yaml:"strategy"`     // ROLLING (default), BLUE_GREEN, LINEAR, CANARY
	BakeMinutes  int               `yaml:"bake_minutes"`
	PauseAt      []string          `yaml:"pause_at"`      // lifecycle stages at which a deployment waits for somebody
	PauseMinutes int               `yaml:"pause_minutes"` // how long; default 1440
	PauseThen    string            `yaml:"pause_then"`    // then: ROLLBACK (default), CONTINUE
	TaskTags     map[string]string `yaml:"task_tags"`     // tags of the tasks that run already; default: what is propagated
	LogTags      map[string]string `yaml:"log_tags"`      // tags of the log group; default: the service's
	Definition   map[string]string `yaml:"definition"`    // tags of the task definition; default: the service's
	TaskRole     string            `yaml:"task_role"`     // path and name; default: by role_path
	Execution    string            `yaml:"execution"`     // path and name of the execution role; default: by role_path
	Exec         bool              `yaml:"exec"`          // enableExecuteCommand
	FailingKind  Failure           `yaml:"fail_next"`     // how the next deployment fails; empty: it does not
}

// LoadFleet reads a fleet in YAML; unknown keys are errors.
func LoadFleet(r io.Reader) (Fleet, error) {
	var fleet Fleet
	loader, err := yaml.NewLoader(r, yaml.WithKnownFields())
	if err != nil {
		return Fleet{}, fmt.Errorf("reading fleet: %w", err)
	}
	if err := loader.Load(&fleet); err != nil {
		return Fleet{}, fmt.Errorf("reading fleet: %w", err)
	}
	return fleet, fleet.check()
}

func (f Fleet) check() error {
	clusters := map[string]bool{}
	for _, cluster := range f.Clusters {
		name := cluster.Account + "/" + cluster.Region + "/" + cluster.Name
		if cluster.Name == "" || clusters[name] {
			return fmt.Errorf("fleet: cluster %q: name missing or given twice", cluster.Name)
		}
		clusters[name] = true
		if err := cluster.check(); err != nil {
			return fmt.Errorf("fleet: cluster %s: %w", cluster.Name, err)
		}
	}
	return nil
}

func (c ClusterSpec) check() error {
	services := map[string]bool{}
	for _, service := range c.Services {
		if service.Name == "" || services[service.Name] {
			return fmt.Errorf("service %q: name missing or given twice", service.Name)
		}
		services[service.Name] = true
		if err := service.check(); err != nil {
			return fmt.Errorf("service %s: %w", service.Name, err)
		}
	}
	return nil
}

func (s ServiceSpec) check() error {
	allowed := []struct {
		key, value string
		values     []string
	}{
		{"status", s.Status, []string{"", "ACTIVE", "DRAINING"}},
		{"controller", s.Controller, []string{"", "ECS", "CODE_DEPLOY", "EXTERNAL"}},
		{"scheduling", s.Scheduling, []string{"", "REPLICA", "DAEMON"}},
		{"launch_type", s.LaunchType, []string{"", "FARGATE", "EC2"}},
		{"breaker", s.Breaker, []string{"", "off", "on", "rollback"}},
		{"strategy", s.Strategy, []string{"", "ROLLING", "BLUE_GREEN", "LINEAR", "CANARY"}},
		{"pause_then", s.PauseThen, []string{"", "ROLLBACK", "CONTINUE"}},
		{"network_mode", s.NetworkMode, []string{"", "awsvpc", "bridge", "host", "none"}},
		{"fail_next", string(s.FailingKind), failureNames()},
	}
	for _, entry := range allowed {
		if !slices.Contains(entry.values, entry.value) {
			return fmt.Errorf("%s: %q is not one of %q", entry.key, entry.value, entry.values)
		}
	}
	if s.Desired < 0 {
		return fmt.Errorf("desired: %d is less than none", s.Desired)
	}
	return s.checkPauses()
}

func (c ClusterSpec) withDefaults() ClusterSpec {
	c.Account = orElse(c.Account, HomeAccount)
	c.Region = orElse(c.Region, "eu-west-1")
	return c
}

func (s ServiceSpec) withDefaults(cluster string) ServiceSpec {
	if len(s.Images) == 0 {
		s.Images = []string{"registry.example/" + s.Name + ":1.0.0"}
	}
	if s.Revision < len(s.Images) {
		s.Revision = len(s.Images)
	}
	if s.LogEvery == 0 {
		s.LogEvery = 3 * time.Second
	}
	if s.LogTags == nil {
		s.LogTags = s.Tags
	}
	if s.Definition == nil {
		s.Definition = s.Tags
	}
	if s.RolePath != "" {
		s.TaskRole = orElse(s.TaskRole, s.RolePath+s.Name+"-task")
		s.Execution = orElse(s.Execution, s.RolePath+s.Name+"-execution")
	}
	s.LogGroup = orElse(s.LogGroup, "/ecs/"+cluster+"/"+s.Name)
	s.LogPrefix = orElse(s.LogPrefix, s.Name)
	s.LogDriver = orElse(s.LogDriver, "awslogs")
	s.Controller = orElse(s.Controller, "ECS")
	s.Scheduling = orElse(s.Scheduling, "REPLICA")
	s.LaunchType = orElse(s.LaunchType, "FARGATE")
	s.MinHealthy = orPercent(s.MinHealthy, 100)
	s.Maximum = orPercent(s.Maximum, 200)
	return s
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func orPercent(value *int, otherwise int) *int {
	if value == nil {
		return &otherwise
	}
	return value
}
