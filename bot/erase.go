package bot

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"ecsbot/actions"
)

// linesEvent names the metadata of lines of a log, and linesMark says of another event that its
// message shows some: they may have to be deleted after a time.
const (
	linesEvent = "ecsbot_lines"
	linesMark  = "lines"
)

// eraseLimit is how long deleting what is due in one thread may take. What is left then is
// deleted the next time.
const eraseLimit = 2 * time.Minute

func asLines() slack.MsgOption {
	return slack.MsgOptionMetadata(slack.SlackMetadata{EventType: linesEvent, EventPayload: map[string]any{linesMark: true}})
}

// isLines says whether a message of the bot shows lines of a log, or has a file of them.
func isLines(message slack.Message) bool {
	marked, _ := message.Metadata.EventPayload[linesMark].(bool)
	return marked || len(message.Files) > 0
}

// Erase deletes the lines of logs that the bot has put up in a thread before a moment, with
// their files, and says since when the oldest of the others stands.
func (c *Cards) Erase(ctx context.Context, thread actions.Where, before time.Time) (left time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, eraseLimit)
	defer cancel()
	var due []slack.Message
	err = c.voice.own(ctx, back{where: thread}, func(message slack.Message) bool {
		switch at := postedAt(message); {
		case !isLines(message):
		case !at.After(before):
			due = append(due, message)
		case left.IsZero() || at.Before(left):
			left = at
		}
		return true
	})
	if isCode(err, "thread_not_found") {
		return time.Time{}, nil
	}
	for position := 0; ctx.Err() == nil && position < len(due); position++ { // one that stays keeps no other
		err = errors.Join(err, c.eraseOne(ctx, thread.Channel, due[position]))
	}
	return left, errors.Join(err, ctx.Err())
}

// eraseOne deletes a message; its files first, since they outlive it.
func (c *Cards) eraseOne(ctx context.Context, channel string, message slack.Message) error {
	for _, file := range message.Files {
		err := c.voice.insist(ctx, "deleting a file", func(ctx context.Context) error { return c.voice.api.DeleteFileContext(ctx, file.ID) })
		if err != nil && !isCode(err, "file_not_found", "file_deleted") {
			return err
		}
	}
	return c.takeDown(ctx, actions.Card{Channel: channel, Message: message.Timestamp})
}

// takeDown deletes a message of the bot's own.
func (c *Cards) takeDown(ctx context.Context, card actions.Card) error {
	err := c.voice.insist(ctx, "deleting a message", func(ctx context.Context) error {
		_, _, err := c.voice.api.DeleteMessageContext(ctx, card.Channel, card.Message)
		return err
	})
	if isCode(err, "message_not_found") {
		return nil
	}
	return err
}

// postedAt is when a message was posted, as its ID says.
func postedAt(message slack.Message) time.Time {
	seconds, _ := strconv.ParseFloat(message.Timestamp, 64)
	return time.UnixMicro(int64(seconds * 1e6))
}
