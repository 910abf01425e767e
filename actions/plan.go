package actions

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// Plan is what a change would do: read before anybody approves it, shown, written down, read
// again at the click and handed to Run.
type Plan struct {
	Bound    []string // name=value: what an approval is bound to, beside the service as it stands
	Lines    []Text   // what changes: before → after
	Argv     []string // the exact command, word by word; nil where none is run
	Warnings []Text
	Command  string // the same as it would be typed for the aws command
	Needs    string // a permission beside the action's own, where it turned out to want one
	Why      Text   // why it wants that
	Follow   Follow // how it is followed
	Expect   Expect // what AWS must answer, where that is not the service as it stands
	Task     string // ARN of the task that it is about, where it is about one
	Usual    time.Duration
	Subject  any // what was resolved for Run, of the action's own type

	// Aside is the same plan with what is worth telling and decides nothing. It is read beside
	// the change, which does not wait for it; nil where everything was read.
	Aside func(ctx context.Context) (Plan, error)
	aside []string // the facts that were read so
}

// asideLimit is how long the record of a change that AWS has taken waits for what is only told.
const asideLimit = 2 * time.Second

// Expect is what AWS's answer is held against.
type Expect struct {
	Revision string // task definition ARN; empty: the one that runs
	Desired  *int   // nil: as many as were wanted before
}

// Follow says how a change is followed to its end.
type Follow string

// The ways. The zero value is FollowDeployment.
const (
	FollowDeployment Follow = ""       // until the new deployment is steady
	FollowCount      Follow = "count"  // until as many tasks run as are wanted
	FollowReturn     Follow = "return" // until the deployment before is back and steady
	FollowStop       Follow = "stop"   // until the task has stopped
	FollowRun        Follow = "run"    // until the task has stopped; its exit code decides
	FollowNothing    Follow = "none"   // it is done when AWS has taken it
)

// Bind makes one of the facts that an approval is bound to. A value has no spaces there.
func Bind(name, value string) string {
	return name + "=" + strings.Join(strings.Fields(value), "_")
}

// Plan is what was read and said before this call; the zero value where its action makes none.
func (c Call) Plan() Plan { return c.plan }

// Reader is the credentials under which the plan is read; nil where the action makes none.
func (c Call) Reader() fleet.Session { return c.reader }

// Protected says whether the environment is one in which changes want a second person.
func (c Call) Protected() bool { return c.policy.Protected(c.environment) }

// ProtectedThere says the same of another environment.
func (c Call) ProtectedThere(environment string) bool { return c.policy.Protected(environment) }

// Place is what the configuration says of the environment.
func (c Call) Place() Place { return c.place }

// Elsewhere are the names of all other environments, for what must not reach into them. They
// are never shown.
func (c Call) Elsewhere() []string { return c.elsewhere }

// Reserved are the ARNs of roles that no task may have: by them the bot itself acts.
func (c Call) Reserved() []string { return c.reserved }

// planning is the purpose under which a plan is read: a read like any other.
func (t *task) planning(ref fleet.Ref) fleet.Purpose {
	purpose := t.purpose(ref, approval{})
	purpose.Operation, purpose.Changes, purpose.Task = StatusClass, false, ""
	return purpose
}

// prepare makes the plan of a change, and decides again where the plan wants more than the
// action's own permission, or where reading took so long that the person is not fresh any more.
func (t *task) prepare(ctx context.Context, call *Call, question *authz.Question, decision authz.Decision) (authz.Decision, error) {
	if t.command.action.Plan == nil {
		return decision, nil
	}
	limited, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	made, err := t.command.action.Plan(limited, *call)
	if err == nil && made.Aside != nil && (t.command.preview || decision.Verdict == authz.NeedsApproval) { // here it is all about telling
		made, err = made.Aside(limited)
	}
	if err != nil {
		return decision, t.unlessBusy(call.service.ARN, err)
	}
	if made.Needs != "" {
		made.Bound = append(made.Bound, Bind("needs", made.Needs))
		t.command.needs, question.Action = made.Needs, made.Needs
	}
	call.plan, t.why = made, made.Why
	if question.Fresh {
		question.Person, question.Fresh = t.still(ctx)
		call.person, t.person = question.Person, question.Person
	}
	return t.rules.Policy.Decide(*question), nil
}

// unlessBusy is why there is no plan: an operation's own no may be there only because somebody is
// changing the service already, and then that is what is told.
func (t *task) unlessBusy(target string, no error) error {
	_, isOwn := errors.AsType[*userError](no)
	if !isOwn || t.command.action.Beside || target == "" {
		return no
	}
	for _, other := range t.runner.Ledger.Open() {
		if other.IsChanging(target) {
			return &occupied{*other}
		}
	}
	return no
}

// aside reads the rest of a plan while the change is made. What it returns waits for that, not
// long, and says what the plan is then.
func (t *task) aside(ctx context.Context, call Call) func() Plan {
	if call.plan.Aside == nil {
		return func() Plan { return call.plan }
	}
	ctx, cancel := context.WithTimeout(ctx, asideLimit)
	whole := make(chan Plan, 1)
	go func() {
		defer cancel()
		defer close(whole)
		defer func() {
			if reason := recover(); reason != nil {
				t.runner.Log.Error("the rest of a plan panicked", "operation", t.id, "panic", reason, "stack", string(debug.Stack()))
			}
		}()
		read, err := call.plan.Aside(ctx)
		if err != nil {
			t.runner.Log.Warn("the rest of a plan could not be read", "operation", t.id, "error", err)
			return
		}
		whole <- read
	}()
	return func() Plan {
		known := call.plan
		if read, ok := <-whole; ok {
			known, known.aside = read, read.Bound
		}
		known.Aside = nil
		return known
	}
}

// bound are all facts that an approval of the call is bound to.
func (c Call) bound() []string { return append(planFacts(c.service), c.plan.Bound...) }

// preview shows the plan to the caller and does nothing. It is a read: no hold, freeze or
// protection stops it, but it says which of them would stop the change.
func (t *task) preview(ctx context.Context, call Call, question authz.Question) {
	message := Message{Title: append(Textf("Plan: "), t.title(call)...), Body: t.planned(call)}
	question.Changes = true
	switch decision := t.rules.Policy.Decide(question); decision.Verdict {
	case authz.NeedsApproval:
		message.Body = append(message.Body, Note{Textf("It would want approval by a second person.")})
	case authz.Refused:
		message.Body = append(message.Body, Note{append(Textf("It would be refused now: "), explain(t, decision).message.Title...)})
	case authz.Allowed:
	}
	message.Body = append(message.Body, Note{Textf("Nothing was done.")})
	t.told(t.reply.Tell(ctx, message))
	entry := t.entry(ledger.Read)
	entry.Target, entry.Result = call.service.ARN, flat("plan: "+strings.Join(call.bound(), " "), 2000)
	t.record(entry)
}

// planned are the blocks that show a plan, the same in preview, request and card.
func (t *task) planned(call Call) []Block {
	if len(call.plan.Lines) == 0 {
		return t.manner(call)
	}
	return append([]Block{List{call.plan.Lines}}, t.manner(call)...)
}

// inOne is what a plan changes, in one line.
func inOne(lines []Text) Text {
	var whole Text
	for position, line := range lines {
		if position > 0 {
			whole = append(whole, Span{Value: "; "})
		}
		whole = append(whole, line...)
	}
	return whole
}

// manner is how a plan would be carried out.
func (t *task) manner(call Call) []Block {
	var blocks []Block
	if call.plan.Argv != nil {
		blocks = append(blocks, Code{argvText(call.plan.Argv)})
	}
	for _, warning := range call.plan.Warnings {
		blocks = append(blocks, Paragraph{append(Textf("Mind: "), warning...)})
	}
	if call.plan.Usual > 0 {
		blocks = append(blocks, Note{Textf("Usually takes %v.", DurationText(call.plan.Usual.Round(time.Second)))})
	}
	if call.plan.Command != "" {
		blocks = append(blocks, Code{t.runner.Redact(call.plan.Command)})
	}
	return blocks
}

// argvText shows a command so that every character of it can be told: a word a line, quoted.
func argvText(argv []string) string {
	lines := make([]string, len(argv))
	for position, word := range argv {
		lines[position] = fmt.Sprintf("%d  %s", position, quoted(word))
	}
	return strings.Join(lines, "\n")
}

// startResult keeps in the entry what recovery needs: how the change is followed, what there
// was before, what is expected, and until when the call may be made.
func startResult(call Call, deadline time.Time) string {
	fields := []string{planResult(call.service, deadline)}
	if call.plan.Follow != FollowDeployment {
		fields = append(fields, Bind("follow", string(call.plan.Follow)))
	}
	expect := call.expected()
	if expect.Revision != call.service.Revision {
		fields = append(fields, Bind("wants", expect.Revision))
	}
	if *expect.Desired != call.service.Desired || call.plan.Follow == FollowCount {
		fields = append(fields, fmt.Sprintf("count=%d", *expect.Desired))
	}
	if call.plan.Task != "" {
		fields = append(fields, Bind("task", call.plan.Task))
	}
	if call.plan.Usual > 0 {
		fields = append(fields, Bind("usual", call.plan.Usual.Round(time.Second).String()))
	}
	if call.action.Beside {
		fields = append(fields, ledger.Beside)
	}
	if len(call.plan.Lines) > 0 {
		fields = append(fields, keptPlan(call.plan.Lines))
	}
	return strings.Join(append(fields, call.plan.Bound...), " ")
}

// expected is what the service must say after the change.
func (c Call) expected() Expect {
	expect := Expect{Revision: c.service.Revision, Desired: &c.service.Desired}
	if c.plan.Expect.Revision != "" {
		expect.Revision = c.plan.Expect.Revision
	}
	if c.plan.Expect.Desired != nil {
		expect.Desired = c.plan.Expect.Desired
	}
	return expect
}

// otherwiseMark opens what AWS answered otherwise than planned: on the card, and as the reason of
// the entry, from which it is read back.
const otherwiseMark = "AWS answered otherwise than planned: "

// differences are what AWS's answer says otherwise than the plan; empty is how it should be.
func (c Call) differences(change fleet.Change) string {
	if change.Service.ARN == "" {
		return strings.Join(change.Differs, "; ")
	}
	differs := slices.Clone(change.Differs)
	expect := c.expected()
	revision := expect.Revision
	if change.Revision != "" { // made in this very change: its number could not be known before
		revision = change.Revision
	}
	if revision != "" && change.Service.Revision != revision {
		differs = append(differs, fmt.Sprintf("revision %s instead of %s", fleet.ShortRevision(change.Service.Revision), fleet.ShortRevision(revision)))
	}
	if change.Service.Desired != *expect.Desired {
		differs = append(differs, fmt.Sprintf("%d tasks wanted instead of %d", change.Service.Desired, *expect.Desired))
	}
	if c.lacksDeployment(change) {
		differs = append(differs, "no new deployment")
	}
	return strings.Join(differs, "; ")
}

// lacksDeployment says whether AWS's answer shows no new deployment where there must be one.
func (c Call) lacksDeployment(change fleet.Change) bool {
	primary := change.Service.Primary().ID
	_, before := c.service.Deployment(primary)
	return c.plan.Follow == FollowDeployment && change.Service.ARN != "" && (before || primary == "")
}

// otherwiseReason is what differs as the entry's reason.
func otherwiseReason(differs string) string { return cut(otherwiseMark+differs, 500) }

// otherwise is what AWS answered otherwise than planned, as the entry has it; empty where nothing was.
func otherwise(entry ledger.Entry) string {
	differs, found := strings.CutPrefix(entry.Reason, otherwiseMark)
	if !found || entry.Event != ledger.Accepted && entry.Event != ledger.Unknown { // elsewhere people give the reason
		return ""
	}
	return differs
}
