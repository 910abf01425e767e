package actions

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// bulkRight is the permission to change several services with one command.
const bulkRight = "bulk"

// How many services of one command are changed at a time, and at all.
const (
	bulkAtOnce = 3
	bulkMost   = 50
)

// several carries one change out on many services. Each is a request of its own, judged, written
// down and followed by itself; they share one card. After the first that fails none begins.
func (t *task) several(ctx context.Context) {
	names, no := t.chosen()
	if no != nil {
		t.refuse(ctx, *no, "")
		return
	}
	if t.command.preview {
		t.told(t.reply.Tell(ctx, Message{
			Title: Textf("Plan: %v %v in %v, %v at a time, until one fails", t.command.action.Name, len(names), Bold(t.command.environment), bulkAtOnce),
			Body:  []Block{List{nameList(names)}, Note{Textf("Nothing was done. The plan of each is shown for it alone.")}},
		}))
		t.recordAll(names, "")
		return
	}
	t.working(ctx, Message{Tone: Working, Title: Textf("On it: %v %v services in %v", t.command.action.Name, len(names), Named(t.command.environment))})
	if names, no = t.chosenAnew(ctx); no != nil {
		t.refuse(ctx, *no, "")
		return
	}
	if !t.runner.begin() {
		t.fail(ctx, errStopping)
		return
	}
	if err := t.mayStartAll(ctx, len(names)); err != nil {
		t.runner.open.Done()
		t.fail(ctx, err)
		return
	}
	together := &together{task: t, parts: make([]*part, len(names)), board: t.runner.boards.of(ctx, t)}
	for position, name := range names {
		command := t.command
		command.service, command.services, command.bulk = name, nil, false
		command.arguments, command.values = maps.Clone(t.command.arguments), maps.Clone(t.command.values)
		together.parts[position] = &part{together: together, command: command, state: Textf("waits"), ended: make(chan struct{})}
	}
	together.board.keep()
	go together.run(context.WithoutCancel(ctx)) // it may take longer than a process that ends waits for a request
}

// chosenAnew are they by groups that are as fresh as a change demands.
func (t *task) chosenAnew(ctx context.Context) ([]string, *refusal) {
	person, current := t.current(ctx)
	if !current {
		no := stale()
		return nil, &no
	}
	t.person = person
	return t.chosen()
}

// mayStartAll refuses what the limit of the person would cut off in the middle.
func (t *task) mayStartAll(ctx context.Context, count int) error {
	limits := t.rules.Limits
	if limits.Changes <= 0 {
		return nil
	}
	_, err := t.runner.Ledger.Append(ctx, func(state *ledger.State) ([]ledger.Entry, error) {
		if left := max(0, limits.Changes-state.Changes(t.request.Actor, time.Now().Add(-limits.Window))); left < count {
			return nil, fmt.Errorf("%w: %s in %s, of which %d are left, and that is %d services", errLimit, Counted(limits.Changes, "change"), DurationText(limits.Window), left, count)
		}
		return nil, nil
	})
	return err
}

// chosen are the services that are meant, or why not. Every single one must be known and allowed
// before the first begins.
func (t *task) chosen() ([]string, *refusal) {
	names := t.command.services
	if t.command.bulk {
		for _, ref := range t.runner.Finder.Services(t.command.environment) {
			if t.rules.Policy.Sees(t.person, t.command.environment, ref.Name) && !t.runner.Own(fleet.Service{Ref: ref}) && t.may(t.command.right(), ref.Name) {
				names = append(names, ref.String())
			}
		}
	}
	if len(names) == 0 || t.command.bulk && !t.may(bulkRight, "") {
		no := t.notAll("")
		return nil, &no
	}
	if len(names) > bulkMost {
		no := refused("limit", "too many services", Say(Refusal, "That is %v services; at most %v are changed with one command.", len(names), bulkMost))
		return nil, &no
	}
	seen := map[string]bool{}
	var decisions []authz.Decision
	for _, name := range names {
		ref, decision, no := t.mayPart(name)
		if no != nil {
			return nil, no
		}
		if seen[ref.ARN] {
			no := refused("parse", "named twice", Say(Refusal, "%v is named twice.", Bold(ref.Name)))
			return nil, &no
		}
		seen[ref.ARN], decisions = true, append(decisions, decision)
	}
	for position, name := range names {
		if no := t.mayTogether(name, decisions[position]); no != nil {
			return nil, no
		}
	}
	if place := t.rules.Places[t.command.environment]; len(place.Channels) > 0 && !place.allows(t.request.Where) {
		no := elsewhere(t, place)
		return nil, &no
	}
	return names, nil
}

// mayPart judges one of several by itself, on what memory has.
func (t *task) mayPart(name string) (fleet.Ref, authz.Decision, *refusal) {
	one := *t
	one.command.service = name
	ref, err := t.runner.Finder.Find(t.command.environment, name)
	question := one.question(authz.Target{Environment: t.command.environment, Service: bare(name), Own: err == nil && t.runner.Own(fleet.Service{Ref: ref})}, true, t.runner.Ledger.Open())
	decision := t.rules.Policy.Decide(question)
	if decision.Verdict == authz.Refused {
		no := explain(&one, decision)
		return ref, decision, &no
	}
	if err != nil {
		no := notFound(&one, err)
		return ref, decision, &no
	}
	return ref, decision, nil
}

// mayTogether judges whether one may be changed beside others. A second person approves one plan,
// and a glass is broken for one reason.
func (t *task) mayTogether(name string, decision authz.Decision) *refusal {
	var no refusal
	switch {
	case !t.may(bulkRight, name):
		no = t.notAll(name)
	case decision.Verdict == authz.NeedsApproval:
		no = refused(authz.CodeDenied, "several at once in a protected environment", Say(Refusal,
			"%v is protected: a second person approves one plan at a time. Ask for each service by itself.", Named(t.command.environment)))
	case decision.Reason.Cause == authz.ByBreakGlass && !t.command.preview:
		no = refused(authz.CodeDenied, "several at once by breaking the glass", Say(Refusal, "The glass is broken for one service at a time. Ask for each by itself."))
	default:
		return nil
	}
	return &no
}

// may says whether the person holds a permission on a service, or anywhere in the environment.
func (t *task) may(right, service string) bool {
	question := t.question(authz.Target{Environment: t.command.environment, Service: bare(service)}, true, nil)
	question.Action, question.Changes = right, false
	return t.rules.Policy.Decide(question).Verdict == authz.Allowed
}

// notAll refuses several at once to whoever may not.
func (t *task) notAll(name string) refusal {
	one := *t
	one.command.service, one.command.needs = name, bulkRight
	one.why = Textf("Name one service at a time, or ask somebody who has it.")
	question := one.question(authz.Target{Environment: t.command.environment, Service: bare(name)}, true, nil)
	question.Action, question.Changes = bulkRight, false
	if decision := t.rules.Policy.Decide(question); decision.Verdict != authz.Allowed {
		return explain(&one, decision)
	}
	return refused(authz.CodeUnknown, "no service", Say(Refusal, "%v has no service that you may %v.", Named(t.command.environment), t.command.action.Name))
}

func (t *task) recordAll(names []string, reason string) {
	entry := t.entry(ledger.Read)
	entry.Service = ""
	entry.Result, entry.Reason = cut(fmt.Sprintf("%d services: %s", len(names), strings.Join(names, " ")), 2000), cut(reason, 500)
	t.record(entry)
}
