package actions

import (
	"context"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// How often what is open is looked at, and how often a review is asked for again.
const (
	tendPause   = time.Second
	reviewPause = 24 * time.Hour
)

// Tend ends what has run out, and asks again for reviews that nobody has signed off, until
// ctx ends.
func (r *Runner) Tend(ctx context.Context) {
	ticker := time.NewTicker(tendPause)
	defer ticker.Stop()
	reminded := map[string]time.Time{}
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		for _, operation := range r.Ledger.Open() {
			r.tend(ctx, *operation, reminded)
		}
	}
}

func (r *Runner) tend(ctx context.Context, operation ledger.Operation, reminded map[string]time.Time) {
	now := time.Now()
	id := operation.First.Operation
	switch {
	case operation.First.Action == reviewAction:
		last, known := reminded[id]
		if !known {
			last = operation.First.Time
		}
		if now.Sub(last) >= reviewPause {
			reminded[id] = now
			r.remind(ctx, operation)
		}
	case operation.IsWaiting():
		if !parseTerms(operation.First.Result).expires.After(now) {
			r.expire(ctx, operation)
		}
	default:
		if end, lasts := until(operation.Last); lasts && !end.IsZero() && !end.After(now) {
			r.runOut(ctx, operation)
		}
	}
}

// expire ends a request that nobody answered in time.
func (r *Runner) expire(ctx context.Context, operation ledger.Operation) {
	asked, err := r.revive(operation)
	if err != nil {
		r.Log.Error("a request cannot be ended", "operation", operation.First.Operation, "error", err)
		return
	}
	entry := asked.entry(ledger.Expired)
	entry.Target = operation.First.Target
	if !r.conclude(ctx, clicked{}, entry) {
		return
	}
	message := asked.card(asked.call(fresh{service: asked.remembered()}), Warning, Paragraph{Textf("Expired: nobody answered in time. Nothing was done.")})
	asked.end(ctx, r.boards.of(ctx, asked), message)
}

// runOut ends a hold or a time-bound access whose time is over.
func (r *Runner) runOut(ctx context.Context, operation ledger.Operation) {
	if !r.conclusion(ctx, operation, ledger.Expired, operation.First.Actor, "its time is over") {
		return
	}
	r.tellOver(ctx, operation, Textf("Its time is over."))
	r.tellFree(ctx, operation)
}

// release ends a hold or an access before its time.
func (r *Runner) release(ctx context.Context, id string, by authz.Actor) {
	operation, open := r.Ledger.Operation(id)
	if !open || !r.conclusion(ctx, operation, ledger.Succeeded, by, "released") {
		return
	}
	r.tellFree(ctx, operation)
	if by != operation.First.Actor {
		r.tellOver(ctx, operation, Textf("Released by %v.", PersonSpan(by.User)))
	}
}

// conclusion appends the last entry of something that lasts.
func (r *Runner) conclusion(ctx context.Context, operation ledger.Operation, event ledger.Event, by authz.Actor, result string) bool {
	entry := ledger.Entry{
		Operation: operation.First.Operation, Event: event, Actor: by, Action: operation.First.Action,
		Environment: operation.First.Environment, Service: operation.First.Service, Arguments: operation.First.Arguments, Result: result,
	}
	defer r.Assumer.Forget(operation.First.Actor.User) // an access that is over is nobody's any more
	_, err := r.Ledger.Append(ctx, func(state *ledger.State) ([]ledger.Entry, error) {
		now, open := state.Operation(entry.Operation)
		if _, lasts := until(now.Last); !open || !lasts {
			return nil, errSettled
		}
		return []ledger.Entry{entry}, nil
	})
	return err == nil
}

func (r *Runner) tellOver(ctx context.Context, operation ledger.Operation, how Text) {
	first := operation.First
	title := Textf("%v on %v is over", capital(first.Action), Bold(first.Environment))
	if role := first.Arguments["role"]; role != "" {
		title = Textf("Your access as %v on %v is over", Bold(role), Bold(first.Environment))
	}
	_ = r.notify(ctx, first.Actor, first.Operation, Message{Tone: Plain, Title: title, Body: []Block{Paragraph{how}}})
}

// review is the entry that puts a broken glass before the approvers: somebody has to sign it off.
func (t *task) review(call Call) ledger.Entry {
	review := t.entry(ledger.Asked)
	review.Operation, review.Action, review.Request = t.runner.NewID(), reviewAction, ""
	review.Arguments = map[string]string{"operation": t.id, "action": t.command.action.Name, "right": t.command.right()}
	review.Target, review.Reason = call.service.ARN, "break-glass: "+t.command.reason
	review.Result = terms{expires: time.Now().AddDate(100, 0, 0)}.String() // it waits until somebody signs it off
	return review
}

// askReview shows the card of a review for the first time.
func (r *Runner) askReview(ctx context.Context, id string) {
	if operation, open := r.Ledger.Operation(id); open {
		r.remind(ctx, operation)
	}
}

// remind shows the card on which a broken glass is signed off.
func (r *Runner) remind(ctx context.Context, operation ledger.Operation) {
	first := operation.First
	t, err := r.revive(operation)
	if err != nil {
		r.Log.Error("a review cannot be asked for", "operation", first.Operation, "error", err)
		return
	}
	place := t.approvalsPlace()
	if place == t.request.Where {
		place = Where{Channel: r.Rulebook().Audit}
	}
	_, err = r.Cards.Post(ctx, place, first.Actor, first.Operation, Message{
		Tone: Bad, Title: Textf("Break-glass: %v %v in %v wants a review", first.Arguments["action"], Bold(first.Service), Bold(first.Environment)),
		Body: []Block{
			Facts{[]Fact{{"By", Textf("%v", PersonSpan(first.Actor.User))}, {"Operation", Textf("%v", Named(first.Arguments["operation"]))}}},
			Paragraph{Textf("%v", first.Reason)},
			Note{Textf("An approver of the environment signs it off. It is asked for again every day until then.")},
		},
		Buttons: []Button{{ID: approveButton, Label: "Sign off", Value: first.Operation, Style: "primary"}},
	})
	if err != nil {
		r.Log.Warn("a review could not be shown; it is asked for again", "operation", first.Operation, "error", err)
	}
}

// remembered is the service of a request as its entry has it.
func (t *task) remembered() fleet.Service {
	return fleet.Service{Ref: fleet.Ref{Name: bare(t.command.service), Environment: t.command.environment}}
}
