package slack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// streamPace is the shortest time between two states on a stream, streamPulse
// the longest without a sign of life.
const (
	streamPace  = 100 * time.Millisecond
	streamPulse = 15 * time.Second
)

func (s *Server) serveState(w http.ResponseWriter, r *http.Request) {
	body, err := s.encodedState(r.URL.Query().Get("user"))
	if err != nil {
		writeJSON(w, http.StatusNotFound, map[string]any{"ok": false, "error": err.Error()})
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body)
}

// encodedState is the state of a person as JSON, made with the lock held.
func (s *Server) encodedState(person string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state, err := s.state(person)
	if err != nil {
		return nil, err
	}
	return json.Marshal(state)
}

// serveEvents streams a person's state: at once, and after each change.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := s.during(r.Context())
	defer cancel()
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	var last []byte
	for {
		changed := s.Changed()
		body, err := s.encodedState(r.URL.Query().Get("user"))
		if err != nil {
			_, _ = fmt.Fprintf(w, "event: error\ndata: %q\n\n", err.Error())
			_ = control.Flush()
			return
		}
		if bytes.Equal(body, last) {
			_, err = fmt.Fprint(w, ": still here\n\n")
		} else {
			_, err = fmt.Fprintf(w, "event: state\ndata: %s\n\n", body)
		}
		if err != nil || control.Flush() != nil || !pause(ctx, streamPace) {
			return
		}
		last = body
		pulse := time.NewTimer(streamPulse)
		select {
		case <-changed:
		case <-pulse.C:
		case <-ctx.Done():
			pulse.Stop()
			return
		}
		pulse.Stop()
	}
}
