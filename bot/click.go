package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/slack-go/slack"

	"ecsbot/actions"
)

// click is a delivery from a button, a form, a shortcut or a menu.
type click struct {
	bot      *Bot
	envelope envelope
	Type     string `json:"type"`
	Trigger  string `json:"trigger_id"`
	User     struct {
		ID   string `json:"id"`
		Team string `json:"team_id"`
	} `json:"user"`
	Enterprise struct {
		ID string `json:"id"`
	} `json:"enterprise"`
	Actions []struct {
		ID    string `json:"action_id"`
		Value string `json:"value"`
	} `json:"actions"`
	Callback string `json:"callback_id"` // of a shortcut
	Action   string `json:"action_id"`   // of a menu that is typed into
	Typed    string `json:"value"`       // into it
	View     struct {
		ID       string `json:"id"`
		Hash     string `json:"hash"`
		Callback string `json:"callback_id"`
		Metadata string `json:"private_metadata"`
		State    struct {
			Values map[string]map[string]entered `json:"values"` // by block and action
		} `json:"state"`
	} `json:"view"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Message struct {
		TS     string `json:"ts"`
		Thread string `json:"thread_ts"`
	} `json:"message"`
	Container struct {
		TS          string `json:"message_ts"`
		IsEphemeral bool   `json:"is_ephemeral"`
	} `json:"container"`
	ResponseURL string `json:"response_url"`
}

func (b *Bot) newClick(envelope envelope) (*click, error) {
	read := &click{bot: b, envelope: envelope}
	if err := json.Unmarshal(envelope.Payload, read); err != nil {
		return nil, err
	}
	return read, nil
}

func (c *click) names() []string {
	return []string{prefixed("envelope/", c.envelope.ID), prefixed(c.Type+"/", c.Trigger)}
}

// handle acknowledges and hands the button or the form to the core, which judges it. What is
// neither is declined; it is never silent.
func (c *click) handle(ctx context.Context) {
	if c.guide(ctx) {
		return
	}
	button := c.Type == string(slack.InteractionTypeBlockActions) && len(c.Actions) == 1 && (c.Message.TS != "" || c.Container.IsEphemeral)
	carried, form := c.carried()
	if !button && !form {
		c.decline(ctx, actions.Say(actions.Refusal, "I do not know this button any longer: nothing was done."))
		return
	}
	c.bot.acknowledge(ctx, c.envelope, nil)
	bot, err := c.bot.identity.soon(ctx)
	if err != nil {
		c.decline(ctx, unknownYet())
		return
	}
	actor := bot.actor(c.User.Team, c.Enterprise.ID, c.User.ID)
	if form {
		c.submit(ctx, actor, carried)
		return
	}
	where := actions.Where{Channel: c.Channel.ID, Thread: c.Message.Thread}
	var card actions.Card
	if c.Message.TS != "" { // what only one person sees is no card
		card = actions.Card{Channel: c.Channel.ID, Message: c.Message.TS}
	}
	c.bot.requests.Click(ctx, actions.Click{
		ID: c.Trigger, Actor: actor, Button: c.Actions[0].ID, Value: c.Actions[0].Value,
		Card: card, Where: where,
	}, clickReply{c.bot.place(c.below(), c.User.ID), c})
}

// below is the thread of the message that has the button: what a click brings stands there.
func (c *click) below() actions.Where {
	return actions.Where{Channel: c.Channel.ID, Thread: cmp.Or(c.Message.Thread, c.Message.TS)}
}

// clickReply answers whoever clicked, alone.
type clickReply struct {
	place
	click *click
}

// Tell says something to whoever clicked.
func (r clickReply) Tell(ctx context.Context, message actions.Message) error {
	return r.click.tell(ctx, message)
}

// Ask opens a form.
func (r clickReply) Ask(ctx context.Context, form actions.Form) error {
	return r.voice.open(ctx, r.click.Trigger, form)
}

// decline acknowledges in the form that Slack expects of each kind, and says why nothing
// happens.
func (c *click) decline(ctx context.Context, why actions.Message) {
	switch c.Type {
	case "view_closed":
		c.bot.acknowledge(ctx, c.envelope, nil)
		return
	case "block_suggestion":
		c.bot.acknowledge(ctx, c.envelope, map[string]any{"options": []string{}})
		return
	case "view_submission":
		if c.bot.acknowledge(ctx, c.envelope, closing(why)) {
			return
		}
	default:
		c.bot.acknowledge(ctx, c.envelope, nil)
	}
	if err := c.tell(ctx, why); err != nil {
		c.bot.log.Error("a click was not answered", "error", err)
	}
}

func (c *click) tell(ctx context.Context, message actions.Message) error {
	ctx, cancel := context.WithTimeout(ctx, tellLimit)
	defer cancel()
	if c.ResponseURL != "" {
		response := responseURL{address: c.ResponseURL, given: time.Now()}
		if err := response.send(ctx, c.bot.voice, render(message), false); err == nil || !isTold(err) {
			return err
		}
	}
	if c.User.ID == "" {
		return nil
	}
	return c.bot.place(actions.Where{Channel: c.Channel.ID, Thread: c.Message.Thread}, c.User.ID).whisper(ctx, message)
}

func (c *click) failed(ctx context.Context, reference string) { c.decline(ctx, broken(reference)) }

func (c *click) repeated(ctx context.Context) { c.bot.acknowledge(ctx, c.envelope, nil) }

// closing replaces a form by what there is to say.
func closing(message actions.Message) *slack.ViewSubmissionResponse {
	return slack.NewUpdateViewSubmissionResponse(&slack.ModalViewRequest{
		Type:   slack.VTModal,
		Title:  label("ecsbot", maxViewTitle),
		Close:  label("Close", maxViewTitle),
		Blocks: slack.Blocks{BlockSet: render(message).blocks},
	})
}

// maxViewTitle is Slack's limit on the title and the buttons of a view.
const maxViewTitle = 24
