package ledger

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ecsbot/authz"
)

// ErrOrder says that a step does not follow from the steps before it: somebody was faster, or
// it was taken already.
var ErrOrder = errors.New("this step was taken already or does not follow")

// Memory of requests that were carried out: long enough for every redelivery that Slack makes
// (the last comes after five minutes).
const requestMemory = time.Hour

// Memory of changes by person: the longest time over which they can be limited.
const changeMemory = 24 * time.Hour

// State is what is open after some entry: a fold of the stream. Only the stream writes it.
type State struct {
	Seq        int64
	Hash       string
	operations map[string]*Operation
	requests   map[string]time.Time // request ID → when an operation began with it
	busy       map[string]string    // target ARN → open operation that changes it
	started    map[authz.Actor][]time.Time
	now        time.Time // the latest time of any entry
	pruned     time.Time
	moved      bool // what is open has changed since it was last shown
}

// Operation is an operation that has begun and not ended.
type Operation struct {
	First     Entry // asked or started
	Last      Entry
	Start     Entry   // started, the zero value before it
	Approvals []Entry // approved, oldest first
}

// IsWaiting says whether the operation waits for approval.
func (o Operation) IsWaiting() bool { return o.Last.Event == Asked || o.Last.Event == Approved }

// IsChanging says whether the operation has begun to change the target, and nobody else may.
func (o Operation) IsChanging(target string) bool {
	return target != "" && o.Start.Target == target && !o.Start.isBeside()
}

func newState() *State {
	return &State{
		Hash: Genesis(), operations: map[string]*Operation{}, requests: map[string]time.Time{}, busy: map[string]string{},
		started: map[authz.Actor][]time.Time{},
	}
}

// Operation finds an open operation.
func (s *State) Operation(id string) (Operation, bool) {
	operation, open := s.operations[id]
	if !open {
		return Operation{}, false
	}
	return *operation, true
}

// Asking are the operations of that person which wait for approval.
func (s *State) Asking(actor authz.Actor) []Operation {
	var asking []Operation
	for _, operation := range s.operations {
		if operation.IsWaiting() && operation.First.Actor == actor {
			asking = append(asking, *operation)
		}
	}
	return asking
}

// Changes counts the changes that the person has started since then, a day back at most.
func (s *State) Changes(actor authz.Actor, since time.Time) int {
	count := 0
	for _, at := range s.started[actor] {
		if at.After(since) {
			count++
		}
	}
	return count
}

// Open are all operations that have not ended. None of them is ever changed, only replaced.
func (s *State) Open() []*Operation {
	return slices.Collect(maps.Values(s.operations))
}

// Begun says whether an operation began with that request already.
func (s *State) Begun(request string) bool {
	at, begun := s.requests[request]
	return begun && request != "" && s.isRecent(at, requestMemory)
}

// isRecent says whether something is to be remembered still. It depends on the entries alone,
// not on when memory is tidied, so that every process comes to the same state.
func (s *State) isRecent(at time.Time, memory time.Duration) bool { return s.now.Sub(at) <= memory }

// Busy names the open operation that changes the target.
func (s *State) Busy(target string) (string, bool) {
	id, busy := s.busy[target]
	return id, busy
}

// follows are the events that may come after one; an operation that is not open begins with
// one of the events after the empty one.
func follows(before, event Event) bool {
	switch event {
	case Refused, Read, Asked:
		return before == ""
	case Approved, Rejected, Voided:
		return before == Asked || before == Approved
	case Expired: // a request that nobody answered, or a hold or an access that has run out
		return before == Asked || before == Approved || before == Accepted
	case Started:
		return before == "" || before == Approved
	case Accepted:
		return before == Started || before == Unknown
	case Unknown:
		return before == Started || before == Accepted
	case Succeeded: // of a review, an approval is the success
		return before == Approved || before == Started || before == Accepted || before == Unknown
	case Failed:
		return before == Started || before == Accepted || before == Unknown
	}
	return false
}

// Beside is the word in a result of Started by which an operation says that it changes nothing
// of its target, so that others may change it meanwhile.
const Beside = "beside=yes"

func (e Entry) isBeside() bool { return slices.Contains(strings.Fields(e.Result), Beside) }

func (e Event) begins() bool { return e == Asked || e == Started }
func (e Event) ends() bool {
	switch e {
	case Refused, Read, Rejected, Expired, Voided, Succeeded, Failed:
		return true
	case Asked, Approved, Started, Accepted, Unknown:
	}
	return false
}

// check says whether the entry may be the next one.
func (s *State) check(entry Entry) error {
	var before Entry
	if operation, open := s.operations[entry.Operation]; open {
		before = operation.Last
	}
	if !follows(before.Event, entry.Event) || entry.Step != before.Step+1 {
		return fmt.Errorf("%w: %s as step %d of %s after %q", ErrOrder, entry.Event, entry.Step, entry.Operation, before.Event)
	}
	if before.Event == "" && entry.Event.begins() && s.Begun(entry.Request) {
		return fmt.Errorf("%w: request %s has begun an operation before", ErrOrder, entry.Request)
	}
	return nil
}

// apply folds an entry in and returns how to take it back.
func (s *State) apply(entry Entry) (undo func()) {
	seq, hash, now := s.Seq, s.Hash, s.now
	s.Seq, s.Hash = entry.Seq, entry.Hash
	if entry.Time.After(now) {
		s.now = entry.Time
	}
	before, wasOpen := s.operations[entry.Operation]
	owner, wasBusy := s.busy[entry.Target]
	requested, hadRequest := s.requests[entry.Request]
	counted := len(s.started[entry.Actor])
	s.fold(before, entry)
	return func() {
		s.moved = true
		if len(s.started[entry.Actor]) > counted {
			s.started[entry.Actor] = s.started[entry.Actor][:counted]
		}
		s.Seq, s.Hash, s.now = seq, hash, now
		restore(s.operations, entry.Operation, before, wasOpen)
		restore(s.busy, entry.Target, owner, wasBusy)
		restore(s.requests, entry.Request, requested, hadRequest)
	}
}

func restore[V any](m map[string]V, key string, value V, was bool) {
	if was {
		m[key] = value
	} else {
		delete(m, key)
	}
}

func (s *State) fold(before *Operation, entry Entry) {
	if entry.Event.begins() && entry.Request != "" && !s.Begun(entry.Request) {
		s.requests[entry.Request] = entry.Time
	}
	if entry.Event.ends() {
		s.moved = s.moved || before != nil
		delete(s.operations, entry.Operation)
		if s.busy[entry.Target] == entry.Operation {
			delete(s.busy, entry.Target)
		}
		return
	}
	after := &Operation{First: entry, Last: entry}
	if before != nil {
		after.First, after.Start, after.Approvals = before.First, before.Start, before.Approvals
	}
	if entry.Event == Approved {
		after.Approvals = append(slices.Clip(after.Approvals), entry)
	}
	if entry.Event == Started {
		after.Start = entry
		if after.IsChanging(entry.Target) {
			s.busy[entry.Target] = entry.Operation
		}
		if entry.Target != "" {
			s.started[entry.Actor] = append(s.started[entry.Actor], entry.Time)
		}
	}
	s.operations[entry.Operation] = after
	s.moved = true
}

// forget drops what need not be remembered any more, at most once a minute.
func (s *State) forget() {
	if s.now.Sub(s.pruned) < time.Minute {
		return
	}
	s.pruned = s.now
	maps.DeleteFunc(s.requests, func(_ string, at time.Time) bool { return !s.isRecent(at, requestMemory) })
	for actor, times := range s.started {
		if times = s.recentChanges(times); len(times) == 0 {
			delete(s.started, actor)
		} else {
			s.started[actor] = times
		}
	}
}

func (s *State) recentChanges(times []time.Time) []time.Time {
	return slices.DeleteFunc(slices.Clone(times), func(at time.Time) bool { return !s.isRecent(at, changeMemory) })
}
