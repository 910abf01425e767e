package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/slack-go/slack"

	"ecsbot/actions"
)

// voice says things in Slack. It waits as long as Slack asks, and repeats what did not get
// through for as long as its caller waits; a repeated message may then stand there twice.
type voice struct {
	api     *slack.Client
	log     *slog.Logger
	metrics *Metrics
	rooms   *rooms
	// identity is whose messages are the bot's own.
	identity *identity
}

// insist calls Slack until it has answered, or until the context would end before the next
// try. What it returns is safe to log.
func (v *voice) insist(ctx context.Context, what string, call func(context.Context) error) error {
	pause := backoff.NewExponentialBackOff()
	pause.MaxInterval = 30 * time.Second
	for {
		err := call(ctx)
		if err == nil {
			return nil
		}
		if isTold(err) || ctx.Err() != nil {
			return fmt.Errorf("%s: %w", what, redacted(err))
		}
		wait := pause.NextBackOff()
		if told, ok := toldWait(err); ok {
			v.metrics.Limited.Inc()
			wait = told
		}
		if !sleep(ctx, wait) {
			return fmt.Errorf("%s: %w", what, redacted(err))
		}
	}
}

// say is insist for a message. Where Slack does not take its blocks, it goes without its charts,
// and then its text alone: a plain answer is better than none.
func (v *voice) say(ctx context.Context, what string, shown rendered, call func(context.Context, slack.MsgOption) error) error {
	err := v.insist(ctx, what, func(ctx context.Context) error { return call(ctx, shown.options()) })
	if isRefusedLook(err) && shown.plainer != nil {
		v.log.Warn("Slack does not take a chart: its words go in its place", "error", err)
		plainer := rendered{text: shown.text, blocks: shown.plainer}
		err = v.insist(ctx, what, func(ctx context.Context) error { return call(ctx, plainer.options()) })
	}
	if !isRefusedLook(err) {
		return err
	}
	v.log.Error("Slack does not take the blocks of a message: its text goes alone", "error", err)
	return v.insist(ctx, what, func(ctx context.Context) error { return call(ctx, shown.textAlone()) })
}

func isRefusedLook(err error) bool {
	return isCode(err, "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "too_many_blocks")
}

// sleep waits; it says false, at once, where the context ends before.
func sleep(ctx context.Context, wait time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// post puts a message where everybody there sees it, but never where another company does.
func (v *voice) post(ctx context.Context, where actions.Where, shown rendered, options ...slack.MsgOption) (actions.Card, error) {
	if err := v.rooms.open(ctx, where.Channel); err != nil {
		return actions.Card{}, fmt.Errorf("posting a message: %w", redacted(err))
	}
	if where.Thread != "" {
		options = append(options, slack.MsgOptionTS(where.Thread))
	}
	var card actions.Card
	err := v.say(ctx, "posting a message", shown, func(ctx context.Context, message slack.MsgOption) error {
		channel, timestamp, err := v.api.PostMessageContext(ctx, where.Channel, append(options, message)...)
		card = actions.Card{Channel: channel, Message: timestamp}
		return err
	})
	return card, err
}

// whisper shows a message to one person alone, where they are.
func (v *voice) whisper(ctx context.Context, where actions.Where, user string, shown rendered) error {
	return v.say(ctx, "posting an ephemeral message", shown, func(ctx context.Context, message slack.MsgOption) error {
		options := []slack.MsgOption{message}
		if where.Thread != "" {
			options = append(options, slack.MsgOptionTS(where.Thread))
		}
		_, err := v.api.PostEphemeralContext(ctx, where.Channel, user, options...)
		return err
	})
}

// direct is the direct message with a person.
func (v *voice) direct(ctx context.Context, user string) (actions.Where, error) {
	var where actions.Where
	err := v.insist(ctx, "opening a direct message", func(ctx context.Context) error {
		channel, _, _, err := v.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{user}})
		if err != nil {
			return err
		}
		if channel == nil || channel.ID == "" {
			return errors.New("an answer without a channel")
		}
		where.Channel = channel.ID
		return nil
	})
	return where, err
}

// isClosedToBot says whether the bot cannot speak in a channel, for as long as nobody changes
// something there.
func isClosedToBot(err error) bool {
	if errors.Is(err, errShared) {
		return true
	}
	return isCode(err, "not_in_channel", "channel_not_found", "is_archived", "restricted_action",
		"restricted_action_read_only_channel", "restricted_action_thread_only_channel", "team_access_not_granted",
		"user_not_in_channel", "posting_to_general_channel_denied", "cannot_reply_to_message")
}

// closedNotice says why an answer comes in the direct message.
func closedNotice(err error, channel, botName string) actions.Text {
	if errors.Is(err, errShared) {
		return actions.Textf("%v is shared with another company, so I answer you here.", actions.ChannelSpan(channel))
	}
	if !isID(channel, "CG") {
		return actions.Textf("I cannot speak where you asked, so I answer you here.")
	}
	where := actions.ChannelSpan(channel)
	if isCode(err, "not_in_channel", "channel_not_found") {
		return actions.Textf("I am not a member of %v, so I answer you here: %v there, and next time I answer there.",
			where, actions.Named("/invite @"+botName))
	}
	return actions.Textf("Slack does not let me speak in %v (%v), so I answer you here.", where, actions.Named(slackCode(err)))
}

// withNotice puts a notice before the rest of a message.
func withNotice(message actions.Message, notice actions.Text) actions.Message {
	message.Body = append([]actions.Block{actions.Paragraph{Text: notice}}, message.Body...)
	return message
}
