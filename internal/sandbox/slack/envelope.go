package slack

import (
	"encoding/json"
	"errors"
	"time"
)

// What becomes of an envelope that is not acknowledged.
var (
	errTimeout  = errors.New("operation_timeout")
	errNoSocket = errors.New("dispatch_failed")
)

// pending is an envelope that waits for its acknowledgement.
type pending struct {
	*Envelope
	acked chan json.RawMessage
}

// envelope is what is to be sent over one of the connections.
type envelope struct {
	kind           string
	payload        any
	acceptsPayload bool
	attempt        int
	reason         string
	asked          *Asked // what is noted of it; nil but for commands
}

// ask sends an envelope over one connection and waits for its acknowledgement.
// It returns the payload of the acknowledgement, nil if there was none.
func (s *Server) ask(e envelope) (json.RawMessage, error) {
	s.mu.Lock()
	p := &pending{Envelope: &Envelope{
		ID: identity("") + identity(""), Type: e.kind, Attempt: e.attempt, Sent: time.Now(),
	}, acked: make(chan json.RawMessage, 1)}
	s.record.envelope(p.Envelope)
	c := s.choose()
	if c == nil {
		s.touch()
		s.mu.Unlock()
		return nil, errNoSocket
	}
	p.Socket = c.number
	if e.asked != nil {
		e.asked.Socket = c.number
	}
	s.forget()
	s.pending[p.ID] = p
	s.dispatch(c, e, p.ID)
	s.mu.Unlock()
	return s.await(e, p)
}

// forget drops envelopes whose acknowledgement would come far too late.
func (s *Server) forget() {
	if len(s.pending) < s.options.Keep {
		return
	}
	for id, p := range s.pending {
		if time.Since(p.Sent) > time.Minute {
			delete(s.pending, id)
		}
	}
}

// await waits for an acknowledgement as long as Slack does.
func (s *Server) await(e envelope, p *pending) (json.RawMessage, error) {
	timer := time.NewTimer(s.options.Patience)
	defer timer.Stop()
	select {
	case payload := <-p.acked:
		if !e.acceptsPayload || string(payload) == "null" {
			return nil, nil
		}
		return payload, nil
	case <-timer.C:
		return nil, errTimeout
	case <-s.alive.Done():
		return nil, errNoSocket
	}
}

// dispatch sends an envelope, with the trouble that was ordered for it.
func (s *Server) dispatch(c *socket, e envelope, id string) {
	frame := map[string]any{
		"envelope_id": id, "type": e.kind, "payload": e.payload, "accepts_response_payload": e.acceptsPayload,
	}
	if e.kind == "events_api" {
		frame["retry_attempt"], frame["retry_reason"] = e.attempt, e.reason
	}
	if s.strike("socket", FaultDrop) != nil {
		return
	}
	again := s.strike("socket", FaultDuplicate) != nil
	if f := s.strike("socket", FaultLatency); f != nil {
		s.after(f.Duration, func() { c.send(frame) })
		return
	}
	c.send(frame)
	if again {
		s.choose().send(frame)
	}
}

// acknowledge takes what an app sent over any of its connections.
func (s *Server) acknowledge(frame []byte) {
	var ack struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	isRead := json.Unmarshal(frame, &ack) == nil
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.touch()
	p := s.pending[ack.EnvelopeID]
	if !isRead || p == nil || len(frame) >= largestAck {
		s.record.counters.Dropped++
		return
	}
	delete(s.pending, ack.EnvelopeID)
	s.record.counters.Acks++
	p.Acked = time.Now()
	p.IsLate = p.Acked.Sub(p.Sent) > s.options.Patience
	p.acked <- ack.Payload
}
