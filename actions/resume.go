package actions

import (
	"context"
	"slices"
	"strings"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
)

// Resume goes on with what an earlier run left open: it is read, and followed to its end,
// and never done again. Whoever asked is told how it ended in their direct messages. Each
// operation waits for its own service to be discovered; those whose service is not found
// when everything is known have failed.
func (r *Runner) Resume(ctx context.Context, left []*ledger.Operation) {
	ticker := time.NewTicker(resumePause)
	defer ticker.Stop()
	for {
		known := r.Finder.Ready() // before looking: what is not found then is not there
		left = slices.DeleteFunc(left, func(operation *ledger.Operation) bool { return r.resume(ctx, *operation, known) })
		if len(left) == 0 {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// resumePause is the time between two looks at whether a service is discovered.
const resumePause = 200 * time.Millisecond

// resume says whether the operation is seen to.
func (r *Runner) resume(ctx context.Context, operation ledger.Operation, known bool) bool {
	if _, lasts := until(operation.Last); lasts || operation.Start.Event != ledger.Started {
		return true // it waits for people, or lasts: nothing is to be read
	}
	t, err := r.revive(operation)
	if err != nil {
		r.Log.Error("an operation of an earlier run cannot be gone on with", "operation", operation.First.Operation, "error", err)
		return true
	}
	ref, found := r.discovered(operation.Start)
	if !found {
		if known {
			entry := t.entry(ledger.Failed)
			entry.Target, entry.Reason = operation.Start.Target, "left open by an earlier run, and its service is not found any more"
			t.append(ctx, entry)
			_ = r.notify(ctx, t.request.Actor, t.id, t.card(t.call(fresh{service: t.remembered()}), Warning,
				Paragraph{Textf("I was restarted, and the service is not found any more: how it ended is not known.")}))
		}
		return known
	}
	call := t.call(fresh{service: serviceBefore(ref, operation.Start)})
	deployment, accepted := strings.CutPrefix(operation.Last.Result, "deployment=")
	accepted = accepted && operation.Last.Event == ledger.Accepted
	r.Log.Info("going on with an operation of an earlier run", "operation", t.id, "event", operation.Last.Event)
	r.watcher.follow(watched{ //nolint:contextcheck // following outlives the request
		task: t, call: call, board: r.boards.of(ctx, t), began: operation.Start.Time,
		deployment: deployment, reconcile: !accepted,
	})
	return true
}

// discovered finds the service that an entry is about by its ARN: its name may have become
// ambiguous since.
func (r *Runner) discovered(entry ledger.Entry) (fleet.Ref, bool) {
	for _, ref := range r.Finder.Services(entry.Environment) {
		if ref.ARN == entry.Target {
			return ref, true
		}
	}
	return fleet.Ref{}, false
}

// revive makes a task of what the ledger has of it. The arguments are read back by the
// parameters that read them first.
func (r *Runner) revive(operation ledger.Operation) (*task, error) {
	first := operation.First
	command := parsed{action: &Action{Name: first.Action, Changes: true}, environment: first.Environment, service: first.Service, arguments: first.Arguments}
	if first.Action == reviewAction {
		if of, known := r.Catalog.Action(first.Arguments["action"]); known {
			command.action = &Action{Name: of.Name, Changes: true, Parameters: nil}
		}
	} else {
		var err error
		if command, err = r.Catalog.restore(first); err != nil {
			return nil, err
		}
	}
	return &task{
		runner: r, rules: r.Rulebook(), id: first.Operation, command: command, waited: first.Event == ledger.Asked,
		request: Request{ID: first.Request, Actor: first.Actor, Where: Where{Channel: first.Actor.User}},
	}, nil
}

// call is the call of a task with what was read for it.
func (t *task) call(read fresh) Call {
	return Call{
		action: t.command.action, operation: t.id, person: read.person, environment: t.command.environment, typed: t.command.service,
		service: read.service, session: read.session, values: t.command.values, policy: t.rules.Policy, reason: t.command.reason,
		lasting: t.runner.Catalog.left(t.runner.Ledger.Open()),
	}
}

// serviceBefore is the service when the operation started, as planResult kept it.
func serviceBefore(ref fleet.Ref, start ledger.Entry) fleet.Service {
	service := fleet.Service{Ref: ref}
	for _, field := range strings.Fields(start.Result) {
		name, value, _ := strings.Cut(field, "=")
		switch {
		case name == "revision":
			service.Revision = value
		case name == "before" && value != "":
			for _, id := range strings.Split(value, ",") {
				service.Deployments = append(service.Deployments, fleet.Deployment{ID: id})
			}
		}
	}
	return service
}
