package actions

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// A button that is pressed on and on takes no more than one place, and asks Slack no more than
// leaves enough for changes.
func TestPressingOnAndOnHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &heldReading{}
		w := readingWorld(t, kept)
		w.says("ALICE", "tasks staging api")
		kept.press = func() (Outcome, error) { time.Sleep(time.Minute); return Outcome{}, nil }
		go w.clicks("ALICE", "older", "op1")
		time.Sleep(time.Second)
		synctest.Wait()
		reply := &fakeReply{}
		w.runner.Click(t.Context(), Click{ID: "again", Actor: authz.Actor{Team: "T1", User: "ALICE"}, Button: "older", Value: "op1", Where: Where{Channel: "C1"}}, reply)
		if got := reply.last(); !strings.Contains(got, "still at the button that was pressed before") || len(w.runner.slots) != 1 {
			t.Errorf("told %q, %d places taken", got, len(w.runner.slots))
		}
		if entry := w.newest(); entry.Event != ledger.Refused || !strings.HasPrefix(entry.Reason, "limit") {
			t.Errorf("entry %+v", entry)
		}
		time.Sleep(time.Minute)
		kept.press = func() (Outcome, error) { return Outcome{}, nil }
		w.people.ages = nil
		for number := range 20 {
			w.runner.Click(t.Context(), Click{ID: fmt.Sprint(number), Actor: authz.Actor{Team: "T1", User: "ALICE"}, Button: "older", Value: "op1", Where: Where{Channel: "C1"}}, &fakeReply{})
		}
		anew := 0
		for _, age := range w.people.ages {
			if age == 0 {
				anew++
			} else if age > changeAge {
				t.Errorf("judged by what is %v old", age)
			}
		}
		if len(w.people.ages) != 20 || anew != pressBurst {
			t.Errorf("of %d presses %d had Slack asked anew", len(w.people.ages), anew)
		}
	})
}

// What stops others is not held up by them.
func TestAHoldNeedsNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		for range cap(w.runner.slots) {
			w.runner.slots <- struct{}{}
		}
		w.says("BOB", "hold staging api 1h busy")
		if entry := w.newest(); entry.Action != "hold" || entry.Event != ledger.Started && entry.Event != ledger.Accepted && entry.Event != ledger.Succeeded {
			t.Errorf("entry %+v", entry)
		}
	})
}

// An outsider of whom memory knows that has nothing stopped, and nothing looked for.
func TestAnOutsiderWhoClicksIsRefusedFromMemory(t *testing.T) {
	for _, button := range []string{stopButton, "older", "rollback", "retry"} {
		t.Run(button, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := tailWorld(t, &tail{})
				w.says("ALICE", "tasks staging api")
				w.says("EVE", "help")
				reads := w.people.reads
				other := w.another()
				other.Ledger = noPast{other.Ledger}
				for _, runner := range []*Runner{w.runner, other} {
					reply := &fakeReply{}
					runner.Click(t.Context(), Click{ID: button, Actor: authz.Actor{Team: "T2", User: "EVE"}, Button: button, Value: "op2", Where: Where{Channel: "C1"}}, reply)
					if got := reply.last(); !strings.Contains(got, "members of this company only") {
						t.Errorf("told %q", got)
					}
				}
				if w.people.reads != reads {
					t.Errorf("Slack was asked %d times", w.people.reads-reads)
				}
			})
		})
	}
}
