package bot

import (
	"context"
	"time"

	"github.com/slack-go/slack"

	"ecsbot/actions"
	"ecsbot/authz"
)

// How long a reading serves those who look for cards in the same place, since after a crash
// there may be many; and how old the one may be by which a card is called missing, since
// another process may have put it up meanwhile.
const (
	findAge = 5 * time.Second
	missAge = time.Second
)

// Find is the card that shows an operation, by the metadata of the messages where it was put
// up, or of the person's direct messages, where cards go that the bot could not put there. It
// is the zero value where there is none.
func (c *Cards) Find(ctx context.Context, where actions.Where, actor authz.Actor, operation string) (actions.Card, error) {
	if isID(where.Channel, "CGD") {
		card, err := c.standing(ctx, where, operation)
		if card != (actions.Card{}) || err != nil && !isClosedToBot(err) {
			return card, err
		}
	}
	direct, err := c.voice.direct(ctx, actor.User)
	if err != nil {
		return actions.Card{}, err
	}
	return c.standing(ctx, direct, operation)
}

func (c *Cards) standing(ctx context.Context, where actions.Where, operation string) (actions.Card, error) {
	wall := c.wall(where)
	all, err := wall.get(ctx, findAge)
	if card := all[operation]; card != (actions.Card{}) || err != nil {
		return card, err
	}
	all, err = wall.get(ctx, missAge)
	return all[operation], err
}

// wall is what hangs in one place: cards by operation, of several the newest.
func (c *Cards) wall(where actions.Where) *shelf[map[string]actions.Card] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, found := c.walls[where]; found {
		return known
	}
	if c.walls == nil || len(c.walls) >= roomsMost {
		c.walls = map[actions.Where]*shelf[map[string]actions.Card]{}
	}
	made := &shelf[map[string]actions.Card]{read: func(ctx context.Context) (map[string]actions.Card, error) {
		found := map[string]actions.Card{}
		err := c.voice.written(ctx, where, cardEvent, historyPages, func(message slack.Message) bool {
			operation, _ := message.Metadata.EventPayload["operation"].(string)
			if _, newer := found[operation]; !newer || where.Thread != "" {
				found[operation] = actions.Card{Channel: where.Channel, Message: message.Timestamp}
			}
			return true
		})
		return found, err
	}}
	c.walls[where] = made
	return made
}
