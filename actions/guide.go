package actions

import (
	"context"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// Guide is somebody who wants to be led through a command by a form, or has chosen an action in
// it. What they have chosen so far is a claim, as everything in a form.
type Guide struct {
	ID     string // as of a Request
	Actor  authz.Actor
	Where  Where
	Chosen map[string]string // by field; nil where the form is to be opened
}

// Window is where a guided form is shown: the first Show opens it, each later one takes the
// place of what it shows.
type Window interface {
	Show(ctx context.Context, sheet Sheet) error
}

// guideName is how the opening of a form stands in the ledger.
const guideName = "form"

// Guide shows the form. It asks memory alone, so that it opens whatever AWS does; where Slack
// has to be asked who somebody is, the form opens empty and is filled when that is known.
func (r *Runner) Guide(ctx context.Context, guide Guide, window Window, reply Reply) {
	t := &task{
		runner: r, rules: r.Rulebook(), id: r.NewID(), reply: reply,
		request: Request{ID: guide.ID, Actor: guide.Actor, Where: guide.Where},
	}
	t.command = parsed{action: &Action{Name: guideName}}
	person, remembered := r.People.Recall(guide.Actor, readAge)
	if !remembered {
		if guide.Chosen == nil {
			t.told(window.Show(ctx, Sheet{}))
		}
		var err error
		if person, err = t.read(ctx, readAge); err != nil {
			t.closeForm(ctx, window, stale(), err.Error())
			return
		}
	}
	t.person, t.request.Actor = person, person.Actor
	if person.Standing != authz.Insider {
		refusal := explain(t, t.rules.Policy.Decide(authz.Question{Person: person}))
		if remembered && guide.Chosen == nil {
			t.refuse(ctx, refusal, "")
			return
		}
		t.closeForm(ctx, window, refusal, "")
		return
	}
	if err := window.Show(ctx, t.sheet(guide.Chosen)); err != nil {
		t.told(err)
		t.refuse(ctx, refused("limit", "the form could not be opened", Say(Refusal,
			"The form could not be opened: Slack gives three seconds for it. Try again, or see %v.", Named("help"))), "")
		return
	}
	if guide.Chosen == nil {
		t.record(t.entry(ledger.Read))
	}
}

// closeForm says no in a form that stands open already.
func (t *task) closeForm(ctx context.Context, window Window, refusal refusal, detail string) {
	t.told(window.Show(ctx, Sheet{Note: refusal.message.Title}))
	t.refuse(ctx, refusal, detail)
}

// guided carries a guided form out: as the command that it stands for, and in no other way.
func (r *Runner) guided(ctx context.Context, form Submission, reply Reply) {
	text, wrong := r.Catalog.compose(form.Form, form.Fields)
	request := Request{ID: form.ID, Actor: form.Actor, Text: text, Where: form.Where, Guided: true}
	if wrong != nil {
		t := &task{runner: r, rules: r.Rulebook(), request: request, reply: reply, id: r.NewID(), command: parsed{action: wrong.action}}
		t.refuse(ctx, t.correct(wrong), "")
		return
	}
	r.Do(ctx, request, reply)
}
