// Package fleet has the words for what exists on ECS: scopes, clusters, services,
// deployments, tasks and log lines, and the index that finds a service by environment and
// name in memory. It knows no SDK; fleet/aws fills it from AWS.
package fleet

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Errors that the path tells apart. Each is wrapped with what was being done.
var (
	// ErrUnknown says that no such service exists, or not any more.
	ErrUnknown = errors.New("no such service")
	// ErrAmbiguous says that several clusters of the environment have a service of that name.
	ErrAmbiguous = errors.New("several clusters have a service of that name: say cluster/name")
	// ErrUnavailable says that AWS cannot be reached or does not answer in time. Nothing was changed.
	ErrUnavailable = errors.New("AWS cannot be reached")
	// ErrThrottled says that AWS surely refused because of its request rate. Nothing was changed.
	ErrThrottled = errors.New("AWS throttles this request")
	// ErrDenied says that AWS refused the credentials for this call. Nothing was changed.
	ErrDenied = errors.New("AWS refused: access denied")
	// ErrFateUnknown says that a change was sent and nobody knows whether it was carried out.
	ErrFateUnknown = errors.New("sent to AWS, fate unknown")
	// ErrRefused says that AWS understood the call and refused it. Nothing was changed.
	ErrRefused = errors.New("AWS refused")
)

// Answered is an error of a call that AWS answered, with the ID by which AWS knows the call.
type Answered struct {
	RequestID string
	Err       error
}

func (a *Answered) Error() string { return a.Err.Error() }

// Unwrap is the error itself.
func (a *Answered) Unwrap() error { return a.Err }

// RequestID is the AWS request ID of a call that failed; empty where AWS did not answer.
func RequestID(err error) string {
	if answered, ok := errors.AsType[*Answered](err); ok {
		return answered.RequestID
	}
	return ""
}

// Unassumable says why AWS gives no credentials of a role, or takes none of the bot's own, and
// what has to be put right. It is one of ErrDenied and ErrRefused.
type Unassumable struct {
	Role    string // ARN; empty: the bot's own
	Missing string // the statement that is missing, or what else is wrong, in words
	Said    string // AWS's own words
	Kind    error
}

// Error has both, for the log.
func (u *Unassumable) Error() string {
	kind := ErrRefused
	if errors.Is(u.Kind, ErrDenied) {
		kind = ErrDenied
	}
	return fmt.Sprintf("%v: %s (%s)", kind, u.Missing, u.Said)
}

// Unwrap is the kind: a Denial where AWS refused access.
func (u *Unassumable) Unwrap() error { return u.Kind }

// Scope is one place where resources are found: a region, seen with one role.
// The zero Role means the bot's own credentials.
type Scope struct {
	Region string
	Role   string // ARN of the discovery role, or empty
}

// Ref names one ECS service exactly, as discovery found it.
type Ref struct {
	Scope       Scope
	ARN         string
	Cluster     string // name, not ARN
	Name        string
	Environment string // value of the environment tag when it was discovered
}

// String is how people write the service: cluster/name.
func (r Ref) String() string { return r.Cluster + "/" + r.Name }

// Service is an ECS service as AWS has it at one instant.
type Service struct {
	Ref
	// Environment of the embedded Ref is the tag's value as read now; empty where untagged.

	// Conflict says in words why the tags cannot be trusted (the cluster names another
	// environment, or two tag keys differ only by case); empty where they can.
	Conflict    string
	Status      string // ACTIVE, DRAINING, INACTIVE
	Desired     int
	Running     int
	Pending     int
	Revision    string // task definition ARN
	Controller  string // ECS, CODE_DEPLOY or EXTERNAL
	Scheduling  string // REPLICA or DAEMON
	LaunchType  string
	MinHealthy  int           // minimumHealthyPercent, in percent
	Strategy    string        // ROLLING, BLUE_GREEN, LINEAR or CANARY
	Bake        time.Duration // how long a new deployment is watched before it counts as done
	Pauses      bool          // its deployments stop at hooks until somebody lets them go on
	Current     string        // ARN of the service deployment that ECS steers towards; empty where it has none
	Deployments []Deployment
	Events      []Event // newest first, at most 20
	ReadAt      time.Time
}

// Primary is the deployment that ECS steers towards, or the zero value.
func (s Service) Primary() Deployment {
	for _, deployment := range s.Deployments {
		if deployment.Status == "PRIMARY" {
			return deployment
		}
	}
	return Deployment{}
}

// Look is what of a service changes whenever one of its tasks starts or stops: its counts,
// and its newest event.
func (s Service) Look() string {
	look := fmt.Sprintf("%d/%d/%d", s.Desired, s.Running, s.Pending)
	for _, deployment := range s.Deployments {
		look += fmt.Sprintf(" %s:%d/%d/%d", deployment.ID, deployment.Running, deployment.Pending, deployment.Failed)
	}
	if len(s.Events) > 0 {
		look += " " + s.Events[0].ID
	}
	return look
}

// Deployment returns the service's deployment of that ID.
func (s Service) Deployment(id string) (Deployment, bool) {
	for _, deployment := range s.Deployments {
		if deployment.ID == id {
			return deployment, true
		}
	}
	return Deployment{}, false
}

// Deployment is one deployment of a service, as DescribeServices shows it.
type Deployment struct {
	ID       string // ecs-svc/…
	Status   string // PRIMARY, ACTIVE, INACTIVE
	Rollout  Rollout
	Reason   string // rolloutStateReason
	Revision string
	Desired  int
	Running  int
	Pending  int
	Failed   int
	Created  time.Time
	Updated  time.Time
}

// Rollout is the state of a deployment. FAILED appears only with a circuit breaker or alarms
// (Amazon ECS API reference, Deployment.rolloutState).
type Rollout string

// The states that ECS documents.
const (
	InProgress Rollout = "IN_PROGRESS"
	Completed  Rollout = "COMPLETED"
	Failed     Rollout = "FAILED"
)

// Event is one line of a service's own event list.
type Event struct {
	ID   string
	Time time.Time
	Text string
}

// Brief is the text without what people do not read: the service that it is about, and all but
// the first characters of IDs.
func (e Event) Brief(service string) string {
	text := strings.TrimPrefix(e.Text, "(service "+service+") ")
	return regexp.MustCompile(`\b([0-9a-f]{8})[0-9a-f]{24}\b`).ReplaceAllString(text, "$1")
}

// Task is one task of a service.
type Task struct {
	ARN        string
	ID         string // last part of the ARN
	Group      string // service:NAME for a task of a service
	Status     string // lastStatus
	Desired    string // desiredStatus
	Health     string
	Revision   string
	StartedBy  string
	Started    time.Time
	Stopped    time.Time
	StopCode   string
	StopReason string
	Containers []Container
}

// Short is how people name the task: enough of its ID to tell it from every other.
func (t Task) Short() string { return t.ID[:min(8, len(t.ID))] }

// Container is one container of a task.
type Container struct {
	Name     string
	Image    string
	Digest   string
	Status   string
	ExitCode *int
	Reason   string
}

// Purpose is what credentials are wanted for: one person's one operation on one environment.
type Purpose struct {
	Environment string
	Region      string
	Role        string // ARN of the operator role; empty means the bot's own credentials
	Operation   string // the action's class, e.g. "restart", "status", "logs"
	Changes     bool
	Team        string // Slack team ID of the actor
	User        string // Slack user ID of the actor
	Request     string // operation ID
	Approved    bool
	ApprovedBy  string // Slack user ID, empty where not approved
	BreakGlass  bool   // done without a second person, by somebody who may
	Target      string // ARN
	Task        string // the ID of the one task that a change is about, or the start of it; empty for none
}

// SourceIdentity is the person as AWS shows it in CloudTrail: "slack-<team>-<user>".
func (p Purpose) SourceIdentity() string { return fmt.Sprintf("slack-%s-%s", p.Team, p.User) }

// Session is a set of credentials for one purpose. Its secrets stay inside the adapter.
type Session interface {
	// AccessKeyID is the public half, for the ledger; empty for the bot's own credentials.
	AccessKeyID() string
	// SourceIdentity is the person in whose name AWS sees the calls; empty for the bot's own.
	SourceIdentity() string
}

// Change is AWS's answer to a call that changed something.
type Change struct {
	Service   Service  // as AWS returned it; the zero value where the call was about a task
	Task      Task     // that was started or told to stop; the zero value where it was about a service
	Revision  string   // ARN of a task definition that was registered for it; empty for none
	RequestID string   // AWS request ID
	Differs   []string // what AWS says of the task otherwise than it was asked, in words
}
