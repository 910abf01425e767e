package actions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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
	mutex    sync.Mutex
	lines    []string
	notes    []string
	messages []AuditMessage
	fits     int // entries in one message
	cursor   int64
	err      error         // of posting
	turn     time.Duration // until a message may be posted
	lost     bool          // the message stands there, and its answer is lost
	backErr  error         // of reading back
	readErr  error         // of the cursor
	moveErr  error
	tries    []time.Time
}

func (f *fakeAudit) Post(_ context.Context, page AuditPage, still func() bool) (int, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.tries = append(f.tries, time.Now())
	if time.Sleep(f.turn); !still() {
		return 0, errAway
	}
	if f.err != nil && !f.lost {
		return 0, f.err
	}
	taken := min(len(page.Entries), f.fits)
	message := AuditMessage{ID: fmt.Sprint(len(f.messages) + 1), First: page.After.Seq + 1, Mark: page.After}
	for _, note := range page.Notes {
		f.notes, message.Text = append(f.notes, note.Plain()), message.Text+note.Plain()+"\n"
	}
	for _, entry := range page.Entries[:taken] {
		f.lines, message.Text = append(f.lines, entry.Line.Plain()), message.Text+entry.Line.Plain()+"\n"
		message.Mark = AuditMark{Ledger: page.Ledger, Seq: entry.Seq, Hash: entry.Hash}
	}
	if taken > 0 {
		message.First = page.Entries[0].Seq
	}
	f.messages = append(f.messages, message)
	time.Sleep(time.Second) // the pace of the real one
	return taken, f.err
}

func (f *fakeAudit) Newest(context.Context) (AuditMark, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.backErr != nil || len(f.messages) == 0 {
		return AuditMark{}, f.backErr
	}
	return f.messages[len(f.messages)-1].Mark, nil
}

func (f *fakeAudit) Messages(_ context.Context, visit func(AuditMessage) bool) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, message := range slices.Backward(f.messages) {
		if !visit(message) {
			return f.backErr
		}
	}
	return f.backErr
}

func (f *fakeAudit) Shown(lines []Text) string {
	var text string
	for _, line := range lines {
		text += line.Plain() + "\n"
	}
	return text
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
	return projectTo(w, &fakeAudit{fits: 20})
}

func projectTo(w *world, audit *fakeAudit) *fakeAudit {
	ctx, cancel := context.WithCancel(context.Background())
	w.t.Cleanup(cancel)
	go w.projection(audit).Run(ctx, always)
	return audit
}

func (w *world) projection(audit *fakeAudit) Projection {
	return Projection{Stream: w.stream, Cursors: audit, Channel: audit, Log: slog.New(slog.NewTextHandler(w.notes, nil))}
}

func always() bool { return true }

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
		for position, each := range audit.messages {
			if each.First != next {
				t.Errorf("message %d begins with %d", position, each.First)
			}
			next = each.Mark.Seq + 1
		}
		if len(audit.messages) > 4 {
			t.Errorf("%d messages", len(audit.messages))
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
				audit := &fakeAudit{fits: 20}
				away(audit, errAway) // from the beginning: the cursor is read once
				projectTo(w, audit)
				w.says("ALICE", "help")
				time.Sleep(time.Hour)
				w.says("ALICE", "help")
				audit.set(func(f *fakeAudit) { away(f, nil) })
				time.Sleep(time.Minute)
				synctest.Wait()
				if len(audit.lines) != 2 || !w.notes.has("the audit channel is behind") {
					t.Errorf("lines %v", audit.lines)
				}
				if tries := len(audit.tries); tries > 130 {
					t.Errorf("tried %d times in an hour", tries)
				}
				w.says("ALICE", "help") // the pause is short again
				time.Sleep(2 * auditPauseMin)
				synctest.Wait()
				if len(audit.lines) != 3 {
					t.Errorf("lines %v", audit.lines)
				}
			})
		})
	}
}

func TestWhatStandsInTheChannelIsNotPostedAgain(t *testing.T) {
	for name, trouble := range map[string]func(*fakeAudit){
		"the cursor does not move":                     func(f *fakeAudit) { f.moveErr = errAway },
		"the answer is lost, and the message is there": func(f *fakeAudit) { f.err, f.lost = errAway, true },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				audit := &fakeAudit{fits: 20}
				trouble(audit)
				for range 5 { // a process after another, each killed after a while
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
					w.says("ALICE", "help")
					w.projection(audit).Run(ctx, always)
					cancel()
				}
				if len(audit.lines) != 5 || len(audit.notes) > 0 {
					t.Errorf("lines %v, notes %v", audit.lines, audit.notes)
				}
			})
		})
	}
}

func TestAChannelThatCannotBeReadBackRepeatsAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		audit := &fakeAudit{fits: 20, backErr: ErrUnreadable, moveErr: errAway}
		w.says("ALICE", "help")
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			w.projection(audit).Run(ctx, always)
			cancel()
		}
		if len(audit.lines) != 2 || len(audit.notes) != 2 || !strings.HasPrefix(audit.notes[1], "May stand above already") {
			t.Errorf("lines %v, notes %v", audit.lines, audit.notes)
		}
	})
}

// Whoever can write to the keeper can move the cursor: what stands in the channel counts.
func TestAForgedCursorSilencesNothing(t *testing.T) {
	for name, test := range map[string]struct {
		forge  func(*fakeAudit)
		stands bool // two messages stand there already
		lines  int
		logged string
	}{
		"far beyond, the channel shows it": {func(f *fakeAudit) { f.cursor = 1_000_000 }, true, 3, "ahead of it"},
		"at the newest entry":              {func(f *fakeAudit) { f.cursor = 3 }, true, 3, "ahead of it"},
		"far beyond, nothing stands there": {func(f *fakeAudit) { f.cursor = 1_000_000 }, false, 3, "beyond the end of the ledger"},
		"far beyond, nobody can read it":   {func(f *fakeAudit) { f.cursor, f.backErr = 1_000_000, ErrUnreadable }, false, 3, "beyond the end of the ledger"},
		"where it belongs":                 {func(f *fakeAudit) { f.backErr = ErrUnreadable }, true, 3, "cannot be read back"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				audit := &fakeAudit{fits: 1}
				run := func() {
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
					defer cancel()
					w.projection(audit).Run(ctx, always)
				}
				w.says("ALICE", "help")
				w.says("ALICE", "help")
				if test.stands {
					run()
				}
				w.says("ALICE", "help")
				audit.set(test.forge)
				w.all()
				run()
				if len(audit.lines) != test.lines || !w.notes.has(test.logged) {
					t.Errorf("%d lines", len(audit.lines))
				}
			})
		})
	}
}

func TestNothingIsPostedByWhoMayNotAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		audit := &fakeAudit{fits: 20}
		mayAct := true
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go w.projection(audit).Run(ctx, func() bool { return mayAct })
		synctest.Wait() // it waits for an entry
		mayAct = false
		w.says("ALICE", "help")
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(audit.lines) > 0 {
			t.Errorf("lines %v", audit.lines)
		}
	})
}

// Whoever stands still between asking and posting has lost the channel by the time it goes on.
func TestTheRightToPostIsAskedForWhenItIsItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		audit := &fakeAudit{fits: 20, turn: time.Minute}
		w.says("ALICE", "help")
		ends := time.Now().Add(30 * time.Second)
		w.projection(audit).Run(t.Context(), func() bool { return time.Now().Before(ends) })
		if len(audit.tries) != 1 || len(audit.lines) > 0 {
			t.Errorf("%d tries, lines %v", len(audit.tries), audit.lines)
		}
	})
}

func TestAnotherLedgerThanTheChannelShowsIsNotPosted(t *testing.T) {
	for name, test := range map[string]struct {
		mark func(AuditMark) AuditMark
		want string
	}{
		"another first entry":  {func(m AuditMark) AuditMark { m.Ledger = "other"; return m }, "their first entries differ"},
		"an entry too many":    {func(m AuditMark) AuditMark { m.Seq = 40; return m }, "which the ledger does not have"},
		"another hash":         {func(m AuditMark) AuditMark { m.Hash = "other"; return m }, "another hash now than when it was posted"},
		"the same":             {func(m AuditMark) AuditMark { return m }, ""},
		"one of an older form": {func(AuditMark) AuditMark { return AuditMark{Seq: 1} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.says("ALICE", "help")
				first := w.entries(1)[0]
				audit := &fakeAudit{fits: 20, messages: []AuditMessage{{First: 1, Mark: test.mark(AuditMark{Ledger: first.Hash, Seq: 1, Hash: first.Hash})}}}
				err := w.projection(audit).Check(t.Context())
				if test.want == "" && err != nil || test.want != "" && (!errors.Is(err, ErrOtherLedger) || !strings.Contains(err.Error(), test.want)) {
					t.Errorf("got %v", err)
				}
				if test.want == "" {
					return
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				w.says("ALICE", "help")
				w.projection(audit).Run(ctx, always)
				if len(audit.lines) > 0 {
					t.Errorf("posted %v", audit.lines)
				}
				if err := w.projection(audit).Renew(t.Context()); err != nil || w.projection(audit).Check(t.Context()) != nil {
					t.Error("a new ledger cannot begin")
				}
			})
		})
	}
	t.Run("an empty ledger", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			audit := &fakeAudit{messages: []AuditMessage{{First: 1, Mark: AuditMark{Ledger: "other", Seq: 7, Hash: "x"}}}}
			if err := w.projection(audit).Check(t.Context()); !errors.Is(err, ErrOtherLedger) || !strings.Contains(err.Error(), "the ledger is empty") {
				t.Errorf("got %v", err)
			}
			audit.backErr = errAway
			if err := w.projection(audit).Check(t.Context()); err != nil || !w.notes.has("is not known") {
				t.Errorf("Slack away: %v", err)
			}
		})
	})
}

func TestTheChannelIsHeldAgainstTheLedger(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*fakeAudit)
		posted int64
		want   string
	}{
		{"as it was posted", func(*fakeAudit) {}, 25, ""},
		{"a message in the middle was deleted", func(f *fakeAudit) { f.messages = slices.Delete(f.messages, 1, 2) }, 25, "entries 11 to 20 are missing"},
		{"the first message was deleted", func(f *fakeAudit) { f.messages = f.messages[1:] }, 25, "entries 1 to 10 are missing"},
		{"the newest message was deleted", func(f *fakeAudit) { f.messages = f.messages[:len(f.messages)-1] }, 25, "entries 21 to 25 were posted and are missing"},
		{"a message was edited", func(f *fakeAudit) { f.messages[1].Text = strings.Replace(f.messages[1].Text, "ALICE", "MALLORY", 1) }, 25, "reads differently from entry 11"},
		{"Slack says that it was edited", func(f *fakeAudit) { f.messages[1].IsEdited = true }, 25, "was edited"},
		{"the ledger was rewritten", func(f *fakeAudit) { f.messages[1].Mark.Hash = "other" }, 25, "entry 20 has another hash"},
		{"an anchor of another ledger", func(f *fakeAudit) { f.messages[1].Mark.Ledger = "other" }, 25, "is of another ledger"},
		{"the ledger was cut off", func(f *fakeAudit) { f.messages[2].Mark.Seq = 40 }, 25, "which the ledger does not have"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				for range 25 {
					w.write(ledger.Entry{Operation: "x", Event: ledger.Read, Actor: authz.Actor{User: "ALICE"}, Action: "status"})
				}
				audit := project(w)
				audit.set(func(f *fakeAudit) { f.fits = 10 })
				time.Sleep(time.Minute)
				synctest.Wait()
				test.change(audit)
				report, err := CompareAudit(t.Context(), w.stream.Entries, audit, 25, test.posted)
				if err != nil {
					t.Fatal(err)
				}
				if got := strings.Join(report.Problems, "; "); (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
					t.Errorf("found %q", got)
				}
				if test.want == "" && (report.Entries != 25 || report.Messages != 3 || report.Repeated != 0 || report.Waiting != 0) {
					t.Errorf("report %+v", report)
				}
			})
		})
	}
}

func TestAnAnchorComesEveryHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		audit := project(w)
		for range 5 {
			w.says("ALICE", "help")
			time.Sleep(40 * time.Minute)
		}
		entries := w.entries(5)
		if len(audit.notes) != 2 || !strings.Contains(audit.notes[0], "entry 3 has the hash "+entries[2].Hash) {
			t.Errorf("anchors %v", audit.notes)
		}
		if report, err := CompareAudit(t.Context(), w.stream.Entries, audit, 5, 5); err != nil || len(report.Problems) > 0 || report.Anchors != 2 {
			t.Errorf("report %+v, %v", report, err)
		}
		audit.messages[3].Text = "Anchor: entry 3 has the hash of something else"
		if report, _ := CompareAudit(t.Context(), w.stream.Entries, audit, 5, 5); len(report.Problems) != 1 {
			t.Errorf("report %+v", report)
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
			Projection{Stream: w.stream, Cursors: audit, Channel: audit, Log: slog.New(slog.DiscardHandler)}.Run(ctx, always)
		}()
		synctest.Wait() // it waits for an entry
		cancel()
		<-done
		audit.err = errAway
		w.says("ALICE", "help")
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(10*time.Second, cancel)
		Projection{Stream: w.stream, Cursors: audit, Channel: audit, Log: slog.New(slog.DiscardHandler)}.Run(ctx, always)
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
		{
			ledger.Entry{Seq: 10, Time: at, Operation: "op1", Event: ledger.Accepted, Actor: alice, Reason: otherwiseMark + "no new deployment", Result: "deployment=x"},
			"10  2026-03-04T12:00:00Z accepted 🚨 by ALICE · AWS answered otherwise than planned: no new deployment deployment=x · op1",
		},
		{
			ledger.Entry{Seq: 10, Time: at, Operation: "op1", Event: ledger.Started, Actor: alice, Reason: otherwiseMark + "so somebody says"},
			"10  2026-03-04T12:00:00Z started by ALICE · AWS answered otherwise than planned: so somebody says · op1",
		},
		{ledger.Entry{Seq: 11, Time: at, Operation: "op1", Event: ledger.Read, Action: "membership", Result: "S0SRE came: BOB"}, "11  2026-03-04T12:00:00Z read membership · S0SRE came: BOB · op1"},
	} {
		if got := auditLine(test.entry).Plain(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
