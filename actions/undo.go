package actions

import (
	"cmp"
	"context"

	"ecsbot/actions/fleet"
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

// bygone is an operation, open or ended.
type bygone struct {
	first      ledger.Entry
	deployment string // ID of the one that it began; empty where it began none, or nobody knows which
}

// past finds an operation, whichever process wrote it.
func (r *Runner) past(ctx context.Context, id string) (operation bygone, found bool, err error) {
	if open, is := r.find(ctx, id); is {
		return bygone{open.First, fields(open.Last.Result)[markName(FollowDeployment)]}, true, nil
	}
	seen := 0
	err = r.Ledger.Back(ctx, func(entry ledger.Entry) bool {
		if entry.Operation == id {
			operation = bygone{entry, cmp.Or(operation.deployment, fields(entry.Result)[markName(FollowDeployment)])}
			found = true
		}
		seen++
		return seen < farBack && (!found || operation.first.Step > 1)
	})
	return operation, found, err
}

// again makes of a button on an operation's card what the clicker could have typed: the action
// of that name on the operation's service, for as long as the operation's deployment is what the
// service comes from or goes to. Nothing of the operation lends them any right.
func (r *Runner) again(ctx context.Context, c clicked, click Click, action string) {
	if c.isNobody(ctx) {
		return
	}
	operation, found, err := r.past(ctx, click.Value)
	if err != nil {
		c.fail(ctx, err)
		return
	}
	if !found || operation.first.Service == "" {
		c.refuse(ctx, refused(authz.CodeUnknown, "no such operation", Say(Refusal, "I do not know any more what this is about. Type it as a command.")), "")
		return
	}
	command, known := r.Catalog.commandOn(action, operation.first)
	if !known {
		c.refuseUnknown(ctx, "no such action")
		return
	}
	where := click.Where
	if where.Thread == click.Card.Message { // below the card stands what is said about it, not another card
		where.Thread = ""
	}
	r.Do(ctx, Request{ID: click.ID, Actor: click.Actor, pressed: true, given: &command, about: operation.deployment, Where: where}, c.reply)
}

// outdated refuses a button whose deployment is not the service's newest any more: it was
// rolled back, or somebody has deployed after it, and what runs now is not what was pressed for.
func (t *task) outdated(service fleet.Service) *refusal {
	meant := t.request.about
	if meant == "" || service.Primary().ID == meant {
		return nil
	}
	no := refused(authz.CodeStale, "another deployment runs by now", Say(Refusal,
		"%v runs another deployment by now, so this is over. If you mean what runs, type %v.", Bold(bare(t.command.service)), Named(t.command.action.Name+" "+t.command.environment+" "+t.command.service)))
	return &no
}
