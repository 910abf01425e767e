package ops

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
)

// written is a ledger with memory that counts what is looked at.
type written struct {
	entries []ledger.Entry
	visited int
	err     error
}

func (w *written) Back(_ context.Context, visit func(ledger.Entry) bool) error {
	for _, entry := range slices.Backward(w.entries) {
		w.visited++
		if !visit(entry) {
			break
		}
	}
	return w.err
}

func (w *written) add(operation string, event ledger.Event, target string) {
	w.entries = append(w.entries, ledger.Entry{Seq: int64(len(w.entries) + 1), Operation: operation, Event: event, Target: target, Action: "restart"})
}

// told is what is known of each target: its operation and how that stands.
func told(t *testing.T, recent *recent, targets ...string) string {
	t.Helper()
	var services []fleet.Service
	for _, target := range targets {
		services = append(services, fleet.Service{Ref: fleet.Ref{ARN: target}})
	}
	found, err := recent.changes(t.Context(), services)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, target := range targets {
		if last, known := found.of[target]; known {
			all = append(all, fmt.Sprintf("%s:%s %s", target, last.started.Operation, last.how))
		}
	}
	return fmt.Sprint(all)
}

func TestTheLastChangeIsTheNewestThatBegan(t *testing.T) {
	history := &written{}
	recent := &recent{history: history}
	if got := told(t, recent, "api"); got != "[]" {
		t.Errorf("of an empty ledger: %s", got)
	}
	history.add("1", ledger.Started, "api")
	history.add("1", ledger.Succeeded, "api")
	history.add("2", ledger.Asked, "api")
	history.add("3", ledger.Started, "web")
	history.add("4", ledger.Read, "api")
	history.add("5", ledger.Refused, "api")
	if got := told(t, recent, "api", "web"); got != "[api:1 succeeded web:3 started]" {
		t.Errorf("at first: %s", got)
	}
	history.add("3", ledger.Accepted, "web")
	history.add("2", ledger.Approved, "api")
	history.add("2", ledger.Started, "api")
	if got := told(t, recent, "api", "web", "other"); got != "[api:2 started web:3 accepted]" {
		t.Errorf("then: %s", got)
	}
	history.add("2", ledger.Failed, "api")
	if got := told(t, recent, "api"); got != "[api:2 failed]" {
		t.Errorf("at the end: %s", got)
	}
}

// TestOnlyWhatIsNewIsLookedAt: what status costs does not grow with the ledger.
func TestOnlyWhatIsNewIsLookedAt(t *testing.T) {
	history := &written{}
	recent := &recent{history: history}
	history.add("1", ledger.Started, "api")
	for range 2 * changesLookedBack {
		history.add("reading", ledger.Read, "web")
	}
	if got := told(t, recent, "api"); got != "[]" || history.visited != changesLookedBack {
		t.Errorf("%s after %d entries", got, history.visited)
	}
	history.add("2", ledger.Started, "api")
	history.visited = 0
	if got := told(t, recent, "api"); got != "[api:2 started]" || history.visited != 2 {
		t.Errorf("%s after %d entries", got, history.visited)
	}
	for range changesLookedBack {
		history.add("reading", ledger.Read, "web")
	}
	if got := told(t, recent, "api"); got != "[]" {
		t.Errorf("what may have been overtaken is told: %s", got)
	}
}

func TestWhatCannotBeReadIsLookedAtAgain(t *testing.T) {
	history := &written{err: context.DeadlineExceeded}
	recent := &recent{history: history}
	history.add("1", ledger.Started, "api")
	if _, err := recent.changes(t.Context(), nil); err == nil {
		t.Error("no error")
	}
	history.err = nil
	if got := told(t, recent, "api"); got != "[api:1 started]" {
		t.Errorf("then: %s", got)
	}
}
