package actions

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

func TestWaitersAreBounded(t *testing.T) {
	var w waiters
	operation := func(id string) ledger.Operation { return ledger.Operation{First: ledger.Entry{Operation: id}} }
	who := func(user string) waiter { return waiter{actor: authz.Actor{User: user}} }
	for number := range 60 {
		isWithin := number < mostWaiters
		if got := w.add(operation("hold"), who(string(rune('a'+number)))); got != isWithin {
			t.Errorf("person %d waits: %v", number, got)
		}
		if got := w.add(operation("hold"+string(rune('a'+number))), who("X")); got != (number < mostWaiters-1) {
			t.Errorf("operation %d is waited for: %v", number, got)
		}
	}
	if !w.add(operation("hold"), who("a")) {
		t.Error("who waits already is sent away")
	}
	if got := len(w.take("hold")); got != mostWaiters {
		t.Errorf("%d wait", got)
	}
	if got := len(w.take("hold")); got != 0 {
		t.Errorf("%d wait still", got)
	}
	if got := len(w.all); got != mostWaiters-1 {
		t.Errorf("%d holds are waited for", got)
	}
}

// crowd fills the places of those who wait for an operation.
func (w *world) crowd(operation string) {
	for number := range mostWaiters {
		w.runner.waiters.add(ledger.Operation{First: ledger.Entry{Operation: operation}}, waiter{actor: authz.Actor{User: string(rune('a' + number))}})
	}
}

func TestWhoWaitsIsToldOfWhatStandsThereNext(t *testing.T) {
	const promise = "I will tell you when it is free, as long as I am not restarted before."
	for _, test := range []struct {
		name  string
		does  func(*world, string) // ALICE restarts api, which BOB's first press is about
		then  []string             // what BOB is told, in order
		first string               // what he is told at the press
	}{
		{"nothing", func(w *world, _ string) { w.finish("arn:staging/api") }, []string{"api in staging is free again."}, promise},
		{"a hold of somebody else", func(w *world, _ string) {
			w.says("ALICE", "hold staging api 30m")
			w.finish("arn:staging/api")
			time.Sleep(31 * time.Minute)
		}, []string{
			"ALICE's restart has ended; ALICE holds api in staging now: I will tell you when that is over.", "api in staging is free again.",
		}, promise},
		{"their own hold", func(w *world, _ string) {
			w.says("BOB", "hold staging api 30m")
			w.finish("arn:staging/api")
		}, []string{"api in staging is free again."}, promise},
		{"a hold of another service", func(w *world, _ string) {
			w.says("ALICE", "hold staging worker 30m")
			w.finish("arn:staging/api")
		}, []string{"api in staging is free again."}, promise},
		{"the longest of several holds, and the one that they wait for already", func(w *world, _ string) {
			w.says("ALICE", "hold staging api 30m")
			w.says("ALICE", "hold staging 60m")
			w.clicks("BOB", "follow", w.newest().Operation+" staging api")
			w.finish("arn:staging/api")
			time.Sleep(61 * time.Minute)
		}, []string{"api in staging is free again."}, promise},
		{"everything is stopped", func(w *world, _ string) {
			w.says("BOB", "hold --all")
			w.says("ALICE", "hold staging api 30m")
			w.finish("arn:staging/api")
		}, []string{"ALICE's restart has ended; BOB has stopped all changes, everywhere: I will tell you when that is over."}, promise},
		{"another change, once a hold is over", func(w *world, restart string) {
			w.says("ALICE", "hold staging api 30m")
			w.clicks("BOB", "follow", w.newest().Operation+" staging api")
			w.runner.waiters.take(restart)
			time.Sleep(31 * time.Minute)
			w.finish("arn:staging/api")
		}, []string{
			"ALICE's hold has ended; restart by ALICE is changing api in staging now: I will tell you when that is over.", "api in staging is free again.",
		}, promise},
		{"what too many wait for", func(w *world, _ string) {
			w.says("ALICE", "hold staging api 30m")
			w.crowd(w.newest().Operation)
			w.finish("arn:staging/api")
		}, []string{
			"ALICE's restart has ended; ALICE holds api in staging now, and too many wait for that: please ask again later.",
		}, promise},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := guardedWorld(t)
				w.tends()
				w.adopts()
				w.says("ALICE", "restart staging api")
				restart := w.newest().Operation
				if got := w.clicks("BOB", "follow", restart+" staging api").last(); got != test.first {
					t.Errorf("at the press told %q", got)
				}
				test.does(w, restart)
				time.Sleep(5 * time.Second)
				synctest.Wait()
				w.slack.mutex.Lock()
				defer w.slack.mutex.Unlock()
				var told []string
				for _, notice := range w.slack.notices["BOB"] {
					told = append(told, plain(notice))
				}
				if got, want := strings.Join(told, "\n"), strings.Join(test.then, "\n"); got != want {
					t.Errorf("told\n%s\nwant\n%s", got, want)
				}
			})
		})
	}
}

func TestWhatIsSaidToWhoWantsToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.tends()
		w.says("ALICE", "hold staging api 30m")
		short := w.newest().Operation
		w.says("ALICE", "hold staging 60m")
		long := w.newest().Operation
		time.Sleep(31 * time.Minute)
		for _, want := range []string{"That has ended; ALICE holds api in staging now: I will tell you when that is over.", "I will tell you when it is free, as long as I am not restarted before."} {
			if got := w.clicks("BOB", "follow", short+" staging api").last(); got != want {
				t.Errorf("told %q", got)
			}
		}
		if got := w.clicks("MALLORY", "follow", short+" staging api").last(); got != "I do not know this button any longer." {
			t.Errorf("who may not know of it is told %q", got)
		}
		if got := w.clicks("BOB", "follow", "forgotten").last(); got != "I do not know this button any longer." {
			t.Errorf("of a button of something else told %q", got)
		}
		w.crowd(long)
		if got := w.clicks("ALICE", "follow", long+" staging api").last(); got != "Too many wait already, so I cannot tell you when it is free: please ask again later." {
			t.Errorf("where too many wait told %q", got)
		}
	})
}

func TestWhetherAnOperationIsOnWhatIsWanted(t *testing.T) {
	for _, test := range []struct {
		wanted, of string
		same       bool
	}{
		{"api", "api", true},
		{"api", "one/api", true},
		{"one/api", "api", true},
		{"one/api", "one/api", true},
		{"one/api", "two/api", false},
		{"api", "web", false},
		{"", "api", false},
	} {
		if got := (wanted{"staging", test.wanted}).isSame(ledger.Entry{Environment: "staging", Service: test.of}); got != test.same {
			t.Errorf("%s and %s: %v", test.wanted, test.of, got)
		}
	}
	if (wanted{"staging", "api"}).isSame(ledger.Entry{Environment: "prod", Service: "api"}) {
		t.Error("another environment's is the same")
	}
}
