package bot

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"time"

	"ecsbot/actions"
)

// ackWithin is when a request is acknowledged that has not said anything by itself. Slack
// shows an error after 3 seconds.
const ackWithin = time.Second

// slashCommand is a slash command as Slack sends it.
type slashCommand struct {
	Team        string `json:"team_id"`
	Enterprise  string `json:"enterprise_id"`
	Channel     string `json:"channel_id"`
	User        string `json:"user_id"`
	Text        string `json:"text"`
	ResponseURL string `json:"response_url"`
	Trigger     string `json:"trigger_id"`
}

// command carries one slash command to the core, and its answers back.
type command struct {
	place
	bot      *Bot
	envelope envelope
	sent     slashCommand

	acked    atomic.Bool   // by whoever comes first
	turn     chan struct{} // one answer at a time
	told     bool          // something stands there that the next answer replaces
	response responseURL
}

// newCommand reads a slash command; it is an error where the payload cannot be read.
func (b *Bot) newCommand(envelope envelope) (*command, error) {
	var sent slashCommand
	if err := json.Unmarshal(envelope.Payload, &sent); err != nil {
		return nil, err
	}
	return &command{
		place:    b.place(actions.Where{Channel: sent.Channel}, sent.User),
		bot:      b,
		envelope: envelope,
		sent:     sent,
		turn:     make(chan struct{}, 1),
		response: responseURL{address: sent.ResponseURL, given: time.Now()},
	}, nil
}

func (c *command) names() []string {
	return []string{prefixed("envelope/", c.envelope.ID), prefixed("trigger/", c.sent.Trigger)}
}

// handle acknowledges with the first answer, or empty where there is none soon.
func (c *command) handle(ctx context.Context) {
	net := time.AfterFunc(ackWithin, func() { c.ackEmpty(ctx) })
	defer net.Stop()
	bot, err := c.identity.soon(ctx)
	if err != nil {
		c.decline(ctx, unknownYet())
		return
	}
	id := c.sent.Trigger
	if id == "" {
		id = c.envelope.ID
	}
	actor := bot.actor(c.sent.Team, c.sent.Enterprise, c.sent.User)
	if strings.TrimSpace(c.sent.Text) == "" && c.sent.Trigger != "" {
		c.ackEmpty(ctx)
		c.bot.requests.Guide(ctx, actions.Guide{ID: id, Actor: actor, Where: c.where}, &window{voice: c.voice, where: c.where, trigger: c.sent.Trigger}, c)
		return
	}
	c.bot.requests.Do(ctx, actions.Request{
		ID:    id,
		Actor: actor,
		Text:  unescaped(c.sent.Text),
		Where: c.where,
	}, c)
	c.ackEmpty(ctx)
}

// Tell says something to the caller alone: in the acknowledgement where that is still open,
// else in place of what was said before.
func (c *command) Tell(ctx context.Context, message actions.Message) error {
	return c.inTurn(ctx, func(ctx context.Context) error { return c.say(ctx, message) })
}

// inTurn lets one answer out after the other.
func (c *command) inTurn(ctx context.Context, say func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, tellLimit)
	defer cancel()
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
		return say(ctx)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *command) say(ctx context.Context, message actions.Message) error {
	if c.envelope.Accepts && c.acked.CompareAndSwap(false, true) {
		if c.ackWith(ctx, message) {
			c.told = true
			return nil
		}
	} else {
		c.ackEmpty(ctx)
	}
	return c.respond(ctx, message)
}

// ackWith puts a message in the acknowledgement; it says false where the message may not have
// arrived by it.
func (c *command) ackWith(ctx context.Context, message actions.Message) bool {
	shown := answerWith(render(message), func(ctx context.Context) { c.again(ctx, message) })
	if weigh(shown) > maxAck {
		c.ackNow(ctx, nil)
		return false
	}
	return c.ackNow(ctx, shown)
}

// again says a message that was in an acknowledgement which was not written.
func (c *command) again(ctx context.Context, message actions.Message) {
	err := c.inTurn(ctx, func(ctx context.Context) error {
		c.told = false
		return c.respond(ctx, message)
	})
	if err != nil {
		c.bot.log.Error("a caller was not answered", "error", err)
	}
}

// Ask opens a form, as long as Slack takes the trigger: 3 seconds.
func (c *command) Ask(ctx context.Context, form actions.Form) error {
	c.ackEmpty(ctx)
	return c.voice.open(ctx, c.sent.Trigger, form)
}

func (c *command) ackEmpty(ctx context.Context) {
	if c.acked.CompareAndSwap(false, true) {
		c.ackNow(ctx, nil)
	}
}

func (c *command) ackNow(ctx context.Context, payload any) bool {
	return c.bot.acknowledge(ctx, c.envelope, payload)
}

// respond answers by response_url while Slack takes it, then as an ephemeral message, then in
// the direct message.
func (c *command) respond(ctx context.Context, message actions.Message) error {
	if c.response.isOpen() {
		err := c.response.send(ctx, c.voice, render(message), c.told)
		if err == nil {
			c.told = true
			return nil
		}
		if !isTold(err) {
			return err
		}
		c.response.address = "" // Slack takes no more by it
	}
	return c.whisper(ctx, message)
}

func (c *command) decline(ctx context.Context, why actions.Message) {
	if err := c.Tell(ctx, why); err != nil {
		c.bot.log.Error("a caller was not told that nothing was done", "error", err)
	}
}

func (c *command) failed(ctx context.Context, reference string) {
	c.decline(ctx, broken(reference))
}

// repeated leaves the acknowledgement to the first delivery while that may still be working
// on it: an empty one would take its place.
func (c *command) repeated(ctx context.Context) {
	sleep(ctx, ackWithin)
	c.ackEmpty(ctx)
}

func prefixed(prefix, name string) string {
	if name == "" {
		return ""
	}
	return prefix + name
}
