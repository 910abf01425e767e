package actions

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// unreadable is a ledger whose reading fails from one call on, until that is changed.
type unreadable struct {
	Stream
	refresh, first, later error // of Refresh, of the first entry, of those after it
}

func (u *unreadable) Refresh(ctx context.Context) error {
	return errors.Join(u.refresh, u.Stream.Refresh(ctx))
}

func (u *unreadable) Entries(ctx context.Context, after int64, limit int) ([]ledger.Entry, error) {
	err := u.later
	if after == 0 && limit == 1 {
		err = u.first
	}
	if err != nil {
		return nil, err
	}
	return u.Stream.Entries(ctx, after, limit)
}

// TestWhatCannotBeComparedIsNotPosted: as long as nobody knows what stands in the channel.
func TestWhatCannotBeComparedIsNotPosted(t *testing.T) {
	for name, trouble := range map[string]func(*unreadable, *fakeAudit){
		"Slack is away":                     func(_ *unreadable, f *fakeAudit) { f.backErr = errAway },
		"what others wrote is not readable": func(u *unreadable, _ *fakeAudit) { u.refresh = errAway },
		"the first entry is not readable":   func(u *unreadable, _ *fakeAudit) { u.first = errAway },
		"the newest entry is not readable":  func(u *unreadable, _ *fakeAudit) { u.later = errAway },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				audit := &fakeAudit{fits: 20}
				said := func() {
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
					defer cancel()
					projection := w.projection(audit)
					projection.Stream = &unreadable{Stream: w.stream}
					projection.Run(ctx, always)
				}
				w.says("ALICE", "help")
				w.says("ALICE", "help")
				said()
				w.says("ALICE", "help")
				projection := w.projection(audit)
				broken := &unreadable{Stream: w.stream}
				trouble(broken, audit)
				projection.Stream = broken
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				projection.Run(ctx, always)
				if len(audit.lines) != 2 || !w.notes.has("the audit channel is behind", "away") {
					t.Errorf("lines %v", audit.lines)
				}
				if err := projection.Check(t.Context()); err != nil || !w.notes.has("is not known") {
					t.Errorf("the start is held up by %v", err)
				}
				ended, end := context.WithCancel(t.Context())
				end()
				w.notes.lines = nil
				if err := projection.Check(ended); err != nil || w.notes.has("is not known") {
					t.Errorf("%v, %q where the program ends", err, w.notes.lines)
				}
				audit.backErr = nil
				said()
				if len(audit.lines) != 3 {
					t.Errorf("lines %v", audit.lines)
				}
			})
		})
	}
}

// TestOfAnEmptyChannelTheFirstEntryIsReadBeforeAnythingIsPosted: messages name their ledger by it.
func TestOfAnEmptyChannelTheFirstEntryIsReadBeforeAnythingIsPosted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.says("ALICE", "help")
		for _, broken := range []*unreadable{{first: errAway}, {refresh: errAway}} {
			audit := &fakeAudit{fits: 20}
			if broken.refresh != nil {
				audit.cursor = 1 // of which nobody knows whether the ledger goes as far
			}
			broken.Stream = w.stream
			projection := w.projection(audit)
			projection.Stream = broken
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			projection.Run(ctx, always)
			cancel()
			if len(audit.messages) > 0 {
				t.Errorf("posted %v", audit.messages)
			}
		}
	})
}

// TestAnAnchorThatIsNotTakenComesAgain, with the entries after it.
func TestAnAnchorThatIsNotTakenComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		audit := &fakeAudit{fits: 20}
		anchors := &refusingAnchors{fakeAudit: audit, refuses: 1}
		projection := w.projection(audit)
		projection.Channel = anchors
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go projection.Run(ctx, always)
		time.Sleep(2 * anchorPause)
		w.says("ALICE", "help")
		time.Sleep(time.Minute)
		synctest.Wait()
		if !w.notes.has("the audit channel is behind", "posting an anchor: away") {
			t.Error("the log does not say so")
		}
		w.says("ALICE", "help")
		time.Sleep(time.Minute)
		synctest.Wait()
		if anchors.refuses != 0 || len(audit.notes) == 0 {
			t.Errorf("notes %v", audit.notes)
		}
	})
}

// refusingAnchors does not take the first so many pages of notes alone.
type refusingAnchors struct {
	*fakeAudit
	refuses int
}

func (r *refusingAnchors) Post(ctx context.Context, page AuditPage, still func() bool) (int, error) {
	if len(page.Entries) == 0 && r.refuses > 0 {
		r.refuses--
		return 0, errAway
	}
	return r.fakeAudit.Post(ctx, page, still)
}

func TestANewLedgerThatCannotBeAnnouncedDoesNotBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		if err := w.projection(&fakeAudit{err: errAway}).Renew(t.Context()); !errors.Is(err, errAway) {
			t.Errorf("got %v", err)
		}
	})
}

func TestAChannelIsComparedAsFarAsItsOwnLedgerGoes(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*fakeAudit)
		posted int64
		want   AuditReport
	}{
		{"a new ledger began", func(f *fakeAudit) {
			f.messages = append([]AuditMessage{{ID: "0", First: 1, Mark: AuditMark{Ledger: "earlier", Seq: 9}}, {ID: "renewed"}}, f.messages...)
		}, 25, AuditReport{Messages: 3, Entries: 25}},
		{"a message stands there twice", func(f *fakeAudit) {
			f.messages = append(f.messages[:2:2], f.messages[1:]...)
		}, 25, AuditReport{Messages: 4, Entries: 25, Repeated: 10}},
		{"a message came again behind later ones", func(f *fakeAudit) {
			f.messages = append(f.messages, f.messages[0])
		}, 25, AuditReport{Messages: 4, Entries: 25, Repeated: 10}},
		{"nothing stands there yet", func(f *fakeAudit) { f.messages = nil }, 0, AuditReport{Waiting: 25}},
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
				if err != nil || len(report.Problems) > 0 {
					t.Fatalf("%v, %v", report.Problems, err)
				}
				if report.Messages != test.want.Messages || report.Entries != test.want.Entries || report.Repeated != test.want.Repeated || report.Waiting != test.want.Waiting {
					t.Errorf("report %+v", report)
				}
			})
		})
	}
}

func TestWhatCannotBeComparedIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		audit := project(w)
		w.says("ALICE", "help")
		w.says("ALICE", "help")
		time.Sleep(time.Minute)
		synctest.Wait()
		for name, broken := range map[string]*unreadable{"the first": {first: errAway}, "a later one": {later: errAway}} {
			broken.Stream = w.stream
			if _, err := CompareAudit(t.Context(), broken.Entries, audit, 2, 2); !errors.Is(err, errAway) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestHowFarTheChannelWasFilledGoesWithTheLedger(t *testing.T) {
	from, to := &fakeAudit{cursor: 7}, &fakeAudit{}
	if err := CopyPosted(t.Context(), from, to); err != nil || to.cursor != 7 {
		t.Errorf("cursor %d, %v", to.cursor, err)
	}
	if err := CopyPosted(t.Context(), &fakeAudit{}, &fakeAudit{moveErr: errAway}); err != nil { // nothing was posted: nothing is moved
		t.Error(err)
	}
	if err := CopyPosted(t.Context(), &fakeAudit{readErr: errAway}, to); !errors.Is(err, errAway) {
		t.Errorf("got %v", err)
	}
}
