package slack

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Kinds of faults that can be ordered.
const (
	FaultLatency    = "latency"    // the call or envelope is held back for Duration
	FaultThrottle   = "429"        // refused, Retry-After is Duration (at least 1 s)
	FaultError      = "500"        // refused with HTTP 500 before it is executed
	FaultHang       = "hang"       // not answered until the client gives up
	FaultDisconnect = "disconnect" // a call: cut before it is executed; a socket: told to disconnect
	FaultCut        = "cut"        // a call: executed, then cut before it is answered
	FaultDuplicate  = "duplicate"  // an envelope is sent twice
	FaultDrop       = "drop"       // an envelope is never sent
)

// FaultSpec orders trouble. On the socket, a disconnect strikes the open
// connections at once and those that follow as they open.
type FaultSpec struct {
	// Method is a Web API method, "*" for each of them, "response_url", "upload" or "socket".
	Method string `json:"method"`
	Kind   string `json:"kind"`
	// Count is how often it strikes; zero is until ClearFaults.
	Count int `json:"count"`
	// Probability is how likely it strikes, in (0,1]; zero is always.
	Probability float64       `json:"probability"`
	Duration    time.Duration `json:"duration"` // in nanoseconds where it is JSON
	// Reason is the reason of a socket's disconnect; empty is refresh_requested.
	Reason string `json:"reason"`
}

type fault struct {
	FaultSpec
	left int
}

// Fault orders trouble; it is an error to order what does not exist.
func (s *Server) Fault(spec FaultSpec) error {
	calls := []string{FaultLatency, FaultThrottle, FaultError, FaultHang, FaultDisconnect, FaultCut}
	socket := []string{FaultLatency, FaultDisconnect, FaultDuplicate, FaultDrop}
	kinds := calls
	if spec.Method == "socket" {
		kinds = socket
	}
	if spec.Method == "" || !slices.Contains(kinds, spec.Kind) {
		return fmt.Errorf("fault %q on %q: one of %v", spec.Kind, spec.Method, kinds)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &fault{FaultSpec: spec, left: spec.Count}
	s.faults = append(s.faults, f)
	if spec.Method == "socket" && spec.Kind == FaultDisconnect {
		for _, c := range slices.Clone(s.sockets) {
			if s.strikes(f) {
				c.disconnect(or(spec.Reason, "refresh_requested"))
			}
		}
	}
	s.touch()
	return nil
}

// ClearFaults takes back all trouble that was ordered.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
	s.touch()
}

// strike finds the next fault of a method, among some kinds; the caller holds the lock.
func (s *Server) strike(method string, kinds ...string) *fault {
	for _, f := range s.faults {
		isMeant := f.Method == method || (f.Method == "*" && method != "socket")
		if isMeant && slices.Contains(kinds, f.Kind) && s.strikes(f) {
			return f
		}
	}
	return nil
}

// strikes draws whether a fault strikes now, and counts it.
func (s *Server) strikes(f *fault) bool {
	if f.Count > 0 && f.left == 0 {
		return false
	}
	if f.Probability > 0 && s.options.Chance() >= f.Probability {
		return false
	}
	f.left--
	return true
}

// trouble is the ordered fault of one HTTP call. It returns false when the call
// is over; after says whether to cut it once it is executed.
func (s *Server) trouble(ctx context.Context, w http.ResponseWriter, method string) (isCutAfter, goOn bool) {
	ctx, cancel := s.during(ctx)
	defer cancel()
	if s.options.Latency > 0 && !pause(ctx, s.options.Latency) {
		return false, false
	}
	s.mu.Lock()
	f := s.strike(method, FaultLatency, FaultThrottle, FaultError, FaultHang, FaultDisconnect, FaultCut)
	s.mu.Unlock()
	if f == nil {
		return false, true
	}
	switch f.Kind {
	case FaultLatency:
		return false, pause(ctx, f.Duration)
	case FaultThrottle:
		throttle(w, f.Duration)
	case FaultError:
		http.Error(w, "<html>Internal Server Error</html>", http.StatusInternalServerError)
	case FaultHang:
		<-ctx.Done()
		panic(http.ErrAbortHandler)
	case FaultDisconnect:
		panic(http.ErrAbortHandler)
	case FaultCut:
		return true, true
	}
	return false, false
}

// during is the context of a call that also ends with the server.
func (s *Server) during(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.alive, cancel)
	return ctx, func() { stop(); cancel() }
}
