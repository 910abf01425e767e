package actions

import (
	"cmp"
	"context"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
)

// clockSkew is how far AWS's clock may be behind ours.
const clockSkew = 5 * time.Second

// reconciled finds out by reading what became of a change whose fate is unknown. It is never
// repeated: what is not there when AWS must have shown it was not carried out. A reading that began
// before then does not tell, however late it is looked at.
func (w *watcher) reconciled(ctx context.Context, one *watched, now observed) bool {
	if mark, found := w.trace(ctx, one, now); found {
		one.mark, one.reconcile = mark, false
		accepted := one.task.entry(ledger.Accepted)
		accepted.Target, accepted.Result = one.call.service.ARN, markResult(one.follows(), mark)
		accepted.Reason = "found by reading"
		if one.differs != "" {
			accepted.Reason = otherwiseReason(one.differs)
		}
		one.task.append(ctx, accepted)
		return true
	}
	if now.asked.Sub(one.began) > rightAge+appearance {
		isOvertaken := one.follows() == FollowDeployment && now.service.Primary().Created.After(one.began)
		reason, told := one.task.notFound(one, isOvertaken)
		w.end(ctx, one, ledger.Failed, reason, told)
	}
	return false
}

// trace looks for what the operation must have left behind where it was carried out.
func (w *watcher) trace(ctx context.Context, one *watched, now observed) (mark string, found bool) {
	switch one.follows() {
	case FollowDeployment:
		return one.ours(now.service)
	case FollowCount:
		return "", now.service.Desired == *one.call.expected().Desired
	case FollowReturn:
		stopped, primary := one.call.service.Primary().ID, now.service.Primary().ID
		return stopped, primary != "" && primary != stopped
	case FollowStop:
		return one.call.plan.Task, now.task != nil && now.task.Desired == "STOPPED"
	case FollowRun:
		return w.traceRun(ctx, one)
	case FollowNothing: // what it leaves behind cannot be told from anything else
	}
	return "", false
}

// traceRun finds the one-off task that carries the operation's ID.
func (w *watcher) traceRun(ctx context.Context, one *watched) (string, bool) {
	session, err := w.reader(ctx, one)
	var tasks []fleet.Task
	if err == nil {
		tasks, err = w.runner.Tasks.StartedBy(ctx, session, one.call.service, one.task.id)
	}
	if err != nil {
		w.runner.Log.Warn("whether a task was started cannot be read; trying again", "operation", one.task.id, "error", err)
	}
	if len(tasks) == 0 {
		return "", false
	}
	return tasks[0].ARN, true
}

// ours is the deployment that the operation began: of several that it can be, the first, since
// somebody else may have begun another one after it.
func (o *watched) ours(service fleet.Service) (id string, found bool) {
	var first fleet.Deployment
	for _, each := range service.Deployments {
		if o.isOurs(each) && (first.ID == "" || each.Created.Before(first.Created)) {
			first = each
		}
	}
	return first.ID, first.ID != ""
}

// isOurs says whether a deployment can be the one that the operation asked for: new, not from
// before it nor from after its right to act was over, and of the revision that it asked for.
func (o *watched) isOurs(deployment fleet.Deployment) bool {
	_, before := o.call.service.Deployment(deployment.ID)
	created, last := deployment.Created, o.began.Add(rightAge+appearance)
	return !before && o.isWanted(deployment.Revision) && !created.Before(o.began.Add(-clockSkew)) && !created.After(last)
}

// isWanted holds a revision against the plan. A revision that was to be registered in the
// same change has no number before that: it is a new one of the family.
func (o *watched) isWanted(revision string) bool {
	wanted := cmp.Or(o.registered, o.call.expected().Revision)
	if family, isNew := newRevisionOf(wanted); isNew {
		return fleet.FamilyOf(revision) == family && revision != o.call.service.Revision
	}
	return wanted == "" || revision == wanted
}

// NewRevision is how a plan expects a revision of a family that is registered with it.
func NewRevision(family string) string { return family + ":new" }

func newRevisionOf(expected string) (family string, isNew bool) {
	if len(expected) < len(":new") || expected[len(expected)-len(":new"):] != ":new" {
		return "", false
	}
	return expected[:len(expected)-len(":new")], true
}
