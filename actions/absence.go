package actions

import (
	"context"
	"time"

	"ecsbot/actions/ledger"
)

// blindness is for how long a service may not be readable until its card says so.
const blindness = 15 * time.Second

// draining is the status of a service that is being deleted.
const draining = "DRAINING"

// absence is since when an operation's service is not there to be judged: by the time at which
// the readings began that did not have it. Zero is a service that the last reading had.
type absence struct {
	unread  time.Time // no reading has worked since
	gone    time.Time // readings that worked did not have it
	isShown bool      // on the card
}

// isAbsent judges an operation whose service was not read, or will not be there for long.
func (w *watcher) isAbsent(ctx context.Context, one *watched, now observed) bool {
	switch {
	case now.found && now.service.Status == draining:
		w.end(ctx, one, ledger.Failed, "the service is "+draining, one.task.leaving(one))
	case now.found:
		one.absence = absence{}
		return false
	case now.unread:
		w.unread(ctx, one, now.asked)
	default:
		w.gone(ctx, one, now.asked)
	}
	return true
}

// unread waits until a service can be read again, but not for ever. What the card showed before
// does not stay as if it were so still; a card that waits for what became of the change says that
// already.
func (w *watcher) unread(ctx context.Context, one *watched, asked time.Time) {
	if one.absence.unread.IsZero() {
		one.absence.unread = asked
	}
	switch since := one.absence.unread; {
	case time.Since(since) > watchPatience:
		w.end(ctx, one, ledger.Failed, "not readable for "+DurationText(watchPatience), one.task.unread(one))
	case asked.Sub(since) >= blindness && !one.absence.isShown && !one.reconcile:
		one.absence.isShown, one.shown = true, ""
		one.board.show(one.task.blind(one, since))
	}
}

// gone ends following a service that AWS does not show any more, for longer than it may take to
// show what there is.
func (w *watcher) gone(ctx context.Context, one *watched, asked time.Time) {
	if one.absence.gone.IsZero() {
		one.absence.gone = asked
	}
	one.absence.unread = time.Time{}
	if asked.Sub(one.absence.gone) >= appearance {
		w.end(ctx, one, ledger.Failed, "the service is not there any more", one.task.gone(one))
	}
}

// unread is a service that cannot be read for so long that its change is given up.
func (t *task) unread(one *watched) Message {
	return t.card(one.call, Warning, one.with([]Block{Paragraph{Textf("ECS accepted it, but the service could not be read for %v: how it ended is not known.", watchPatience)}})...)
}

// blind is a service that cannot be read at the moment.
func (t *task) blind(one *watched, since time.Time) Message {
	return t.card(one.call, Working, one.with([]Block{
		Paragraph{Textf("%v cannot be read at the moment, since %v: how far it is cannot be told. ECS goes on with it, and I go on trying.", Named(one.call.service.Name), MomentSpan(since))},
	})...)
}

// leaving is a service that somebody deletes while its change is followed.
func (t *task) leaving(one *watched) Message {
	return t.card(one.call, Bad, one.with([]Block{
		Paragraph{Textf("%v is being deleted (%v): its tasks are being stopped, and how it ended cannot be told.", Named(one.call.service.Name), draining)},
	})...)
}

// gone is a service that was deleted while its change was followed.
func (t *task) gone(one *watched) Message {
	return t.card(one.call, Bad, one.with([]Block{
		Paragraph{Textf("%v is not there any more: it was deleted meanwhile, and how it ended cannot be told.", Named(one.call.service.Name))},
	})...)
}
