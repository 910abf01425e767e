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
		if operation.Start.Event != ledger.Started {
			continue
		}
		t := r.revive(operation)
		ref, err := r.Finder.Find(t.command.environment, t.command.service)
		if err != nil || ref.ARN != operation.Start.Target || t.command.action == nil {
			entry := t.entry(ledger.Failed)
			entry.Target, entry.Reason = operation.Start.Target, "left open by an earlier run, and its service is not found any more"
			t.append(ctx, entry)
			continue
		}
		call := Call{
			action: t.command.action, operation: t.id, environment: t.command.environment, typed: t.command.service,
			service: fleet.Service{Ref: ref, Deployments: deploymentsBefore(operation.Start)},
		}
		deployment, accepted := strings.CutPrefix(operation.Last.Result, "deployment=")
		accepted = accepted && operation.Last.Event == ledger.Accepted
		r.Log.Info("going on with an operation of an earlier run", "operation", t.id, "event", operation.Last.Event)
		r.watcher.follow(watched{ //nolint:contextcheck // following outlives the request
			task: t, call: call, board: r.hang(ctx, t, t.title(call)), began: operation.Start.Time,
			deployment: deployment, reconcile: !accepted,
		})
	}
}

// revive makes a task of what the ledger has of it.
func (r *Runner) revive(operation ledger.Operation) *task {
	start := operation.Start
	action, _ := r.Catalog.Action(start.Action)
	return &task{
		runner: r, rules: r.Rulebook(), id: start.Operation,
		request: Request{ID: start.Request, Actor: start.Actor, Where: Where{Channel: start.Actor.User}},
		command: parsed{action: action, environment: start.Environment, service: start.Service, arguments: start.Arguments},
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
