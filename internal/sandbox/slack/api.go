package slack

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// request is one call of a Web API method.
type request struct {
	args
	scopes []string // of the token
	base   string   // the server's own address
}

// answer is the body of a call that went well, without its "ok".
type answer map[string]any

// method is one method of the Web API. It runs with the lock held.
type method struct {
	isForApp  bool // takes the app token, not the bot's
	isOpen    bool // takes no token
	takesJSON bool
	scope     string
	run       func(s *Server, q request) (answer, error)
}

func (s *Server) serveMethod(w http.ResponseWriter, r *http.Request, name string) {
	m, known := s.methods[name]
	given, err := readArgs(r, m.takesJSON)
	token := bearer(r, given)
	delete(given, "token")
	isCutAfter, goOn := s.trouble(r.Context(), w, name)
	if !goOn {
		s.note(name, given, "fault")
		return
	}
	if err == nil && !known {
		err = refuse("unknown_method")
	}
	var scopes []string
	if err == nil {
		scopes, err = s.admit(w, m, token)
	}
	if err == nil {
		if wait := s.limiter.wait(name, given.text("channel"), time.Now()); wait > 0 {
			s.note(name, given, "ratelimited")
			throttle(w, wait)
			return
		}
	}
	var body any
	if err == nil {
		body, err = s.execute(m, request{args: given, scopes: scopes, base: s.base(r)})
	}
	s.note(name, given, code(err))
	if isCutAfter {
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		body = refused(err)
	}
	writeJSON(w, http.StatusOK, body)
}

// execute runs a method and encodes its answer, both with the lock held: the
// answer is made of what others may change.
func (s *Server) execute(m method, q request) (json.RawMessage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.touch()
	result, err := m.run(s, q)
	if err != nil {
		return nil, err
	}
	body := map[string]any{"ok": true}
	maps.Copy(body, result)
	return json.Marshal(body)
}

func bearer(r *http.Request, given args) string {
	if header, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return strings.TrimSpace(header)
	}
	return given.text("token")
}

// admit judges the token: its kind and what it may do.
func (s *Server) admit(w http.ResponseWriter, m method, token string) ([]string, error) {
	scopes := s.team.BotScopes
	switch {
	case m.isOpen:
		return nil, nil
	case token == "":
		return nil, refuse("not_authed")
	case token != BotToken && token != AppToken:
		return nil, refuse("invalid_auth")
	case (token == AppToken) != m.isForApp:
		return nil, refuse("not_allowed_token_type")
	case token == AppToken:
		scopes = []string{"connections:write"}
	}
	w.Header().Set("X-OAuth-Scopes", strings.Join(scopes, ","))
	w.Header().Set("X-Accepted-OAuth-Scopes", m.scope)
	return scopes, request{scopes: scopes}.may(m.scope)
}

// may refuses what the token has no scope for.
func (q request) may(scope string) error {
	if scope == "" || slices.Contains(q.scopes, scope) {
		return nil
	}
	return &refusal{code: "missing_scope", fields: map[string]any{
		"needed": scope, "provided": strings.Join(q.scopes, ","),
	}}
}

func (s *Server) note(method string, given args, failure string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record.call(Call{Method: method, Args: given, At: time.Now(), Error: failure})
	s.touch()
}

func code(err error) string {
	if err == nil {
		return ""
	}
	var r *refusal
	if errors.As(err, &r) {
		return r.code
	}
	return "fatal_error"
}

// refused is the body of a call that was refused.
func refused(err error) map[string]any {
	var r *refusal
	if errors.As(err, &r) {
		return r.answer()
	}
	return refuse("fatal_error").answer()
}

func throttle(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", retryAfter(wait))
	writeJSON(w, http.StatusTooManyRequests, map[string]any{"ok": false, "error": "ratelimited"})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(body) // the client may be gone; there is nobody to tell
}
