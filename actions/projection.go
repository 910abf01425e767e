package actions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"ecsbot/actions/ledger"
)

// How the audit channel is filled.
const (
	auditName     = "audit"          // of the cursor
	auditMost     = 50               // entries that are read at a time; as many go into a message as fit
	auditPauseMin = time.Second      // between two tries while Slack is away
	auditPauseMax = 30 * time.Second // the longest of them
	anchorPause   = time.Hour        // between two anchors, where entries came
	anchorEntries = 500              // after so many there is one in any case
)

// Stream is the ledger as a reader follows it.
type Stream interface {
	Wait(ctx context.Context, after int64) error
	Entries(ctx context.Context, after int64, limit int) ([]ledger.Entry, error)
	Refresh(ctx context.Context) error
}

// Cursors keep how far a reader of the stream has come.
type Cursors interface {
	Cursor(ctx context.Context, name string) (int64, error)
	MoveCursor(ctx context.Context, name string, seq int64) error
}

// ErrUnreadable says that what the bot has written somewhere cannot be read back, for as long as
// nobody changes what it may.
var ErrUnreadable = errors.New("what was written there cannot be read back")

// AuditChannel shows entries to people, a line each. Its messages carry the range of their
// entries, so that they can be found again.
type AuditChannel interface {
	// Post puts one message up with as many entries as fit into it, and says how many. It is
	// tried once: after an error the message may stand there all the same. While it waits for
	// its turn this process may lose the right to post: still is asked last of all.
	Post(ctx context.Context, page AuditPage, still func() bool) (taken int, err error)
	// Newest is the message that goes farthest; its zero value where there is none. It is
	// ErrUnreadable where that can never be known.
	Newest(ctx context.Context) (AuditMark, error)
}

// AuditMark is how far a message of the audit channel goes.
type AuditMark struct {
	Ledger string // hash of the ledger's first entry
	Seq    int64  // of the last entry
	Hash   string // of the last entry
}

// AuditPage is what one message is made of.
type AuditPage struct {
	Ledger  string // hash of the ledger's first entry
	Entries []AuditEntry
	// Notes stand before the entries. A page of notes alone carries After.
	Notes []Text
	After AuditMark
}

// AuditEntry is one entry as it is shown.
type AuditEntry struct {
	Seq  int64
	Hash string
	Line Text
}

// Projection posts the ledger to the audit channel, in order, each entry once. Where it has
// come to stands in the channel itself: after a crash, a takeover or an error it is read back
// before anything is posted. While Slack is away it waits, and loses nothing.
type Projection struct {
	Stream  Stream
	Cursors Cursors
	Channel AuditChannel
	Log     *slog.Logger

	at       int64
	first    string // hash of the first entry
	repeats  bool   // what comes next may have been posted before: nobody could read what stands there
	anchored time.Time
}

// Run posts until ctx ends or it may not any more. One process at a time runs it.
func (p Projection) Run(ctx context.Context, still func() bool) {
	pause := auditPauseMin
	isSynced := false
	p.anchored = time.Now()
	for ctx.Err() == nil && still() {
		err := error(nil)
		if !isSynced {
			err = p.sync(ctx)
		}
		if isSynced = err == nil; isSynced {
			err = p.step(ctx, still)
		}
		if err == nil {
			pause = auditPauseMin
			continue
		}
		isSynced = false
		if ctx.Err() != nil || !still() {
			return
		}
		p.Log.Warn("the audit channel is behind; trying again", "error", err, "pause", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		pause = min(2*pause, auditPauseMax)
	}
}

// sync finds out how far the channel is. What stands there counts: the cursor is a hint for
// where that cannot be known, and nobody has signed it.
func (p *Projection) sync(ctx context.Context) (err error) {
	if p.at, err = p.Cursors.Cursor(ctx, auditName); err != nil {
		return fmt.Errorf("reading the cursor: %w", err)
	}
	newest, err := p.Channel.Newest(ctx)
	if errors.Is(err, ErrUnreadable) {
		p.Log.Warn("entries may be posted twice: the audit channel cannot be read back", "error", err)
		p.repeats = true
		return p.doubt(ctx)
	}
	if err != nil {
		return err
	}
	p.repeats = false
	if err := p.compare(ctx, newest); err != nil {
		return err
	}
	if newest.Seq == 0 {
		return p.doubt(ctx)
	}
	if p.at > newest.Seq {
		p.Log.Error("the cursor of the audit channel is ahead of it: what lies between is posted now", "cursor", p.at, "posted", newest.Seq)
	}
	p.at = newest.Seq
	return nil
}

// doubt begins anew where the cursor is beyond the end of the ledger: it was moved by somebody
// else, and following it would leave everything out.
func (p *Projection) doubt(ctx context.Context) error {
	if p.at == 0 {
		return nil
	}
	if err := p.Stream.Refresh(ctx); err != nil {
		return fmt.Errorf("reading the ledger: %w", err)
	}
	entries, err := p.Stream.Entries(ctx, p.at-1, 1)
	if err != nil || len(entries) > 0 {
		return err
	}
	p.Log.Error("the cursor of the audit channel is beyond the end of the ledger: everything is posted again", "cursor", p.at)
	p.at = 0
	return nil
}

// step posts the next message, waiting for something to post.
func (p *Projection) step(ctx context.Context, still func() bool) error {
	if err := p.Stream.Wait(ctx, p.at); err != nil {
		return err
	}
	entries, err := p.Stream.Entries(ctx, p.at, auditMost)
	if err != nil || len(entries) == 0 {
		return err
	}
	page, err := p.page(ctx, entries)
	if err != nil {
		return err
	}
	taken, err := p.Channel.Post(ctx, page, still)
	if err != nil {
		return fmt.Errorf("posting entries from %d: %w", entries[0].Seq, err)
	}
	last := entries[taken-1]
	before := p.at
	p.at, p.repeats = last.Seq, false
	if err := p.Cursors.MoveCursor(ctx, auditName, last.Seq); err != nil {
		p.Log.Warn("the audit channel's cursor could not be moved", "error", err)
	}
	isDue := before/anchorEntries < last.Seq/anchorEntries || time.Since(p.anchored) >= anchorPause
	if !isDue {
		return nil
	}
	return p.anchor(ctx, last, still)
}

func (p *Projection) page(ctx context.Context, entries []ledger.Entry) (AuditPage, error) {
	if err := p.begin(ctx); err != nil {
		return AuditPage{}, err
	}
	page := AuditPage{Ledger: p.first}
	if p.repeats {
		page.Notes = []Text{Textf("May stand above already: I was interrupted, and cannot read this channel back.")}
	}
	for _, entry := range entries {
		page.Entries = append(page.Entries, AuditEntry{Seq: entry.Seq, Hash: entry.Hash, Line: auditLine(entry)})
	}
	return page, nil
}

// begin reads the hash of the first entry, by which one ledger is told from another.
func (p *Projection) begin(ctx context.Context) error {
	if p.first != "" {
		return nil
	}
	first, err := p.Stream.Entries(ctx, 0, 1)
	if err == nil && len(first) > 0 {
		p.first = first[0].Hash
	}
	return err
}

// anchor shows the hash on which everything before it rests: whoever rewrote the ledger would
// have to rewrite what people saw.
func (p *Projection) anchor(ctx context.Context, head ledger.Entry, still func() bool) error {
	_, err := p.Channel.Post(ctx, AuditPage{
		Ledger: p.first, After: AuditMark{Ledger: p.first, Seq: head.Seq, Hash: head.Hash},
		Notes: []Text{Textf("Anchor: entry %v has the hash %v", head.Seq, Named(head.Hash))},
	}, still)
	if err != nil {
		return fmt.Errorf("posting an anchor: %w", err)
	}
	p.anchored = time.Now()
	return nil
}

// ErrOtherLedger says that the audit channel shows entries that this ledger does not have.
var ErrOtherLedger = errors.New("the audit channel shows another ledger than this one")

// compare is an error where the channel shows what the ledger does not have: it was rewritten,
// cut off, or is not the one that was posted.
func (p *Projection) compare(ctx context.Context, newest AuditMark) error {
	if newest.Seq == 0 || newest.Ledger == "" { // nothing stands there, or a new ledger began
		return nil
	}
	if err := p.Stream.Refresh(ctx); err != nil {
		return err
	}
	if err := p.begin(ctx); err != nil {
		return err
	}
	found, err := p.Stream.Entries(ctx, newest.Seq-1, 1)
	switch {
	case err != nil:
		return err
	case p.first == "":
		return fmt.Errorf("%w: the ledger is empty, and the channel shows entries up to %d", ErrOtherLedger, newest.Seq)
	case newest.Ledger != p.first:
		return fmt.Errorf("%w: their first entries differ", ErrOtherLedger)
	case len(found) == 0:
		return fmt.Errorf("%w: the channel shows entries up to %d, which the ledger does not have", ErrOtherLedger, newest.Seq)
	case found[0].Hash != newest.Hash:
		return fmt.Errorf("%w: entry %d has another hash now than when it was posted", ErrOtherLedger, newest.Seq)
	}
	return nil
}

// Check is ErrOtherLedger where the audit channel shows entries that the ledger does not have.
// What cannot be read is no error: Slack may be away, or the channel unreadable.
func (p Projection) Check(ctx context.Context) error {
	newest, err := p.Channel.Newest(ctx)
	if err == nil {
		err = p.compare(ctx, newest)
	}
	if err == nil || errors.Is(err, ErrOtherLedger) {
		return err
	}
	if errors.Is(context.Cause(ctx), context.Canceled) { // the program ends
		return nil
	}
	p.Log.Warn("whether the audit channel shows this ledger is not known", "error", err)
	return nil
}

// Renew says in the audit channel that a new ledger begins: what stands above is another's.
func (p Projection) Renew(ctx context.Context) error {
	_, err := p.Channel.Post(ctx, AuditPage{Notes: []Text{Textf("A new ledger begins here. What stands above is of an earlier one.")}}, func() bool { return true })
	if err != nil {
		return fmt.Errorf("saying in the audit channel that a new ledger begins: %w", err)
	}
	return nil
}

// auditLine is an entry in one line.
func auditLine(entry ledger.Entry) Text {
	line := Textf("%v  %v %v", entry.Seq, MomentSpan(entry.Time), Bold(string(entry.Event)))
	if isBackstop(entry) {
		return append(line, alarm(entry)...)
	}
	if otherwise(entry) != "" {
		line = append(line, Textf(" 🚨")...)
	}
	if entry.Actor.User != "" {
		line = append(line, Textf(" by %v", PersonSpan(entry.Actor.User))...)
	}
	if entry.Action != "" {
		line = append(line, Textf(" %v", Named(entry.Action))...)
	}
	if entry.Service != "" {
		line = append(line, Textf(" %v in", Named(entry.Service))...)
	}
	if entry.Environment != "" {
		line = append(line, Textf(" %v", Named(entry.Environment))...)
	}
	for _, name := range slices.Sorted(maps.Keys(entry.Arguments)) {
		line = append(line, Textf(" %v", Named(name+"="+flat(entry.Arguments[name], 80)))...)
	}
	detail := entry.Reason
	if entry.Event != ledger.Started && entry.Event != ledger.Asked { // their results are for recovery, not for people
		detail = strings.TrimSpace(detail + " " + withoutPlan(entry.Result))
	}
	if detail != "" {
		line = append(line, Textf(" · %v", flat(detail, 200))...)
	}
	return append(line, Textf(" · %v", Named(entry.Operation))...)
}
