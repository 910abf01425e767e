package actions

import (
	"context"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// stopLive ends a followed log for whoever asked for it, and for whoever may see it.
func (r *Runner) stopLive(ctx context.Context, t *task, c clicked) {
	c.command = t.command
	isAsker := func(actor authz.Actor) bool { return actor == t.request.Actor }
	if known, remembered := r.People.Recall(c.request.Actor, changeAge); remembered && !isAsker(known.Actor) && c.isRefused(ctx, known) {
		return
	}
	person, err := r.People.Read(ctx, c.request.Actor, r.presses.age())
	if err != nil {
		c.refuse(ctx, stale(), err.Error())
		return
	}
	c.request.Actor = person.Actor
	if !isAsker(person.Actor) && c.isRefused(ctx, person) {
		return
	}
	why := Textf("stopped by %v", PersonSpan(person.Actor.User))
	if !r.lives.stop(t.id, why) && !t.isEnded(ctx, why) {
		c.refuseEnded(ctx)
		return
	}
	c.done(Call{}, Outcome{Result: "stopped " + t.id})
}

// stopElsewhere ends a followed log of another process, which sees it in the ledger.
func (r *Runner) stopElsewhere(ctx context.Context, c clicked, click Click) {
	operation, open := r.find(ctx, click.Value)
	if !open {
		c.refuseEnded(ctx)
		return
	}
	t, err := r.revive(operation)
	if err != nil || livePlaceOf(operation).until.IsZero() {
		c.refuseUnknown(ctx, noSuchButton)
		return
	}
	r.stopLive(ctx, t, c)
}

func (c clicked) refuseEnded(ctx context.Context) {
	c.refuse(ctx, refused(authz.CodeUnknown, "it has ended", Say(Refusal, "It is not followed any more.")), "")
}

// isEnded writes the end of a followed log, and says whether it was open until now.
func (t *task) isEnded(ctx context.Context, why Text) bool {
	over := t.over(ledger.Succeeded, followedUntil+why.Plain())
	_, err := t.runner.Ledger.Append(ctx, func(*ledger.State) ([]ledger.Entry, error) { return []ledger.Entry{over}, nil })
	if err != nil {
		t.runner.Log.Warn("the end of a followed log is not written", "operation", t.id, "error", err)
	}
	return err == nil
}
