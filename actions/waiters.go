package actions

import (
	"context"
	"sync"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// mostWaiters bounds how many people are told of one hold's end.
const mostWaiters = 50

// waiters are people who want to be told when a hold ends. They live in memory: after a
// restart of the program one asks again.
type waiters struct {
	mutex sync.Mutex
	all   map[string]map[authz.Actor]bool // by the hold's operation
}

func (w *waiters) add(hold string, actor authz.Actor) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.all == nil {
		w.all = map[string]map[authz.Actor]bool{}
	}
	if w.all[hold] == nil {
		if len(w.all) >= mostWaiters {
			return
		}
		w.all[hold] = map[authz.Actor]bool{}
	}
	if len(w.all[hold]) < mostWaiters {
		w.all[hold][actor] = true
	}
}

// take is who waits for a hold, once.
func (w *waiters) take(hold string) map[authz.Actor]bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	waiting := w.all[hold]
	delete(w.all, hold)
	return waiting
}

// tellFree tells everybody who waits that a hold has ended.
func (r *Runner) tellFree(ctx context.Context, operation ledger.Operation) {
	what := Textf("Everything")
	if first := operation.First; first.Environment != "" {
		what = Textf("%v", Named(first.Environment))
		if first.Service != "" {
			what = Textf("%v in %v", Named(first.Service), Named(first.Environment))
		}
	}
	for actor := range r.waiters.take(operation.First.Operation) {
		_ = r.notify(ctx, actor, operation.First.Operation, Say(Good, "%v is free: its hold has ended.", what))
	}
}
