package bot

import (
	"context"

	"github.com/slack-go/slack"

	"ecsbot/actions"
)

// How far back the bot looks for what it has written: one call brings historyPage messages.
const (
	historyPage  = 200
	historyPages = 10
)

// written visits the bot's own messages of one conversation that carry an event, the newest
// first in a channel and the oldest first in a thread, until visit says that it is enough. It
// reads at most so many pages, all of them where pages is 0.
func (v *voice) written(ctx context.Context, where actions.Where, event string, pages int, visit func(slack.Message) bool) error {
	return v.own(ctx, where, pages, func(message slack.Message) bool {
		return message.Metadata.EventType != event || visit(message)
	})
}

// own visits the bot's own messages, whatever they carry.
func (v *voice) own(ctx context.Context, where actions.Where, pages int, visit func(slack.Message) bool) error {
	cursor := ""
	for read := 0; pages == 0 || read < pages; read++ {
		var messages []slack.Message
		err := v.insist(ctx, "reading back what was written", func(ctx context.Context) (err error) {
			messages, cursor, err = v.page(ctx, where, cursor)
			return err
		})
		if err != nil {
			return err
		}
		self, err := v.identity.soon(ctx) // not knowing who it is, it would take nothing for its own
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
func (v *voice) page(ctx context.Context, where actions.Where, cursor string) ([]slack.Message, string, error) {
	if where.Thread != "" {
		messages, _, next, err := v.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
			ChannelID: where.Channel, Timestamp: where.Thread, Cursor: cursor, Limit: historyPage, IncludeAllMetadata: true,
		})
		return messages, next, err
	}
	read, err := v.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
		ChannelID: where.Channel, Cursor: cursor, Limit: historyPage, IncludeAllMetadata: true,
	})
	if err != nil {
		return nil, "", err
	}
	return read.Messages, read.ResponseMetaData.NextCursor, nil
}
