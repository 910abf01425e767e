package actions

import (
	"strings"
	"testing"
	"testing/synctest"

	"ecsbot/authz"
)

// presses presses a button of what somebody was told.
func (w *world) presses(user, button, value string) *fakeReply {
	reply := &fakeReply{}
	w.runner.Click(w.t.Context(), Click{
		ID: "click of " + user + " on " + value, Actor: authz.Actor{Team: "T1", User: user}, Button: button, Value: value, Where: Where{Channel: "C1"},
	}, reply)
	return reply
}

// A name that is not exact is offered as a button, and nothing is done until it is pressed; then
// it is the whole command with that name, judged for whoever pressed it.
func TestANameThatIsNotExactIsOffered(t *testing.T) {
	for _, test := range []struct{ typed, offered, runs, on string }{
		{"restart staging wroker", "worker", "restart", "arn:staging/worker"},
		{"restart stagin worker", "staging", "restart", "arn:staging/worker"},
		{"restrt staging worker", "restart", "restart", "arn:staging/worker"},
		{"logs staging apii --lines 7 --since 5m", "api", "logs", "arn:staging/api"},
		{"restart staging twin", "two/twin", "restart", "arn:two/twin"},
	} {
		t.Run(test.typed, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				told := w.says("ALICE", test.typed)
				var found *Button
				for _, button := range told.told[len(told.told)-1].Buttons {
					if strings.HasSuffix(button.Value, "/"+test.offered) && button.Label == "Yes, "+test.offered {
						found = &button
					}
				}
				if found == nil || w.did() != 0 {
					t.Fatalf("offered are %+v, and %d ran", told.told, w.did())
				}
				if said := w.presses("MALLORY", found.ID, found.Value).last(); w.did() != 0 || !strings.Contains(said, "no environment") {
					t.Errorf("who may not is told %q", said)
				}
				w.presses("ALICE", found.ID, found.Value)
				synctest.Wait()
				if w.did() != 1 || w.ran[0].action.Name != test.runs || w.ran[0].service.ARN != test.on || w.ran[0].person.Actor.User != "ALICE" {
					t.Fatalf("it ran %+v", w.ran)
				}
				if lines, typed := w.ran[0].values[w.ran[0].action.Parameters[len(w.ran[0].action.Parameters)-2]].(int); typed && lines != 7 {
					t.Errorf("what else was typed came to %d", lines)
				}
			})
		})
	}
}

// Of several services no single one is offered: the rest would be left out.
func TestOfSeveralNoneIsOffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := bulkWorld(t)
		told := w.says("BOB", "deploy staging api wroker")
		if last := told.told[len(told.told)-1]; len(last.Buttons) != 0 || !strings.Contains(plain(last), "Did you mean worker?") {
			t.Errorf("told %+v", last)
		}
	})
}

// A broken glass is confirmed in the words that were typed: nothing is offered in their place.
func TestWhereTheGlassIsBrokenNoNameIsOffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		told := w.says("OLGA", "restart prod apii --break-glass fire")
		if last := told.told[len(told.told)-1]; len(last.Buttons) > 0 || !strings.Contains(told.last(), "apii") {
			t.Errorf("told %q with %v", told.last(), last.Buttons)
		}
	})
}
