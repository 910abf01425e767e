package doctor

import (
	"fmt"
	"strings"
	"time"
)

// Service is a service as AWS has it, with what hangs on it as far as it was read.
type Service struct {
	ARN         string
	Name        string
	Tags        map[string]string
	Propagates  bool // its tags are copied to its tasks
	Exec        bool // ECS Exec is switched on
	OnInstances bool // its tasks run on EC2, external or shared managed instances
	Definition  *Definition
	Tasks       []Task
}

// Definition is the revision of a task definition that a service runs.
type Definition struct {
	ARN           string
	Tags          map[string]string
	TaskRole      string // ARN; empty for none
	ExecutionRole string
	LogGroups     []LogGroup
}

// LogGroup is where a container's log goes.
type LogGroup struct {
	ARN  string
	Name string
	Tags map[string]string
}

// Task is a running task.
type Task struct {
	ID       string
	Tags     map[string]string
	Instance string // ARN of the container instance; empty on Fargate
	Started  time.Time
}

// Service judges a service of a cluster. It returns the environment that it belongs to.
func (e *Examination) Service(cluster Cluster, service Service) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	environment := e.rules.EnvironmentOf(service.Tags)
	e.services[environment]++
	named := cluster.Name + "/" + service.Name
	if environment == "" {
		e.lost(cluster, service, named)
		return
	}
	e.use(cluster, environment, service)
	seen := sick{e, Finding{Environment: environment, Service: service.Name, Resource: named}, cluster, service}
	seen.contradiction()
	seen.settings()
	seen.tasks()
	seen.definition()
}

// EnvironmentOf is the configured environment that the tags name exactly, or nothing.
func (r Rules) EnvironmentOf(tags map[string]string) string {
	value := tags[r.Tag]
	if _, known := r.Environments[value]; !known {
		return ""
	}
	return value
}

// lost judges a service that no environment's name reaches.
func (e *Examination) lost(cluster Cluster, service Service, named string) {
	home := e.rules.home(cluster)
	found := Finding{Environment: home, Resource: named}
	value, tagged := service.Tags[e.rules.Tag]
	near, key := e.rules.near(value), e.rules.nearKey(service.Tags)
	switch {
	case isShort(service.ARN):
		found.Kind, found.Seen = ShortARN, service.ARN
		found.Mend = fmt.Sprintf("aws ecs put-account-setting-default --region %s --name serviceLongArnFormat --value enabled, then create the service anew", regionOf(service.ARN))
	case tagged && near != "":
		found.Kind, found.Environment, found.Service = NearMiss, near, service.Name
		found.Seen = fmt.Sprintf("%s=%s", e.rules.Tag, value)
		found.Mend, found.Terraform = tagCommand(service.ARN, e.rules.Tag, near), e.rules.tagLine(near)
	case tagged && value != "":
		found.Kind, found.Environment, found.Seen = UnknownValue, "", fmt.Sprintf("%s=%s", e.rules.Tag, value)
		found.Mend = "name it under environments: in ecsbot.yaml, or " + tagCommand(service.ARN, e.rules.Tag, placeholder)
	case key != "":
		meant := e.rules.meant(service.Tags[key])
		found.Kind, found.Seen = NearKey, fmt.Sprintf("%s=%s", key, service.Tags[key])
		if meant != placeholder {
			found.Environment, found.Service = meant, service.Name
		}
		found.Mend = tagCommand(service.ARN, e.rules.Tag, meant) + " && " + untagCommand(service.ARN, key)
	default:
		found.Kind = Untagged
		found.Mend, found.Terraform = tagCommand(service.ARN, e.rules.Tag, e.rules.meant(home)), e.rules.tagLine(e.rules.meant(home))
	}
	e.add(found)
}

// isShort says whether a service's ARN is of the old form, which does not name the cluster.
func isShort(arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	return len(parts) == 6 && strings.Count(parts[5], "/") == 1
}

// sick is one service under examination, and what every finding about it begins with.
type sick struct {
	*Examination
	begun   Finding
	cluster Cluster
	service Service
}

func (s sick) tell(kind Kind, seen, mend, terraform string) {
	found := s.begun
	found.Kind, found.Seen, found.Mend, found.Terraform = kind, seen, mend, terraform
	s.add(found)
}

// contradiction holds the service's tag against itself, its cluster and the configuration.
func (s sick) contradiction() {
	environment := s.begun.Environment
	if keys := s.rules.keys(s.service.Tags); len(keys) > 1 {
		s.tell(TwoKeys, strings.Join(keys, " and "), untagCommand(s.service.ARN, other(keys, s.rules.Tag)), "")
	}
	if home := s.rules.home(s.cluster); home != "" && home != environment {
		s.tell(Conflict, fmt.Sprintf("the service says %s, its cluster does not", environment),
			"move it to a cluster of "+environment+", or correct the tag: "+tagCommand(s.service.ARN, s.rules.Tag, placeholder), "")
		return
	}
	if value := s.cluster.Tags[s.rules.Tag]; value != "" && value != environment {
		s.tell(Conflict, fmt.Sprintf("the service says %s, its cluster does not", environment), tagCommand(s.cluster.ARN, s.rules.Tag, environment), s.rules.tagLine(environment))
		return
	}
	if own := s.rules.Environments[environment]; len(own.Clusters) > 0 && s.rules.home(s.cluster) == "" {
		s.tell(Conflict, fmt.Sprintf("cluster %s is none of those that the configuration names for %s", s.cluster.Name, environment),
			fmt.Sprintf("add %s to environments.%s.clusters in ecsbot.yaml, or move the service", s.cluster.Name, environment), "")
	}
}

// settings judges what the service itself is set to.
func (s sick) settings() {
	at := fmt.Sprintf("aws ecs update-service --region %s --cluster %s --service %s", regionOf(s.service.ARN), quoted(s.cluster.Name), quoted(s.service.Name))
	if !s.service.Propagates {
		s.tell(NoPropagation, "", at+" --propagate-tags SERVICE --force-new-deployment", `propagate_tags = "SERVICE"`)
	}
	if s.service.Exec {
		s.tell(ExecOpen, "", at+" --no-enable-execute-command --force-new-deployment", "enable_execute_command = false")
	}
}

// tasks judges the tags that the running tasks were started with. Where the service does not
// hand its tags on, that is told already.
func (s sick) tasks() {
	if !s.service.Propagates {
		return
	}
	old := 0
	value := ""
	for _, task := range s.service.Tasks {
		if has := task.Tags[s.rules.Tag]; has != s.begun.Environment {
			old, value = old+1, has
		}
	}
	if old == 0 {
		return
	}
	says := "no " + s.rules.Tag
	if value != "" {
		says = s.rules.Tag + "=" + s.shown(value)
	}
	s.tell(OldTasks, fmt.Sprintf("%d of %d tasks have %s", old, len(s.service.Tasks), says),
		fmt.Sprintf("/ecs restart %s %s", s.begun.Environment, s.service.Name), "")
}

// shown is a tag's value where it is no other environment's name: each side would learn of
// the other.
func (s sick) shown(value string) string {
	if _, others := s.rules.Environments[value]; others {
		return "another environment's name"
	}
	return value
}

// definition judges the task definition, its roles and its log groups.
func (s sick) definition() {
	definition := s.service.Definition
	if definition == nil {
		return
	}
	environment := s.begun.Environment
	if value := definition.Tags[s.rules.Tag]; value != environment {
		s.tell(DefinitionTag, s.differs(shortName(definition.ARN), value), tagCommand(definition.ARN, s.rules.Tag, environment), s.rules.tagLine(environment))
	}
	s.roles(*definition)
	for _, group := range definition.LogGroups {
		if value := group.Tags[s.rules.Tag]; value != environment {
			s.tell(LogGroupTag, s.differs("log group "+group.Name, value),
				fmt.Sprintf("aws logs tag-resource --region %s --resource-arn %s --tags %s", regionOf(group.ARN), quoted(group.ARN), quoted(s.rules.Tag+"="+environment)), s.rules.tagLine(environment))
		}
	}
}

// differs says how something's tag stands beside its service's.
func (s sick) differs(what, value string) string {
	if value == "" {
		return what + " has no " + s.rules.Tag
	}
	return what + " has " + s.rules.Tag + "=" + s.shown(value)
}

func shortName(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
