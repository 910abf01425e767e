package actions

import (
	"context"
	"slices"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// Offer is a button that an action puts on the card of a change that has failed: pressing it
// gives a command, in the name of whoever pressed it and judged like any other.
type Offer struct {
	Button  string // action ID
	Label   string
	Command func(environment, service string) string
}

// press is what pressing one kind of button does.
type press func(ctx context.Context, c clicked, click Click)

// buttons is what each button does whose value is an operation of the ledger.
func (r *Runner) buttons() map[string]press {
	return map[string]press{
		approveButton:  func(ctx context.Context, c clicked, click Click) { r.approve(ctx, c, click.Card) },
		rejectButton:   r.askWhyNot,
		followButton:   r.tellWhenFree,
		rollbackButton: func(ctx context.Context, c clicked, click Click) { r.again(ctx, c, click, rollbackButton) },
		continueButton: func(ctx context.Context, c clicked, click Click) { r.again(ctx, c, click, continueButton) },
	}
}

// Click carries a button out. A button is a claim: who clicked, who asked, the plan and the
// state are all judged anew, on readings that began after the click.
func (r *Runner) Click(ctx context.Context, click Click, reply Reply) {
	if claim, known := r.claims.find(click.Button, click.Value); known {
		claim(ctx, click, reply)
		return
	}
	c := r.judge(click.ID, click.Actor, click.Button, click.Value, click.Where, reply)
	if press, known := r.buttons()[click.Button]; known {
		press(ctx, c, click)
		return
	}
	r.unremembered(ctx, c, click)
}

func (r *Runner) askWhyNot(ctx context.Context, c clicked, click Click) {
	if err := c.reply.Ask(ctx, Form{
		ID: rejectButton, Value: click.Value, Title: "Reject", Submit: "Reject", Danger: true,
		Text: Textf("Why not? Whoever asked is told."), Where: click.Where,
	}); err != nil {
		c.fail(ctx, err)
	}
}

// tellWhenFree lets whoever clicked wait until what they wanted is free, where they may know of it
// at all.
func (r *Runner) tellWhenFree(ctx context.Context, c clicked, click Click) {
	id, about := awaited(click.Value)
	operation, open := r.find(ctx, id)
	if !open && about == (wanted{}) { // a button of the same name that lines had
		r.unremembered(ctx, c, click)
		return
	}
	person, err := r.People.Read(ctx, c.request.Actor, changeAge)
	if err != nil {
		c.refuse(ctx, stale(), err.Error())
		return
	}
	c.person, c.request.Actor = person, person.Actor
	if person.Standing != authz.Insider {
		c.refuse(ctx, explain(c.task, c.rules.Policy.Decide(authz.Question{Person: person})), "")
		return
	}
	if about == (wanted{}) {
		about = wanted{operation.First.Environment, operation.First.Service}
	}
	if open && !c.rules.mayKnowOf(person, operation.First) || !c.rules.mayKnowOf(person, about.entry()) {
		c.refuseUnknown(ctx, "what is waited for lies beyond the caller's grants")
		return
	}
	c.command.arguments["operation"] = cut(id, 64)
	c.command.environment, c.command.service = about.environment, about.service
	c.told(c.reply.Tell(ctx, r.awaiting(operation, open, waiter{person.Actor, about})))
	c.record(c.entry(ledger.Read))
}

// awaiting lets somebody wait for an end, and says so.
func (r *Runner) awaiting(operation ledger.Operation, open bool, who waiter) Message {
	if open && !r.waiters.add(operation, who) {
		return Say(Refusal, "Too many wait already, so I cannot tell you when it is free: please ask again later.")
	}
	if !open {
		if message, isNew := r.goOn(who, Textf("That has ended")); isNew {
			return message
		}
	}
	return Say(Good, "I will tell you when it is free, as long as I am not restarted before.")
}

// mayKnowOf says whether the person holds anything on what an entry is about. That everything
// is stopped everybody here may know.
func (r Rulebook) mayKnowOf(person authz.Person, entry ledger.Entry) bool {
	switch {
	case entry.Environment == "":
		return person.Standing == authz.Insider
	case entry.Service == "":
		return slices.Contains(r.Policy.Environments(person), entry.Environment)
	}
	return r.Policy.Sees(person, entry.Environment, bare(entry.Service))
}

// offers are the buttons of a change that has failed. What each does is a request like one
// that was typed, in the thread of its card.
func (t *task) offers(call Call) []Button {
	var offered []Button
	for _, action := range t.runner.Catalog.Actions() {
		if offer := action.AfterFailure; offer != nil && call.service.ARN != "" {
			offered = append(offered, Button{ID: offer.Button, Label: offer.Label, Value: t.id})
		}
	}
	return offered
}

// thread is the one below the message that has the button.
func (c Click) thread() Where {
	if c.Where.Thread != "" || c.Card.Message == "" {
		return c.Where
	}
	return Where{Channel: c.Where.Channel, Thread: c.Card.Message}
}
