package bot

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"

	"ecsbot/actions"
	"ecsbot/authz"
)

// reasonField is the block and the action in which a form's reason stands (DESIGN chapter 5).
const reasonField = "reason"

// Slack's limits on views (docs.slack.dev/reference/views).
const (
	maxMetadata = 3000
	mostReason  = 500
)

// metadata is what a form brings back: what it was opened for and where. It is a claim, as
// everything that comes from a client.
type metadata struct {
	Value  string `json:"value"`
	Guided bool   `json:"guided,omitempty"` // the form of a whole command
	// Chosen is what decided which fields a guided form has: Slack does not say in all its
	// deliveries what stands in the others.
	Chosen  map[string]string `json:"chosen,omitempty"`
	Channel string            `json:"channel,omitempty"`
	Thread  string            `json:"thread,omitempty"`
}

// open shows a form. The trigger lives for 3 seconds and serves once.
func (v *voice) open(ctx context.Context, trigger string, form actions.Form) error {
	if trigger == "" {
		return fmt.Errorf("opening a form: nothing was clicked")
	}
	carried, err := json.Marshal(metadata{Value: form.Value, Channel: form.Where.Channel, Thread: form.Where.Thread})
	if err != nil || len(carried) > maxMetadata {
		return fmt.Errorf("opening a form: what it is about is too long")
	}
	input := slack.NewPlainTextInputBlockElement(nil, reasonField)
	input.Multiline, input.InitialValue, input.MaxLength = true, cutRunes(form.Reason, mostReason), mostReason
	blocks := render(actions.Message{Body: []actions.Block{actions.Paragraph{Text: form.Text}}}).blocks
	view := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: form.ID, PrivateMetadata: string(carried),
		Title: label(form.Title, maxViewTitle), Submit: label(form.Submit, maxViewTitle), Close: label("Cancel", maxViewTitle),
		Blocks: slack.Blocks{BlockSet: append(blocks, slack.NewInputBlock(reasonField, label("Reason", maxViewTitle), nil, input))},
	}
	if _, err := v.api.OpenViewContext(ctx, trigger, view); err != nil {
		return fmt.Errorf("opening a form: %w", redacted(err))
	}
	return nil
}

// carried is what a form that was sent brings back; false where this is none of the bot's.
func (c *click) carried() (metadata, bool) {
	var carried metadata
	if c.Type != string(slack.InteractionTypeViewSubmission) || json.Unmarshal([]byte(c.View.Metadata), &carried) != nil {
		return metadata{}, false
	}
	return carried, carried.Value != ""
}

// submit hands a form that was sent to the core.
func (c *click) submit(ctx context.Context, actor authz.Actor, carried metadata) {
	where := actions.Where{Channel: carried.Channel, Thread: carried.Thread}
	c.bot.requests.Submit(ctx, actions.Submission{
		ID: c.Trigger, Actor: actor, Form: c.View.Callback, Value: carried.Value, Where: where,
		Reason: c.View.State.Values[reasonField][reasonField].Value,
	}, formReply{c.bot.place(where, c.User.ID)})
}

// formReply answers whoever sent a form, alone, where it was opened.
type formReply struct{ place }

// Tell says something to whoever sent the form.
func (r formReply) Tell(ctx context.Context, message actions.Message) error {
	ctx, cancel := context.WithTimeout(ctx, tellLimit)
	defer cancel()
	return r.whisper(ctx, message)
}

// Ask opens no second form.
func (r formReply) Ask(context.Context, actions.Form) error {
	return fmt.Errorf("opening a form: a form cannot open another")
}
