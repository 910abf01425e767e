package chaos

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// judge waits until every operation has ended and every entry is shown, and then holds
// everything against everything.
func (w *world) judge(ctx context.Context, patience time.Duration) (Report, error) {
	if err := w.askAround(ctx); err != nil {
		return Report{}, err
	}
	left, err := w.settled(ctx, patience)
	if err != nil {
		return Report{}, err
	}
	w.note()
	left.Printed, left.Calls = slices.Collect(maps.Keys(w.printed)), slices.Collect(maps.Values(w.calls))
	left.Asked, left.Messages, left.Races = w.Slack.Asked(), w.Slack.Everything(), w.races
	r, err := Judge(left)
	r.kills, r.stalls, r.clicks = w.kills, w.stalls, w.clicks
	return r, err
}

// settled is the ledger and the audit channel when nothing is open any more, or when patience
// has run out. A ledger that cannot be read at the moment is read again as long as that.
func (w *world) settled(ctx context.Context, patience time.Duration) (Evidence, error) {
	for end := time.Now().Add(patience); ; {
		w.note()
		left, isOver, err := w.look(ctx)
		if err == nil && isOver || time.Now().After(end) {
			return left, err
		}
		select {
		case <-time.After(3 * time.Second):
		case <-ctx.Done():
			return left, ctx.Err()
		}
	}
}

// look reads the ledger and the audit channel, and says whether both have come to rest.
func (w *world) look(ctx context.Context) (Evidence, bool, error) {
	var left Evidence
	exported, err := w.tool(ctx, "audit", "export")
	if err != nil {
		return left, false, err
	}
	left.Lines = strings.Split(strings.TrimSuffix(exported, "\n"), "\n")
	entries, err := left.entries()
	if err != nil {
		return left, false, err
	}
	channel, failed := w.tool(ctx, "audit", "verify", "--channel")
	left.Channel = channel
	if failed != nil {
		left.Channel = failed.Error()
	}
	return left, failed == nil && strings.Contains(channel, " 0 wait") && len(open(entries)) == 0, nil
}
