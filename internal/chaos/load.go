package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"ecsbot/internal/sandbox/slack"
)

// load is people at work.
type load struct {
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// startLoad has people command and click, so many times a second, until it is stopped. What
// Slack does not bring to any bot is refused there and then, as Slack does.
func (w *world) startLoad(ctx context.Context, seed uint64, perSecond int) *load {
	ctx, cancel := context.WithCancel(ctx)
	made := &load{cancel: cancel}
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test's dice
	made.running.Go(func() {
		ticker := time.NewTicker(time.Second / time.Duration(perSecond))
		defer ticker.Stop()
		for number := 0; ; number++ {
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return
			}
			command := w.command(random)
			made.running.Go(func() { _ = w.Slack.Command("U0ALICE", "C01OPS", command) })
			if number%3 == 0 {
				made.running.Go(func() { w.approve() })
			}
		}
	})
	return made
}

func (l *load) stop() {
	l.cancel()
	l.running.Wait()
}

// command is something to ask for: mostly restarts, a third of them of what is protected.
func (w *world) command(random *rand.Rand) string {
	number := random.IntN(services)
	environment := []string{"dev", "staging", "prod"}[number%3]
	switch random.IntN(10) {
	case 0:
		return "/ecs help"
	case 1:
		return fmt.Sprintf("/ecs status %s service-%05d", environment, number)
	case 2:
		return fmt.Sprintf("/ecs restart %s nothing", environment)
	}
	return fmt.Sprintf("/ecs restart %s service-%05d", environment, number)
}

// waiting are the cards with a button to approve: what they are of, and where they stand.
func (w *world) waiting() []card {
	messages, err := w.Slack.Messages("C01OPS", "U0BOB")
	if err != nil {
		return nil
	}
	var cards []card
	for _, message := range messages {
		if payload, isCard := message.Metadata["event_payload"].(map[string]any); isCard && hasButton(message) {
			operation, _ := payload["operation"].(string)
			cards = append(cards, card{operation, slack.Click{Channel: "C01OPS", MessageTS: message.TS, ActionID: "approve"}})
		}
	}
	return cards
}

// card is one that waits for approval, and how to give it.
type card struct {
	operation string
	approve   slack.Click
}

func hasButton(message slack.Message) bool {
	for _, block := range message.Blocks {
		if fields, isObject := block.(map[string]any); isObject && fields["type"] == "actions" && message.Metadata["event_type"] == "ecsbot_card" {
			return true
		}
	}
	return false
}

// approve clicks on the newest card that waits, and again at once, as impatient people do.
func (w *world) approve() {
	cards := w.waiting()
	if len(cards) == 0 {
		return
	}
	for range 2 {
		w.click(cards[len(cards)-1].approve)
	}
}

// click clicks as bob does. It says whether a bot took it; else Slack has told bob.
func (w *world) click(click slack.Click) bool {
	w.mutex.Lock()
	w.clicks++
	w.mutex.Unlock()
	return w.Slack.Click("U0BOB", click) == nil
}

// lastQuestions are asked when nobody is killed any more.
const lastQuestions = 20

// askAround asks some more when a bot is there, and none is killed any more.
func (w *world) askAround(ctx context.Context) error {
	if err := w.Slack.Await(ctx, func() bool { return w.Slack.Connections() > 0 }); err != nil {
		return fmt.Errorf("waiting for a bot: %w", err)
	}
	var asking sync.WaitGroup
	for number := range lastQuestions {
		asking.Go(func() {
			_ = w.Slack.Command("U0ALICE", "C01OPS", fmt.Sprintf("/ecs status dev service-%05d", 3*number))
		})
	}
	asking.Wait()
	return nil
}
