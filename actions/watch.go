package actions

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
)

// How deployments are followed.
const (
	watchPause    = 3 * time.Second  // between two readings
	watchPatience = 30 * time.Minute // a deployment that is not steady by then counts as failed
	appearance    = time.Minute      // how long ECS may take to show a deployment that it accepted
)

// TaskReader reads the tasks of a service; status is RUNNING or STOPPED.
type TaskReader interface {
	Tasks(ctx context.Context, session fleet.Session, service fleet.Service, status string) ([]fleet.Task, error)
}

// watched is one operation whose deployment is followed.
type watched struct {
	task       *task
	call       Call
	board      *board
	began      time.Time
	deployment string // ID; empty until it is reconciled
	reconcile  bool   // AWS's answer is unknown: the deployment is to be found by reading
	grasp      func() Grasp
}

// watcher follows all deployments with shared readings: however many people wait, a service
// is read once a round, ten to a call.
type watcher struct {
	runner *Runner

	mutex   sync.Mutex
	open    map[string]*watched // by operation
	running bool
}

func newWatcher(runner *Runner) *watcher {
	return &watcher{runner: runner, open: map[string]*watched{}}
}

// follows says whether an operation is followed by this process.
func (w *watcher) follows(id string) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	one, open := w.open[id]
	return open && one.grasp() != Lost
}

// follow adds an operation. The rounds run as long as there is something to follow.
func (w *watcher) follow(one watched) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.open[one.task.id] = &one
	if !w.running && w.runner.begin() {
		w.running = true
		go w.rounds()
	}
}

func (w *watcher) rounds() {
	defer w.runner.open.Done()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		defer cancel()
		select {
		case <-w.runner.stopping:
		case <-ctx.Done():
		}
	}()
	ticker := time.NewTicker(watchPause)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-w.runner.stopping:
			return
		}
		if !w.safely(ctx) {
			return
		}
	}
}

// safely is a round that cannot end the process.
func (w *watcher) safely(ctx context.Context) (more bool) {
	defer func() {
		if reason := recover(); reason != nil {
			w.runner.Log.Error("a round of the watcher panicked", "panic", reason, "stack", string(debug.Stack()))
			more = true
		}
	}()
	return w.round(ctx)
}

// round reads every followed service once and judges each operation on it. False where
// nothing is left to follow.
func (w *watcher) round(ctx context.Context) bool {
	w.mutex.Lock()
	if len(w.open) == 0 {
		w.running = false
		w.mutex.Unlock()
		return false
	}
	all := make([]*watched, 0, len(w.open))
	refs := map[string]fleet.Ref{}
	for id, one := range w.open {
		if grasp := one.grasp(); grasp != Firm {
			if grasp == Lost { // somebody else follows it, or will
				delete(w.open, id)
			}
			continue
		}
		all = append(all, one)
		refs[one.call.service.ARN] = one.call.service.Ref
	}
	w.mutex.Unlock()

	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	wanted := make([]fleet.Ref, 0, len(refs))
	for _, ref := range refs {
		wanted = append(wanted, ref)
	}
	read, err := w.runner.Reader.ReadAll(ctx, wanted)
	if err != nil {
		w.runner.Log.Warn("deployments cannot be read; trying again", "error", err)
	}
	services := map[string]fleet.Service{}
	for _, service := range read {
		services[service.ARN] = service
	}
	for _, one := range all {
		if one.grasp() != Firm { // the reading took too long
			continue
		}
		if service, found := services[one.call.service.ARN]; found {
			w.judge(ctx, one, service)
		} else if time.Since(one.began) > watchPatience {
			w.end(ctx, one, ledger.Failed, "not readable for "+watchPatience.String(), one.task.lost(one.call))
		}
	}
	return true
}

// judge moves one operation on by what was read.
func (w *watcher) judge(ctx context.Context, one *watched, service fleet.Service) {
	if one.reconcile && !w.reconciled(ctx, one, service) {
		return
	}
	deployment, found := service.Deployment(one.deployment)
	took := time.Since(one.began)
	switch {
	case found && deployment.Rollout == fleet.Failed:
		w.end(ctx, one, ledger.Failed, cut(deployment.Reason, 300), one.task.failed(one.call, service, deployment, w.diagnose(ctx, one, deployment)))
	case !found && took < appearance:
	case !found && one.precedes(service.Primary().ID):
		w.end(ctx, one, ledger.Failed, "rolled back by ECS", one.task.failed(one.call, service, deployment, w.diagnose(ctx, one, fleet.Deployment{ID: one.deployment})))
	case !found || deployment.Status != "PRIMARY":
		w.end(ctx, one, ledger.Failed, "superseded by "+service.Primary().ID, one.task.superseded(one.call, service))
	case deployment.Rollout == fleet.Completed || deployment.Rollout == "" && steady(service):
		w.end(ctx, one, ledger.Succeeded, fmt.Sprintf("steady after %v", took.Round(time.Second)), one.task.succeeded(one.call, service, deployment, took))
	case took > watchPatience:
		w.end(ctx, one, ledger.Failed, "not steady after "+watchPatience.String(), one.task.failed(one.call, service, deployment, w.diagnose(ctx, one, deployment)))
	default:
		one.board.show(one.task.progress(one.call, service, deployment, took))
	}
}

// precedes says whether a deployment was there before the operation: ECS rolled back to it.
func (o *watched) precedes(deployment string) bool {
	_, before := o.call.service.Deployment(deployment)
	return before
}

func steady(service fleet.Service) bool {
	return len(service.Deployments) == 1 && service.Running == service.Desired
}

// reconciled finds out by reading what became of a change whose fate is unknown: a
// deployment that was not there before, and was made since, is it. It is never repeated.
func (w *watcher) reconciled(ctx context.Context, one *watched, service fleet.Service) bool {
	if primary := service.Primary(); primary.ID != "" {
		if one.isOurs(primary) {
			one.deployment, one.reconcile = primary.ID, false
			accepted := one.task.entry(ledger.Accepted)
			accepted.Target, accepted.Result = service.ARN, "deployment="+primary.ID
			accepted.Reason = "found by reading"
			one.task.append(ctx, accepted)
			return true
		}
	}
	if time.Since(one.began) > rightAge+appearance {
		w.end(ctx, one, ledger.Failed, "AWS has not carried it out", one.task.notCarriedOut(one.call))
	}
	return false
}

// clockSkew is how far AWS's clock may be behind ours.
const clockSkew = 5 * time.Second

// isOurs says whether a deployment can be the one that the operation asked for: new, not from
// before it, and of the revision that ran.
func (o *watched) isOurs(deployment fleet.Deployment) bool {
	_, before := o.call.service.Deployment(deployment.ID)
	sameRevision := o.call.service.Revision == "" || deployment.Revision == o.call.service.Revision
	return !before && sameRevision && !deployment.Created.Before(o.began.Add(-clockSkew))
}

// end writes the last entry, shows the last card and stops following.
func (w *watcher) end(ctx context.Context, one *watched, event ledger.Event, result string, last Message) {
	entry := one.task.entry(event)
	entry.Target = one.call.service.ARN
	if event == ledger.Succeeded {
		entry.Result = result
	} else {
		entry.Reason = result
	}
	one.task.append(ctx, entry)
	one.task.end(ctx, one.board, last)
	w.mutex.Lock()
	delete(w.open, one.task.id)
	w.mutex.Unlock()
}

// diagnose says why tasks of a deployment stopped, in one line per cause.
func (w *watcher) diagnose(ctx context.Context, one *watched, deployment fleet.Deployment) []string {
	purpose := one.task.purpose(one.call.service.Ref, approval{})
	purpose.Operation, purpose.Changes = StatusClass, false
	session, err := w.runner.Assumer.Assume(ctx, purpose)
	var tasks []fleet.Task
	if err == nil {
		tasks, err = w.runner.Tasks.Tasks(ctx, session, one.call.service, "STOPPED")
	}
	if err != nil {
		w.runner.Log.Error("stopped tasks cannot be read", "operation", one.task.id, "error", err)
		return []string{"Why its tasks stopped cannot be read. Reference: " + one.task.id}
	}
	lines := causes(tasks, deployment.ID)
	for position := range lines {
		lines[position] = w.runner.Redact(lines[position])
	}
	return lines
}

// causes are the distinct reasons for which tasks of a deployment stopped, the newest first.
func causes(tasks []fleet.Task, deployment string) []string {
	var lines []string
	seen := map[string]bool{}
	for _, stopped := range tasks {
		if stopped.StartedBy != deployment {
			continue
		}
		line := cause(stopped)
		if line == "" || seen[line] || len(lines) == 3 {
			continue
		}
		seen[line] = true
		lines = append(lines, line)
	}
	return lines
}

// cause is one stopped task in words.
func cause(stopped fleet.Task) string {
	for _, container := range stopped.Containers {
		if container.Reason != "" {
			return fmt.Sprintf("%s: %s", container.Name, container.Reason)
		}
		if container.ExitCode != nil && *container.ExitCode != 0 {
			return fmt.Sprintf("%s ended with exit code %d%s", container.Name, *container.ExitCode, exitWords(*container.ExitCode))
		}
	}
	return stopped.StopReason
}

// exitWords explains the exit codes that a container gets from outside.
func exitWords(code int) string {
	switch code {
	case 137:
		return " (killed: out of memory, or too slow to stop)"
	case 139:
		return " (crashed: segmentation fault)"
	case 143:
		return " (asked to stop)"
	}
	return ""
}
