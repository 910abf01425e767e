package actions

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// The time between two looks at what nobody follows any more; that between two looks for a card
// while Slack does not answer, and how long one may take.
const (
	adoptPause = time.Second
	findPause  = 30 * time.Second
	findLimit  = 30 * time.Second
)

// sightings are when this process has first seen each open operation. The right to act on one
// has expired a while after that, whatever another machine's clock said when it began.
type sightings struct {
	mutex sync.Mutex
	first map[string]time.Time
	later map[string]time.Time // when the card of one is looked for again
}

// look notes what is open now, and forgets what has ended.
func (s *sightings) look(open []*ledger.Operation) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	before := s.first
	resting := s.later
	s.first, s.later = make(map[string]time.Time, len(open)), map[string]time.Time{}
	for _, operation := range open {
		id := operation.First.Operation
		if s.first[id] = before[id]; before[id].IsZero() {
			s.first[id] = time.Now()
		}
		if at, rests := resting[id]; rests {
			s.later[id] = at
		}
	}
}

// isExpired says whether whoever began the operation cannot act on it any more: the right is
// waited out on this machine's own clock.
func (s *sightings) isExpired(id string) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	first, seen := s.first[id]
	return seen && time.Since(first) > rightAge
}

// rests says that the card of an operation is not looked for again until a while has passed.
func (s *sightings) rests(id string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.later[id] = time.Now().Add(findPause)
}

// isResting says whether the card of an operation is not looked for now.
func (s *sightings) isResting(id string) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return time.Now().Before(s.later[id])
}

// Heed looks once a second at what any replica has begun or ended, until ctx ends: cards of
// what has ended elsewhere are let go of, and whoever waits for a hold's end is told.
func (r *Runner) Heed(ctx context.Context) {
	ticker := time.NewTicker(adoptPause)
	defer ticker.Stop()
	for ctx.Err() == nil {
		open := r.Ledger.Open()
		r.seen.look(open)
		ids := make(map[string]bool, len(open))
		for _, operation := range open {
			ids[operation.First.Operation] = true
		}
		r.boards.sweep(func(id string) bool { return ids[id] })
		for _, ended := range r.waiters.over(func(id string) bool { _, open := r.Ledger.Operation(id); return open }) {
			r.tellFree(ctx, ended)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// Adopt goes on with what nobody follows any more, because its process was ended or has lost
// its place: it is read, and followed to its end, and never done again. Requests that wait
// get their card where they have none. It is the caretaker's, and ends with ctx.
func (r *Runner) Adopt(ctx context.Context, still func() bool) {
	ticker := time.NewTicker(adoptPause)
	defer ticker.Stop()
	settled := map[string]bool{} // nothing is left to do about it in this term
	for ctx.Err() == nil {
		known := r.Finder.Ready() // before looking: what is not found then is not there
		for _, operation := range r.Ledger.Open() {
			if id := operation.First.Operation; !settled[id] && still() {
				settled[id] = r.adopt(ctx, *operation, known, still)
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// adopt says whether the operation is seen to for this term. Whatever breaks here is tried
// again, and never ends the process.
func (r *Runner) adopt(ctx context.Context, operation ledger.Operation, known bool, still func() bool) (settled bool) {
	defer func() {
		if reason := recover(); reason != nil {
			r.Log.Error("adopting an operation panicked", "operation", operation.First.Operation, "panic", reason, "stack", string(debug.Stack()))
			settled = true
		}
	}()
	if _, lasts := until(operation.Last); lasts || operation.First.Action == reviewAction {
		return true // it waits for its end, or for somebody who signs it off
	}
	if _, is := keptLinesOf(operation); is {
		return true // Erase sees to it
	}
	if operation.IsWaiting() {
		return r.showAgain(ctx, operation)
	}
	id := operation.First.Operation
	if r.watcher.follows(id) || r.lives.has(id) || !r.Replica.isGone(ctx, originOf(operation).by) {
		return false
	}
	if operation.Last.Event == ledger.Started && !r.seen.isExpired(id) {
		return false // whoever began it may still be about to act
	}
	return r.resume(ctx, operation, known, still)
}

// showAgain sees to it that a request that waits has its card: the process that asked may
// have ended before it stood.
func (r *Runner) showAgain(ctx context.Context, operation ledger.Operation) bool {
	from := originOf(operation)
	if r.boards.has(operation.First.Operation) { // it is this process's own
		return true
	}
	// Whoever asked may still be about to show it, or Slack is away.
	if !r.seen.isExpired(operation.First.Operation) || r.seen.isResting(operation.First.Operation) {
		return false
	}
	limited, cancel := context.WithTimeout(ctx, findLimit)
	defer cancel()
	card, err := r.Cards.Find(limited, Sought{from.where, operation.First.Actor, operation.First.Operation, operation.First.Time})
	if err != nil {
		r.Log.Warn("whether a request's card stands is not known", "operation", operation.First.Operation, "error", err)
		r.seen.rests(operation.First.Operation)
		return errors.Is(err, ErrUnreadable)
	}
	if card != (Card{}) {
		return true
	}
	t, err := r.revive(operation)
	if err != nil {
		r.Log.Error("a request cannot be shown again", "operation", operation.First.Operation, "error", err)
		return true
	}
	call := t.call(fresh{service: t.remembered()})
	if ref, found := r.discovered(operation.First); found {
		if service, err := r.Reader.Read(ctx, ref); err == nil {
			call.service = service
		}
	}
	groups, count := t.rules.Policy.ApprovingGroupsFor(t.question(authz.Target{Environment: t.command.environment, Service: bare(t.command.service)}, true, nil))
	r.boards.of(ctx, t).show(t.waiting(call, parseTerms(operation.First.Result).expires, operation.Approvals, groups, count))
	return true
}
