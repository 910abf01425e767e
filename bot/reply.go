package bot

import (
	"context"
	"time"

	"github.com/slack-go/slack"

	"ecsbot/actions"
)

// How long saying something may be tried, before whoever wants to say it goes on without.
const (
	tellLimit   = 15 * time.Second
	threadLimit = time.Minute
	uploadLimit = 2 * time.Minute
)

// place is where somebody asked, and how to reach them.
type place struct {
	voice    *voice
	identity *identity
	where    actions.Where
	quiet    actions.Where // where what they alone see is shown
	user     string
}

// whisper tells the person alone: where they asked, or in their direct message.
func (p place) whisper(ctx context.Context, message actions.Message) error {
	if p.where.Channel != "" {
		err := p.voice.whisper(ctx, p.quiet, p.user, render(message))
		if err == nil || !isTold(err) {
			return err
		}
		message = withNotice(message, closedNotice(err, p.where.Channel, p.identity.name()))
	}
	_, err := p.direct(ctx, message)
	return err
}

func (p place) direct(ctx context.Context, message actions.Message) (actions.Where, error) {
	direct, err := p.voice.direct(ctx, p.user)
	if err != nil {
		return actions.Where{}, err
	}
	card, err := p.voice.post(ctx, direct, render(message))
	return actions.Where{Channel: direct.Channel, Thread: card.Message}, err
}

// post says something for everybody there to see; where the bot may not, the person gets it
// in their direct message. It returns the thread that the message opens or stands in.
func (p place) post(ctx context.Context, message actions.Message) (actions.Where, error) {
	card, err := p.voice.post(ctx, p.where, render(message))
	if err == nil {
		thread := p.where
		if thread.Thread == "" {
			thread = actions.Where{Channel: card.Channel, Thread: card.Message}
		}
		return thread, nil
	}
	if !isClosedToBot(err) {
		return actions.Where{}, err
	}
	return p.direct(ctx, withNotice(message, closedNotice(err, p.where.Channel, p.identity.name())))
}

// Share says something where it was asked, for everybody there to see.
func (p place) Share(ctx context.Context, message actions.Message) error {
	ctx, cancel := context.WithTimeout(ctx, tellLimit)
	defer cancel()
	_, err := p.post(ctx, message)
	return err
}

// Thread shows lines in a thread where it was asked, or with the requester.
func (p place) Thread(ctx context.Context, message actions.Message, snippet actions.Snippet) error {
	ctx, cancel := context.WithTimeout(ctx, threadLimit)
	defer cancel()
	post := p.post
	if snippet.Private {
		post = p.direct
	}
	thread, err := post(ctx, message)
	if err != nil {
		return err
	}
	return p.voice.snippet(ctx, thread, snippet)
}

// responseURL is the address by which Slack lets a caller be answered without a membership:
// 5 times within 30 minutes (docs.slack.dev/interactivity/handling-user-interaction).
type responseURL struct {
	address string
	used    int
	given   time.Time
}

const (
	responseUses = 5
	responseLife = 29 * time.Minute
)

func (r *responseURL) isOpen() bool {
	return r.address != "" && r.used < responseUses && time.Since(r.given) < responseLife
}

// send uses the address once, or again where Slack was not reached.
func (r *responseURL) send(ctx context.Context, voice *voice, shown rendered, replace bool) error {
	options := []slack.MsgOption{slack.MsgOptionResponseURL(r.address, slack.ResponseTypeEphemeral)}
	if replace {
		options = append(options, slack.MsgOptionReplaceOriginal(r.address))
	}
	return voice.say(ctx, "answering by response_url", shown, func(ctx context.Context, message slack.MsgOption) error {
		r.used++
		_, _, _, err := voice.api.SendMessageContext(ctx, "", append(options, message)...)
		return err
	})
}
