package bot

import (
	"context"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"ecsbot/actions"
)

// historyPage is how many messages one call brings.
const historyPage = 200

// back is how far the bot looks back for what it has written in a channel or a thread.
type back struct {
	where actions.Where
	since time.Time // the zero value for its beginning
	pages int       // at most so many are read; 0 for all
}

// written visits the bot's own messages of one conversation that carry an event, the newest
// first in a channel and the oldest first in a thread, until visit says that it is enough.
func (v *voice) written(ctx context.Context, look back, event string, visit func(slack.Message) bool) error {
	return v.own(ctx, look, func(message slack.Message) bool {
		return message.Metadata.EventType != event || visit(message)
	})
}

// own visits the bot's own messages, whatever they carry.
func (v *voice) own(ctx context.Context, look back, visit func(slack.Message) bool) error {
	cursor := ""
	for read := 0; look.pages == 0 || read < look.pages; read++ {
		var messages []slack.Message
		err := v.insist(ctx, "reading back what was written", func(ctx context.Context) (err error) {
			messages, cursor, err = v.page(ctx, look, cursor)
			return err
		})
		self, unknown := v.identity.wait(ctx) // not knowing who it is, it would take nothing for its own
		if unknown != nil {                   // a token that Slack refuses is told by whoever asks for the identity
			return unknown
		}
		if err != nil {
			return err
		}
		for _, message := range messages {
			if message.User == self.User && !visit(message) {
				return nil
			}
		}
		if cursor == "" {
			return nil
		}
	}
	return nil
}

// page is one page of a channel or of a thread.
func (v *voice) page(ctx context.Context, look back, cursor string) ([]slack.Message, string, error) {
	where, oldest := look.where, ""
	if !look.since.IsZero() {
		oldest = strconv.FormatInt(look.since.Unix(), 10)
	}
	if where.Thread != "" {
		messages, _, next, err := v.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
			ChannelID: where.Channel, Timestamp: where.Thread, Cursor: cursor, Oldest: oldest, Limit: historyPage, IncludeAllMetadata: true,
		})
		return messages, next, err
	}
	read, err := v.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
		ChannelID: where.Channel, Cursor: cursor, Oldest: oldest, Limit: historyPage, IncludeAllMetadata: true,
	})
	if err != nil {
		return nil, "", err
	}
	return read.Messages, read.ResponseMetaData.NextCursor, nil
}
