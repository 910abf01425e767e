package actions

import (
	"context"
	"strconv"
	"strings"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
)

// resume goes on with an operation that was started and that nobody follows any more: it is
// read, and followed to its end, and never done again. It says whether the operation is seen
// to: it waits for its service to be discovered, and has failed where that is not found when
// everything is known.
func (r *Runner) resume(ctx context.Context, operation ledger.Operation, known bool, still func() bool) bool {
	t, err := r.revive(operation)
	if err != nil {
		r.Log.Error("an operation of an earlier run cannot be gone on with", "operation", operation.First.Operation, "error", err)
		return true
	}
	if t.command.action.Live != nil {
		return r.resumeLive(ctx, t, operation, known, still)
	}
	board := r.boards.of(ctx, t)
	board.say(Say(Working, "I was interrupted here. From now on I follow this again; nothing is done twice."))
	if t.command.action.Local { // it was about to be written down, and was not
		r.giveUp(ctx, t, operation, board, "interrupted before it was done", "I was interrupted before it was done. Please ask again.")
		return true
	}
	ref, found := r.discovered(operation.Start)
	if !found {
		if known {
			r.giveUp(ctx, t, operation, board, "left open by an earlier run, and its service is not found any more",
				"I was interrupted, and the service is not found any more: how it ended is not known.")
		}
		return known
	}
	call := t.call(fresh{service: serviceBefore(ref, operation.Start)})
	call.plan = planBefore(operation.Start)
	if whole := planOf(operation.Last.Result); whole != nil { // with what was read beside the change
		call.plan.Lines = whole
	}
	mark, accepted := markFrom(operation.Last, call.plan.Follow)
	if mark == "" {
		mark = call.plan.Task
	}
	r.Log.Info("going on with an operation of an earlier run", "operation", t.id, "event", operation.Last.Event)
	r.watcher.follow(watched{ //nolint:contextcheck // following outlives the request
		task: t, call: call, board: board, began: operation.Start.Time, mark: mark, reconcile: !accepted, differs: otherwise(operation.Last),
		registered: fields(operation.Last.Result)["registered"], grasp: func() Grasp { return graspWhile(still) },
	})
	return true
}

// giveUp ends an operation that cannot be followed.
func (r *Runner) giveUp(ctx context.Context, t *task, operation ledger.Operation, board *board, reason, told string) {
	entry := t.entry(ledger.Failed)
	entry.Target, entry.Reason = operation.Start.Target, reason
	t.append(ctx, entry)
	last := t.card(t.call(fresh{service: t.remembered()}), Warning, Paragraph{Textf("%v", told)})
	board.end(last)
	_ = r.notify(ctx, t.request.Actor, t.id, last) // it was logged
}

// graspWhile is the grasp of what is had only as long as something holds.
func graspWhile(still func() bool) Grasp {
	if still() {
		return Firm
	}
	return Lost
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
			command.needs = first.Arguments["right"] // who signs it off could have approved that
		}
	} else {
		var err error
		if command, err = r.Catalog.restore(first); err != nil {
			return nil, err
		}
	}
	revived := &task{
		runner: r, rules: r.Rulebook(), id: first.Operation, command: command, waited: first.Event == ledger.Asked, revived: first.Time,
		request: Request{ID: first.Request, Actor: first.Actor, Where: originOf(operation).where},
	}
	revived.recall()
	return revived, nil
}

// call is the call of a task with what was read for it.
func (t *task) call(read fresh) Call {
	return Call{
		action: t.command.action, operation: t.id, person: read.person, environment: t.command.environment, typed: t.command.service,
		service: read.service, session: read.session, values: t.command.values, policy: t.rules.Policy, reason: t.command.reason,
		lasting: t.runner.Catalog.left(t.runner.Ledger.Open()), reader: read.reader, place: t.rules.Places[t.command.environment],
		elsewhere: t.rules.elsewhere(t.command.environment), reserved: t.rules.Reserved, named: t.named,
	}
}

// serviceBefore is the service when the operation started, as startResult kept it.
func serviceBefore(ref fleet.Ref, start ledger.Entry) fleet.Service {
	service := fleet.Service{Ref: ref}
	for name, value := range fields(start.Result) {
		switch name {
		case "revision":
			service.Revision = value
		case "desired":
			service.Desired, _ = strconv.Atoi(value)
		case "before":
			for position, id := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' }) {
				deployment := fleet.Deployment{ID: id}
				if position == 0 {
					deployment.Status = "PRIMARY" // ECS lists it first
				}
				service.Deployments = append(service.Deployments, deployment)
			}
		}
	}
	return service
}

// planBefore is how an operation is followed, as startResult kept it.
func planBefore(start ledger.Entry) Plan {
	plan := Plan{Lines: planOf(start.Result)}
	for name, value := range fields(start.Result) {
		switch name {
		case "follow":
			plan.Follow = Follow(value)
		case "wants":
			plan.Expect.Revision = value
		case "count":
			if count, err := strconv.Atoi(value); err == nil {
				plan.Expect.Desired = &count
			}
		case "task":
			plan.Task = value
		case "usual":
			plan.Usual, _ = time.ParseDuration(value)
		}
	}
	return plan
}

// fields are the name=value words of an entry's result.
func fields(result string) map[string]string {
	read := map[string]string{}
	for _, field := range strings.Fields(result) {
		name, value, _ := strings.Cut(field, "=")
		read[name] = value
	}
	return read
}
