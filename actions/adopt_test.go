package actions

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// left puts a request into the ledger whose process has ended before its card stood, where it
// says so.
func (w *world) left(id, action string) {
	w.write(ledger.Entry{
		Operation: id, Event: ledger.Asked, Actor: authz.Actor{Team: "T1", User: "ALICE"}, Action: action, Environment: "prod", Service: "api",
		Target: "arn:prod/api", Request: "r " + id, Result: terms{expires: time.Now().Add(time.Hour), where: Where{Channel: "C0OPS"}}.String(),
	})
}

func TestARequestWithoutACardGetsOne(t *testing.T) {
	for _, test := range []struct {
		name  string
		as    string // the action that was asked for
		left  func(*world)
		cards int
		noted string
	}{
		{"none stands", "restart", func(*world) {}, 1, ""},
		{"it stands already", "restart", func(w *world) {
			_, _ = w.slack.Post(t.Context(), Where{Channel: "C0OPS"}, authz.Actor{}, "old", Say(Plain, "the card"))
		}, 1, ""},
		{"nobody can know", "restart", func(w *world) { w.slack.findErr = ErrUnreadable }, 0, "whether a request's card stands is not known"},
		{"of what there is no more", "explode", func(*world) {}, 0, "a request cannot be shown again"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := guardedWorld(t)
				w.left("old", test.as)
				test.left(w)
				w.adopts()
				time.Sleep(rightAge)
				synctest.Wait()
				if test.name == "none stands" && w.slack.last("old") != "" {
					t.Error("whoever asked may still be about to show it")
				}
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if got := len(w.slack.cards["old"]); got != test.cards || len(w.slack.edits) > 0 {
					t.Errorf("%d cards, %d edits", got, len(w.slack.edits))
				}
				if test.noted != "" && !w.notes.has(test.noted, "operation=old") {
					t.Errorf("log %q", w.notes.lines)
				}
				if test.name == "none stands" && !strings.Contains(w.slack.last("old"), "Revision running: api:7") {
					t.Errorf("card %s", w.slack.last("old"))
				}
			})
		})
	}
}

// TestACardIsLookedForAgainWhereSlackWasAway: every half a minute, each time for half a minute.
func TestACardIsLookedForAgainWhereSlackWasAway(t *testing.T) {
	for name, test := range map[string]struct {
		away        error
		sought      int // in five minutes
		standsAfter int // once Slack is there again
	}{
		"away for a while": {errAway, 10, 1}, "it hangs": {context.DeadlineExceeded, 5, 1}, "it can never be known": {ErrUnreadable, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := guardedWorld(t)
				w.left("old", "restart")
				w.slack.findErr = test.away
				w.adopts()
				time.Sleep(rightAge + 5*time.Minute)
				synctest.Wait()
				w.slack.mutex.Lock()
				sought := w.slack.sought
				w.slack.findErr = nil
				w.slack.mutex.Unlock()
				if sought < test.sought-1 || sought > test.sought {
					t.Errorf("looked for %d times", sought)
				}
				time.Sleep(2 * findPause)
				synctest.Wait()
				w.slack.mutex.Lock()
				defer w.slack.mutex.Unlock()
				if got := len(w.slack.cards["old"]); got != test.standsAfter {
					t.Errorf("%d cards", got)
				}
			})
		})
	}
}

// brittle is a fleet in which looking for one environment's services breaks.
type brittle struct{ *fakeFleet }

func (b brittle) Services(environment string) []fleet.Ref {
	if environment == "prod" {
		panic("an index out of range")
	}
	return b.fakeFleet.Services(environment)
}

func TestWhatBreaksWhileItIsAdoptedHoldsNothingElseUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.runner.Finder = brittle{w.fleet}
		for number, environment := range []string{"prod", "staging"} {
			w.write(ledger.Entry{
				Operation: environment, Event: ledger.Started, Actor: authz.Actor{Team: "T1", User: "ALICE"}, Action: "restart", Environment: environment,
				Service: "api", Target: "arn:" + environment + "/api", Request: string(rune('a' + number)), Result: "before=ecs-svc/1 deadline=x",
			})
		}
		w.fleet.restart(fleet.Service{Ref: fleet.Ref{ARN: "arn:staging/api"}})
		w.adopts()
		time.Sleep(rightAge + 10*time.Second)
		w.finish("arn:staging/api")
		if got := w.of("staging"); got != "started accepted succeeded" || !w.notes.has("adopting an operation panicked", "operation=prod") {
			t.Errorf("events %s", got)
		}
	})
}

// TestWhatWasAboutToBeWrittenDownIsNotDone: a hold of a process that ended in between is none.
func TestWhatWasAboutToBeWrittenDownIsNotDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.write(ledger.Entry{
			Operation: "old", Event: ledger.Started, Actor: authz.Actor{Team: "T1", User: "ALICE"}, Action: "hold", Environment: "staging", Request: "r",
			Arguments: map[string]string{"duration": "1h"}, Result: whereField(Where{Channel: "C1"}),
		})
		w.adopts()
		time.Sleep(rightAge + 10*time.Second)
		synctest.Wait()
		if entry := w.newest(); entry.Event != ledger.Failed || entry.Reason != "interrupted before it was done" {
			t.Errorf("entry %+v", entry)
		}
		if got := w.slack.notice("ALICE"); !strings.Contains(got, "Hold on staging") || !strings.Contains(got, "Please ask again.") {
			t.Errorf("told %q", got)
		}
		w.asks(Request{ID: "b", Actor: authz.Actor{Team: "T1", User: "BOB"}, Text: "restart staging api"})
		if w.fleet.restarts != 1 {
			t.Error("it holds all the same")
		}
	})
}

// TestWhoeverIsNotTheCaretakerAnyMoreFollowsNothing of what it took over.
func TestWhoeverIsNotTheCaretakerAnyMoreFollowsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.write(ledger.Entry{
			Operation: "old", Event: ledger.Started, Actor: authz.Actor{Team: "T1", User: "ALICE"}, Action: "restart", Environment: "staging",
			Service: "api", Target: "arn:staging/api", Request: "r", Result: "before=ecs-svc/1 deadline=x",
		})
		w.fleet.restart(fleet.Service{Ref: fleet.Ref{ARN: "arn:staging/api"}})
		isCaretaker := true
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go w.runner.Heed(ctx)
		go w.runner.Adopt(ctx, func() bool { w.fleet.mutex.Lock(); defer w.fleet.mutex.Unlock(); return isCaretaker })
		time.Sleep(rightAge + 10*time.Second)
		if got := w.of("old"); got != "started accepted" {
			t.Fatalf("events %s", got)
		}
		w.fleet.becomes(func(*fakeFleet) { isCaretaker = false })
		w.finish("arn:staging/api")
		if got := w.of("old"); got != "started accepted" || w.runner.watcher.follows("old") {
			t.Errorf("events %s", got)
		}
	})
}

// TestWhoWaitsIsToldWhereverTheHoldEnds: another process may have ended it.
func TestWhoWaitsIsToldWhereverTheHoldEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go w.runner.Heed(ctx)
		w.says("BOB", "hold staging api 30m busy")
		id := w.newest().Operation
		w.clicks("ALICE", "follow", id)
		time.Sleep(time.Minute)
		if got := w.slack.notice("ALICE"); got != "" {
			t.Errorf("told %q while it is held", got)
		}
		other, err := NewRunner(w.settings())
		if err != nil {
			t.Fatal(err)
		}
		defer other.Stop(context.Background())
		operation, _ := w.stream.Operation(id)
		other.runOut(t.Context(), operation)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if got := w.slack.notice("ALICE"); !strings.Contains(got, "api in staging is free") || len(w.slack.notices["ALICE"]) != 1 {
			t.Errorf("told %v", w.slack.notices["ALICE"])
		}
	})
}

// TestACardIsLetGoOfWhereItsOperationEndedElsewhere: a click on what is settled brings it back
// no more.
func TestACardIsLetGoOfWhereItsOperationEndedElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.approvals = "C0OPS"
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go w.runner.Heed(ctx)
		w.says("ALICE", "restart prod api")
		id := w.newest().Operation
		w.write(ledger.Entry{Operation: id, Event: ledger.Rejected, Actor: authz.Actor{Team: "T1", User: "ANN"}, Action: "restart", Environment: "prod", Service: "api"})
		time.Sleep(50 * time.Second)
		if !w.runner.boards.has(id) {
			t.Error("let go of at once: whoever ended it may still edit by way of this process")
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if w.runner.boards.has(id) {
			t.Error("kept for ever")
		}
	})
}

// A process that stood still before it showed a card goes on when another has shown it.
func TestACardIsLookedForByWhoeverHasLostItsPlace(t *testing.T) {
	for name, want := range map[string]int{"kept": 2, "lost": 1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				place := Where{Channel: "C0OPS"}
				late := &task{runner: w.runner, id: "old", request: Request{Actor: authz.Actor{User: "ALICE"}, Where: place}}
				board := w.runner.boards.of(t.Context(), late)
				if _, err := w.slack.Post(t.Context(), place, authz.Actor{}, "old", Say(Working, "the card")); err != nil {
					t.Fatal(err)
				}
				if name == "lost" {
					w.runner.Replica.sit(nil, "another name")
				}
				board.end(Say(Good, "done"))
				time.Sleep(time.Second)
				synctest.Wait()
				if cards := w.slack.places["old"]; len(cards) != want || len(w.slack.edits) != 2-want {
					t.Errorf("cards %v, edits %v", cards, w.slack.edits)
				}
			})
		})
	}
}

func TestACardThatCannotBeLookedForIsNewAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.slack.findErr = errAway
		id := w.asksFor("ALICE", "restart prod api")
		other, err := NewRunner(w.settings())
		if err != nil {
			t.Fatal(err)
		}
		defer other.Stop(context.Background())
		time.Sleep(31 * time.Minute)
		operation, _ := w.stream.Operation(id)
		other.tend(t.Context(), operation, nil)
		synctest.Wait()
		if got := w.slack.last(id); !strings.Contains(got, "Expired: ") {
			t.Fatalf("card %s", got)
		}
		for _, state := range w.slack.cards[id] {
			if strings.Contains(plain(state), "an earlier card of this operation may stand beside this one") {
				return
			}
		}
		t.Errorf("cards %v", w.slack.cards[id])
	})
}

func TestAnInterruptionThatCannotBeToldIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		place := Where{Channel: "C1"}
		if _, err := w.slack.Post(t.Context(), place, authz.Actor{}, "old", Say(Working, "the card")); err != nil {
			t.Fatal(err)
		}
		w.write(ledger.Entry{
			Operation: "old", Event: ledger.Started, Actor: authz.Actor{Team: "T1", User: "ALICE"}, Action: "restart", Environment: "staging",
			Service: "api", Target: "arn:staging/api", Request: "r", Result: "before=ecs-svc/1 deadline=x " + whereField(place),
		})
		w.fleet.restart(fleet.Service{Ref: fleet.Ref{ARN: "arn:staging/api"}})
		w.slack.err = errAway
		w.adopts()
		time.Sleep(rightAge + 10*time.Second)
		synctest.Wait()
		if !w.notes.has("whoever asked was not told of an interruption", "operation=old") {
			t.Errorf("log %q", w.notes.lines)
		}
		w.finish("arn:staging/api")
		if got := w.of("old"); got != "started accepted succeeded" {
			t.Errorf("events %s", got)
		}
	})
}
