package bot

import (
	"context"
	"sync"

	"github.com/slack-go/slack"

	"ecsbot/actions"
	"ecsbot/authz"
)

// cardEvent names the metadata of a card, by which it can be found again after a crash.
const cardEvent = "ecsbot_card"

// noticesMost bounds the cards whose notice is remembered.
const noticesMost = 1000

// Cards keeps the one message that shows an operation.
type Cards struct {
	voice    *voice
	easel    *easel
	identity *identity

	mu      sync.Mutex
	notices map[actions.Card]actions.Text // why a card stands in a direct message
	walls   map[stretch]*wall
}

// Post puts a card up where it was asked for. Where the bot cannot speak there, the card goes
// to the person's direct message, and says so. What is for a person, and what is about no
// operation, is no card: it is not found again.
func (c *Cards) Post(ctx context.Context, where actions.Where, actor authz.Actor, operation string, message actions.Message) (actions.Card, error) {
	metadata := slack.MsgOptionCompose()
	if operation != "" && isID(where.Channel, "CGD") {
		payload := map[string]any{"operation": operation}
		if message.Lines {
			payload[linesMark] = true
		}
		metadata = slack.MsgOptionMetadata(slack.SlackMetadata{EventType: cardEvent, EventPayload: payload})
	}
	card, err := c.voice.post(ctx, where, render(message), metadata)
	if err == nil || !isClosedToBot(err) {
		return card, err
	}
	direct, directErr := c.voice.direct(ctx, actor.User)
	if directErr != nil {
		return actions.Card{}, directErr
	}
	notice := closedNotice(err, where.Channel, c.identity.name())
	card, err = c.voice.post(ctx, direct, render(withNotice(message, notice)), metadata)
	if err == nil {
		c.remember(card, notice)
	}
	return card, err
}

// Edit has the card show its new state, as soon as the workspace's budget of edits allows, and
// tells once what came of it. A newer state replaces one that waits, which is told nil. Slack's
// refusal of the edit is an error, Slack being away is not: it is tried again until the context ends.
func (c *Cards) Edit(ctx context.Context, card actions.Card, message actions.Message, told func(error)) {
	urgent := message.Tone != actions.Working && message.Tone != actions.Plain
	if notice, ok := c.notice(card); ok {
		message = withNotice(message, notice)
	}
	c.easel.show(ctx, card, message, urgent, told)
}

// Reply says something in a thread. A private snippet goes to the actor's direct
// messages, together with what it belongs to.
func (c *Cards) Reply(ctx context.Context, thread actions.Where, actor authz.Actor, message actions.Message, snippet *actions.Snippet) error {
	at := place{voice: c.voice, identity: c.identity, where: thread, user: actor.User}
	if snippet != nil {
		return at.Thread(ctx, message, *snippet)
	}
	return at.Share(ctx, message)
}

func (c *Cards) remember(card actions.Card, notice actions.Text) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.notices) >= noticesMost {
		clear(c.notices)
	}
	c.notices[card] = notice
}

func (c *Cards) notice(card actions.Card) (actions.Text, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	notice, ok := c.notices[card]
	return notice, ok
}
