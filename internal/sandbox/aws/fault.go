package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
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
	FaultAlter     FaultKind = "alter"      // executes, and answers with With merged into the answer
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
	With        any           `json:"with"`        // of alter, as altered merges it
}

type fault struct {
	FaultSpec
	left int // calls yet to hit; -1: all
}

// Fault orders a fault. An unknown kind is refused.
func (s *Server) Fault(spec FaultSpec) error {
	kinds := []FaultKind{FaultLatency, FaultThrottle, FaultError, FaultHang, FaultCut, FaultCutBefore, FaultLateError, FaultDeny, FaultRefuse, FaultAlter}
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
	case FaultCut, FaultLateError, FaultAlter:
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

// after does what the fault does once the call was executed, with what it answers.
func (f *strike) after(result any) (any, error) {
	if f == nil {
		return result, nil
	}
	switch f.Kind {
	case FaultCut:
		return nil, errCut
	case FaultLateError:
		return nil, broken(f.call.service)
	case FaultAlter:
		return altered(result, f.With)
	case FaultLatency, FaultThrottle, FaultError, FaultHang, FaultCutBefore, FaultDeny, FaultRefuse:
	}
	return result, nil
}

// altered is an answer as its JSON says it, with something merged into it: objects by name, lists
// by position. What is null there is left out.
func altered(result, with any) (any, error) {
	text, err := json.Marshal(result)
	if err != nil {
		return nil, err
	}
	var was any
	if err := json.Unmarshal(text, &was); err != nil {
		return nil, err
	}
	return merged(was, with), nil
}

func merged(was, with any) any {
	switch with := with.(type) {
	case map[string]any:
		fields, _ := was.(map[string]any)
		made := maps.Clone(fields)
		if made == nil {
			made = map[string]any{}
		}
		for name, value := range with {
			if made[name] = merged(made[name], value); value == nil {
				delete(made, name)
			}
		}
		return made
	case []any:
		items, _ := was.([]any)
		made := []any{}
		for position := range max(len(items), len(with)) {
			switch {
			case position >= len(with):
				made = append(made, items[position])
			case with[position] == nil:
			case position >= len(items):
				made = append(made, with[position])
			default:
				made = append(made, merged(items[position], with[position]))
			}
		}
		return made
	}
	return with
}
