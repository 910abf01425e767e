package aws

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	"ecsbot/actions/fleet"
)

// How long a list of tasks is believed while the service looks as it did when it was read,
// and of how many services it is kept.
const (
	rosterAge   = 5 * time.Minute
	rostersKept = 200
)

// roster is the tasks of one service, running and stopped, as they were listed together.
type roster struct {
	tasks   []fleet.Task // the running ones first, then the stopped ones, each newest first
	looks   string       // what the service looked like
	read    time.Time
	missing map[string]bool // streams that do not exist
}

// rosters remembers them, so that reading a log again costs no listing.
type rosters struct {
	mutex sync.Mutex
	all   map[string]*roster // by service ARN
}

func (r *rosters) get(service fleet.Service) (*roster, bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	known := r.all[service.ARN]
	if known == nil || known.looks != service.Look() || time.Since(known.read) > rosterAge {
		return nil, false
	}
	return known, true
}

func (r *rosters) put(service fleet.Service, read *roster) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.all == nil || len(r.all) >= rostersKept {
		r.all = map[string]*roster{}
	}
	r.all[service.ARN] = read
}

// exists notes that a stream does not, or asks about it.
func (r *rosters) isMissing(of *roster, stream string) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return of.missing[stream]
}

func (r *rosters) miss(of *roster, stream string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	of.missing[stream] = true
}

// roster is the service's tasks: from memory, or listed by a session for reading tasks.
func (f *Fleet) roster(ctx context.Context, reader *session, service fleet.Service) (*roster, error) {
	if known, ok := f.rosters.get(service); ok {
		return known, nil
	}
	lister, err := f.lister(ctx, reader)
	if err != nil {
		return nil, err
	}
	client := lister.reads()
	lists := [2][]fleet.Task{}
	group, ctx := errgroup.WithContext(ctx)
	for position, status := range []types.DesiredStatus{types.DesiredStatusRunning, types.DesiredStatusStopped} {
		group.Go(func() (err error) {
			lists[position], err = listTasks(ctx, client, service, status)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	newest(lists[0], func(task fleet.Task) time.Time { return task.Started })
	newest(lists[1], func(task fleet.Task) time.Time { return task.Stopped })
	read := &roster{tasks: slices.Concat(lists[0], lists[1]), looks: service.Look(), read: time.Now(), missing: map[string]bool{}}
	f.rosters.put(service, read)
	return read, nil
}

func newest(tasks []fleet.Task, at func(fleet.Task) time.Time) {
	slices.SortStableFunc(tasks, func(a, b fleet.Task) int { return at(b).Compare(at(a)) })
}

// shortestTask is how much of a task's ID names it, and shownTasks how many are suggested.
const (
	shortestTask = 4
	shownTasks   = 8
)

// chosen are the tasks that a query is about.
func (r *roster) chosen(query fleet.LogQuery) ([]fleet.Task, error) {
	switch {
	case query.Previous:
		for _, task := range r.tasks {
			if !task.Stopped.IsZero() && (query.Task == "" || strings.HasPrefix(task.ID, query.Task)) {
				return []fleet.Task{task}, nil
			}
		}
		return nil, &fleet.NotThere{What: "stopped task", Name: query.Task}
	case query.Task != "":
		return r.named(query.Task)
	}
	return slices.DeleteFunc(slices.Clone(r.tasks), func(task fleet.Task) bool {
		return !task.Stopped.IsZero() && task.Stopped.Before(query.From)
	}), nil
}

// named finds the tasks whose ID begins so. A task of another service is as unknown as one
// that never was.
func (r *roster) named(name string) ([]fleet.Task, error) {
	var found []fleet.Task
	known := &fleet.NotThere{What: "task", Name: name}
	for _, task := range r.tasks {
		if len(name) >= shortestTask && strings.HasPrefix(task.ID, name) {
			found = append(found, task)
		}
		if len(known.Known) < shownTasks {
			known.Known = append(known.Known, task.ID)
		}
	}
	if len(found) == 0 {
		return nil, known
	}
	return found, nil
}
