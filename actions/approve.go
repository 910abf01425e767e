package actions

import (
	"context"
	"errors"
	"strings"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// Action IDs of the buttons on a request (DESIGN chapter 5).
const (
	approveButton = "approve"
	rejectButton  = "reject"
	followButton  = "follow"
)

// reviewAction is the name under which the review of a broken glass stands in the ledger.
const reviewAction = "review"

// Submit carries a form out: a rejection with its reason, or what was confirmed in it.
func (r *Runner) Submit(ctx context.Context, form Submission, reply Reply) {
	if form.Form == rejectButton {
		r.reject(ctx, r.judge(form.ID, form.Actor, rejectButton, form.Value, form.Where, reply), r.Redact(cut(form.Reason, longestReason)))
		return
	}
	if form.Fields != nil {
		r.guided(ctx, form, reply)
		return
	}
	r.Do(ctx, Request{ID: form.ID, Actor: form.Actor, Text: form.Value, Where: form.Where, Confirmed: true, Reason: form.Reason}, reply)
}

// clicked is a click or a form on its way: a task of its own, about an operation.
type clicked struct {
	*task
	about string // operation ID, as the button claims
}

func (r *Runner) judge(id string, actor authz.Actor, what, about string, where Where, reply Reply) clicked {
	t := &task{
		runner: r, rules: r.Rulebook(), id: r.NewID(), reply: reply,
		request: Request{ID: id, Actor: actor, Where: where},
	}
	t.command = parsed{action: &Action{Name: what}, arguments: map[string]string{"operation": cut(about, 64)}}
	return clicked{task: t, about: about}
}

// waiting finds the operation that the click is about, as long as it waits for approval.
func (c clicked) waiting(ctx context.Context) (ledger.Operation, bool) {
	operation, open := c.runner.find(ctx, c.about)
	if !open || !operation.IsWaiting() {
		c.refuse(ctx, refused(authz.CodeUnknown, "settled, or never asked for",
			Say(Refusal, "This request is settled already, or there is none.")), "")
		return ledger.Operation{}, false
	}
	c.command.environment, c.command.service = operation.First.Environment, operation.First.Service
	if !parseTerms(operation.First.Result).expires.After(time.Now()) {
		c.runner.expire(ctx, operation)
		c.refuse(ctx, refused(authz.CodeUnknown, "expired", Say(Refusal, "This request has expired. Whoever needs it has to ask again.")), "")
		return ledger.Operation{}, false
	}
	return operation, true
}

// find is an open operation. Another process may have begun it just now: nobody is told that
// there is none before that was looked at.
func (r *Runner) find(ctx context.Context, id string) (ledger.Operation, bool) {
	if operation, open := r.Ledger.Operation(id); open {
		return operation, true
	}
	if err := r.Ledger.Refresh(ctx); err != nil {
		r.Log.Warn("what others have written cannot be read", "error", err)
	}
	return r.Ledger.Operation(id)
}

// approve judges an approval and, where it is the last that was wanted, carries the plan out.
// Like Runner.Do it is written to be read from top to bottom.
func (r *Runner) approve(ctx context.Context, c clicked, card Card) {
	operation, open := c.waiting(ctx)
	if !open {
		return
	}
	asked, err := r.revive(operation)
	if err != nil {
		c.fail(ctx, err)
		return
	}
	asked.reply = notice{asked}

	question := asked.question(authz.Target{Environment: operation.First.Environment, Service: bare(operation.First.Service)}, true, r.Ledger.Open())
	question.Person = authz.Person{Actor: operation.First.Actor}

	// Who clicks: as Slack says now. Whoever memory has just refused is not asked for again:
	// clicking on and on must not use up what Slack allows.
	if known, remembered := r.People.Recall(c.request.Actor, changeAge); remembered {
		if decision := c.rules.Policy.MayApprove(question, known); decision.Verdict != authz.Allowed {
			c.person = known
			c.refuse(ctx, explain(c.task, decision), "")
			return
		}
	}
	approver, err := r.People.Read(ctx, c.request.Actor, 0)
	if err != nil {
		c.refuse(ctx, stale(), err.Error())
		return
	}
	c.person, c.request.Actor = approver, approver.Actor
	if decision := c.rules.Policy.MayApprove(question, approver); decision.Verdict != authz.Allowed {
		c.refuse(ctx, explain(c.task, decision), "")
		return
	}
	if operation.First.Action == reviewAction {
		c.signOff(ctx, operation, asked, card)
		return
	}

	ref, err := asked.find()
	if err != nil && !r.Finder.Ready() {
		c.fail(ctx, errFleet)
		return
	}
	if asked.isUnnamed() {
		r.void(ctx, asked, operation, card, "the task is not one of the configuration any more")
		c.tellVoid(ctx, "The task is not one of the configuration any more")
		return
	}
	if err != nil {
		r.void(ctx, asked, operation, card, "the service is not found any more")
		c.tellVoid(ctx, "The service is not found any more")
		return
	}

	// Who asked, on what, and who approved before: all of it as it is now.
	fresh, err := asked.refresh(ctx, ref, approval{by: c.request.Actor.User})
	if err != nil {
		c.fail(ctx, err)
		return
	}
	asked.person = fresh.person
	question = asked.question(fresh.target(asked, r.Own), fresh.current, r.Ledger.Open())
	if question.Approvers, err = r.recent(ctx, approversOf(operation)...); err != nil {
		c.refuse(ctx, stale(), err.Error())
		return
	}
	question.Approvers = append(question.Approvers, approver)
	decision := c.rules.Policy.Decide(question)
	if decision.Verdict == authz.Refused {
		c.overruled(ctx, asked, operation, card, decision)
		return
	}
	call := asked.call(fresh)
	decision, err = asked.prepare(ctx, &call, &question, decision)
	if no, is := errors.AsType[*userError](err); is {
		c.impossible(ctx, asked, operation, card, no)
		return
	}
	if err != nil {
		c.fail(ctx, err)
		return
	}
	if decision, err = c.renew(ctx, operation, asked, &question); err != nil {
		c.refuse(ctx, stale(), err.Error())
		return
	}
	call.person = question.Person
	if no := c.rules.Policy.MayApprove(question, c.person); no.Verdict != authz.Allowed {
		c.refuse(ctx, explain(c.task, no), "")
		return
	}
	if decision.Verdict == authz.Refused {
		c.overruled(ctx, asked, operation, card, decision)
		return
	}
	if changes := drift(parseTerms(operation.First.Result).facts, call.bound()); changes != nil {
		r.void(ctx, asked, operation, card, "the service has changed since it was asked for: "+strings.Join(changes, "; "))
		c.tellVoid(ctx, "The service has changed since this was asked for")
		return
	}

	approved := asked.entry(ledger.Approved)
	approved.Actor, approved.Target, approved.Request = c.request.Actor, operation.First.Target, c.request.ID
	if decision.Verdict == authz.NeedsApproval {
		operation.Approvals = c.standing(operation, question)
		c.count(ctx, asked, call, operation, approved, card)
		return
	}
	r.boards.at(ctx, asked, asked.request.Where, card)
	asked.clicker = c.task
	asked.change(ctx, call, question, []ledger.Entry{approved})
}

// standing are the earlier approvals that count still: whoever gave one may have lost the right
// to it since.
func (c clicked) standing(operation ledger.Operation, question authz.Question) []ledger.Entry {
	var standing []ledger.Entry
	for position, entry := range operation.Approvals {
		if c.rules.Policy.MayApprove(question, question.Approvers[position]).Verdict == authz.Allowed {
			standing = append(standing, entry)
		}
	}
	return standing
}

// overruled is an approval of what may not be done now. A hold or a freeze ends, so the
// request stays; a requester who has lost the right does not get it back by waiting.
func (c clicked) overruled(ctx context.Context, asked *task, operation ledger.Operation, card Card, decision authz.Decision) {
	no := explain(asked, decision)
	switch decision.Reason.Cause {
	case authz.ByHold, authz.ByFreeze, authz.ByStaleness:
		c.refuse(ctx, no, "")
	default:
		c.runner.void(ctx, asked, operation, card, "the requester may not do it any more ("+no.reason+")")
		c.tellVoid(ctx, "Whoever asked may not do this any more")
	}
}

// impossible is an approval of what the operation itself refuses now. The card and whoever clicked
// are told in the refusal's own words; its reason is for the record.
func (c clicked) impossible(ctx context.Context, asked *task, operation ledger.Operation, card Card, no *userError) {
	const why = "what was asked for is not possible any more"
	because := append([]Block{Paragraph{no.refusal.message.Title}}, no.refusal.message.Body...)
	c.runner.voidFor(ctx, asked, operation, card, voiding{why: why, reason: why + ": " + no.Error(), more: because})
	told := Say(Refusal, "%v, so the request is void. Nothing was done.", capital(why))
	told.Body = because
	c.told(c.reply.Tell(ctx, told))
}

// count writes down an approval which is not the last that is wanted.
func (c clicked) count(ctx context.Context, asked *task, call Call, operation ledger.Operation, approved ledger.Entry, card Card) {
	_, err := c.runner.Ledger.Append(ctx, func(state *ledger.State) ([]ledger.Entry, error) {
		if err := mayApprove(state, approved); err != nil {
			return nil, err
		}
		if now, _ := state.Operation(approved.Operation); now.Last.Seq != operation.Last.Seq {
			return nil, errMoved
		}
		return []ledger.Entry{approved}, nil
	})
	if errors.Is(err, errMoved) { // somebody else approved meanwhile: this may be the last that was wanted
		c.runner.approve(ctx, c, card)
		return
	}
	if err != nil {
		c.fail(ctx, err)
		return
	}
	groups, count := c.rules.Policy.ApprovingGroupsFor(asked.question(authz.Target{Environment: asked.command.environment, Service: bare(asked.command.service)}, true, nil))
	approvals := append([]ledger.Entry{}, operation.Approvals...)
	c.runner.boards.at(ctx, asked, asked.request.Where, card).show(
		asked.waiting(call, parseTerms(operation.First.Result).expires, append(approvals, approved), groups, count))
	c.told(c.reply.Tell(ctx, Say(Good, "Approved. %v more must approve it.", count-len(approvals)-1)))
}

// errTwice says that the same person has approved before.
var errTwice = errors.New("you have approved this before")

// errMoved says that somebody else has approved the same since it was read.
var errMoved = errors.New("somebody else has approved it meanwhile")

// mayApprove holds that the operation still waits, and that nobody approves twice.
func mayApprove(state *ledger.State, approved ledger.Entry) error {
	operation, open := state.Operation(approved.Operation)
	if !open || !operation.IsWaiting() {
		return errSettled
	}
	for _, earlier := range operation.Approvals {
		if earlier.Actor == approved.Actor {
			return errTwice
		}
	}
	return nil
}

// reject ends a request with a reason. Whoever asked may withdraw it too.
func (r *Runner) reject(ctx context.Context, c clicked, reason string) {
	operation, open := c.waiting(ctx)
	if !open {
		return
	}
	asked, err := r.revive(operation)
	if err != nil {
		c.fail(ctx, err)
		return
	}
	question := asked.question(authz.Target{Environment: operation.First.Environment, Service: bare(operation.First.Service)}, true, nil)
	question.Person = authz.Person{Actor: operation.First.Actor}
	mayNot := func(person authz.Person) bool {
		c.person = person
		decision := c.rules.Policy.MayApprove(question, person)
		if withdrawn := decision.Reason.Cause == authz.ByRequester; decision.Verdict == authz.Allowed || withdrawn {
			return false
		}
		c.refuse(ctx, explain(c.task, decision), "")
		return true
	}
	if known, remembered := r.People.Recall(c.request.Actor, changeAge); remembered && mayNot(known) {
		return
	}
	person, err := r.People.Read(ctx, c.request.Actor, 0)
	if err != nil {
		c.refuse(ctx, stale(), err.Error())
		return
	}
	c.request.Actor = person.Actor
	if mayNot(person) {
		return
	}
	if operation.First.Action == reviewAction {
		c.refuse(ctx, refused(authz.CodeDenied, "a review is not rejected", Say(Refusal, "A review ends when somebody signs it off.")), "")
		return
	}
	entry := asked.entry(ledger.Rejected)
	entry.Actor, entry.Target, entry.Reason, entry.Request = c.request.Actor, operation.First.Target, flat(reason, longestReason), c.request.ID
	if !r.conclude(ctx, c, entry) {
		return
	}
	message := asked.card(asked.call(fresh{service: asked.remembered()}), Bad, Paragraph{Textf("Rejected by %v: %v", PersonSpan(c.request.Actor.User), reason)})
	asked.end(ctx, r.boards.at(ctx, asked, asked.request.Where, Card{}), message)
	c.told(c.reply.Tell(ctx, Say(Good, "Rejected. Whoever asked is told.")))
}

// conclude appends the last entry of a request that waits. Of several only the first does.
func (r *Runner) conclude(ctx context.Context, c clicked, entry ledger.Entry) bool {
	_, err := r.Ledger.Append(ctx, func(state *ledger.State) ([]ledger.Entry, error) {
		if operation, open := state.Operation(entry.Operation); !open || !operation.IsWaiting() {
			return nil, errSettled
		}
		return []ledger.Entry{entry}, nil
	})
	if err != nil && c.task != nil {
		c.fail(ctx, err)
	}
	return err == nil
}

// void ends a request that cannot be carried out as it was asked for, and shows why.
func (r *Runner) void(ctx context.Context, asked *task, operation ledger.Operation, card Card, why string) {
	r.voidFor(ctx, asked, operation, card, voiding{why: why, reason: why})
}

// voiding is why a request is void: in words for everybody, for the record, and at length.
type voiding struct {
	why    string
	reason string
	more   []Block
}

func (r *Runner) voidFor(ctx context.Context, asked *task, operation ledger.Operation, card Card, v voiding) {
	entry := asked.entry(ledger.Voided)
	entry.Target, entry.Reason = operation.First.Target, cut(v.reason, 500)
	if !r.conclude(ctx, clicked{}, entry) {
		return
	}
	blocks := append([]Block{Paragraph{Textf("Void: %v. Nothing was done.", v.why)}}, v.more...)
	message := asked.card(asked.call(fresh{service: asked.remembered()}), Warning, blocks...)
	asked.end(ctx, r.boards.at(ctx, asked, asked.request.Where, card), message)
}

// tellVoid tells whoever clicked that the request is void, and why.
func (c clicked) tellVoid(ctx context.Context, because string) {
	c.told(c.reply.Tell(ctx, Say(Refusal, "%v, so the request is void. Nothing was done.", because)))
}

// signOff ends the review of a broken glass.
func (c clicked) signOff(ctx context.Context, operation ledger.Operation, asked *task, card Card) {
	approved := asked.entry(ledger.Approved)
	approved.Actor, approved.Request = c.request.Actor, c.request.ID
	done := asked.entry(ledger.Succeeded)
	done.Result = "reviewed"
	approved.Action, done.Action = reviewAction, reviewAction
	_, err := c.runner.Ledger.Append(ctx, func(state *ledger.State) ([]ledger.Entry, error) {
		return []ledger.Entry{approved, done}, mayApprove(state, approved)
	})
	if err != nil {
		c.fail(ctx, err)
		return
	}
	c.runner.boards.at(ctx, asked, asked.request.Where, card).end(Message{
		Tone: Good, Title: Textf("Broken glass of %v reviewed", Bold(operation.First.Environment)),
		Body: []Block{Paragraph{Textf("Signed off by %v.", PersonSpan(c.request.Actor.User))}},
	})
	c.told(c.reply.Tell(ctx, Say(Good, "Signed off.")))
}

// notice is the reply of somebody who is not there: it goes to their direct messages.
type notice struct{ *task }

// Tell writes to the person alone.
func (n notice) Tell(ctx context.Context, message Message) error {
	return n.runner.notify(ctx, n.request.Actor, n.id, message)
}

// Share writes to the person alone too: there is no conversation to share with.
func (n notice) Share(ctx context.Context, message Message) error { return n.Tell(ctx, message) }

// Thread leaves the snippet out: nobody waits for one here.
func (n notice) Thread(ctx context.Context, message Message, _ Snippet) error {
	return n.Tell(ctx, message)
}

// Open opens nothing: nobody waits for lines here.
func (n notice) Open(context.Context, Message, bool) (Thread, error) {
	return nil, errors.New("nobody is there to be shown lines")
}

// Ask cannot open a form for somebody who did nothing just now.
func (n notice) Ask(context.Context, Form) error { return errors.New("nobody is there to be asked") }

// notify writes to somebody's direct messages.
func (r *Runner) notify(ctx context.Context, actor authz.Actor, operation string, message Message) error {
	_, err := r.Cards.Post(ctx, Where{Channel: actor.User}, actor, operation, message)
	if err != nil {
		r.Log.Warn("a notice did not reach the requester", "operation", operation, "error", err)
	}
	return err
}
