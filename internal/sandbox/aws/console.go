package aws

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The rhythm of the page's events.
const (
	eventsApart = 250 * time.Millisecond
	keepAlive   = 15 * time.Second
)

// Console serves what the sandbox's page shows and does: GET /state, GET /events (server-sent),
// POST /fail, POST /tag, POST /fault, POST /crash.
func (s *Server) Console() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /state", s.serveState)
	mux.HandleFunc("GET /events", s.serveEvents)
	mux.Handle("POST /fail", posted(func(in struct{ Cluster, Service, Kind string }) error {
		return s.FailNext(in.Cluster, in.Service, Failure(in.Kind))
	}))
	mux.Handle("POST /tag", posted(func(in struct{ ARN, Key, Value string }) error {
		if in.Value == "" {
			return s.RemoveTag(in.ARN, in.Key)
		}
		return s.SetTag(in.ARN, in.Key, in.Value)
	}))
	mux.Handle("POST /crash", posted(func(in struct {
		Task string
		Exit int
	},
	) error {
		return s.Crash(in.Task, in.Exit)
	}))
	mux.Handle("POST /fault", posted(func(in struct {
		FaultSpec
		Clear bool `json:"clear"`
	},
	) error {
		if in.Clear {
			s.ClearFaults()
			return nil
		}
		return s.Fault(in.FaultSpec)
	}))
	return mux
}

// posted reads a change that the page asks for. Other sites cannot ask: a form cannot send
// this content type, and a script's origin is checked.
func posted[In any](change func(In) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || kind != "application/json" {
			http.Error(w, "Content-Type must be application/json", http.StatusUnsupportedMediaType)
			return
		}
		if !sameOrigin(r) {
			http.Error(w, "another site's origin", http.StatusForbidden)
			return
		}
		var in In
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if err := change(in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	from, err := url.Parse(origin)
	return err == nil && strings.EqualFold(from.Host, r.Host)
}

func (s *Server) serveState(w http.ResponseWriter, _ *http.Request) {
	body, err := json.Marshal(s.view())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // a page that has gone cannot be told
}

// serveEvents sends the state now and after changes, at most every eventsApart.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flusher := http.NewResponseController(w)
	for {
		changed := s.Changed()
		body, err := json.Marshal(s.view())
		if err != nil {
			return
		}
		if _, err := fmt.Fprintf(w, "event: state\ndata: %s\n\n", body); err != nil || flusher.Flush() != nil {
			return
		}
		if pause(r.Context(), eventsApart) != nil || !s.stayAwake(w, r, changed) {
			return
		}
	}
}

// stayAwake waits for a change and keeps the connection open meanwhile; false ends it.
func (s *Server) stayAwake(w http.ResponseWriter, r *http.Request, changed <-chan struct{}) bool {
	ticker := time.NewTicker(keepAlive)
	defer ticker.Stop()
	for {
		select {
		case <-changed:
			return true
		case <-ticker.C:
			if _, err := fmt.Fprint(w, ": still here\n\n"); err != nil || http.NewResponseController(w).Flush() != nil {
				return false
			}
		case <-r.Context().Done():
			return false
		}
	}
}
