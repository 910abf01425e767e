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
	holds map[string]ledger.Operation
}

func (w *waiters) add(hold ledger.Operation, actor authz.Actor) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	id := hold.First.Operation
	if w.all == nil {
		w.all, w.holds = map[string]map[authz.Actor]bool{}, map[string]ledger.Operation{}
	}
	if w.all[id] == nil {
		if len(w.all) >= mostWaiters {
			return
		}
		w.all[id], w.holds[id] = map[authz.Actor]bool{}, hold
	}
	if len(w.all[id]) < mostWaiters {
		w.all[id][actor] = true
	}
}

// over are the holds that somebody waits for and that have ended.
func (w *waiters) over(isOpen func(id string) bool) []ledger.Operation {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	var ended []ledger.Operation
	for id, hold := range w.holds {
		if !isOpen(id) {
			ended = append(ended, hold)
		}
	}
	return ended
}

// take is who waits for a hold, once.
func (w *waiters) take(hold string) map[authz.Actor]bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	waiting := w.all[hold]
	delete(w.all, hold)
	delete(w.holds, hold)
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
