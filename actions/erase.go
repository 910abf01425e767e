package actions

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ecsbot/actions/ledger"
)

// How lines are deleted: how soon it is looked again where something hinders, for how long that
// is tried, and how long lines may take to stand after it was written that they will be deleted.
const (
	erasePause = 10 * time.Minute
	eraseMost  = 24 * time.Hour
	eraseRoom  = 10 * time.Minute
)

// Eraser deletes what was shown of logs.
type Eraser interface {
	// Erase deletes lines and files that stand in a thread since before a moment, and says
	// since when the oldest stands that is left: the zero value where there is none.
	Erase(ctx context.Context, thread Where, before time.Time) (left time.Time, err error)
}

// keptLines are lines in a thread that are deleted after a time. They are an open operation of their
// own, so that they are deleted whatever becomes of the process that showed them.
type keptLines struct {
	thread Where
	life   time.Duration
	due    time.Time
}

const keepName = "keep="

// keptLinesOf reads them back from the operation.
func keptLinesOf(operation ledger.Operation) (keptLines, bool) {
	text, found := strings.CutPrefix(operation.Start.Result, keepName)
	if !found {
		return keptLines{}, false
	}
	length, _, _ := strings.Cut(text, " ")
	life, err := time.ParseDuration(length)
	return keptLines{originOf(operation).where, life, operation.Start.Time.Add(life)}, err == nil
}

// limitLife has the lines that are about to be shown in a thread deleted after their time,
// where the environment says so. It is written before they are shown.
func (t *task) limitLife(ctx context.Context, thread Where) error {
	life := t.rules.Places[t.command.environment].LogsKept
	if life == 0 {
		return nil
	}
	entry := t.entry(ledger.Started)
	entry.Operation, entry.Request = t.runner.NewID(), ""
	entry.Result = keepName + life.String() + " " + whereField(thread)
	_, err := t.runner.Ledger.Append(ctx, func(state *ledger.State) ([]ledger.Entry, error) {
		for _, operation := range state.Open() {
			known, is := keptLinesOf(*operation)
			if is && known.thread == thread && known.life == life && time.Until(known.due) > eraseRoom {
				return nil, nil
			}
		}
		return []ledger.Entry{entry}, nil
	})
	return err
}

// limitAstray is the same for a page that could not be put up in its thread, and stands in direct
// messages. Who sees it is told where it will stay.
func (t *task) limitAstray(ctx context.Context, page Where) {
	if err := t.limitLife(ctx, page); err != nil {
		t.told(err)
		_, err = t.runner.Cards.Post(ctx, page, t.request.Actor, "", Say(Warning, "%v", staying))
		t.told(err)
	}
}

// staying is said of lines whose deletion could not be written down.
const staying = "The ledger did not take note of these lines: they will not be deleted by themselves."

// Erase deletes lines whose time is over, until ctx ends. It is the caretaker's.
func (r *Runner) Erase(ctx context.Context, still func() bool) {
	ticker := time.NewTicker(tendPause)
	defer ticker.Stop()
	trials := map[string]trial{} // of what is due
	for ctx.Err() == nil {
		for _, operation := range r.Ledger.Open() {
			id := operation.First.Operation
			lines, is := keptLinesOf(*operation)
			so := trials[id]
			if now := time.Now(); !is || now.Before(lines.due) || now.Before(so.next) || !still() {
				continue
			}
			so.next = r.erase(ctx, *operation, lines, &so)
			if trials[id] = so; so.next.IsZero() {
				delete(trials, id)
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// trial is how deleting the lines of one thread goes.
type trial struct {
	next    time.Time // not before
	failing time.Time // since when it does not work; zero where it did the last time
}

// hasFailed says whether it has not worked for too long.
func (t *trial) hasFailed(err error) bool {
	switch {
	case err == nil:
		t.failing = time.Time{}
	case t.failing.IsZero():
		t.failing = time.Now()
	}
	return err != nil && time.Since(t.failing) >= eraseMost
}

// erase deletes what is due in one thread. It says when to look again; never where nothing is
// left, or where it has to be given up.
func (r *Runner) erase(ctx context.Context, operation ledger.Operation, lines keptLines, so *trial) (again time.Time) {
	id := operation.First.Operation
	defer func() {
		if reason := recover(); reason != nil {
			r.Log.Error("deleting lines panicked", "operation", id, "panic", reason)
			again = time.Now().Add(erasePause)
		}
	}()
	left, err := r.Eraser.Erase(ctx, lines.thread, time.Now().Add(-lines.life))
	isGivenUp := so.hasFailed(err)
	entry := ledger.Entry{
		Operation: id, Event: ledger.Succeeded, Actor: operation.First.Actor, Action: operation.First.Action,
		Environment: operation.First.Environment, Service: operation.First.Service, Arguments: operation.First.Arguments, Result: "lines deleted",
	}
	switch {
	case err == nil && !left.IsZero():
		return left.Add(lines.life)
	case err == nil && r.isFollowedIn(lines.thread):
		return time.Now().Add(erasePause)
	case err != nil && (!isGivenUp || ctx.Err() != nil):
		r.Log.Warn("lines could not be deleted; trying again", "operation", id, "error", err)
		return time.Now().Add(erasePause)
	case err != nil:
		r.Log.Error("lines could not be deleted", "operation", id, "error", err)
		entry.Event, entry.Result, entry.Reason = ledger.Failed, "", fmt.Sprintf("lines of a log could not be deleted: %v", err)
	}
	if _, err := r.Ledger.Append(ctx, func(*ledger.State) ([]ledger.Entry, error) { return []ledger.Entry{entry}, nil }); err != nil {
		r.Log.Warn("that lines were deleted is not written", "operation", id, "error", err)
		return time.Now().Add(erasePause)
	}
	return time.Time{}
}

// isFollowedIn says whether a log is being followed in a thread: more lines come.
func (r *Runner) isFollowedIn(thread Where) bool {
	for _, operation := range r.Ledger.Open() {
		if at := livePlaceOf(*operation); !at.until.IsZero() && at.where == thread {
			return true
		}
	}
	return false
}
