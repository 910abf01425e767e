package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ecsbot/internal/sandbox/aws"
)

// What discovery of manyServices may take.
const (
	tagCalls       = 101 // a page of a hundred each, and an empty one
	walkCalls      = 1150
	walkBound      = 70 * time.Second
	servingBound   = 2 * time.Second
	discoveryBound = mebibytes(64)
)

var errDenied = errors.New("no identity-based policy allows the action")

// discovery is what one discovery took.
type discovery struct {
	calls     int
	took      time.Duration // from the start of the process to ready
	first     time.Duration // from the start of the process to the first service that is known
	most, end mebibytes
}

// measureDiscovery is the discovery of a large fleet within AWS's own throttles, by the tagging
// API and, where that is denied, by walking through the clusters.
func measureDiscovery(ctx context.Context, shop *workshop) ([]line, error) {
	fleet := aws.Generated(manyServices)
	tagged, err := discover(ctx, shop, fleet, nil)
	if err != nil {
		return nil, err
	}
	walked, err := discover(ctx, shop, fleet, func(request aws.Request) error {
		if request.Action == "tag:GetResources" {
			return errDenied
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return append(
		tagged.lines("by the tagging API", line{
			against: "a page of 100 services each", ratio: ratio(float64(tagged.calls), manyServices/100),
			bound: "100 calls", held: held(tagged.calls <= tagCalls),
		}),
		walked.lines("by walking, tagging API denied", line{
			against: fmt.Sprintf("by the tagging API: %d calls in %.1f s", tagged.calls, tagged.took.Seconds()),
			ratio:   ratio(walked.took, tagged.took),
			bound:   "≤ ~1,100 calls, about a minute", held: held(walked.calls <= walkCalls && walked.took <= walkBound),
		})...), nil
}

// lines show one discovery; the first of them is begun by the caller.
func (d discovery) lines(how string, calls line) []line {
	calls.what = fmt.Sprintf("discovery of %d services %s, AWS's own throttles", manyServices, how)
	calls.measured = fmt.Sprintf("%d calls, ready after %.1f s", d.calls, d.took.Seconds())
	return []line{calls, {
		what: "… the first service can be used after the start of the process", measured: fmt.Sprintf("%.2f s", d.first.Seconds()),
		against: fmt.Sprintf("all of them %.1f s", d.took.Seconds()), ratio: ratio(d.first, d.took),
		bound: "serves meanwhile (≤ 2 s)", held: held(d.first <= servingBound),
	}, {
		what: fmt.Sprintf("… resident memory with %d services", manyServices), measured: fmt.Sprintf("the most %v, then %v", d.most, d.end),
		bound: "≤ 64 MiB", held: held(d.most <= discoveryBound),
	}}
}

func discover(ctx context.Context, shop *workshop, fleet aws.Fleet, authorize func(aws.Request) error) (discovery, error) {
	in, err := newLab(terms{fleet: fleet, slack: slackLatency, strict: true, authorize: authorize})
	if err != nil {
		return discovery{}, err
	}
	defer in.close()
	began := time.Now()
	bot, err := shop.start(ctx, in, nil)
	if err != nil {
		return discovery{}, err
	}
	defer bot.stop()
	most := bot.watch()
	made := discovery{}
	if err := bot.connected(ctx, in, 1); err != nil {
		return discovery{}, err
	}
	if err := known(ctx, in, inEnvironments(fleet, "dev")[0]); err != nil {
		return discovery{}, err
	}
	made.first = time.Since(began)
	if err := bot.ready(ctx); err != nil {
		return discovery{}, err
	}
	made.took, made.calls = time.Since(began), discoveryCalls(in)
	err = rest(ctx, idling)
	made.most, made.end = most(), bot.resident()
	return made, err
}

// known asks, without having anything done at AWS, until the bot knows a service.
func known(ctx context.Context, in *lab, service string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if err := in.Slack.Command(developer(0), opsChannel, "/ecs can restart "+service); err == nil {
			messages, err := in.Slack.Messages(opsChannel, developer(0))
			if err != nil {
				return err
			}
			if len(messages) > 0 && strings.Contains(messages[len(messages)-1].Text, "you may") {
				return nil
			}
		}
		if err := rest(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("waiting for the first service: %w", err)
		}
	}
}

// discoveryCalls are the calls so far that discovery makes.
func discoveryCalls(in *lab) int {
	calls := 0
	for operation, count := range in.AWS.Counts() {
		_, name, _ := strings.Cut(operation, ":")
		if slices.Contains([]string{"GetResources", "ListClusters", "ListServices", "DescribeServices"}, name) {
			calls += count
		}
	}
	return calls
}
