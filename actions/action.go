// Package actions says what an action is and has the one path by which it runs: Runner.Do.
// Nothing that touches AWS runs but through it, and only it can make a Call that acts.
package actions

import (
	"context"
	"slices"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/authz"
)

// Action is a verb that the bot knows, declared once as a value: parsing, usage, help,
// authorisation, the entry and the AWS permissions are all read from it.
type Action struct {
	Name       string
	Summary    string // one sentence, imperative
	Example    string // a command that parses
	Parameters []Parameter
	Changes    bool      // changes something on AWS: asks for approval where the environment is protected
	Free       bool      // a change that asks for no approval and that nothing stops: hold, release
	Local      bool      // touches no AWS
	Lasts      Lasting   // what it leaves behind until it is released or runs out
	All        Parameter // a switch that makes it about all environments at once; may be nil
	AllAction  string    // the permission that All needs
	Open       bool      // for every insider, whatever they hold: touches no environment and shows only what is theirs
	Instant    bool      // answered from memory, inside the acknowledgement
	Operation  string    // the class under which AWS sees it; the name where empty
	AWS        []string  // calls under the operator's credentials of its own class, e.g. "ecs:UpdateService"
	Reads      []string  // calls that it makes beside them in a session of the class StatusClass, e.g. "ecs:DescribeTaskDefinition"
	Threaded   bool      // answers with lines in a thread; Outcome.Page has them
	// Live goes on with a followed log after a restart of the bot; may be nil.
	Live       func(call Call, from time.Time) Live
	Right      string    // the permission that it needs, where that is not its name
	Bulk       Parameter // a switch that makes it about every service of the environment; with it, several may be named
	Task       Parameter // names the one task that it changes, by its ID or the start of it: its session can change no other; may be nil
	Tasks      bool      // where nothing stands after --, the service may be named by a one-off task of the configuration
	Rest       Parameter // what stands after a lone --; may be nil
	RestAction string    // the permission that Rest needs
	Undo       bool      // where it fails, its card offers to roll back
	Beside     bool      // it changes nothing of its service: others may change that meanwhile
	// Plan says what a change would do, and reads what that takes; nil where there is nothing to
	// say beside the service as it stands. What Refuse makes is told as it is.
	Plan func(ctx context.Context, call Call) (Plan, error)
	// AfterFailure is a button on the cards of changes that have failed; may be nil.
	AfterFailure *Offer
	Run          func(ctx context.Context, call Call) (Outcome, error)
}

// Lasting is what an action leaves behind.
type Lasting int

// What actions leave behind.
const (
	Nothing     Lasting = iota
	LastsHold           // a hold: others' changes are stopped
	LastsAccess         // time-bound access: asked for by role and duration
)

// Outcome is what running an action came to.
type Outcome struct {
	Message Message       // told to the caller; for a change, nothing: its card speaks
	Snippet *Snippet      // a longer text for a thread
	Page    *Message      // lines, in a thread
	File    *File         // more of them
	Discard func()        // is called when File has gone out; may be nil
	Reading Reading       // what the buttons of Page work on
	Live    Live          // goes on below Page
	For     time.Duration // how long Live goes on
	Result  string        // for the entry; people are shown its first line
	Missing error         // why a part could not be read, where the rest is told all the same; nil for nothing
	Logs    bool          // the message has log lines in it: it goes where the environment's logs may stand
	Change  *fleet.Change
	Until   time.Time // of what lasts; the zero value where it has no end but its release
	Release []string  // operations that end with this one: what is released
	Later   Later     // the rest of it, which takes longer than anybody waits; nil for none
}

// Later does in the background what takes long, and returns how to tell what came of it to
// whoever the caller is by then.
type Later func(ctx context.Context) (func(Call) Outcome, error)

// Call is an action with its arguments, resolved to a target, that was allowed. Only the
// runner can make one.
type Call struct {
	action      *Action
	operation   string
	person      authz.Person
	environment string
	typed       string // the service as typed
	service     fleet.Service
	session     fleet.Session
	values      map[Parameter]any
	policy      *authz.Policy
	reason      string
	lasting     lasting
	plan        Plan
	reader      fleet.Session // of the plan
	place       Place
	elsewhere   []string
	reserved    []string
	named       NamedTask
}

// Operation is the ID of this operation.
func (c Call) Operation() string { return c.operation }

// Person is who asked, as Slack had them when it was decided.
func (c Call) Person() authz.Person { return c.person }

// Environment is the environment that was named, or nothing where none was.
func (c Call) Environment() string { return c.environment }

// ServiceName is the service as it was typed, or nothing where none was.
func (c Call) ServiceName() string { return c.typed }

// Service is the target as AWS had it just now; the zero value for an action without one.
func (c Call) Service() fleet.Service { return c.service }

// Session is the credentials for this one operation; nil for an action that declares no calls.
func (c Call) Session() fleet.Session { return c.session }

// Policy is the policy under which the call was allowed.
func (c Call) Policy() *authz.Policy { return c.policy }

// Reason is why the caller wants it, in their words.
func (c Call) Reason() string { return c.reason }

// Covers says whether the caller may do this very action on another service of an
// environment: lists show nothing else.
func (c Call) Covers(environment, service string) bool {
	return c.policy.Decide(authz.Question{
		Person: c.person, Action: c.action.Name, Access: c.lasting.access, Now: time.Now(),
		Target: authz.Target{Environment: environment, Service: service},
	}).Verdict == authz.Allowed
}

// Allows says whether the caller may do another action, which changes nothing, to the same target.
func (c Call) Allows(action string) bool {
	return c.policy.Decide(authz.Question{
		Person: c.person, Action: action, Access: c.lasting.access, Now: time.Now(),
		Target: authz.Target{Environment: c.environment, Service: bare(c.typed)},
	}).Verdict == authz.Allowed
}

// CoversWhole says whether the caller may do this very action on every service of an
// environment.
func (c Call) CoversWhole(environment string) bool {
	return c.policy.Whole(authz.Question{
		Person: c.person, Action: c.action.Name, Access: c.lasting.access, Now: time.Now(),
		Target: authz.Target{Environment: environment},
	})
}

// Environments are those in which the caller holds anything, by grant or for a time.
func (c Call) Environments() []string {
	names := c.policy.Environments(c.person)
	for _, access := range c.lasting.access {
		if access.Actor == c.person.Actor && time.Now().Before(access.Until) {
			names = append(names, access.Environment)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Holds are those that were put up and not released.
func (c Call) Holds() []authz.Hold { return c.lasting.holds }

// Access are the time-bound grants, of anybody, that were given and not released.
func (c Call) Access() []authz.Access { return c.lasting.access }

// Given says whether an optional parameter was given.
func (c Call) Given(parameter Parameter) bool {
	_, given := c.values[parameter]
	return given
}

// Task is the one-off task of the configuration that was named, if one was.
func (c Call) Task() (NamedTask, bool) { return c.named, len(c.named.Command) > 0 }

// class is the operation class under which AWS sees the action.
func (a *Action) class() string {
	if a.Operation != "" {
		return a.Operation
	}
	return a.Name
}

// takes says whether the action has a parameter of that kind, and whether it must be given.
func (a *Action) takes(kind ParameterKind) (takes, required bool) {
	for _, parameter := range a.Parameters {
		if declared := parameter.declaration(); declared.Kind == kind {
			return true, !declared.Optional
		}
	}
	return false, false
}

// named is the action's parameter of a kind, by name; empty where it has none.
func (a *Action) named(kind ParameterKind) string {
	for _, parameter := range a.Parameters {
		if declared := parameter.declaration(); declared.Kind == kind {
			return declared.Name
		}
	}
	return ""
}
