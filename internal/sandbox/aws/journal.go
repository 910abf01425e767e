package aws

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"
)

// remembered is how many calls the journal keeps; older ones are only counted.
const remembered = 10_000

// Call is one call as it arrived, for whoever checks what was sent to AWS.
type Call struct {
	Time      time.Time // of arrival
	ID        string    // AWS request ID
	Service   string    // ecs, logs, sts, tagging, monitoring
	Operation string
	Account   string
	Region    string
	Principal Principal
	Resource  string          // short form, e.g. staging/api
	Params    json.RawMessage // as sent; of STS the form as an object of lists
	Done      bool            // false while it is under way
	Error     string          // AWS's error code, "cut" or "gone"; empty where it succeeded
	Said      string          // AWS's error message
	Agent     string          // User-Agent
	Assumed   string          // of AssumeRole: the role that was assumed
	Issued    string          // of AssumeRole: the access key ID that was handed out
	Took      time.Duration
}

// journal is every call, newest last.
type journal struct {
	calls  []*Call
	counts map[string]int
}

func (j *journal) open(c *call) {
	c.entry = &Call{
		Time: c.received, ID: c.id, Service: c.service, Operation: c.operation,
		Principal: c.principal, Params: c.params(), Agent: c.header.Get("User-Agent"),
	}
	if c.place != nil {
		c.entry.Account, c.entry.Region = c.place.account, c.place.region
	}
	if len(j.calls) >= 2*remembered {
		j.calls = slices.Clone(j.calls[remembered:])
	}
	j.calls = append(j.calls, c.entry)
	j.counts[c.service+":"+c.operation]++
}

func (j *journal) closed(c *call, err error) {
	c.entry.Done, c.entry.Took = true, time.Since(c.received)
	var refusal *failure
	switch {
	case err == nil:
	case errors.As(err, &refusal):
		c.entry.Error, c.entry.Said = refusal.code, refusal.message
	case errors.Is(err, errCut):
		c.entry.Error = "cut"
	default:
		c.entry.Error = "gone"
	}
}

// Calls are the calls so far, oldest first; at least the newest 10,000.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := make([]Call, len(s.journal.calls))
	for i, call := range s.journal.calls {
		calls[i] = *call
	}
	return calls
}

// Counts says how often each operation was called, by "service:Operation".
func (s *Server) Counts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.journal.counts)
}

// Changed is closed at the next change: a call begins or ends, or the fleet moves.
func (s *Server) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// Await returns when the condition holds, looking at it again after every change.
func (s *Server) Await(ctx context.Context, holds func() bool) error {
	for {
		changed := s.Changed()
		if holds() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// notify wakes everybody who waits for a change.
func (s *Server) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}
