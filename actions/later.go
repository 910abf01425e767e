package actions

import (
	"context"
	"runtime/debug"

	"ecsbot/authz"
)

// later does in the background what takes longer than anybody waits, until the program stops.
// What came of it goes to the caller's direct messages, and is judged by what the caller may
// see when it is told.
func (t *task) later(rest Later) {
	if !t.runner.begin() {
		return
	}
	go func() {
		defer t.runner.open.Done()
		ctx, cancel := t.runner.untilStop(context.Background())
		defer cancel()
		defer func() {
			if reason := recover(); reason != nil {
				t.runner.Log.Error("what was left for later panicked", "operation", t.id, "panic", reason, "stack", string(debug.Stack()))
			}
		}()
		t.follow(ctx, rest)
	}()
}

func (t *task) follow(ctx context.Context, rest Later) {
	tell, err := rest(ctx)
	if ctx.Err() != nil { // the program stops: whoever asked asks again
		_ = t.runner.notify(context.WithoutCancel(ctx), t.request.Actor, t.id, Say(Warning, "I was restarted before I was done with %v. Please ask again.", Named(t.command.action.Name)))
		return
	}
	if err != nil {
		t.runner.Log.Error("what was left for later failed", "operation", t.id, "error", err)
		_ = t.runner.notify(ctx, t.request.Actor, t.id, failure(t, err).message)
		return
	}
	person, err := t.read(ctx, readAge)
	if err != nil {
		_ = t.runner.notify(ctx, t.request.Actor, t.id, stale().message)
		return
	}
	t.person = person
	decision := t.runner.Rulebook().Policy.Decide(t.question(authz.Target{Environment: t.command.environment}, true, t.runner.Ledger.Open()))
	if decision.Verdict != authz.Allowed {
		t.runner.Log.Info("not told: the caller may not know it any more", "operation", t.id)
		return
	}
	t.rules = t.runner.Rulebook()
	outcome := tell(t.call(fresh{person: person}))
	if outcome.Snippet != nil {
		err = t.reply.Thread(ctx, outcome.Message, *outcome.Snippet)
	} else {
		err = t.runner.notify(ctx, t.request.Actor, t.id, outcome.Message)
	}
	t.told(err)
	t.runner.Log.Info("what was left for later is done", "operation", t.id, "result", outcome.Result)
}
