package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// FaultKind is what goes wrong with a call.
type FaultKind string

// The kinds of faults.
const (
	FaultLatency   FaultKind = "latency"    // answers Duration later
	FaultThrottle  FaultKind = "throttle"   // refuses as if the rate were exceeded
	FaultError     FaultKind = "500"        // answers with a server error, nothing done
	FaultHang      FaultKind = "hang"       // never executes; ends with the client's patience, or cut after Duration
	FaultCut       FaultKind = "cut"        // executes, then cuts the connection instead of answering
	FaultCutBefore FaultKind = "cut-before" // cuts the connection, nothing done
	FaultLateError FaultKind = "late-500"   // executes, then answers with a server error
	FaultDeny      FaultKind = "deny"       // refuses the credentials, Reason saying which document does
	FaultRefuse    FaultKind = "refuse"     // refuses with Code, for Reason; nothing done
)

// FaultSpec orders a fault for calls to come.
type FaultSpec struct {
	Service     string        `json:"service"`     // ecs, logs, sts, tagging; empty: any
	Operation   string        `json:"operation"`   // e.g. UpdateService; empty: any
	Kind        FaultKind     `json:"kind"`        // what goes wrong
	Count       int           `json:"count"`       // how many calls; 0: all
	Probability float64       `json:"probability"` // of each call; 0: certain
	Duration    time.Duration `json:"duration"`    // of latency and hang, in nanoseconds
	Reason      string        `json:"reason"`      // of deny, as AWS ends its message: "because no session policy allows …"; of refuse, the message
	Code        string        `json:"code"`        // of refuse
}

type fault struct {
	FaultSpec
	left int // calls yet to hit; -1: all
}

// Fault orders a fault. An unknown kind is refused.
func (s *Server) Fault(spec FaultSpec) error {
	kinds := []FaultKind{FaultLatency, FaultThrottle, FaultError, FaultHang, FaultCut, FaultCutBefore, FaultLateError, FaultDeny, FaultRefuse}
	if !slices.Contains(kinds, spec.Kind) {
		return fmt.Errorf("fault kind %q: not one of %v", spec.Kind, kinds)
	}
	ordered := &fault{FaultSpec: spec, left: spec.Count}
	if spec.Count == 0 {
		ordered.left = -1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, ordered)
	return nil
}

// ClearFaults takes back every fault that was ordered.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// strike is a fault that hits one call; nil for none.
type strike struct {
	call *call
	FaultSpec
}

// drawFault finds the first ordered fault that hits the call.
func (s *Server) drawFault(c *call) *strike {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, ordered := range s.faults {
		if !ordered.hits(c) || ordered.Probability > 0 && s.random.Float64() >= ordered.Probability {
			continue
		}
		if ordered.left > 0 {
			ordered.left--
		}
		if ordered.left == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return &strike{call: c, FaultSpec: ordered.FaultSpec}
	}
	return nil
}

func (f *fault) hits(c *call) bool {
	return (f.Service == "" || strings.EqualFold(f.Service, c.service)) && (f.Operation == "" || f.Operation == c.operation)
}

// before does what the fault does ahead of the call's execution; an error prevents it.
func (f *strike) before(ctx context.Context) error {
	if f == nil {
		return nil
	}
	switch f.Kind {
	case FaultLatency:
		return pause(ctx, f.Duration)
	case FaultThrottle:
		return throttled(f.call.service)
	case FaultError:
		return broken(f.call.service)
	case FaultCutBefore:
		return errCut
	case FaultHang:
		return f.hang(ctx)
	case FaultDeny:
		refusal := f.call.denied(f.call.service+":"+f.call.operation, "*", "")
		refusal.message += " " + f.Reason
		return refusal
	case FaultRefuse:
		return refuse(f.Code, "%s", f.Reason)
	case FaultCut, FaultLateError:
	}
	return nil
}

func (f *strike) hang(ctx context.Context) error {
	if f.Duration > 0 {
		if err := pause(ctx, f.Duration); err != nil {
			return err
		}
		return errCut
	}
	<-ctx.Done()
	return ctx.Err()
}

// after does what the fault does once the call was executed.
func (f *strike) after() error {
	if f == nil {
		return nil
	}
	switch f.Kind {
	case FaultCut:
		return errCut
	case FaultLateError:
		return broken(f.call.service)
	case FaultLatency, FaultThrottle, FaultError, FaultHang, FaultCutBefore, FaultDeny, FaultRefuse:
	}
	return nil
}
