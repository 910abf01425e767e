package actions

import (
	"context"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// Action IDs of the buttons of a change that is followed (DESIGN chapter 5).
const (
	rollbackButton = "rollback"
	continueButton = "continue"
)

// farBack is how many entries are looked through for an operation that has ended: what
// somebody clicks on is hours old at most.
const farBack = 20_000

// past finds the beginning of an operation, open or ended, whichever process wrote it.
func (r *Runner) past(ctx context.Context, id string) (first ledger.Entry, found bool, err error) {
	if operation, open := r.find(ctx, id); open {
		return operation.First, true, nil
	}
	seen := 0
	err = r.Ledger.Back(ctx, func(entry ledger.Entry) bool {
		if entry.Operation == id {
			first, found = entry, true
		}
		seen++
		return seen < farBack && (!found || first.Step > 1)
	})
	return first, found, err
}

// again makes of a button on an operation's card what the clicker could have typed: the action
// of that name on the operation's service. Nothing of the operation lends them any right.
func (r *Runner) again(ctx context.Context, c clicked, click Click, action string) {
	if c.isNobody(ctx) {
		return
	}
	first, found, err := r.past(ctx, click.Value)
	if err != nil {
		c.fail(ctx, err)
		return
	}
	if !found || first.Service == "" {
		c.refuse(ctx, refused(authz.CodeUnknown, "no such operation", Say(Refusal, "I do not know any more what this is about. Type it as a command.")), "")
		return
	}
	command, known := r.Catalog.commandOn(action, first)
	if !known {
		c.refuseUnknown(ctx, "no such action")
		return
	}
	where := click.Where
	if where.Thread == click.Card.Message { // below the card stands what is said about it, not another card
		where.Thread = ""
	}
	r.Do(ctx, Request{ID: click.ID, Actor: click.Actor, given: &command, Where: where}, c.reply)
}
