package slack

import (
	"context"
	"slices"
	"time"
)

// Call is one Web API call as it arrived.
type Call struct {
	Method string
	Args   map[string]any // without the token
	At     time.Time
	Error  string // Slack's error code; empty if it went well
}

// Envelope is one payload that was sent over a socket.
type Envelope struct {
	ID      string
	Type    string // slash_commands, interactive or events_api
	Socket  int    // which of the connections, counted from 1; 0 if none was open
	Attempt int    // retry_attempt
	Sent    time.Time
	Acked   time.Time // zero until it is acknowledged
	IsLate  bool      // acknowledged after the three seconds
}

// Counters are totals since the start.
type Counters struct {
	Opens     int // calls of apps.connections.open
	Sockets   int // sockets that were opened
	Envelopes int
	Acks      int
	Dropped   int // acknowledgements that were too large, or of no known envelope
	Calls     int // Web API calls
}

// record remembers the last calls and envelopes.
type record struct {
	keep      int
	calls     []Call
	envelopes []*Envelope
	asked     []*Asked
	counters  Counters
}

func (r *record) call(c Call) {
	r.counters.Calls++
	r.calls = keepLast(append(r.calls, c), r.keep)
}

func (r *record) envelope(e *Envelope) {
	r.counters.Envelopes++
	r.envelopes = keepLast(append(r.envelopes, e), r.keep)
}

// keepLast drops the first half when twice as many as wanted are there.
func keepLast[T any](items []T, keep int) []T {
	if len(items) < 2*keep {
		return items
	}
	return slices.Clone(items[len(items)-keep:])
}

// Calls are the last Web API calls, the first one first.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.record.calls)
}

// Envelopes are the last payloads that were sent over sockets, the first one first.
func (s *Server) Envelopes() []Envelope {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Envelope, len(s.record.envelopes))
	for i, e := range s.record.envelopes {
		all[i] = *e
	}
	return all
}

// Counters are the totals since the start.
func (s *Server) Counters() Counters {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.record.counters
}

// Connections is how many sockets are open now.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}

// Changed is closed at the next change of anything that can be seen. Take it
// before looking, then wait on it if what was seen is not enough.
func (s *Server) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// Await waits until a condition holds, looking again after each change.
func (s *Server) Await(ctx context.Context, holds func() bool) error {
	for {
		changed := s.Changed()
		if holds() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// touch tells those who wait that something changed; the caller holds the lock.
func (s *Server) touch() {
	close(s.changed)
	s.changed = make(chan struct{})
}
