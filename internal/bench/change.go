package bench

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ecsbot/internal/sandbox/aws"
)

// The load under which changes are measured: each service is restarted once, so that none
// waits for another.
const (
	changesPerSecond = 20
	changes          = 300
	overRoundTrip    = 10 * time.Millisecond
)

// measureChange is the time from the envelope of a restart to UpdateService at AWS, the durable
// entry included, and what memory that load takes.
func measureChange(ctx context.Context, shop *workshop) ([]line, error) {
	fleet := aws.Generated(loadedServices)
	ecsbot, err := newContender(ctx, "ecsbot", fleet, func(ctx context.Context, in *lab) (*child, error) {
		return shop.ecsbot(ctx, in, raisedRates())
	})
	if err != nil {
		return nil, err
	}
	defer ecsbot.close()
	load := &traffic{contender: ecsbot, what: "restarting", questions: once("restart", inEnvironments(fleet, "dev", "staging")[:changes])}
	if err := load.drive(ctx, shop, changesPerSecond, changes); err != nil {
		return nil, err
	}
	if err := rest(ctx, idling); err != nil {
		return nil, err
	}
	after := ecsbot.bot.resident()
	times, roundTrips := updates(ecsbot.in, load.questions)
	seen, unseen, err := visible(ecsbot.in, load.questions)
	if err != nil {
		return nil, err
	}
	median, trip := times.percentile(50), roundTrips.percentile(50)
	bound := awsLatency + overRoundTrip
	return []line{{
		what: fmt.Sprintf("envelope → UpdateService at AWS at %d restarts/s, membership known", changesPerSecond),
		measured: fmt.Sprintf("p50 %s, p90 %s, p99 %s%s", millis(median), millis(times.percentile(90)), millis(times.percentile(99)),
			lost(changes-len(times), "did not arrive")),
		against: "one DescribeServices " + millis(trip), ratio: ratio(median, trip),
		bound: "p50 ≤ 80 ms + 10 ms", held: held(median <= bound && len(times) == changes),
	}, {
		what:     fmt.Sprintf("something visible to the asker at %d restarts/s", changesPerSecond),
		measured: spread(seen) + lost(unseen, "saw nothing"), against: "the bound", ratio: ratio(seen.percentile(99), visibleBound),
		bound: "≤ 25 ms", held: held(seen.percentile(99) <= visibleBound && unseen == 0),
	}, {
		what:     fmt.Sprintf("resident memory at %d restarts/s: the most, and %v later", changesPerSecond, idling),
		measured: fmt.Sprintf("%v, %v", load.most, after), against: "itself idle " + load.idle.String(),
		ratio: ratio(max(load.most, after), load.idle), bound: "≤ 40 MiB", held: held(max(load.most, after) <= loadBound),
	}}, nil
}

// once is one question about each service.
func once(action string, services []string) []asked {
	questions := make([]asked, len(services))
	for i, service := range services {
		questions[i] = asked{person: developer(i), text: "/ecs " + action + " " + service, service: serviceIn(service, nil)}
	}
	return questions
}

// updates is how long after its command each service's UpdateService arrived, and how long
// AWS took for a DescribeServices meanwhile.
func updates(in *lab, questions []asked) (times, roundTrips sample) {
	began := map[string]time.Time{}
	for _, question := range questions {
		began[question.service] = question.at
	}
	for _, call := range in.AWS.Calls() {
		_, service, _ := strings.Cut(call.Resource, "/")
		switch at, known := began[service]; {
		case call.Operation == "DescribeServices" && call.Done:
			roundTrips = append(roundTrips, call.Took)
		case call.Operation == "UpdateService" && known:
			times = append(times, call.Time.Sub(at))
		}
	}
	return times, roundTrips
}
