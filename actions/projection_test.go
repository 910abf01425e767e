package actions

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// fakeAudit is an audit channel and the cursor into it; it can be away.
type fakeAudit struct {
	mutex   sync.Mutex
	lines   []string
	ranges  [][2]int64
	cursor  int64
	err     error // of posting
	readErr error // of the cursor
	moveErr error
	tries   []time.Time
}

func (f *fakeAudit) Post(_ context.Context, lines []Text, first, last int64) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.tries = append(f.tries, time.Now())
	if f.err != nil {
		return f.err
	}
	for _, line := range lines {
		f.lines = append(f.lines, line.Plain())
	}
	f.ranges = append(f.ranges, [2]int64{first, last})
	return nil
}

func (f *fakeAudit) Cursor(context.Context, string) (int64, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.cursor, f.readErr
}

func (f *fakeAudit) MoveCursor(_ context.Context, _ string, seq int64) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.moveErr != nil {
		return f.moveErr
	}
	f.cursor = seq
	return nil
}

func (f *fakeAudit) set(change func(*fakeAudit)) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	change(f)
}

// project shows a world's ledger in an audit channel until the test ends.
func project(w *world) *fakeAudit {
	audit := &fakeAudit{}
	ctx, cancel := context.WithCancel(context.Background())
	w.t.Cleanup(cancel)
	go Projection{Stream: w.stream, Cursors: audit, Channel: audit, Log: slog.New(slog.NewTextHandler(w.notes, nil))}.Run(ctx)
	return audit
}

func TestEveryEntryIsShownOnceAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		audit := project(w)
		for range 45 {
			w.write(ledger.Entry{Operation: "x", Event: ledger.Read, Actor: authz.Actor{User: "ALICE"}, Action: "status"})
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(audit.lines) != 45 || audit.cursor != 45 {
			t.Fatalf("%d lines, cursor %d", len(audit.lines), audit.cursor)
		}
		next := int64(1)
		for position, each := range audit.ranges {
			if each[0] != next || each[1]-each[0]+1 > auditMost {
				t.Errorf("message %d has %v", position, each)
			}
			next = each[1] + 1
		}
		for position, at := range audit.tries[1:] {
			if at.Sub(audit.tries[position]) < auditPause {
				t.Errorf("message %d came too soon", position+1)
			}
		}
	})
}

func TestAnAuditChannelThatIsAwayLosesNothing(t *testing.T) {
	for name, away := range map[string]func(*fakeAudit, error){
		"the channel": func(f *fakeAudit, err error) { f.err = err }, "the cursor": func(f *fakeAudit, err error) { f.readErr = err },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				audit := project(w)
				audit.set(func(f *fakeAudit) { away(f, errAway) })
				w.says("ALICE", "help")
				time.Sleep(time.Hour)
				w.says("ALICE", "help")
				audit.set(func(f *fakeAudit) { away(f, nil) })
				time.Sleep(time.Minute)
				synctest.Wait()
				if len(audit.lines) != 2 || !w.notes.has("the audit channel is behind") {
					t.Errorf("lines %v", audit.lines)
				}
				if tries := len(audit.tries); tries > 125 {
					t.Errorf("tried %d times in an hour", tries)
				}
				w.says("ALICE", "help") // the pause is short again
				time.Sleep(2 * auditPause)
				synctest.Wait()
				if len(audit.lines) != 3 {
					t.Errorf("lines %v", audit.lines)
				}
			})
		})
	}
}

func TestACursorThatDoesNotMoveRepeatsAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		audit := project(w)
		audit.moveErr = errAway
		w.says("ALICE", "help")
		time.Sleep(10 * time.Second)
		audit.set(func(f *fakeAudit) { f.moveErr = nil })
		time.Sleep(time.Minute)
		synctest.Wait()
		if audit.cursor != 1 || len(audit.lines) < 2 {
			t.Errorf("cursor %d, lines %v", audit.cursor, audit.lines)
		}
	})
}

func TestALedgerThatCannotBeReadIsNotSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.says("ALICE", "help")
		w.entries(1)
		w.keeper.Change(1, func(line string) string { return strings.Replace(line, "ALICE", "MALLORY", 1) })
		audit := project(w)
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(audit.lines) > 0 || audit.cursor > 0 || !w.notes.has("its hash does not fit") {
			t.Errorf("lines %v", audit.lines)
		}
	})
}

func TestTheProjectionEndsWhileItIsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		audit := &fakeAudit{}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			Projection{Stream: w.stream, Cursors: audit, Channel: audit, Log: slog.New(slog.DiscardHandler)}.Run(ctx)
		}()
		synctest.Wait() // it waits for an entry
		cancel()
		<-done
		audit.err = errAway
		w.says("ALICE", "help")
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(10*time.Second, cancel)
		Projection{Stream: w.stream, Cursors: audit, Channel: audit, Log: slog.New(slog.DiscardHandler)}.Run(ctx)
		if len(audit.lines) > 0 {
			t.Errorf("lines %v", audit.lines)
		}
	})
}

func TestHowAnEntryReads(t *testing.T) {
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	alice := authz.Actor{Team: "T1", User: "ALICE"}
	for _, test := range []struct {
		entry ledger.Entry
		want  string
	}{
		{
			ledger.Entry{Seq: 7, Time: at, Operation: "op1", Event: ledger.Refused, Actor: alice, Action: "restart", Environment: "prod", Service: "api", Reason: "denied: no\ngrant"},
			"7  2026-03-04T12:00:00Z refused by ALICE restart api in prod · denied: no grant · op1",
		},
		{
			ledger.Entry{Seq: 8, Time: at, Operation: "op1", Event: ledger.Started, Actor: alice, Action: "restart", Environment: "prod", Arguments: map[string]string{"b": "2", "a": strings.Repeat("x", 90)}, Reason: "why", Result: "before=x"},
			"8  2026-03-04T12:00:00Z started by ALICE restart prod a=" + strings.Repeat("x", 79) + "… b=2 · why · op1",
		},
		{ledger.Entry{Seq: 9, Time: at, Operation: "op1", Event: ledger.Asked, Actor: alice, Result: "expires=x"}, "9  2026-03-04T12:00:00Z asked by ALICE · op1"},
		{ledger.Entry{Seq: 10, Time: at, Operation: "op1", Event: ledger.Succeeded, Actor: alice, Result: "steady"}, "10  2026-03-04T12:00:00Z succeeded by ALICE · steady · op1"},
		{ledger.Entry{Seq: 11, Time: at, Operation: "op1", Event: ledger.Read, Action: "membership", Result: "S0SRE came: BOB"}, "11  2026-03-04T12:00:00Z read membership · S0SRE came: BOB · op1"},
	} {
		if got := auditLine(test.entry).Plain(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestWhoCameIntoAGroupAndWhoWentIsWrittenDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.runner.Moved("S0NOTHING", []string{"BOB"}, nil)
		for _, group := range []string{"S0SRE", "S0APPROVERS", "S0ONCALL", "S0READERS", "S0LEAVING"} { // each gives or takes something
			w.runner.Moved(group, []string{"BOB", "BEA"}, []string{"ANN"})
		}
		w.runner.Moved("S0SRE", nil, []string{"ANN"})
		if got := w.fleet.forgotten; len(got) != 6 || got[0] != "ANN" { // credentials that were kept for whoever went
			t.Errorf("credentials dropped of %v", got)
		}
		entries := w.all()
		if len(entries) != 6 {
			t.Fatalf("%d entries", len(entries))
		}
		if entry := entries[0]; entry.Event != ledger.Read || entry.Action != "membership" || entry.Arguments["group"] != "S0SRE" || entry.Result != "S0SRE came: BOB BEA; went: ANN" || entry.Operation == "" {
			t.Errorf("entry %+v", entry)
		}
		if got := entries[5].Result; got != "S0SRE went: ANN" {
			t.Errorf("result %s", got)
		}
		w.stream.Close(t.Context())
		w.runner.Moved("S0SRE", nil, []string{"ANN"})
		if !w.notes.has("a change of membership is not recorded", "S0SRE") {
			t.Error("nothing is logged")
		}
	})
}
