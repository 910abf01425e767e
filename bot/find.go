package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"ecsbot/actions"
)

// How long a reading serves those who look for cards in the same place, since after a crash
// there may be many; and how old the one may be by which a card is called missing, since
// another process may have put it up meanwhile.
const (
	findAge = 5 * time.Second
	missAge = time.Second
)

// skew is how far the clock by which an operation began may be ahead of Slack's.
const skew = 10 * time.Minute

// Find is the card that shows an operation, by the metadata of the messages where it was put
// up, or of the person's direct messages, where cards go that the bot could not put there. It
// is the zero value where there is none.
func (c *Cards) Find(ctx context.Context, sought actions.Sought) (actions.Card, error) {
	card, err := c.find(ctx, sought)
	return card, unreadBack(err)
}

// unreadBack marks the error of reading back that trying again would not change.
func unreadBack(err error) error {
	if isTold(err) || isTold(errors.Unwrap(err)) {
		return fmt.Errorf("%w: %w", actions.ErrUnreadable, err)
	}
	return err
}

func (c *Cards) find(ctx context.Context, sought actions.Sought) (actions.Card, error) {
	if isID(sought.Where.Channel, "CGD") {
		card, err := c.standing(ctx, sought.Where, sought)
		if card != (actions.Card{}) || err != nil && !isClosedToBot(err) {
			return card, err
		}
	}
	direct, err := c.voice.direct(ctx, sought.Actor.User)
	if err != nil {
		return actions.Card{}, err
	}
	return c.standing(ctx, direct, sought)
}

func (c *Cards) standing(ctx context.Context, where actions.Where, sought actions.Sought) (actions.Card, error) {
	wall := c.wall(where, sought.Since)
	all, err := wall.get(ctx, findAge)
	if cards := all[sought.Operation]; len(cards) > 0 || err != nil {
		return first(cards), err
	}
	all, err = wall.get(ctx, missAge)
	return first(all[sought.Operation]), err
}

func first(cards []actions.Card) actions.Card {
	if len(cards) == 0 {
		return actions.Card{}
	}
	return cards[0]
}

// Settle reads back what stands beside a card, and takes down what is not the first of its
// operation: the card itself, or others that reached Slack after it. Of several processes that
// do so the same card stays.
func (c *Cards) Settle(ctx context.Context, sought actions.Sought, card actions.Card) (actions.Card, error) {
	where := actions.Where{Channel: card.Channel}
	if card.Channel == sought.Where.Channel {
		where.Thread = sought.Where.Thread
	}
	wall := c.wall(where, sought.Since)
	all, known := wall.recall(missAge)
	if !known || !slices.Contains(all[sought.Operation], card) { // the reading is from before it was put up
		var err error
		if all, err = wall.get(ctx, 0); err != nil {
			return card, fmt.Errorf("looking for a second card: %w", err)
		}
	}
	standing := all[sought.Operation]
	for _, later := range standing[min(1, len(standing)):] {
		if err := c.takeDown(ctx, later); err != nil {
			return card, err
		}
	}
	return cmp.Or(first(standing), card), nil
}

// wall is what hangs in one place: cards by operation, the oldest first.
type wall = shelf[map[string][]actions.Card]

// stretch is the part of a place where cards are that cannot be older than an hour of the clock.
type stretch struct {
	where actions.Where
	since time.Time
}

func (c *Cards) wall(where actions.Where, since time.Time) *wall {
	at := stretch{where, since.Add(-skew).Truncate(time.Hour).UTC()}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, found := c.walls[at]; found {
		return known
	}
	if c.walls == nil || len(c.walls) >= roomsMost {
		c.walls = map[stretch]*wall{}
	}
	made := &wall{read: func(ctx context.Context) (map[string][]actions.Card, error) { return c.hanging(ctx, at) }}
	c.walls[at] = made
	return made
}

func (c *Cards) hanging(ctx context.Context, at stretch) (map[string][]actions.Card, error) {
	found := map[string][]actions.Card{}
	err := c.voice.written(ctx, back{where: at.where, since: at.since}, cardEvent, func(message slack.Message) bool {
		operation, _ := message.Metadata.EventPayload["operation"].(string)
		found[operation] = append(found[operation], actions.Card{Channel: at.where.Channel, Message: message.Timestamp})
		return true
	})
	if at.where.Thread == "" { // a thread is read from its beginning, a channel from its end
		for _, cards := range found {
			slices.Reverse(cards)
		}
	}
	return found, err
}
