package ops

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/authz"
)

// Self says who the bot is to AWS.
type Self interface {
	// OwnRole is the ARN, without a path, of the role under which the bot acts; empty for none.
	OwnRole(ctx context.Context) (string, error)
}

// GuardReader reads what a revision reaches, and what none may.
type GuardReader interface {
	Self
	// Reach is ErrUnknown where the service's family has no such revision.
	Reach(ctx context.Context, session fleet.Session, service fleet.Service, number int) (fleet.Reach, error)
}

// fence is what tasks of an environment may reach.
type fence struct {
	environment string
	roles       []string // patterns of role names with their path
	reserved    []string // ARNs of roles that are no task's, whatever the patterns say
	elsewhere   []string // the other environments
	account     string
}

// boundsOf is the fence of a call's environment: its configured roles, or those below
// ecs/ENVIRONMENT/, and never one by which the bot itself acts.
func boundsOf(ctx context.Context, self Self, call actions.Call) (fence, error) {
	own, err := self.OwnRole(ctx)
	if err != nil {
		return fence{}, fmt.Errorf("plan of %s: %w", call.Service(), err)
	}
	roles := call.Place().TaskRoles
	if len(roles) == 0 {
		roles = []string{"ecs/" + call.Environment() + "/*"}
	}
	return fence{
		environment: call.Environment(), roles: roles, reserved: append([]string{own}, call.Reserved()...),
		elsewhere: call.Elsewhere(), account: accountOf(call.Service().ARN),
	}, nil
}

// guard refuses a revision by which tasks would reach beyond their environment, and says which
// field it is. A deploy, a rollback and a run hand such power to whoever asks for them: who may
// do these in one environment must not become somebody in another.
func guard(reach fleet.Reach, within fence) error {
	for _, role := range []struct{ field, arn string }{{"taskRoleArn", reach.TaskRole}, {"executionRoleArn", reach.ExecutionRole}} {
		if within.isReserved(role.arn) {
			return beyond(reach, role.field, "is a role by which I act: no task may have it")
		}
		if role.arn != "" && !within.allowsRole(role.arn) {
			return beyond(reach, role.field, "names a role outside of "+strings.Join(within.roles, ", ")+" (task_roles in the configuration)")
		}
	}
	if reach.NetworkMode == "host" {
		return beyond(reach, "networkMode", "is host: the task would share the network of its instance")
	}
	for _, space := range reach.HostSpaces {
		return beyond(reach, space, "is host: the task would see the processes of others")
	}
	for _, directory := range reach.HostPaths {
		return beyond(reach, "volumes", "mounts the directory "+directory+" of its instance")
	}
	for _, password := range reach.Volumes {
		if within.isElsewhere(password) {
			return beyond(reach, "volumes", "has its password from another environment")
		}
	}
	for _, container := range reach.Containers {
		if err := within.guardContainer(reach, container); err != nil {
			return err
		}
	}
	return nil
}

func (f fence) guardContainer(reach fleet.Reach, container fleet.ContainerReach) error {
	field := func(name string) string { return fmt.Sprintf("containerDefinitions[%s].%s", container.Name, name) }
	if container.Privileged {
		return beyond(reach, field("privileged"), "is set: the container would rule its instance")
	}
	for _, right := range container.HostRights {
		return beyond(reach, field(right), "gives the container rights over its instance")
	}
	if f.isElsewhere(repositoryPath(container.Image)) {
		return beyond(reach, field("image"), "lies in another environment's registry path")
	}
	for _, name := range slices.Sorted(maps.Keys(container.Secrets)) {
		if f.isElsewhere(container.Secrets[name]) {
			return beyond(reach, field("secrets["+name+"]"), "comes from another environment")
		}
	}
	for _, file := range container.Files {
		if f.isElsewhere(file) {
			return beyond(reach, field("environmentFiles"), "come from another environment")
		}
	}
	if f.isElsewhere(container.Credentials) {
		return beyond(reach, field("repositoryCredentials"), "come from another environment")
	}
	return nil
}

// allowsRole holds the role's path and name against the patterns, and its account against the
// service's own.
func (f fence) allowsRole(arn string) bool {
	_, name, found := strings.Cut(arn, ":role/")
	if !found || f.account != "" && accountOf(arn) != f.account {
		return false
	}
	for _, pattern := range f.roles {
		if matched, err := path.Match(pattern, name); err == nil && matched {
			return true
		}
	}
	return false
}

// isReserved tells a role by account and name: names differ by more than case and path (IAM User
// Guide, "IAM identifiers").
func (f fence) isReserved(arn string) bool {
	return slices.ContainsFunc(f.reserved, func(reserved string) bool {
		return reserved != "" && accountOf(reserved) == accountOf(arn) && strings.EqualFold(bareRole(reserved), bareRole(arn))
	})
}

// bareRole is a role's name without its path.
func bareRole(arn string) string { return arn[strings.LastIndexAny(arn, "/:")+1:] }

// isElsewhere says whether a path names another environment before it names its own: a segment
// is an environment's where it is its name, or begins with it and a separator.
func (f fence) isElsewhere(where string) bool {
	for _, segment := range strings.FieldsFunc(where, func(r rune) bool { return r == '/' || r == ':' || r == '@' }) {
		if names(segment, f.environment) {
			return false
		}
		for _, other := range f.elsewhere {
			if names(segment, other) && !longerNames(segment, f.environment, other) {
				return true
			}
		}
	}
	return false
}

// repositoryPath is an image without its registry's host, whose name says nothing of environments.
func repositoryPath(image string) string {
	host, rest, found := strings.Cut(image, "/")
	if found && strings.ContainsAny(host, ".:") {
		return rest
	}
	return image
}

func names(segment, environment string) bool {
	rest, found := strings.CutPrefix(segment, environment)
	return found && (rest == "" || strings.ContainsRune("-_.", rune(rest[0])))
}

// longerNames says whether the own environment names the segment more exactly than the other:
// of prod and prod-eu, prod-eu-db belongs to the latter.
func longerNames(segment, own, other string) bool {
	return len(own) > len(other) && names(segment, own)
}

func accountOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return ""
}

// beyond is the refusal. It never says which other environment it is.
func beyond(reach fleet.Reach, field, why string) error {
	return actions.Refuse(authz.CodeDenied, "reaches beyond its environment: "+field, actions.Message{
		Title: actions.Textf("Revision %v reaches beyond its environment: %v %v.", actions.Named(fleet.ShortRevision(reach.ARN)), actions.Named(field), why),
		Body:  []actions.Block{actions.Note{Text: actions.Textf("Whoever keeps the platform can mend the task definition.")}},
	})
}

// readGuarded reads a revision of the service's family and holds it against the fence.
func readGuarded(ctx context.Context, aws GuardReader, call actions.Call, arn string) (fleet.Reach, error) {
	asked, err := readRevision(fleet.ShortRevision(arn))
	if err != nil || asked.family != fleet.FamilyOf(call.Service().Revision) {
		return fleet.Reach{}, otherFamily(call, asked, fleet.FamilyOf(call.Service().Revision))
	}
	reach, err := aws.Reach(ctx, call.Reader(), call.Service(), asked.number)
	if err != nil {
		return fleet.Reach{}, fmt.Errorf("plan of %s: %w", call.Service(), err)
	}
	return reach, fenced(ctx, aws, call, reach)
}

// fenced holds what was read against the fence of the call.
func fenced(ctx context.Context, self Self, call actions.Call, reach fleet.Reach) error {
	within, err := boundsOf(ctx, self, call)
	if err != nil {
		return err
	}
	return guard(reach, within)
}
