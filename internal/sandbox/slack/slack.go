// Package slack is a local Slack: the Web API, Socket Mode, response URLs and
// file uploads over the real protocols, and the people who use it. It is as
// strict as Slack, so that a bot which works here works there: scopes,
// membership, Block Kit limits, expiries and rate limits are Slack's own
// unless an option says otherwise.
package slack

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Server is one workspace with one app installed in it.
type Server struct {
	options Options
	limiter *limiter
	methods map[string]method

	alive   context.Context //nolint:containedctx // the life of the server: ends what outlives a request
	end     context.CancelFunc
	running sync.WaitGroup

	mu        sync.Mutex
	isClosed  bool
	changed   chan struct{}
	lastStamp int64
	appBase   string // the address by which the app has opened its connections

	team      Workspace
	users     map[string]*User
	groups    map[string]*group
	channels  map[string]*channel
	persons   map[string]*person
	views     map[string]*view
	files     map[string]*file
	triggers  map[string]*trigger
	responses map[string]*response

	sockets     []*socket
	nextSocket  int
	socketCount int
	tickets     map[string]bool
	pending     map[string]*pending
	faults      []*fault
	record      record
}

// New makes a workspace from the options; Close ends what runs in it.
func New(options Options) *Server {
	options = options.complete()
	alive, end := context.WithCancel(context.Background())
	s := &Server{
		options: options, limiter: newLimiter(options.Limits), methods: methods(),
		alive: alive, end: end, changed: make(chan struct{}),
		team: *options.Workspace, users: map[string]*User{}, groups: map[string]*group{},
		channels: map[string]*channel{}, persons: map[string]*person{}, views: map[string]*view{},
		files: map[string]*file{}, triggers: map[string]*trigger{}, responses: map[string]*response{},
		tickets: map[string]bool{}, pending: map[string]*pending{}, record: record{keep: options.Keep},
	}
	s.settle()
	return s
}

// settle moves the people, groups and channels of the workspace in.
func (s *Server) settle() {
	for _, u := range s.team.Users {
		s.users[u.ID] = &u
		if !u.IsBot {
			s.persons[u.ID] = &person{}
		}
	}
	now := time.Now()
	for _, g := range s.team.Groups {
		s.groups[g.ID] = &group{Group: g, created: now, updated: now}
	}
	for _, c := range s.team.Channels {
		s.channels[c.ID] = newChannel(c)
	}
	for _, u := range s.team.Users {
		if !u.IsBot {
			s.direct(u.ID)
		}
	}
}

// ServeHTTP serves what an app calls: /api/METHOD, /socket, /response/…, /upload/… and /files/….
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch first {
	case "api":
		s.serveMethod(w, r, rest)
	case "socket":
		s.serveSocket(w, r)
	case "response":
		s.serveResponse(w, r, rest)
	case "upload":
		s.serveUpload(w, r, rest)
	case "files":
		s.serveFile(w, r, rest)
	default:
		http.NotFound(w, r)
	}
}

// Close cuts every connection and waits for what still runs.
func (s *Server) Close() {
	s.mu.Lock()
	s.isClosed = true
	s.mu.Unlock()
	s.end()
	s.running.Wait()
}

// start runs work that Close waits for; it refuses on a closed server.
func (s *Server) start() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosed {
		return false
	}
	s.running.Add(1)
	return true
}

// spawn runs work beside the caller, who holds the lock.
func (s *Server) spawn(work func()) {
	if !s.isClosed {
		s.running.Go(work)
	}
}

// after runs work with the lock held, when the time has come; the caller holds the lock.
func (s *Server) after(wait time.Duration, work func()) {
	s.spawn(func() {
		if !pause(s.alive, wait) {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		work()
		s.touch()
	})
}

// pause waits, and says whether it waited to the end.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// stamp is a new message timestamp, later than all before; the caller holds the lock.
func (s *Server) stamp() string {
	s.lastStamp = max(time.Now().UnixMicro(), s.lastStamp+1)
	return fmt.Sprintf("%d.%06d", s.lastStamp/1e6, s.lastStamp%1e6)
}

// base is the server's own address, as the caller of a request sees it.
func (s *Server) base(r *http.Request) string {
	if s.options.BaseURL != nil {
		return strings.TrimSuffix(s.options.BaseURL(), "/")
	}
	return "http://" + r.Host
}

// publicBase is the server's own address where there is no request: the one by
// which the app has opened its connections; the caller holds the lock.
func (s *Server) publicBase() string {
	if s.options.BaseURL != nil {
		return strings.TrimSuffix(s.options.BaseURL(), "/")
	}
	return s.appBase
}

// identity is a new identifier with Slack's kind of prefix.
func identity(prefix string) string { return prefix + rand.Text()[:10] }
