package actions

import (
	"errors"
	"testing"
	"testing/synctest"

	"ecsbot/actions/ledger"
)

// An approval counts for what waits alone: not for what nobody asked for, and not for what is
// being carried out.
func TestAnApprovalIsForWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.says("ALICE", "restart staging api")
		w.entries(2) // started, accepted
		for _, operation := range []string{"nobody's", "op1"} {
			var err error
			_, _ = w.runner.Ledger.Append(t.Context(), func(state *ledger.State) ([]ledger.Entry, error) {
				err = mayApprove(state, ledger.Entry{Operation: operation})
				return nil, err
			})
			if !errors.Is(err, errSettled) {
				t.Errorf("%s: %v", operation, err)
			}
		}
	})
}

// Lines go where the configuration lets them, and to whoever asked alone in any case.
func TestWhereLinesMayStand(t *testing.T) {
	for _, test := range []struct {
		inThread bool
		channel  string
		want     bool
	}{{true, "C01OPS", true}, {true, "D01", true}, {false, "D01", true}, {false, "C01OPS", false}} {
		if got := (Place{LogsInThread: test.inThread}).mayShowLines(Where{Channel: test.channel}); got != test.want {
			t.Errorf("in threads %v, in %s: %v", test.inThread, test.channel, got)
		}
	}
	named := Place{LogsInThread: true, Channels: []string{"C01OPS"}}
	for channel, want := range map[string]bool{"C01OPS": true, "D01": true, "C02OTHER": false} {
		if got := named.mayShowLines(Where{Channel: channel}); got != want {
			t.Errorf("where C01OPS alone is named, in %s: %v", channel, got)
		}
	}
}

// A notice that arrives is no line of the log, and one that does not is.
func TestANoticeThatDoesNotArriveIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		alice := Request{}.Actor
		for _, away := range []error{nil, errAway} {
			w.slack.err = away
			if err := w.runner.notify(t.Context(), alice, "op1", Say(Plain, "done")); !errors.Is(err, away) {
				t.Errorf("%v", err)
			}
			if logged := w.notes.has("a notice did not reach the requester"); logged != (away != nil) {
				t.Errorf("with %v it is logged: %v", away, logged)
			}
		}
	})
}
