package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ecsbot/internal/sandbox/aws"
	"ecsbot/internal/sandbox/slack"
)

// What the doctor's look at manyServices may take. It is asked by somebody who may ask about all
// of them, and tells them in their direct messages.
const (
	everywhere = "U0BOB"
	examining  = 10 * time.Minute // until it is given up: four calls at a time, one for each service
)

// measureDoctor is an examination of a large fleet, without AWS's throttles, which would only
// spread the same work over nine minutes.
func measureDoctor(ctx context.Context, shop *workshop) ([]line, error) {
	in, err := newLab(terms{fleet: aws.Generated(manyServices), slack: slackLatency})
	if err != nil {
		return nil, err
	}
	defer in.close()
	bot, err := shop.ecsbot(ctx, in, append(raisedRates(), "task_definition_read", "tag_resources", "roles_read"))
	if err != nil {
		return nil, err
	}
	defer bot.stop()
	if err := rest(ctx, idling); err != nil {
		return nil, err
	}
	idle, began, most := bot.resident(), time.Now(), bot.watch()
	if err := in.Slack.Command(everywhere, opsChannel, "/ecs doctor"); err != nil {
		return nil, fmt.Errorf("asking the doctor: %w", err)
	}
	if err := examined(ctx, in); err != nil {
		return nil, err
	}
	took := time.Since(began)
	peak := most()
	if err := rest(ctx, idling); err != nil {
		return nil, err
	}
	return []line{{
		what:     fmt.Sprintf("resident memory of `doctor` over %d services, in %.0f s without throttles: the most, and %v later", manyServices, took.Seconds(), idling),
		measured: fmt.Sprintf("%v, then %v", peak, bot.resident()), against: fmt.Sprintf("idle with them: %v", idle),
		ratio: ratio(float64(peak), float64(idle)), bound: "≤ 64 MiB", held: held(peak <= discoveryBound),
	}}, nil
}

// examined waits until whoever asked has been told what the doctor found.
func examined(ctx context.Context, in *lab) error {
	ctx, cancel := context.WithTimeoutCause(ctx, examining, errors.New("it took too long"))
	defer cancel()
	isTold := func() bool {
		for _, message := range in.Slack.Everything() {
			if isReport(message) {
				return true
			}
		}
		return false
	}
	if err := in.Slack.Await(ctx, isTold); err != nil {
		return fmt.Errorf("waiting for the doctor: %w", err)
	}
	return nil
}

// isReport says whether a message is what the doctor found, and not that it looks.
func isReport(message slack.Message) bool {
	return message.Bot && strings.Contains(message.Text, "Doctor: ")
}
