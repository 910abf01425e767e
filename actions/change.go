package actions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// Errors of the record that the path tells apart.
var (
	errBusy     = errors.New("another operation changes this service")
	errSeen     = errors.New("this request was carried out already")
	errSettled  = errors.New("this request is settled already")
	errFleet    = errors.New("the fleet has not been read from AWS yet")
	errStopping = errors.New("the program is stopping")
	errSwapped  = errors.New("what allows it has changed meanwhile") // the credentials tell AWS of what allowed it before
	errLimit    = errors.New("the limit per person is reached")
)

// change writes down what will be done, does it once, writes down what AWS said, and follows
// it to its end. before are the entries that go with the first one, if any: an approval. From
// the first entry on it is finished even where the program is stopping.
func (t *task) change(ctx context.Context, call Call, question authz.Question, before []ledger.Entry) {
	if !t.runner.begin() {
		t.fail(ctx, errStopping)
		return
	}
	defer t.runner.open.Done()
	ctx = context.WithoutCancel(ctx)

	began := time.Now()

	// The right to act expires: counted from before the entry is written, on the monotonic clock.
	right, cancel := context.WithTimeout(ctx, rightAge)
	defer cancel()
	start := t.entry(ledger.Started)
	start.Target, start.AWS = call.service.ARN, identity(call.session)
	origin := t.origin()
	grasp := func() Grasp { return t.runner.Replica.own(origin.by) }
	start.Result = startResult(call, time.Now().Add(rightAge)) + " " + origin.String()
	if question.BreakGlass {
		start.Reason = "break-glass: " + start.Reason
	}
	entries := append(slices.Clone(before), start)
	var review ledger.Entry
	if question.BreakGlass { // in the same breath: a broken glass is never without its review
		review = t.review(call)
		entries = append(entries, review)
	}
	_, err := t.runner.Ledger.Append(right, func(state *ledger.State) ([]ledger.Entry, error) {
		if err := t.mayStart(state, question, call, len(before) > 0); err != nil {
			return nil, err
		}
		return entries, nil
	})
	if errors.Is(err, errSeen) { // its first arrival has answered, or will
		return
	}
	if err != nil {
		t.fail(ctx, err)
		return
	}
	if t.clicker != nil {
		t.told(t.clicker.reply.Tell(ctx, Say(Good, "Approved. It is being carried out.")))
	}
	if t.command.action.Local {
		t.settle(ctx, right, call)
		return
	}

	board := t.runner.boards.of(ctx, t)
	board.keep()
	defer board.letGo(t.runner)
	board.show(t.begun(call))
	if wait := t.runner.Queued(t.purpose(call.service.Ref, approval{}), call.action.AWS); wait > time.Second {
		board.show(t.queued(call, wait))
	}
	if question.BreakGlass {
		t.runner.askReview(ctx, review.Operation)
	}
	aside := t.aside(ctx, call)
	outcome, err := t.act(right, call)
	if call.plan = aside(); len(call.plan.aside) > 0 {
		board.show(t.begun(call))
	}
	switch {
	case err == nil && outcome.Change != nil:
		t.accepted(ctx, watched{task: t, call: call, board: board, began: began, grasp: grasp}, *outcome.Change)
	case errors.Is(err, fleet.ErrFateUnknown) || err == nil:
		unknown := t.entry(ledger.Unknown)
		unknown.Target, unknown.AWS, unknown.Reason = call.service.ARN, identity(call.session), cut(errorText(err), 300)
		unknown.AWS.RequestID, unknown.Result = fleet.RequestID(err), registeredResult(fleet.Registered(err))
		t.append(ctx, unknown)
		board.show(t.fateUnknown(call))
		t.runner.watcher.follow(watched{ //nolint:contextcheck // following outlives the request
			task: t, call: call, board: board, began: began, mark: call.plan.Task, reconcile: true, registered: fleet.Registered(err), grasp: grasp,
		})
	default:
		t.runner.Log.Error("a change has failed", "operation", t.id, "error", err)
		failed := t.entry(ledger.Failed)
		failed.Target, failed.AWS, failed.Reason = call.service.ARN, identity(call.session), cut(err.Error(), 300)
		failed.AWS.RequestID, failed.Result = fleet.RequestID(err), registeredResult(fleet.Registered(err))
		t.append(ctx, failed)
		t.end(ctx, board, t.notDone(call, err))
	}
}

// accepted writes down what AWS answered, holds it against the plan, and follows it. An answer
// that differs is loud: in the log, in the entry and on the card. One that shows no new deployment
// says nothing of what becomes of the change: that is found out by reading.
func (t *task) accepted(ctx context.Context, one watched, change fleet.Change) {
	call := one.call
	one.differs, one.reconcile, one.registered = call.differences(change), call.lacksDeployment(change), change.Revision
	entry := t.entry(ledger.Unknown)
	if !one.reconcile {
		entry, one.began, one.mark = t.entry(ledger.Accepted), time.Now(), markOf(call, change)
	}
	entry.Target, entry.AWS = call.service.ARN, identity(call.session)
	entry.AWS.RequestID, entry.Result = change.RequestID, acceptedResult(one)
	if one.differs != "" {
		entry.Reason = otherwiseReason(one.differs)
		t.runner.Log.Error("AWS answered otherwise than planned", "operation", t.id, "differences", one.differs)
	}
	t.append(ctx, entry)
	if one.reconcile {
		one.board.show(t.unbegun(&one))
	}
	t.runner.watcher.follow(one) //nolint:contextcheck // following outlives the request
}

// acceptedResult keeps in the entry by what the change is followed, and what was made and read beside it.
func acceptedResult(one watched) string {
	var fields []string
	if !one.reconcile {
		fields = append(fields, markResult(one.follows(), one.mark))
	}
	if one.registered != "" {
		fields = append(fields, registeredResult(one.registered))
	}
	if beside := one.call.plan.aside; len(beside) > 0 {
		fields = append(append(fields, beside...), keptPlan(one.call.plan.Lines))
	}
	return strings.Join(fields, " ")
}

// markOf is what a change that was accepted is followed by.
func markOf(call Call, change fleet.Change) string {
	switch call.plan.Follow {
	case FollowDeployment:
		return change.Service.Primary().ID
	case FollowReturn:
		return call.service.Primary().ID
	case FollowStop, FollowRun:
		return change.Task.ARN
	case FollowCount, FollowNothing:
	}
	return ""
}

// markResult and markFrom keep in the entry by what a change is followed.
func markResult(follow Follow, mark string) string {
	return Bind(markName(follow), mark)
}

func markName(follow Follow) string {
	switch follow {
	case FollowStop, FollowRun:
		return "task"
	case FollowReturn:
		return "stopped"
	case FollowDeployment, FollowCount, FollowNothing:
	}
	return "deployment"
}

func markFrom(entry ledger.Entry, follow Follow) (mark string, accepted bool) {
	if entry.Event != ledger.Accepted {
		return "", false
	}
	for _, field := range strings.Fields(entry.Result) {
		if value, found := strings.CutPrefix(field, markName(follow)+"="); found {
			return value, true
		}
	}
	return "", false
}

// act makes the one call. Should it panic, nobody knows what became of it: it is found out by
// reading, like everything else that nobody knows.
func (t *task) act(right context.Context, call Call) (outcome Outcome, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			t.runner.Log.Error("an operation panicked", "operation", t.id, "panic", reason, "stack", string(debug.Stack()))
			err = fmt.Errorf("%w: %v", fleet.ErrFateUnknown, reason)
		}
	}()
	outcome, err = call.action.Run(right, call)
	return outcome, t.backstop(err)
}

// mayStart is the last word, on the newest state of the ledger: nobody else changes the
// target, the request is new (or still open, where it was approved), the limits hold, and
// what others have put up or released meanwhile leaves the decision as it was.
func (t *task) mayStart(state *ledger.State, question authz.Question, call Call, isApproved bool) error {
	if isApproved {
		if operation, open := state.Operation(t.id); !open || !operation.IsWaiting() {
			return errSettled
		}
	} else if state.Begun(t.request.ID) {
		return errSeen
	}
	if other, busy := state.Busy(call.service.ARN); busy && call.service.ARN != "" && !call.action.Beside {
		operation, _ := state.Operation(other)
		if call.plan.Follow != FollowReturn || operation.First.Action == call.action.Name { // turning back what is under way is the exception
			return &occupied{operation}
		}
	}
	if limits := t.rules.Limits; limits.Changes > 0 && call.service.ARN != "" &&
		state.Changes(t.request.Actor, time.Now().Add(-limits.Window)) >= limits.Changes {
		return fmt.Errorf("%w: %s in %s", errLimit, Counted(limits.Changes, "change"), DurationText(limits.Window))
	}
	left := t.runner.Catalog.left(state.Open())
	question.Access, question.Holds, question.Now = left.access, left.holds, time.Now()
	decision := t.rules.Policy.Decide(question)
	if decision.Verdict != authz.Allowed {
		return &overtaken{decision}
	}
	if !isApproved && approvalOf(decision) != t.allowedBy {
		return errSwapped
	}
	return nil
}

// occupied says which operation changes the service already.
type occupied struct{ by ledger.Operation }

func (o *occupied) Error() string { return errBusy.Error() + ": operation " + o.by.First.Operation }
func (o *occupied) Unwrap() error { return errBusy }

// overtaken is a yes that became a no between decision and entry.
type overtaken struct{ decision authz.Decision }

func (o *overtaken) Error() string { return "what was decided does not hold any more" }

// settle carries out what touches no AWS: what it leaves behind stands in the ledger alone.
func (t *task) settle(ctx, right context.Context, call Call) {
	outcome, err := call.action.Run(right, call)
	if err != nil {
		failed := t.entry(ledger.Failed)
		failed.Reason = cut(err.Error(), 300)
		t.append(ctx, failed)
		t.told(t.reply.Tell(ctx, failure(t, err).message))
		return
	}
	for _, ended := range outcome.Release {
		t.runner.release(ctx, ended, t.request.Actor)
	}
	done := t.entry(ledger.Succeeded)
	if t.command.action.Lasts != Nothing {
		done = t.entry(ledger.Accepted)
		done.Result = untilResult(outcome.Until)
	}
	t.append(ctx, done)
	if t.waited {
		t.end(ctx, t.runner.boards.of(ctx, t), outcome.Message)
		return
	}
	t.told(t.reply.Tell(ctx, outcome.Message))
}

// end shows the last state of a card, and tells the requester where it was asked for first.
func (t *task) end(ctx context.Context, board *board, last Message) {
	board.end(last)
	if t.waited {
		_ = t.runner.notify(ctx, t.request.Actor, t.id, last) // it was logged
	}
}

func errorText(err error) string {
	if err == nil {
		return "AWS answered without a deployment"
	}
	return err.Error()
}

// append stores an entry about something that has happened. It happened whether or not the
// record takes it: where it cannot be written now, it is recorded as soon as it can.
func (t *task) append(ctx context.Context, entry ledger.Entry) {
	_, err := t.runner.Ledger.Append(ctx, func(*ledger.State) ([]ledger.Entry, error) { return []ledger.Entry{entry}, nil })
	if errors.Is(err, ledger.ErrOrder) {
		level := slog.LevelInfo
		if entry.Event == ledger.Accepted || entry.Event == ledger.Succeeded { // it may have been called failed
			level = slog.LevelError
		}
		t.runner.Log.Log(ctx, level, "another process has written how it ended", "operation", t.id, "event", entry.Event, "result", entry.Result)
		return
	}
	if err != nil {
		t.runner.Log.Error("an entry has to wait", "operation", t.id, "event", entry.Event, "error", err)
		t.record(entry)
	}
}

func identity(session fleet.Session) *ledger.AWS {
	if session == nil {
		return &ledger.AWS{}
	}
	return &ledger.AWS{AccessKeyID: session.AccessKeyID(), SourceIdentity: session.SourceIdentity()}
}

// planResult keeps in the entry what recovery needs: which deployments there were, and until
// when the call may be made.
func planResult(service fleet.Service, deadline time.Time) string {
	var before []string
	for _, deployment := range service.Deployments {
		before = append(before, deployment.ID)
	}
	return fmt.Sprintf("before=%s revision=%s desired=%d deadline=%s", strings.Join(before, ","), service.Revision, service.Desired, deadline.UTC().Format(time.RFC3339Nano))
}
