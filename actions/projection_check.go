package actions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ecsbot/actions/ledger"
)

// AuditMessage is a message of the audit channel as it stands there.
type AuditMessage struct {
	ID       string // Slack's timestamp
	First    int64  // number of its first entry; above Mark.Seq where it shows none
	Mark     AuditMark
	Text     string // what people read
	IsEdited bool
}

// AuditHistory is the audit channel as somebody reads it who holds it against the ledger.
type AuditHistory interface {
	// Messages visits the bot's own messages, the newest first, until visit is false.
	Messages(ctx context.Context, visit func(AuditMessage) bool) error
	// Shown are lines as they read in a message.
	Shown(lines []Text) string
}

// EntryReader reads at most limit entries with numbers above after, and checks each.
type EntryReader func(ctx context.Context, after int64, limit int) ([]ledger.Entry, error)

// AuditReport is what came of holding the audit channel against the ledger.
type AuditReport struct {
	Messages int
	Anchors  int
	Entries  int64 // shown in the channel
	Waiting  int64 // at the end of the ledger, not posted yet
	Repeated int64 // shown more than once
	Problems []string
}

// CompareAudit holds every message of the audit channel against the ledger: a message that is
// missing or reads differently, and an entry that is not what it was when it was posted, are
// problems. head is the ledger's newest entry, and posted is how far the channel was filled, as the ledger's keeper has it.
func CompareAudit(ctx context.Context, entries EntryReader, channel AuditHistory, head, posted int64) (AuditReport, error) {
	first, err := entries(ctx, 0, 1)
	if err != nil {
		return AuditReport{}, err
	}
	check := &auditCheck{ctx: ctx, entries: entries, channel: channel, head: head}
	if len(first) > 0 {
		check.first = first[0].Hash
	}
	if err := errors.Join(channel.Messages(ctx, check.message), check.err); err != nil {
		return AuditReport{}, err
	}
	check.ended(posted)
	return check.report, nil
}

// Posted is how far the audit channel was filled, as the ledger's keeper has it.
func Posted(ctx context.Context, cursors Cursors) (int64, error) {
	return cursors.Cursor(ctx, auditName)
}

// CopyPosted tells another keeper how far the audit channel was filled.
func CopyPosted(ctx context.Context, from, to Cursors) error {
	posted, err := Posted(ctx, from)
	if err != nil || posted == 0 {
		return err
	}
	return to.MoveCursor(ctx, auditName, posted)
}

// showing are the entries of one message: those above after, up to last.
type showing struct{ after, last int64 }

// auditCheck goes through the channel from its newest message back.
type auditCheck struct {
	ctx     context.Context //nolint:containedctx // the check lives as long as one call
	entries EntryReader
	channel AuditHistory
	first   string // hash of the ledger's first entry
	head    int64
	shown   []showing
	report  AuditReport
	err     error
}

func (c *auditCheck) problem(format string, arguments ...any) {
	c.report.Problems = append(c.report.Problems, fmt.Sprintf(format, arguments...))
}

// message is false where there is nothing more to see: a new ledger began there.
func (c *auditCheck) message(message AuditMessage) bool {
	if message.Mark.Seq == 0 {
		return false
	}
	c.report.Messages++
	if message.IsEdited {
		c.problem("message %s was edited", message.ID)
	}
	if message.Mark.Ledger != "" && message.Mark.Ledger != c.first {
		c.problem("message %s is of another ledger: their first entries differ", message.ID)
		return true
	}
	from := min(message.First, message.Mark.Seq) - 1
	entries, err := c.entries(c.ctx, from, int(message.Mark.Seq-from))
	if err != nil {
		c.err = err
		return false
	}
	c.compare(message, entries)
	if message.First > message.Mark.Seq {
		c.report.Anchors++
		return true
	}
	c.shown = append(c.shown, showing{message.First - 1, message.Mark.Seq})
	return true
}

// compare holds one message against its entries.
func (c *auditCheck) compare(message AuditMessage, entries []ledger.Entry) {
	if len(entries) == 0 || entries[len(entries)-1].Seq != message.Mark.Seq {
		c.problem("message %s shows entry %d, which the ledger does not have", message.ID, message.Mark.Seq)
		return
	}
	if end := entries[len(entries)-1]; message.Mark.Hash != "" && end.Hash != message.Mark.Hash {
		c.problem("entry %d has another hash than when it was posted (message %s)", end.Seq, message.ID)
		return
	}
	if message.First > message.Mark.Seq {
		if !strings.Contains(message.Text, message.Mark.Hash) {
			c.problem("anchor %s reads differently from what was posted", message.ID)
		}
		return
	}
	for _, entry := range entries {
		if line := strings.TrimSuffix(c.channel.Shown([]Text{auditLine(entry)}), "\n"); !strings.Contains(message.Text, line) {
			c.problem("message %s reads differently from entry %d", message.ID, entry.Seq)
			return
		}
	}
}

// ended holds that all entries are shown, whatever the order of the messages: one that stands
// again behind others is a repetition. posted is how far the channel was filled.
func (c *auditCheck) ended(posted int64) {
	slices.SortFunc(c.shown, func(a, b showing) int { return cmp.Compare(a.after, b.after) })
	var top int64
	for _, each := range c.shown {
		c.gap(top, each.after)
		c.report.Repeated += max(0, min(top, each.last)-each.after)
		c.report.Entries += max(0, each.last-max(top, each.after))
		top = max(top, each.last)
	}
	c.report.Waiting = c.head - max(top, posted)
	if top < posted {
		c.problem("entries %d to %d were posted and are missing in the channel: a message was deleted", top+1, posted)
	}
}

// gap is a problem where entries above after, up to last, are shown nowhere.
func (c *auditCheck) gap(after, last int64) {
	if after < last {
		c.problem("entries %d to %d are missing in the channel: a message was deleted", after+1, last)
	}
}
