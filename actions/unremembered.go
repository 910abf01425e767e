package actions

import (
	"context"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// noSuchButton is why, where nothing more is known.
const noSuchButton = "no such button"

// unremembered presses a button of which this process knows nothing: another one put it up, or
// an earlier run did. What it is about stands in the ledger; whoever pressed is judged as ever.
func (r *Runner) unremembered(ctx context.Context, c clicked, click Click) {
	if c.isNobody(ctx) {
		return
	}
	operation, found, err := r.past(ctx, click.Value)
	first := operation.first
	if err != nil {
		c.fail(ctx, err)
		return
	}
	offer, offered := r.Catalog.offer(click.Button)
	switch {
	case found && first.Event == ledger.Read:
		r.readAgain(ctx, c, click, first)
	case found && click.Button == stopButton:
		r.stopElsewhere(ctx, c, click)
	case found && offered && first.Service != "":
		r.Do(ctx, Request{ID: click.ID, Actor: click.Actor, Text: offer.Command(first.Environment, first.Service), Where: click.thread()}, c.reply)
	default:
		c.refuseUnknown(ctx, noSuchButton)
	}
}

// isNobody refuses whoever memory knows to be an outsider, before anything is looked for.
func (c clicked) isNobody(ctx context.Context) bool {
	known, remembered := c.runner.People.Recall(c.request.Actor, readAge)
	if !remembered || known.Standing == authz.Insider {
		return false
	}
	c.person = known
	c.refuse(ctx, explain(c.task, c.rules.Policy.Decide(authz.Question{Person: known})), "")
	return true
}

// refuseUnknown tells the same whatever is wrong with a button; the entry keeps why.
func (c clicked) refuseUnknown(ctx context.Context, why string) {
	c.refuse(ctx, refused(authz.CodeUnknown, why, Say(Refusal, "I do not know this button any longer.")), "")
}

// offer is what an action offers under that button where a change has failed.
func (c *Catalog) offer(button string) (Offer, bool) {
	for _, action := range c.actions {
		if action.AfterFailure != nil && action.AfterFailure.Button == button {
			return *action.AfterFailure, true
		}
	}
	return Offer{}, false
}

// readAgain reads anew what the page with the button shows, keeps it, and presses the button
// on that: the page turns from its beginning.
func (r *Runner) readAgain(ctx context.Context, c clicked, click Click, first ledger.Entry) {
	command, err := r.Catalog.restore(first)
	if err != nil || !command.action.Threaded {
		c.refuseUnknown(ctx, noSuchButton)
		return
	}
	c.command = command
	call, allowed := c.mayRead(ctx)
	if !allowed {
		return
	}
	if !c.keepAgain(ctx, call, click) {
		return
	}
	press, known := r.claims.find(click.Button, click.Value)
	if !known {
		c.refuseUnknown(ctx, noSuchButton)
		return
	}
	press(ctx, click, c.reply)
}

// keepAgain reads what a page shows; false where whoever pressed was told that it cannot.
func (c clicked) keepAgain(ctx context.Context, call Call, click Click) bool {
	if !c.enter(ctx) {
		return false
	}
	defer c.leave()
	call.operation = click.Value // as which its buttons know it
	limited, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	outcome, err := c.safely(limited, call, func(ctx context.Context) (Outcome, error) { return call.action.Run(ctx, call) })
	if err != nil {
		c.fail(ctx, c.backstop(err))
		return false
	}
	outcome.discard()
	c.keep(outcome.Reading, call)
	return true
}
