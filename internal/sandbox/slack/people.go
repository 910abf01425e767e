package slack

import (
	"encoding/json"
	"errors"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// act is what the page asks for on behalf of a person.
type act struct {
	User      string                    `json:"user"`
	Channel   string                    `json:"channel"`
	Text      string                    `json:"text"`
	ThreadTS  string                    `json:"thread_ts"`
	MessageTS string                    `json:"message_ts"`
	ViewID    string                    `json:"view_id"`
	ActionID  string                    `json:"action_id"`
	BlockID   string                    `json:"block_id"`
	Value     any                       `json:"value"`
	Values    map[string]map[string]any `json:"values"`
	ID        string                    `json:"id"`
	Users     []string                  `json:"users"`
	Reason    string                    `json:"reason"`

	sent map[string]any // the whole body
}

// People serves the page: what a person sees, and what people do. Acts are
// taken as JSON from the same origin only, so that no other web page can
// operate the workspace.
func (s *Server) People() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /state", s.serveState)
	mux.HandleFunc("GET /events", s.serveEvents)
	mux.HandleFunc("GET /file/{id}", s.servePreview)
	for path, do := range map[string]func(act) (any, error){
		"/command": func(a act) (any, error) {
			ts, err := s.Say(a.User, a.Channel, a.ThreadTS, a.Text)
			return map[string]any{"ts": ts}, err
		},
		"/action":     func(a act) (any, error) { return nil, s.Click(a.User, a.click()) },
		"/options":    func(a act) (any, error) { return s.Suggest(a.User, a.click()) },
		"/submit":     func(a act) (any, error) { return nil, s.Submit(a.User, a.ViewID, a.Values) },
		"/close":      func(a act) (any, error) { return nil, s.CloseView(a.User, a.ViewID) },
		"/shortcut":   func(a act) (any, error) { return nil, s.Shortcut(a.User, a.ID) },
		"/home":       func(a act) (any, error) { return nil, s.OpenHome(a.User) },
		"/invite":     func(a act) (any, error) { return nil, s.Invite(a.Channel) },
		"/kick":       func(a act) (any, error) { return nil, s.Kick(a.Channel) },
		"/group":      func(a act) (any, error) { return nil, s.SetGroup(a.ID, a.Users...) },
		"/fault":      s.orderFault,
		"/disconnect": func(a act) (any, error) { s.Disconnect(or(a.Reason, "refresh_requested")); return nil, nil },
	} {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) { serveAct(w, r, do) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.isOwnHost(r.Host) {
			http.Error(w, "not a name of the sandbox", http.StatusMisdirectedRequest)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// isOwnHost says whether a request was meant for the sandbox: a foreign name
// that resolves to this machine is a web page elsewhere that reaches for it.
func (s *Server) isOwnHost(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	s.mu.Lock()
	base := s.publicBase()
	s.mu.Unlock()
	own, err := url.Parse(base)
	isNamed := err == nil && own.Host == host
	return isNamed || name == "localhost" || net.ParseIP(strings.Trim(name, "[]")).IsLoopback()
}

func serveAct(w http.ResponseWriter, r *http.Request, do func(act) (any, error)) {
	if !isOwnPage(r) {
		http.Error(w, "only JSON from the sandbox's own page", http.StatusForbidden)
		return
	}
	var a act
	body := http.MaxBytesReader(w, r.Body, mostBody)
	var raw json.RawMessage
	if json.NewDecoder(body).Decode(&raw) != nil || json.Unmarshal(raw, &a) != nil || json.Unmarshal(raw, &a.sent) != nil {
		writeJSON(w, http.StatusBadRequest, map[string]any{"ok": false, "error": "not a JSON object of the expected form"})
		return
	}
	result, err := do(a)
	var told *Refusal
	switch {
	case errors.As(err, &told):
		writeJSON(w, http.StatusOK, map[string]any{"ok": false, "error": told.Notice})
	case err != nil:
		writeJSON(w, http.StatusBadRequest, map[string]any{"ok": false, "error": err.Error()})
	default:
		writeJSON(w, http.StatusOK, map[string]any{"ok": true, "result": result})
	}
}

// isOwnPage says whether a request can only come from the sandbox's own page or
// from no web page at all.
func isOwnPage(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return false
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// click is what an act touches: a value, or one of Slack's own selected_… properties.
func (a act) click() Click {
	value := a.Value
	for name, given := range a.sent {
		if strings.HasPrefix(name, "selected_") {
			value = given
		}
	}
	return Click{
		Channel: a.Channel, MessageTS: a.MessageTS, ViewID: a.ViewID, ActionID: a.ActionID, BlockID: a.BlockID, Value: value,
	}
}

// orderFault takes a FaultSpec whose duration may be a string such as "5s".
func (s *Server) orderFault(a act) (any, error) {
	if length, ok := a.sent["duration"].(string); ok {
		d, err := time.ParseDuration(length)
		if err != nil {
			return nil, err
		}
		a.sent["duration"] = d
	}
	if a.sent["kind"] == "none" {
		s.ClearFaults()
		return nil, nil
	}
	encoded, err := json.Marshal(a.sent)
	if err != nil {
		return nil, err
	}
	var spec FaultSpec
	if err := json.Unmarshal(encoded, &spec); err != nil {
		return nil, err
	}
	return nil, s.Fault(spec)
}

// servePreview gives the page the content of a file that has been shared.
func (s *Server) servePreview(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f := s.files[r.PathValue("id")]
	isShared := f != nil && !f.isDeleted && len(f.shares) > 0
	s.mu.Unlock()
	if !isShared {
		http.NotFound(w, r)
		return
	}
	writeFile(w, f)
}
