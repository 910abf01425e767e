package bot

import (
	"context"
	"time"
)

// How long the replicas are counted, after Slack has told of more connections than this
// process has: one that has just begun is not among them yet, and the sockets of one that has
// just ended may still be.
const (
	countPause = 5 * time.Second
	countTimes = 7
)

// tally is how many connections of the app Slack counts. It is settled where the process has
// been without one of its own for a while before: else it may count a socket just lost.
type tally struct {
	count   int
	settled bool
}

// suspect finds out whether somebody else uses the app's token: whoever does gets a share of
// all requests and clicks. Before that is said aloud, Slack is asked for the count again.
func (b *Bot) suspect(ctx context.Context, told tally, recount chan<- struct{}) {
	own, foreign := b.outnumbered(ctx, told.count)
	if !foreign {
		return
	}
	if !told.settled {
		select {
		case recount <- struct{}{}:
		default: // it is asked for already
		}
		return
	}
	b.metrics.Foreign.Inc()
	b.log.Error("another process uses this Slack app: it gets part of the requests and clicks; replace the app-level token if it is none of yours",
		"connections", told.count, "own", own)
	if b.settings.Crowded != nil {
		b.settings.Crowded(told.count, own)
	}
}

// outnumbered counts the replicas for a while, and says whether their connections are fewer
// than Slack counts all the same.
func (b *Bot) outnumbered(ctx context.Context, told int) (own int, isOutnumbered bool) {
	most := 1
	for try := 0; b.settings.Replicas != nil && try < countTimes; try++ {
		count, err := b.settings.Replicas(ctx)
		if err != nil {
			b.log.Warn("replicas cannot be counted", "error", err)
		}
		if most = max(most, count); told <= most*b.settings.Connections {
			return most * b.settings.Connections, false
		}
		if !sleep(ctx, countPause) {
			return most * b.settings.Connections, false
		}
	}
	return most * b.settings.Connections, true
}
