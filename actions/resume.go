package actions

import (
	"context"
	"strings"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
)

// Resume goes on with what an earlier run left open: it is read, and followed to its end,
// and never done again. Whoever asked is told how it ended in their direct messages. It wants
// the fleet to be known.
func (r *Runner) Resume(ctx context.Context) {
	for _, operation := range r.Ledger.Open() {
		if _, lasts := until(operation.Last); lasts || operation.Start.Event != ledger.Started {
			continue
		}
		t, err := r.revive(operation)
		if err != nil {
			r.Log.Error("an operation of an earlier run cannot be gone on with", "operation", operation.First.Operation, "error", err)
			continue
		}
		ref, err := r.Finder.Find(t.command.environment, t.command.service)
		if err != nil || ref.ARN != operation.Start.Target {
			entry := t.entry(ledger.Failed)
			entry.Target, entry.Reason = operation.Start.Target, "left open by an earlier run, and its service is not found any more"
			t.append(ctx, entry)
			continue
		}
		call := t.call(fresh{service: fleet.Service{Ref: ref, Deployments: deploymentsBefore(operation.Start)}})
		deployment, accepted := strings.CutPrefix(operation.Last.Result, "deployment=")
		accepted = accepted && operation.Last.Event == ledger.Accepted
		r.Log.Info("going on with an operation of an earlier run", "operation", t.id, "event", operation.Last.Event)
		r.watcher.follow(watched{ //nolint:contextcheck // following outlives the request
			task: t, call: call, board: r.boards.of(ctx, t), began: operation.Start.Time,
			deployment: deployment, reconcile: !accepted,
		})
	}
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

// deploymentsBefore are those that there were when the operation started, as planResult kept them.
func deploymentsBefore(start ledger.Entry) []fleet.Deployment {
	var deployments []fleet.Deployment
	for _, field := range strings.Fields(start.Result) {
		if list, found := strings.CutPrefix(field, "before="); found && list != "" {
			for _, id := range strings.Split(list, ",") {
				deployments = append(deployments, fleet.Deployment{ID: id})
			}
		}
	}
	return deployments
}
