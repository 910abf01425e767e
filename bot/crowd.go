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

// suspect finds out whether somebody else uses the app's token: whoever does gets a share of
// all requests and clicks.
func (b *Bot) suspect(ctx context.Context, told int) {
	most := 1
	for try := 0; b.settings.Replicas != nil && try < countTimes; try++ {
		count, err := b.settings.Replicas(ctx)
		if err != nil {
			b.log.Warn("replicas cannot be counted", "error", err)
		}
		if most = max(most, count); told <= most*b.settings.Connections {
			return
		}
		if !sleep(ctx, countPause) {
			return
		}
	}
	own := most * b.settings.Connections
	b.metrics.Foreign.Inc()
	b.log.Error("another process uses this Slack app: it gets part of the requests and clicks; replace the app-level token if it is none of yours",
		"connections", told, "own", own)
	if b.settings.Crowded != nil {
		b.settings.Crowded(told, own)
	}
}
