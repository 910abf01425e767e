package bench

import (
	"context"
	"fmt"
	"time"

	"ecsbot/internal/sandbox/aws"
)

// starts is how often a start is measured; the median counts.
const starts = 7

const startBound = 300 * time.Millisecond

// measureStart is the time from the start of the process to its first open socket, and to
// ready: hello, open ledger, first group list and first discovery.
func measureStart(ctx context.Context, shop *workshop) ([]line, error) {
	var lines []line
	for _, latency := range []time.Duration{slackLatency, 0} {
		hello, ready, err := startTimes(ctx, shop, latency)
		if err != nil {
			return nil, err
		}
		bare, err := bareStartTimes(ctx, shop, latency)
		if err != nil {
			return nil, err
		}
		where := fmt.Sprintf(", %v per Slack call (median of %d)", latency, starts)
		connected, until := hello.percentile(50), ready.percentile(50)
		lines = append(lines, line{
			what: "start of the process → connected (hello)" + where, measured: millis(connected),
			against: "bare slack-go " + millis(bare.percentile(50)), ratio: ratio(connected, bare.percentile(50)),
			bound: "≤ 300 ms", held: held(connected <= startBound),
		}, line{what: "start of the process → `/readyz` 200" + where, measured: millis(until)})
	}
	return lines, nil
}

func startTimes(ctx context.Context, shop *workshop, latency time.Duration) (hello, ready sample, err error) {
	for range starts {
		in, err := newLab(terms{fleet: aws.DemoFleet(), slack: latency})
		if err != nil {
			return nil, nil, err
		}
		began := time.Now()
		bot, err := shop.start(ctx, in, nil)
		if err == nil {
			err = bot.connected(ctx, in, 1)
			hello = append(hello, time.Since(began))
		}
		if err == nil {
			err = bot.ready(ctx)
			ready = append(ready, time.Since(began))
		}
		if bot != nil {
			bot.stop()
		}
		in.close()
		if err != nil {
			return nil, nil, err
		}
	}
	return hello, ready, nil
}

func bareStartTimes(ctx context.Context, shop *workshop, latency time.Duration) (hello sample, err error) {
	for range starts {
		in, err := newLab(terms{slack: latency})
		if err != nil {
			return nil, err
		}
		began := time.Now()
		bot, err := shop.barebot(ctx, in)
		hello = append(hello, time.Since(began))
		if bot != nil {
			bot.stop()
		}
		in.close()
		if err != nil {
			return nil, err
		}
	}
	return hello, nil
}
