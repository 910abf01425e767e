package slack

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// A response_url may be used five times in thirty minutes
// (docs.slack.dev/interactivity/handling-user-interaction).
const (
	responseUses = 5
	responseLife = 30 * time.Minute
)

// response is where the answer to one act of a person goes.
type response struct {
	channel *channel
	user    string
	source  *message // what the person clicked on; nil for a command
	at      time.Time
	uses    int
	asked   *Asked // the command that it answers; nil for a click
}

// newResponse is the response_url of what a person just did; the caller holds the lock.
func (s *Server) newResponse(r response, base string) string {
	r.at = time.Now()
	for id, old := range s.responses {
		if r.at.Sub(old.at) > 2*responseLife {
			delete(s.responses, id)
		}
	}
	id := identity("") + identity("")
	s.responses[id] = &r
	return base + "/response/" + id
}

func (s *Server) serveResponse(w http.ResponseWriter, r *http.Request, id string) {
	body, err := io.ReadAll(io.LimitReader(r.Body, mostBody))
	isCutAfter, goOn := s.trouble(r.Context(), w, "response_url")
	if !goOn {
		return
	}
	given := args{}
	if r.Method != http.MethodPost || err != nil || json.Unmarshal(body, &given) != nil {
		http.Error(w, "invalid_payload", http.StatusBadRequest)
		return
	}
	failure := s.respond(id, given)
	s.note("response_url", given, code(failure))
	switch {
	case isCutAfter:
		panic(http.ErrAbortHandler)
	case failure == nil:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "ok")
	case code(failure) == "expired_url" || code(failure) == "used_url":
		writeJSON(w, http.StatusNotFound, map[string]any{"ok": false, "error": code(failure)})
	default:
		http.Error(w, code(failure), http.StatusBadRequest)
	}
}

func (s *Server) respond(id string, given args) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.touch()
	r := s.responses[id]
	switch {
	case r == nil || time.Since(r.at) > responseLife:
		return refuse("expired_url")
	case r.uses >= responseUses:
		return refuse("used_url")
	}
	if err := s.answer(r, given); err != nil {
		return err
	}
	r.uses++
	if r.asked != nil {
		r.asked.Answers++
	}
	return nil
}

// answer does what the answer to a command or click asks for.
func (s *Server) answer(r *response, given args) error {
	if given.isSet("delete_original") && r.source != nil {
		s.erase(r.channel, r.source)
		return nil
	}
	d, err := readDraft(given)
	if err != nil {
		return err
	}
	if d.isEmpty() {
		return refuse("no_text")
	}
	if given.isSet("replace_original") && r.source != nil {
		s.edit(r.source, d)
		return nil
	}
	thread, err := threadOf(r.channel, given.text("thread_ts"))
	if err != nil {
		return err
	}
	m := s.post(r.channel, d, thread)
	if given.text("response_type") != "in_channel" {
		m.ephemeral = r.user
	}
	return nil
}
