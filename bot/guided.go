package bot

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"ecsbot/actions"
	"ecsbot/authz"
)

// send hands a guided form that was sent to the core. Where the first thing that the core says
// is no, it is said in the form, at its field; else the form closes.
func (c *click) send(ctx context.Context, where actions.Where) {
	reply := &guidedReply{formReply: formReply{c.bot.place(where, c.User.ID)}, click: c}
	net := time.AfterFunc(ackWithin, func() { reply.close(ctx) })
	defer net.Stop()
	c.asActor(ctx, func(actor authz.Actor) {
		if reply.where.Channel == "" { // it was opened by the shortcut
			direct, err := c.bot.voice.direct(ctx, c.User.ID)
			if err == nil {
				reply.where = direct
			}
		}
		c.bot.requests.Submit(ctx, actions.Submission{
			ID: c.Trigger, Actor: actor, Form: c.View.Callback, Fields: c.filled(), Where: reply.where,
		}, reply)
		reply.close(ctx)
	})
}

// guidedReply answers whoever sent a guided form: in it, as long as it is open.
type guidedReply struct {
	formReply
	click *click
	acked atomic.Bool
}

// Tell says a first no at the field that it is about.
func (r *guidedReply) Tell(ctx context.Context, message actions.Message) error {
	if message.Tone == actions.Refusal && r.acked.CompareAndSwap(false, true) {
		if r.click.bot.acknowledge(ctx, r.click.envelope, slack.NewErrorsViewSubmissionResponse(map[string]string{r.field(message.Field): fieldError(message)})) {
			return nil
		}
	}
	r.close(ctx)
	return r.formReply.Tell(ctx, message)
}

// Share closes the form first.
func (r *guidedReply) Share(ctx context.Context, message actions.Message) error {
	r.close(ctx)
	return r.formReply.Share(ctx, message)
}

// Thread closes the form first.
func (r *guidedReply) Thread(ctx context.Context, message actions.Message, snippet actions.Snippet) error {
	r.close(ctx)
	return r.formReply.Thread(ctx, message, snippet)
}

func (r *guidedReply) close(ctx context.Context) {
	if r.acked.CompareAndSwap(false, true) {
		r.click.bot.acknowledge(ctx, r.click.envelope, nil)
	}
}

// field is where an error can stand: Slack shows none at what the form does not have.
func (r *guidedReply) field(wanted string) string {
	if _, stands := r.click.View.State.Values[wanted]; stands {
		return wanted
	}
	return actions.ActionField
}

// fieldError is a message on one line, its helpful first paragraph included.
func fieldError(message actions.Message) string {
	text := plain(message.Title)
	for _, block := range message.Body {
		if paragraph, ok := block.(actions.Paragraph); ok {
			text += " " + plain(paragraph.Text)
			break
		}
	}
	return cutRunes(oneLine(text), maxFieldError)
}
