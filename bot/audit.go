package bot

import (
	"context"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"ecsbot/actions"
)

// auditEvent names the metadata of a message in the audit channel: the numbers of its first
// and last entry, by which it can be found again after a crash.
const auditEvent = "ecsbot_audit"

// auditSpacing is Slack's limit on messages in one channel
// (docs.slack.dev/apis/web-api/rate-limits: chat.postMessage).
const auditSpacing = time.Second

// Audit writes to the audit channel.
type Audit struct {
	voice   *voice
	channel string
	turn    chan time.Time // holds when the last message was posted, while nobody posts
}

func newAudit(voice *voice, channel string) *Audit {
	turn := make(chan time.Time, 1)
	turn <- time.Time{}
	return &Audit{voice: voice, channel: channel, turn: turn}
}

// Post shows entries first to last, one line each, in as few messages as Slack takes, at most
// one a second. After an error, those before the one that failed stand there already; each
// message names its entries in its metadata.
func (a *Audit) Post(ctx context.Context, lines []actions.Text, first, last int64) error {
	perEntry := int64(len(lines)) == last-first+1
	for len(lines) > 0 {
		blocks, text, taken := auditBlocks(lines)
		until := last
		if perEntry {
			until = first + int64(taken) - 1
		}
		if err := a.message(ctx, rendered{text: text, blocks: blocks}, first, until); err != nil {
			return err
		}
		if perEntry {
			first = until + 1
		}
		lines = lines[taken:]
	}
	return nil
}

func (a *Audit) message(ctx context.Context, shown rendered, first, last int64) error {
	var before time.Time
	select {
	case before = <-a.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { a.turn <- time.Now() }()
	if !sleep(ctx, auditSpacing-time.Since(before)) {
		return fmt.Errorf("posting to the audit channel: %w", context.DeadlineExceeded)
	}
	_, err := a.voice.post(ctx, actions.Where{Channel: a.channel}, shown, slack.MsgOptionMetadata(slack.SlackMetadata{
		EventType:    auditEvent,
		EventPayload: map[string]any{"first": first, "last": last},
	}))
	if isClosedToBot(err) {
		return fmt.Errorf("the audit channel %s is closed to the bot: invite it there (%w)", a.channel, err)
	}
	return err
}

// auditBlocks is one message with as many of the lines as fit, and at least one.
func auditBlocks(lines []actions.Text) (blocks []slack.Block, text string, taken int) {
	sheet := &page{left: wholeBudget - omissionRoom}
	var sections []slack.RichTextElement
	for _, line := range lines {
		before := sheet.left
		elements := sheet.spans(line, false)
		if taken > 0 && (len(sheet.omitted) > 0 || sheet.left < spanOverhead) {
			break
		}
		taken++
		if len(elements) > 0 {
			sections = append(sections, slack.NewRichTextSection(elements...))
		}
		sheet.left -= spanOverhead
		if before-sheet.left > maxSection { // a line this long stands alone
			break
		}
	}
	if len(sections) > 0 {
		blocks = append(blocks, slack.NewRichTextBlock("", sections...))
	}
	if taken == 1 {
		sheet.blocks = blocks
		sheet.finish()
		blocks = sheet.blocks
	}
	return blocks, fallback(actions.Message{Title: lines[0]}), taken
}
