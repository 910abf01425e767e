package chaos

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
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
	r.planned, r.kills, r.stalls, r.clicks = w.planned, w.kills, w.stalls, w.clicks
	return r, err
}

// settled is the ledger and the audit channel when nothing is open any more and everything is
// shown, or when nothing has moved for as long as patience: the channel takes one message a
// second, so that how long it takes goes with the entries. A ledger that cannot be read at the
// moment is read again.
func (w *world) settled(ctx context.Context, patience time.Duration) (Evidence, error) {
	var before progress
	moved := time.Now()
	for {
		w.note()
		left, unended, err := w.look(ctx)
		now := progress{len(left.Lines), unended, left.Channel}
		if now != before {
			before, moved = now, time.Now()
		}
		if isOver := err == nil && unended == 0 && isWhole(left.Channel); isOver || time.Since(moved) > patience {
			return left, err
		}
		fmt.Fprintf(w.out, "settling: %d entries, %d operations open, %d entries wait for the audit channel\n", now.entries, unended, waiting(left.Channel))
		select {
		case <-time.After(5 * time.Second):
		case <-ctx.Done():
			return left, ctx.Err()
		}
	}
}

// progress is how far everything has come to rest.
type progress struct {
	entries, unended int
	channel          string
}

// look reads the ledger and the audit channel, and counts what has not ended.
func (w *world) look(ctx context.Context) (left Evidence, unended int, err error) {
	exported, err := w.tool(ctx, "audit", "export")
	if err != nil {
		return left, 0, err
	}
	left.Lines = strings.Split(strings.TrimSuffix(exported, "\n"), "\n")
	entries, err := left.entries()
	if err != nil {
		return left, 0, err
	}
	channel, failed := w.tool(ctx, "audit", "verify", "--channel")
	left.Channel = channel
	if failed != nil {
		left.Channel = failed.Error()
	}
	return left, len(open(entries)), nil
}

// isWhole says whether the audit channel shows everything, as far as it was verified.
func isWhole(channel string) bool { return counts.MatchString(channel) && waiting(channel) == 0 }

// waiting are the entries that the audit channel does not show yet.
func waiting(channel string) int {
	found := counts.FindStringSubmatch(channel)
	if found == nil {
		return 0
	}
	count, _ := strconv.Atoi(found[5]) // the expression takes digits only
	return count
}
