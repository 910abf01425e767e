package actions

import (
	"context"
	"fmt"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
)

// isTask says whether a task is followed, and not a service.
func (f Follow) isTask() bool { return f == FollowStop || f == FollowRun }

// isService says whether a service is followed: not where a task is, or nothing.
func (f Follow) isService() bool { return !f.isTask() && f != FollowNothing }

func (o *watched) follows() Follow { return o.call.plan.Follow }

// judge moves one operation on by what was read.
func (w *watcher) judge(ctx context.Context, one *watched, now observed) {
	if one.follows().isService() && w.isAbsent(ctx, one, now) {
		return
	}
	if one.reconcile && !w.reconciled(ctx, one, now) {
		return
	}
	switch one.follows() {
	case FollowDeployment:
		w.deployment(ctx, one, now.service)
	case FollowCount:
		w.count(ctx, one, now.service)
	case FollowReturn:
		w.comingBack(ctx, one, now.service)
	case FollowStop, FollowRun:
		w.stopping(ctx, one, now.task)
	case FollowNothing:
		w.end(ctx, one, ledger.Succeeded, "AWS has taken it", one.task.taken(one))
	}
}

// deployment follows a new deployment until it is steady.
func (w *watcher) deployment(ctx context.Context, one *watched, service fleet.Service) {
	deployment, found := service.Deployment(one.mark)
	took := time.Since(one.began)
	switch {
	case found && deployment.Rollout == fleet.Failed:
		w.failed(ctx, one, service, deployment, cut(deployment.Reason, 300))
	case !found && took < appearance:
	case !found && one.precedes(service.Primary().ID):
		w.failed(ctx, one, service, fleet.Deployment{ID: one.mark, Reason: "it was rolled back."}, "rolled back")
	case !found || deployment.Status != "PRIMARY":
		w.end(ctx, one, ledger.Failed, "superseded by "+service.Primary().ID, one.task.superseded(one, service))
		w.runner.trace(one, service) //nolint:contextcheck // it outlives the round
	case deployment.Rollout == fleet.Completed || deployment.Rollout == "" && steady(service):
		w.end(ctx, one, ledger.Succeeded, steadyAfter(took), one.task.succeeded(one, service, deployment, took))
	case w.paused(ctx, one, service, deployment, took):
	case took > watchPatience+service.Bake:
		w.outlasted(ctx, one, service, deployment, watchPatience+service.Bake)
	default:
		one.board.show(one.task.progress(one, service, deployment, took))
	}
}

// failed ends an operation whose deployment has failed, with the causes and the way back.
func (w *watcher) failed(ctx context.Context, one *watched, service fleet.Service, deployment fleet.Deployment, why string) {
	found := w.diagnose(ctx, one, deployment)
	last := one.task.failed(one, service, deployment, found)
	if !one.precedes(service.Primary().ID) { // else ECS has gone back by itself
		last.Buttons = append(last.Buttons, one.wayBack()...)
	}
	w.endWith(ctx, one, ledger.Failed, why, last, found.private)
}

// outlasted ends following what ECS itself would go on with for ever.
func (w *watcher) outlasted(ctx context.Context, one *watched, service fleet.Service, deployment fleet.Deployment, patience time.Duration) {
	why := "not steady after " + DurationText(patience)
	deployment.Reason = why + ". ECS goes on with it; I do not follow it any longer."
	w.failed(ctx, one, service, deployment, why)
}

// paused says whether the deployment waits at a hook for somebody, and shows the buttons.
func (w *watcher) paused(ctx context.Context, one *watched, service fleet.Service, deployment fleet.Deployment, took time.Duration) bool {
	if !service.Pauses {
		return false
	}
	session, err := w.reader(ctx, one)
	var pauses []fleet.Pause
	if err == nil {
		pauses, err = w.runner.Pauses.Pauses(ctx, session, service)
	}
	if err != nil {
		w.runner.Log.Warn("whether a deployment waits cannot be read; trying again", "operation", one.task.id, "error", err)
		return one.shown != ""
	}
	if len(pauses) == 0 {
		one.shown = ""
		return false
	}
	if one.shown != pauses[0].Hook {
		one.shown = pauses[0].Hook
		one.board.show(one.task.waitsAtHook(one, deployment, pauses[0], took))
	}
	return true
}

// count follows a service until as many tasks run as are wanted.
func (w *watcher) count(ctx context.Context, one *watched, service fleet.Service) {
	wanted, took := *one.call.expected().Desired, time.Since(one.began)
	switch {
	case service.Desired != wanted && took < appearance && service.Desired == one.call.service.Desired: // not shown yet
	case service.Desired != wanted:
		w.end(ctx, one, ledger.Failed, fmt.Sprintf("superseded: %d tasks are wanted now", service.Desired), one.task.rescaled(one, service))
	case service.Running == wanted && service.Pending == 0:
		w.end(ctx, one, ledger.Succeeded, steadyAfter(took), one.task.scaled(one, service, took))
	case took > watchPatience:
		w.outlasted(ctx, one, service, service.Primary(), watchPatience)
	default:
		one.board.show(one.task.scaling(one, service, took))
	}
}

// comingBack follows a service until the deployment before the one that was stopped is steady.
func (w *watcher) comingBack(ctx context.Context, one *watched, service fleet.Service) {
	primary, took := service.Primary(), time.Since(one.began)
	switch {
	case primary.ID == one.mark && took > watchPatience:
		w.notTurned(ctx, one, service, primary)
	case primary.ID == one.mark:
		one.board.show(one.task.turning(one, took))
	case primary.ID != one.mark && (primary.Rollout == fleet.Completed || primary.Rollout == "" && steady(service)):
		w.end(ctx, one, ledger.Succeeded, fmt.Sprintf("back on %s, %s", fleet.ShortRevision(primary.Revision), steadyAfter(took)),
			one.task.returned(one, service, primary, took))
	case primary.ID != one.mark && primary.Rollout == fleet.Failed:
		w.failed(ctx, one, service, primary, cut(primary.Reason, 300))
	case took > watchPatience:
		w.outlasted(ctx, one, service, primary, watchPatience)
	default:
		one.board.show(one.task.progress(one, service, primary, took))
	}
}

// notTurned ends following a rollback that ECS has taken and never begun.
func (w *watcher) notTurned(ctx context.Context, one *watched, service fleet.Service, primary fleet.Deployment) {
	why := "not turned back after " + DurationText(watchPatience)
	primary.Reason = fmt.Sprintf("%s, though ECS has taken it: revision %s is still what it brings. I do not follow it any longer.", why, fleet.ShortRevision(primary.Revision))
	w.failed(ctx, one, service, primary, why)
}

// stopping follows a task until it has stopped.
func (w *watcher) stopping(ctx context.Context, one *watched, task *fleet.Task) {
	took, patience := time.Since(one.began), watchPatience
	if one.follows() == FollowRun {
		patience = runPatience
	}
	switch {
	case task == nil && took < appearance:
	case task == nil:
		w.end(ctx, one, ledger.Failed, "ECS does not show the task any more", one.task.forgotten(one))
	case task.Status == "STOPPED" && one.follows() == FollowRun:
		w.ran(ctx, one, *task, took)
	case task.Status == "STOPPED":
		w.end(ctx, one, ledger.Succeeded, "stopped after "+DurationText(took.Round(time.Second)), one.task.stopped(one, *task, took))
	case took > patience:
		w.end(ctx, one, ledger.Failed, "not stopped after "+DurationText(patience), one.task.stillRuns(one, *task, patience))
	default:
		one.board.show(one.task.running(one, *task, took))
	}
}

func steadyAfter(took time.Duration) string {
	return "steady after " + DurationText(took.Round(time.Second))
}

// precedes says whether a deployment was there before the operation: ECS rolled back to it.
func (o *watched) precedes(deployment string) bool {
	_, before := o.call.service.Deployment(deployment)
	return before
}

func steady(service fleet.Service) bool {
	return len(service.Deployments) == 1 && service.Running == service.Desired
}
