package actions

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// task is one request on its way along the path.
type task struct {
	runner  *Runner
	rules   Rulebook
	request Request
	reply   Reply
	id      string
	person  authz.Person
	command parsed

	allowedBy approval  // what AWS is told by the credentials that were assumed
	announced bool      // the caller was told that something is being done
	clicker   *task     // whoever's click carries it out; told what holds it up
	revived   time.Time // made again from the ledger, where it began then: another process may have put up its card
	waited    bool      // it was asked for first: the requester is told how it ends
	named     NamedTask // the one-off task of the configuration that was named
	why       Text      // why it wants more than the action's own permission
}

// read asks Slack who the actor is. While Slack cannot be reached, a reading that is a few
// minutes old is enough for reads.
func (t *task) read(ctx context.Context, age time.Duration) (authz.Person, error) {
	known, remembered := t.runner.People.Recall(t.request.Actor, outageAge)
	if remembered { // whoever can be answered from memory does not wait for a Slack that is away
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, outageLimit)
		defer cancel()
	}
	person, err := t.runner.People.Read(ctx, t.request.Actor, age)
	if err == nil {
		return person, nil
	}
	if remembered {
		return known, nil
	}
	return authz.Person{}, fmt.Errorf("reading who you are from Slack: %w", err)
}

// fresh is everything that was read for the second decision.
type fresh struct {
	person  authz.Person
	current bool // the person was read as recently as a change demands
	service fleet.Service
	session fleet.Session
	reader  fleet.Session // for the plan
}

// target is what the second decision is about. The environment that was typed has no part
// in it where there is a service: its tag decides.
func (f fresh) target(t *task, own func(fleet.Service) bool) authz.Target {
	typed := t.command.environment
	if f.service.ARN == "" {
		return authz.Target{Environment: typed, Service: bare(t.command.service)}
	}
	target := authz.Target{
		Environment: f.service.Environment, Service: f.service.Name,
		Conflict: f.service.Conflict != "", Own: own(f.service),
	}
	if f.service.Environment != typed { // retagged since it was found: it is not what was asked for
		target.Environment = ""
	}
	return target
}

// refresh reads side by side what the decision and the operation rest on: the person, the
// service with its tags, and the credentials. Together they take as long as the slowest.
func (t *task) refresh(ctx context.Context, ref fleet.Ref, by approval) (fresh, error) {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	result := fresh{person: t.person}
	group, ctx := errgroup.WithContext(ctx)
	beside := func(read func() error) { // what breaks is told to whoever carries the request
		group.Go(func() (err error) {
			defer func() {
				if reason := recover(); reason != nil {
					err = fmt.Errorf("reading panicked: %v\n%s", reason, debug.Stack())
				}
			}()
			return read()
		})
	}
	if t.command.action.Changes {
		beside(func() error {
			result.person, result.current = t.current(ctx)
			return nil
		})
	}
	if ref.ARN != "" && !t.command.action.Local {
		beside(func() (err error) {
			result.service, err = t.runner.Reader.Read(ctx, ref)
			return err
		})
	}
	if t.command.action.Plan != nil {
		beside(func() (err error) {
			result.reader, err = t.runner.Assumer.Assume(ctx, t.planning(ref))
			return err
		})
	}
	if len(t.command.action.AWS) > 0 && !by.isMissing && !t.command.preview {
		beside(func() (err error) {
			result.session, err = t.runner.Assumer.Assume(ctx, t.purpose(ref, by))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return result, err
	}
	if result.current { // AWS may have been slow
		result.person, result.current = t.still(context.WithoutCancel(ctx))
	}
	return result, nil
}

// approval is how a change in a protected environment came to be allowed, as AWS is told it.
type approval struct {
	by         string // Slack user ID of the last who approved
	breakGlass bool
	isMissing  bool // it is asked for first: no credentials are wanted yet
}

// approvalOf reads from a decision how the change is allowed.
func approvalOf(decision authz.Decision) approval {
	by := approval{breakGlass: decision.Reason.Cause == authz.ByBreakGlass, isMissing: decision.Verdict == authz.NeedsApproval}
	if decision.Reason.Access != nil {
		by.by = decision.Reason.Access.ApprovedBy.User
	}
	return by
}

func (t *task) purpose(ref fleet.Ref, by approval) fleet.Purpose {
	place := t.rules.Places[t.command.environment]
	task, _ := t.command.values[t.command.action.Task].(string)
	return fleet.Purpose{
		Environment: t.command.environment, Region: place.Region, Role: place.OperatorRole,
		Operation: t.command.action.class(), Changes: t.command.action.Changes,
		Team: t.request.Actor.Team, User: t.request.Actor.User, Request: t.id, Target: ref.ARN,
		Approved: by.by != "", ApprovedBy: by.by, BreakGlass: by.breakGlass, Task: task,
	}
}

// enter waits for a place among those who may wait for AWS.
func (t *task) enter(ctx context.Context) bool {
	select {
	case t.runner.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		t.fail(ctx, ctx.Err())
		return false
	}
}

func (t *task) leave() { <-t.runner.slots }

// answer runs what changes nothing, tells the caller and records it.
func (t *task) answer(ctx context.Context, call Call) {
	if call.action.Threaded {
		t.lines(ctx, call)
		return
	}
	limited, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	outcome, err := call.action.Run(limited, call)
	if err != nil {
		t.fail(ctx, t.backstop(err))
		return
	}
	message := outcome.Message
	missed := t.missed(outcome.Missing, &message)
	inThread := t.rules.Places[t.command.environment].LogsInThread
	if trouble := t.runner.Ledger.Health(); trouble != nil {
		message.Body = append(message.Body, Note{Textf("The ledger cannot be written at present: changes are refused until it can.")})
	}
	switch {
	case outcome.Snippet != nil && (!outcome.Snippet.Private || !t.command.share):
		snippet := *outcome.Snippet
		snippet.Private = snippet.Private || !inThread
		err = t.reply.Thread(ctx, message, snippet)
	case t.command.share && outcome.Logs && !inThread:
		message.Body = append(message.Body, Note{Textf("Not shared: log lines of %v go to whoever asked for them alone.", t.command.environment)})
		err = t.reply.Tell(ctx, message)
	case t.command.share:
		err = t.reply.Share(ctx, message)
	default:
		err = t.reply.Tell(ctx, message)
	}
	t.told(err)
	entry := t.entry(ledger.Read)
	entry.Target, entry.Result, entry.Reason = call.service.ARN, outcome.Result, missed
	if call.session != nil {
		entry.AWS = identity(call.session)
	}
	t.record(entry)
	if outcome.Later != nil {
		t.later(outcome.Later) //nolint:contextcheck // it outlives the request
	}
}

// refuse tells the caller no and records it, with what the caller may not know.
func (t *task) refuse(ctx context.Context, refusal refusal, detail string) {
	if t.clicker != nil { // the operation goes on waiting: what is refused is the click
		t.clicker.refuse(ctx, refusal, detail)
		return
	}
	if ctx.Err() != nil { // the program stops, or gave up: a last word all the same
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), lastWord)
		defer cancel()
	}
	if t.request.part != nil { // one of several, whose card others read
		t.request.part.refused(ctx, refusal)
	} else {
		t.told(t.reply.Tell(ctx, refusal.message))
	}
	entry := t.entry(ledger.Refused)
	entry.Reason = refusal.reason
	if detail != "" {
		entry.Reason += ": " + detail
	}
	entry.Reason = flat(entry.Reason, 600)
	t.record(entry)
}

// fail tells the caller that nothing was done because something does not work. A user error
// is shown as it is; of the rest the log has the cause and the caller a reference.
func (t *task) fail(ctx context.Context, err error) {
	refusal := failure(t, err)
	if !refusal.ours {
		t.runner.Log.Error("request failed", "operation", t.id, "error", err)
	}
	t.refuse(ctx, refusal, "")
}

// working tells once that something is being done. A second such message would not replace
// the first: Slack keeps what a slash command was answered.
func (t *task) working(ctx context.Context, message Message) {
	if t.announced {
		return
	}
	t.announced = true
	t.told(t.reply.Tell(ctx, message))
}

func (t *task) told(err error) {
	if err != nil {
		t.runner.Log.Warn("an answer did not reach the caller", "operation", t.id, "error", err)
	}
}

// entry is the beginning of every entry about this task.
func (t *task) entry(event ledger.Event) ledger.Entry {
	entry := ledger.Entry{
		Operation: t.id, Event: event, Actor: t.request.Actor, Request: t.request.ID,
		Environment: flat(t.command.environment, 128), Service: flat(t.command.service, 256), Arguments: maps.Clone(t.command.arguments),
	}
	for name, value := range entry.Arguments {
		entry.Arguments[name] = flat(value, longestArgument)
	}
	if t.command.action != nil {
		entry.Action = t.command.action.Name
	}
	if event == ledger.Asked || event == ledger.Started {
		entry.Reason = flat(t.command.reason, longestReason)
	}
	return entry
}

func (t *task) record(entry ledger.Entry) {
	if err := t.runner.Ledger.Record(entry); err != nil {
		t.runner.Log.Error("an entry is lost", "operation", t.id, "event", entry.Event, "error", err)
	}
}
