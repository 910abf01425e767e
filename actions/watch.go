package actions

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
)

// How changes are followed.
const (
	watchPause    = 3 * time.Second  // between two readings
	watchPatience = 30 * time.Minute // a change that has not come to its end by then counts as failed
	runPatience   = 6 * time.Hour    // the same for a one-off task
	appearance    = time.Minute      // how long ECS may take to show what it accepted
)

// TaskReader reads tasks under a session of the class status.
type TaskReader interface {
	// Tasks are those of a service; status is RUNNING or STOPPED.
	Tasks(ctx context.Context, session fleet.Session, service fleet.Service, status string) ([]fleet.Task, error)
	// Described are tasks of a cluster by ARN, as many as there still are.
	Described(ctx context.Context, session fleet.Session, cluster fleet.Ref, arns []string) ([]fleet.Task, error)
	// StartedBy are one-off tasks of a task definition's family that an operation started.
	StartedBy(ctx context.Context, session fleet.Session, service fleet.Service, by string) ([]fleet.Task, error)
}

// PauseReader reads at which hooks a service's deployment waits for somebody.
type PauseReader interface {
	Pauses(ctx context.Context, session fleet.Session, service fleet.Service) ([]fleet.Pause, error)
}

// watched is one operation that is followed.
type watched struct {
	task       *task
	call       Call
	board      *board
	began      time.Time
	mark       string // ID of the deployment, ARN of the task; empty until it is reconciled
	reconcile  bool   // AWS's answer is unknown: what became of it is to be found by reading
	differs    string // what AWS answered otherwise than planned
	registered string // ARN of the revision that was registered for it, where what came after is unknown
	shown      string // hook at which it was last seen to wait
	absence    absence
	grasp      func() Grasp
}

// observed is what one round read of an operation.
type observed struct {
	asked   time.Time // when the reading began: it may say what was so then, and is not any more
	service fleet.Service
	found   bool // the service
	unread  bool // the service is not found since the reading itself failed
	task    *fleet.Task
}

// watcher follows all changes with shared readings: however many people wait, a service is
// read once a round, ten to a call, and a task once, a hundred to a call.
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
	ctx, cancel := w.runner.untilStop(context.Background())
	defer cancel()
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

// round reads every followed service and task once and judges each operation on it. False
// where nothing is left to follow.
func (w *watcher) round(ctx context.Context) bool {
	all, more := w.followed()
	if !more {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	asked := time.Now()
	services, unread := w.services(ctx, all)
	tasks := w.tasks(ctx, all)
	for _, one := range all {
		if one.grasp() != Firm { // the reading took too long
			continue
		}
		now := observed{asked: asked, unread: unread}
		now.service, now.found = services[one.call.service.ARN]
		if task, found := tasks[one.mark]; found {
			now.task = &task
		}
		w.judge(ctx, one, now)
	}
	return true
}

// followed are the open operations; false where there are none, and the rounds end.
func (w *watcher) followed() ([]*watched, bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if len(w.open) == 0 {
		w.running = false
		return nil, false
	}
	all := make([]*watched, 0, len(w.open))
	for id, one := range w.open {
		if grasp := one.grasp(); grasp != Firm {
			if grasp == Lost { // somebody else follows it, or will
				delete(w.open, id)
			}
			continue
		}
		all = append(all, one)
	}
	return all, true
}

// services reads those that are followed, each once. Where not all could be read, those that are
// missing may be there all the same.
func (w *watcher) services(ctx context.Context, all []*watched) (services map[string]fleet.Service, unread bool) {
	refs := map[string]fleet.Ref{}
	for _, one := range all {
		if one.task.command.action.Beside { // of its service it wants nothing
			continue
		}
		refs[one.call.service.ARN] = one.call.service.Ref
	}
	services = map[string]fleet.Service{}
	if len(refs) == 0 {
		return services, false
	}
	wanted := make([]fleet.Ref, 0, len(refs))
	for _, ref := range refs {
		wanted = append(wanted, ref)
	}
	read, err := w.runner.Reader.ReadAll(ctx, wanted)
	if err != nil {
		w.runner.Log.Warn("deployments cannot be read; trying again", "error", err)
	}
	for _, service := range read {
		services[service.ARN] = service
	}
	return services, err != nil
}

// tasks reads the tasks that are followed, in one reading for each person and cluster: AWS
// sees who wants to know.
func (w *watcher) tasks(ctx context.Context, all []*watched) map[string]fleet.Task {
	groups := map[fleet.Purpose][]*watched{}
	for _, one := range all {
		if one.follows().isTask() && one.mark != "" {
			purpose := one.task.planning(one.call.service.Ref)
			purpose.Request = ""
			groups[purpose] = append(groups[purpose], one)
		}
	}
	tasks := map[string]fleet.Task{}
	for _, group := range groups {
		session, err := w.reader(ctx, group[0])
		var read []fleet.Task
		if err == nil {
			var arns []string
			for _, one := range group {
				arns = append(arns, one.mark)
			}
			read, err = w.runner.Tasks.Described(ctx, session, group[0].call.service.Ref, arns)
		}
		if err != nil {
			w.runner.Log.Warn("tasks cannot be read; trying again", "error", err)
		}
		for _, task := range read {
			tasks[task.ARN] = task
		}
	}
	return tasks
}

// reader is the credentials under which an operation is followed, where those of the discovery
// do not reach.
func (w *watcher) reader(ctx context.Context, one *watched) (fleet.Session, error) {
	return w.runner.Assumer.Assume(ctx, one.task.planning(one.call.service.Ref))
}

// end writes the last entry, shows the last card and stops following.
func (w *watcher) end(ctx context.Context, one *watched, event ledger.Event, result string, last Message) {
	w.endWith(ctx, one, event, result, last, nil)
}

// endWith is end with lines that go where the environment's logs go.
func (w *watcher) endWith(ctx context.Context, one *watched, event ledger.Event, result string, last Message, snippet *Snippet) {
	entry := one.task.entry(event)
	entry.Target = one.call.service.ARN
	if event == ledger.Succeeded {
		entry.Result = result
	} else {
		entry.Reason = result
	}
	one.task.append(ctx, entry)
	one.task.wrapUp(ctx, one, last, snippet)
	w.mutex.Lock()
	delete(w.open, one.task.id)
	w.mutex.Unlock()
}
