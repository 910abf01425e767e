package actions

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/ledger"
)

func shownThread() Where { return Where{Channel: "C1", Thread: "9.9"} }

// Erase keeps who asked for what, and answers as the test wants.
func (f *fakeSlack) Erase(_ context.Context, thread Where, before time.Time) (time.Time, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if thread != shownThread() {
		return time.Time{}, nil
	}
	f.erased = append(f.erased, before)
	if f.erase == nil {
		return time.Time{}, nil
	}
	return f.erase()
}

// erases is how often lines were looked for, and erasing what comes of it from now on.
func (f *fakeSlack) erases() int {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return len(f.erased)
}

func (f *fakeSlack) erasing(answer func() (time.Time, error)) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.erase = answer
}

// keptWorld has lines that are deleted after two hours, and a caretaker who does it.
func keptWorld(t *testing.T, f *tail) *world {
	t.Helper()
	w := tailWorld(t, f)
	w.places["staging"] = Place{LogsInThread: true, LogsKept: 2 * time.Hour}
	w.erases()
	w.adopts()
	return w
}

func (w *world) erases() {
	ctx, cancel := context.WithCancel(context.Background())
	w.t.Cleanup(cancel)
	go w.runner.Erase(ctx, func() bool { return ctx.Err() == nil })
}

func TestLinesAreDeletedWhenTheirTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := keptWorld(t, &tail{})
		shown := time.Now()
		w.says("ALICE", "tasks staging api")
		w.clicks("ALICE", stopButton, "op3")
		w.says("BOB", "tasks staging api") // in the same thread: they are deleted together
		if got := w.of("op2"); got != "started" {
			t.Fatalf("before: %s", got)
		}
		time.Sleep(2*time.Hour - time.Minute)
		if w.slack.erases() > 0 {
			t.Fatal("deleted before their time")
		}
		w.slack.erasing(func() (time.Time, error) { return shown.Add(time.Hour), nil }) // a later page
		time.Sleep(2 * time.Minute)
		if got := w.slack.erases(); got != 1 || w.of("op2") != "started" {
			t.Errorf("looked %d times, %s", got, w.of("op2"))
		}
		w.slack.erasing(nil)
		time.Sleep(time.Hour)
		if got := w.of("op2"); got != "started succeeded" || w.slack.erases() != 2 {
			t.Errorf("after: %s, looked %d times", got, w.slack.erases())
		}
		count := 0
		for _, entry := range w.all() {
			if strings.HasPrefix(entry.Result, keepName) {
				count++
			}
		}
		if count != 1 {
			t.Errorf("%d operations for one thread", count)
		}
	})
}

func TestLinesOutliveWhatHindersTheirDeletion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := keptWorld(t, &tail{})
		w.says("ALICE", "tasks staging api")
		time.Sleep(15 * time.Minute) // the log is not followed any more
		w.slack.erasing(func() (time.Time, error) { return time.Time{}, errAway })
		time.Sleep(2 * time.Hour)
		w.slack.erasing(func() (time.Time, error) { panic("an index out of range") })
		time.Sleep(11 * time.Minute)
		w.slack.erasing(nil)
		w.keeper.Break(errAway)
		time.Sleep(11 * time.Minute)
		w.keeper.Break(nil)
		if got := w.of("op2"); got != "started" {
			t.Fatalf("meanwhile: %s", got)
		}
		time.Sleep(20 * time.Minute)
		if got := w.of("op2"); got != "started succeeded" {
			t.Errorf("after: %s", got)
		}
	})
}

func TestDeletingIsGivenUpAfterADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := keptWorld(t, &tail{})
		w.slack.erasing(func() (time.Time, error) { return time.Time{}, errAway })
		w.says("ALICE", "tasks staging api")
		time.Sleep(27 * time.Hour)
		if got := w.of("op2"); got != "started failed" || !strings.Contains(w.newest().Reason, "could not be deleted") {
			t.Errorf("after: %s", got)
		}
	})
}

// The day of tries begins with the first that fails, however long the lines have been due.
func TestLinesAreTriedForADayFromTheFirstFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := keptWorld(t, &tail{})
		w.says("ALICE", "tasks staging api")
		w.slack.erasing(func() (time.Time, error) { return time.Now(), nil }) // newer lines stand there still
		time.Sleep(50 * time.Hour)
		w.slack.erasing(func() (time.Time, error) { return time.Time{}, errAway })
		time.Sleep(12 * time.Hour)
		if got := w.of("op2"); got != "started" {
			t.Errorf("after half a day: %s", got)
		}
		time.Sleep(14 * time.Hour)
		if got := w.of("op2"); got != "started failed" {
			t.Errorf("after a day: %s", got)
		}
	})
}

// A log that is followed goes on showing lines in the thread.
func TestAFollowedThreadIsLookedAtAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &tail{}
		w := keptWorld(t, f)
		w.says("ALICE", "tasks staging api")
		time.Sleep(time.Hour + 55*time.Minute)
		w.write(ledger.Entry{
			Operation: "later", Event: ledger.Started, Actor: w.all()[0].Actor, Action: "tasks", Environment: "staging", Service: "api",
			Result: untilName + time.Now().Add(30*time.Minute).UTC().Format(time.RFC3339) + " by=me " + whereField(shownThread()),
		})
		time.Sleep(10 * time.Minute)
		if got := w.of("op2"); got != "started" || w.slack.erases() != 1 {
			t.Errorf("while it is followed: %s, looked %d times", got, w.slack.erases())
		}
		w.write(ledger.Entry{Operation: "later", Event: ledger.Succeeded, Actor: w.all()[0].Actor, Action: "tasks", Environment: "staging", Service: "api"})
		time.Sleep(10 * time.Minute)
		if got := w.of("op2"); got != "started succeeded" {
			t.Errorf("after: %s", got)
		}
	})
}

// Nobody ends the deletion of lines as if it were a log that is followed.
func TestDeletingIsNotStoppedByAButton(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := keptWorld(t, &tail{})
		w.says("ALICE", "tasks staging api")
		w.clicks("ALICE", stopButton, "op2")
		if got := w.of("op2"); got != "started" {
			t.Errorf("it is %s", got)
		}
	})
}

func TestLinesThatTheLedgerDidNotNoteAreShownAndSaySo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := keptWorld(t, &tail{})
		w.keeper.Break(errAway)
		reply := w.says("ALICE", "tasks staging api")
		if len(reply.pages) != 1 || !strings.Contains(plain(reply.pages[0]), "will not be deleted by themselves") {
			t.Errorf("shown %v", reply.pages)
		}
		w.keeper.Break(nil)
	})
}

// A page that could not be put up in its thread stands in direct messages: it has its time too.
func TestAFollowedPageThatStandsElsewhereIsDeletedToo(t *testing.T) {
	for name, isAway := range map[string]bool{"the ledger takes note": false, "the ledger is away": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &tail{}
				w := keptWorld(t, f)
				w.slack.strays("D1")
				if isAway {
					f.becomes(func() (Message, bool, error) {
						w.keeper.Break(errAway)
						return Say(Plain, "lines"), false, nil
					})
				}
				w.says("ALICE", "tasks staging api")
				time.Sleep(time.Minute)
				w.keeper.Break(nil)
				page := whereField(Where{Channel: "D1", Thread: "op3"})
				isNoted := slices.ContainsFunc(w.all(), func(entry ledger.Entry) bool {
					return strings.HasPrefix(entry.Result, keepName) && strings.Contains(entry.Result, page)
				})
				isTold := len(w.slack.notices["D1"]) == 1 && strings.Contains(plain(w.slack.notices["D1"][0]), "will not be deleted by themselves")
				if isNoted == isAway || isTold != isAway {
					t.Errorf("noted: %v, told: %v", isNoted, isTold)
				}
			})
		})
	}
}

func TestAFileThatTheLedgerDidNotNoteSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outcome := Outcome{Page: &Message{Title: Textf("first")}, File: &File{Title: "log", Note: "Cut."}}
		w := newWorldWith(t, Action{
			Name: "tasks", Example: "tasks staging api", Parameters: []Parameter{Environment(), Service()}, Threaded: true, AWS: []string{"logs:FilterLogEvents"},
			Run: func(context.Context, Call) (Outcome, error) { return outcome, nil },
		})
		w.places["staging"] = Place{LogsInThread: true, LogsKept: 2 * time.Hour}
		w.keeper.Break(errAway)
		if reply := w.says("ALICE", "tasks staging api"); reply.files[0].Note != "Cut." {
			t.Errorf("with a page: %q", reply.files[0].Note)
		}
		outcome.Page = nil
		if reply := w.says("ALICE", "tasks staging api"); reply.files[0].Note != "Cut. "+staying {
			t.Errorf("alone: %q", reply.files[0].Note)
		}
		w.keeper.Break(nil)
	})
}

func TestATimeToLiveThatCannotBeReadIsNone(t *testing.T) {
	if _, is := keptLinesOf(ledger.Operation{Start: ledger.Entry{Result: keepName + "long where=C1/9.9"}}); is {
		t.Error("it is one")
	}
}
