package actions

import (
	"context"
	"time"

	"ecsbot/authz"
)

// troublePause is between two messages about the ledger, so that one that fails now and then
// does not fill the channel; and before another try where Slack did not take one.
const troublePause = 30 * time.Second

// Troubles says in the audit channel that the ledger cannot be written, and that it can again,
// until ctx ends. The channel's own lines cannot: they are entries. Health is why nothing can
// be written at present, or nil; changed is told when that may have changed.
func (r *Runner) Troubles(ctx context.Context, health func() error, changed <-chan struct{}) {
	isTold := false
	for {
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
		for err := health(); (err != nil) != isTold; err = health() {
			_, failed := r.Cards.Post(ctx, Where{Channel: r.Rulebook().Audit}, authz.Actor{}, "", troubleMessage(err))
			if failed == nil {
				isTold = err != nil
			} else {
				r.Log.Warn("the audit channel could not be told of the ledger's trouble; trying again", "error", failed)
			}
			select {
			case <-time.After(troublePause):
			case <-ctx.Done():
				return
			}
		}
	}
}

func troubleMessage(err error) Message {
	if err == nil {
		return Message{Tone: Good, Title: Textf("The ledger can be written again: changes are taken.")}
	}
	return Message{
		Tone: Bad, Title: Textf("The ledger cannot be written: changes are refused, reads go on."),
		Body: []Block{Note{Textf("%v", cut(err.Error(), 300))}},
	}
}
