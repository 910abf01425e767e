package ops

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/ledger"
)

// endless is a history without an end, as old as one likes; each entry takes a while to read.
type endless struct {
	visited int
	pause   time.Duration
	err     error
}

func (e *endless) Back(ctx context.Context, visit func(ledger.Entry) bool) error {
	for e.err == nil {
		if e.pause > 0 {
			time.Sleep(e.pause)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		e.visited++
		entry := ledger.Entry{Event: ledger.Started, Action: "restart", Environment: "staging", Time: time.Now().Add(-time.Duration(e.visited) * time.Second)}
		if !visit(entry) {
			return nil
		}
	}
	return e.err
}

// What nobody may see is passed over, however much there is of it, and nobody waits for ever.
func TestASearchEndsWhateverTheLedgerHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for name, test := range map[string]struct {
			history *endless
			from    time.Time
			most    int
			reached bool
		}{
			"as far as was asked": {&endless{}, now.Add(-time.Hour), 3620, false},
			"many entries":        {&endless{}, now.Add(-auditFarthest), entriesLookedAt, true},
			"a slow keeper":       {&endless{pause: time.Second}, now.Add(-auditFarthest), 8, true},
		} {
			wanted := search{from: test.from, sees: func(ledger.Entry) bool { return false }}
			if err := wanted.run(t.Context(), test.history); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if test.history.visited > test.most || wanted.reached.IsZero() == test.reached || len(wanted.found) > 0 {
				t.Errorf("%s: %d visited, reached %v", name, test.history.visited, wanted.reached)
			}
		}
		broken := search{from: now.Add(-time.Hour)}
		if err := broken.run(t.Context(), &endless{err: errors.New("away")}); err == nil {
			t.Error("no error from a history that cannot be read")
		}
	})
}

func TestUsersAreReadAsSlackWritesThem(t *testing.T) {
	for text, want := range map[string]string{"<@U0BOB|bob>": "U0BOB", "<@U0BOB>": "U0BOB", "U0BOB": "U0BOB", "<@W012AB3CD|some|one>": "W012AB3CD"} {
		if got, err := readUser(text); err != nil || got != want {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "bob", "@bob", "<@>", "<!channel>", "<@u0bob>", "<#C012|ops>", "S012"} {
		if got, err := readUser(text); err == nil {
			t.Errorf("%q is %q, want an error", text, got)
		}
	}
}

// What follows the code is for reviewers: it may name another environment, or what does not exist
// for the caller.
func TestWhyItWasRefusedIsToldByItsCodeAlone(t *testing.T) {
	for _, row := range []struct {
		says  string
		entry ledger.Entry
		want  string
	}{
		{"a refusal", ledger.Entry{Event: ledger.Refused, Reason: "unknown: no grant on environment prod"}, "unknown"},
		{"what was asked for", ledger.Entry{Event: ledger.Asked, Reason: "hotfix: see the thread"}, "hotfix: see the thread"},
		{"nothing", ledger.Entry{Event: ledger.Refused}, ""},
	} {
		if got := reasonTold(row.entry); got != row.want {
			t.Errorf("%s: %q", row.says, got)
		}
	}
}
