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
				made.running.Go(func() { w.approve("U0BOB") })
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
	w.mutex.Lock()
	w.asked++
	w.mutex.Unlock()
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

// waiting are the cards with a button to approve.
func (w *world) waiting() []string {
	messages, err := w.Slack.Messages("C01OPS", "U0BOB")
	if err != nil {
		return nil
	}
	var cards []string
	for _, message := range messages {
		if hasButton(message) {
			cards = append(cards, message.TS)
		}
	}
	return cards
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
func (w *world) approve(who string) {
	cards := w.waiting()
	if len(cards) == 0 {
		return
	}
	click := slack.Click{Channel: "C01OPS", MessageTS: cards[len(cards)-1], ActionID: "approve"}
	for range 2 {
		w.mutex.Lock()
		w.clicks++
		w.mutex.Unlock()
		_ = w.Slack.Click(who, click)
	}
}
