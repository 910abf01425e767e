package actions

import (
	"context"
	"strings"
	"sync"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// mostWaiters bounds how many people are told of one end, and of how many.
const mostWaiters = 50

// waiter is somebody who wants to be told when something is free.
type waiter struct {
	actor authz.Actor
	about wanted
}

// waiters are those who want to be told when a hold or a change ends. They live in memory: after a
// restart of the program one asks again.
type waiters struct {
	mutex sync.Mutex
	all   map[string]map[waiter]bool // by operation
	ends  map[string]ledger.Operation
}

// add lets somebody wait for the end of an operation; false where too many wait already.
func (w *waiters) add(awaited ledger.Operation, who waiter) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	id := awaited.First.Operation
	if w.all == nil {
		w.all, w.ends = map[string]map[waiter]bool{}, map[string]ledger.Operation{}
	}
	switch those := w.all[id]; {
	case those[who]:
		return true
	case those == nil && len(w.all) >= mostWaiters, len(those) >= mostWaiters:
		return false
	case those == nil:
		w.all[id], w.ends[id] = map[waiter]bool{}, awaited
	}
	w.all[id][who] = true
	return true
}

// has says whether somebody waits for the end of an operation.
func (w *waiters) has(id string, who waiter) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.all[id][who]
}

// over is what somebody waits for and has ended.
func (w *waiters) over(isOpen func(id string) bool) []ledger.Operation {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	var ended []ledger.Operation
	for id, awaited := range w.ends {
		if !isOpen(id) {
			ended = append(ended, awaited)
		}
	}
	return ended
}

// take is who waits for an end, once.
func (w *waiters) take(id string) map[waiter]bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	waiting := w.all[id]
	delete(w.all, id)
	delete(w.ends, id)
	return waiting
}

// wanted is what somebody waits for to be free: a service, an environment, or everything.
type wanted struct{ environment, service string }

func (w wanted) entry() ledger.Entry {
	return ledger.Entry{Environment: w.environment, Service: w.service}
}

func (w wanted) text() Text {
	switch {
	case w.environment == "":
		return Textf("Everything")
	case w.service == "":
		return Textf("%v", Named(w.environment))
	}
	return Textf("%v in %v", Named(w.service), Named(w.environment))
}

// isSame says whether an operation is on the service that is wanted. Where only one of them names
// its cluster they may be the same.
func (w wanted) isSame(entry ledger.Entry) bool {
	if entry.Environment != w.environment || w.service == "" || bare(entry.Service) != bare(w.service) {
		return false
	}
	isExact := strings.Contains(entry.Service, "/") && strings.Contains(w.service, "/")
	return !isExact || entry.Service == w.service
}

// whenFree is the button with which somebody waits for the end of an operation, and what they wanted.
func whenFree(operation string, about wanted) Button {
	value := strings.Join([]string{operation, flat(about.environment, 128), flat(about.service, 256)}, " ")
	return Button{ID: followButton, Label: "Tell me when it is free", Value: strings.TrimSpace(value)}
}

// awaited reads the value of that button; nothing is wanted where it says nothing of it.
func awaited(value string) (operation string, about wanted) {
	operation, rest, _ := strings.Cut(value, " ")
	about.environment, about.service, _ = strings.Cut(rest, " ")
	return operation, about
}

// obstacle is what keeps somebody from changing something.
type obstacle struct {
	operation ledger.Operation
	text      Text // who does what
}

// obstacle finds what stands on what somebody wants: a hold of somebody else, or an operation on the
// service. Of several holds it is the one that ends last.
func (r *Runner) obstacle(who waiter) (obstacle, bool) {
	open := r.Ledger.Open()
	now, target := time.Now(), authz.Target{Environment: who.about.environment, Service: bare(who.about.service)}
	var last authz.Hold
	for _, hold := range r.Catalog.left(open).holds {
		isLater := last.Operation == "" || hold.IsKillSwitch() || !last.IsKillSwitch() && hold.Until.After(last.Until)
		if isLater && hold.Stops(who.actor, target, now) {
			last = hold
		}
	}
	for _, operation := range open {
		first := operation.First
		switch {
		case first.Operation == last.Operation && last.IsKillSwitch():
			return obstacle{*operation, Textf("%v has stopped all changes, everywhere", PersonSpan(first.Actor.User))}, true
		case first.Operation == last.Operation:
			return obstacle{*operation, Textf("%v holds %v now", PersonSpan(first.Actor.User), who.about.text())}, true
		case last.Operation == "" && operation.IsChanging(operation.Start.Target) && who.about.isSame(first):
			return obstacle{*operation, Textf("%v by %v is changing %v now", Named(first.Action), PersonSpan(first.Actor.User), who.about.text())}, true
		}
	}
	return obstacle{}, false
}

// tellFree tells everybody who waited for the end of a hold or a change that what they wanted is
// free, where they may still know of it. Where something else stands there they wait on, for that.
func (r *Runner) tellFree(ctx context.Context, ended ledger.Operation) {
	rules := r.Rulebook()
	for who := range r.waiters.take(ended.First.Operation) {
		person, err := r.People.Read(ctx, who.actor, readAge)
		if err != nil || !rules.mayKnowOf(person, who.about.entry()) {
			r.Log.Info("somebody who waited is not told", "operation", ended.First.Operation, "user", who.actor.User, "error", err)
			continue
		}
		message, isNew := r.goOn(who, Textf("%v's %v has ended", PersonSpan(ended.First.Actor.User), ended.First.Action))
		if isNew {
			_ = r.notify(ctx, who.actor, ended.First.Operation, message)
		}
	}
}

// goOn lets somebody wait for the next thing that stands on what they want, and says what to tell
// them; false where they know of that already.
func (r *Runner) goOn(who waiter, how Text) (Message, bool) {
	next, stands := r.obstacle(who)
	if !stands {
		return Say(Good, "%v is free again.", who.about.text()), true
	}
	id := next.operation.First.Operation
	if r.waiters.has(id, who) {
		return Message{}, false
	}
	if !r.waiters.add(next.operation, who) {
		return Say(Refusal, "%v; %v, and too many wait for that: please ask again later.", how, next.text), true
	}
	return Say(Waiting, "%v; %v: I will tell you when that is over.", how, next.text), true
}
