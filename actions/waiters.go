package actions

import (
	"context"
	"sync"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// mostWaiters bounds how many people are told of one end, and of how many.
const mostWaiters = 50

// waiters are people who want to be told when a hold or a change ends. They live in memory: after a
// restart of the program one asks again.
type waiters struct {
	mutex sync.Mutex
	all   map[string]map[authz.Actor]bool // by operation
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

// over is what somebody waits for and has ended.
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

// take is who waits for an end, once.
func (w *waiters) take(hold string) map[authz.Actor]bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	waiting := w.all[hold]
	delete(w.all, hold)
	delete(w.holds, hold)
	return waiting
}

// tellFree tells everybody who waits that a hold or a change has ended, where they may still
// know of it.
func (r *Runner) tellFree(ctx context.Context, operation ledger.Operation) {
	what := Textf("Everything")
	first := operation.First
	if first.Environment != "" {
		what = Textf("%v", Named(first.Environment))
		if first.Service != "" {
			what = Textf("%v in %v", Named(first.Service), Named(first.Environment))
		}
	}
	rules := r.Rulebook()
	for actor := range r.waiters.take(first.Operation) {
		person, err := r.People.Read(ctx, actor, readAge)
		if err != nil || !rules.mayKnowOf(person, first) {
			r.Log.Info("somebody who waited is not told", "operation", first.Operation, "user", actor.User, "error", err)
			continue
		}
		_ = r.notify(ctx, actor, first.Operation, Say(Good, "%v is free again.", what))
	}
}
