package actions

import (
	"context"
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
	auditMost     = 20               // entries in one message
	auditPause    = time.Second      // between two messages: Slack's rate for one channel
	auditPauseMax = 30 * time.Second // between two tries while Slack is away
)

// Stream is the ledger as a reader follows it.
type Stream interface {
	Wait(ctx context.Context, after int64) error
	Entries(ctx context.Context, after int64, limit int) ([]ledger.Entry, error)
}

// Cursors keep how far a reader of the stream has come.
type Cursors interface {
	Cursor(ctx context.Context, name string) (int64, error)
	MoveCursor(ctx context.Context, name string, seq int64) error
}

// AuditChannel shows entries to people, a line each. Its messages carry the range of their
// entries, so that they can be found again.
type AuditChannel interface {
	Post(ctx context.Context, lines []Text, first, last int64) error
}

// Projection posts the ledger to the audit channel, in order, by a cursor: while Slack is
// away it waits, and loses nothing.
type Projection struct {
	Stream  Stream
	Cursors Cursors
	Channel AuditChannel
	Log     *slog.Logger
}

// Run posts until ctx ends.
func (p Projection) Run(ctx context.Context) {
	pause := auditPause
	for ctx.Err() == nil {
		if err := p.step(ctx); err != nil {
			if ctx.Err() != nil {
				return
			}
			p.Log.Warn("the audit channel is behind; trying again", "error", err, "pause", pause)
			pause = min(2*pause, auditPauseMax)
		} else {
			pause = auditPause
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// step posts the next message, waiting for something to post.
func (p Projection) step(ctx context.Context) error {
	after, err := p.Cursors.Cursor(ctx, auditName)
	if err != nil {
		return fmt.Errorf("reading the cursor: %w", err)
	}
	if err := p.Stream.Wait(ctx, after); err != nil {
		return err
	}
	entries, err := p.Stream.Entries(ctx, after, auditMost)
	if err != nil || len(entries) == 0 {
		return err
	}
	last := entries[len(entries)-1].Seq
	lines := make([]Text, 0, len(entries))
	for _, entry := range entries {
		lines = append(lines, auditLine(entry))
	}
	if err := p.Channel.Post(ctx, lines, entries[0].Seq, last); err != nil {
		return fmt.Errorf("posting entries %d to %d: %w", entries[0].Seq, last, err)
	}
	return p.Cursors.MoveCursor(ctx, auditName, last)
}

// auditLine is an entry in one line.
func auditLine(entry ledger.Entry) Text {
	line := Textf("%v  %v %v", entry.Seq, MomentSpan(entry.Time), Bold(string(entry.Event)))
	if isBackstop(entry) {
		return append(line, alarm(entry)...)
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
		first, _, _ := strings.Cut(entry.Result, "\n") // what comes after it may be log lines
		detail += first
	}
	if detail != "" {
		line = append(line, Textf(" · %v", flat(detail, 200))...)
	}
	return append(line, Textf(" · %v", Named(entry.Operation))...)
}
