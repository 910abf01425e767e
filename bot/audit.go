package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"ecsbot/actions"
)

// auditEvent names the metadata of a message in the audit channel: which ledger it is of, the
// numbers of its first and last entry, and the hash of the last. By it the message is found
// again after a crash, and held against the ledger.
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

// Post puts one message up, one line for each entry, with as many as Slack takes, at most one
// message a second. It says how many entries that were. A message that may stand there after
// an error is not tried again: whoever posts reads back first. Nothing is sent where still is
// false by then: who stood still while it waited has lost the channel to another.
func (a *Audit) Post(ctx context.Context, page actions.AuditPage, still func() bool) (taken int, err error) {
	lines := append([]actions.Text{}, page.Notes...)
	for _, entry := range page.Entries {
		lines = append(lines, entry.Line)
	}
	blocks, text, shown := auditBlocks(lines, len(page.Notes))
	taken = shown - len(page.Notes)
	first, last := page.After.Seq+1, page.After
	if taken > 0 {
		end := page.Entries[taken-1]
		first, last = page.Entries[0].Seq, actions.AuditMark{Seq: end.Seq, Hash: end.Hash}
	}
	return taken, a.message(ctx, still, rendered{text: text, blocks: blocks}, map[string]any{
		"ledger": page.Ledger, "first": first, "last": last.Seq, "hash": last.Hash,
	})
}

func (a *Audit) message(ctx context.Context, still func() bool, shown rendered, mark map[string]any) error {
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
	err := a.once(ctx, still, shown, mark)
	if isClosedToBot(err) {
		return fmt.Errorf("the audit channel %s is closed to the bot: invite it there (%w)", a.channel, err)
	}
	return err
}

// errNotAnyMore says that somebody else fills the channel by now.
var errNotAnyMore = errors.New("another process fills the audit channel now")

// once puts a message up without ever trying again where it may stand there already: what
// Slack has surely not taken, because it asked to wait, is sent once more.
func (a *Audit) once(ctx context.Context, still func() bool, shown rendered, mark map[string]any) error {
	if err := a.voice.rooms.open(ctx, a.channel); err != nil {
		return fmt.Errorf("posting a message: %w", redacted(err))
	}
	metadata := slack.MsgOptionMetadata(slack.SlackMetadata{EventType: auditEvent, EventPayload: mark})
	post := func(look slack.MsgOption) error {
		if !still() {
			return errNotAnyMore
		}
		_, _, err := a.voice.api.PostMessageContext(ctx, a.channel, metadata, look)
		return err
	}
	err := post(shown.options())
	if isRefusedLook(err) {
		a.voice.log.Error("Slack does not take the blocks of a message: its text goes alone", "error", redacted(err))
		err = post(shown.textAlone())
	}
	if wait, told := toldWait(err); err != nil && told {
		a.voice.metrics.Limited.Inc()
		if sleep(ctx, wait) {
			err = post(shown.options())
		}
	}
	if err != nil {
		return fmt.Errorf("posting a message: %w", redacted(err))
	}
	return nil
}

// strays is among how many of the newest messages the one is looked for that goes farthest:
// a process that stood still in the midst of a call may have added an old one.
const strays = 10

// newestPages bounds how far the newest message is looked for: others may write there too.
const newestPages = 10

// Newest is how far the messages go that the bot has posted since the ledger began.
func (a *Audit) Newest(ctx context.Context) (actions.AuditMark, error) {
	var newest actions.AuditMark
	seen := 0
	err := a.voice.written(ctx, back{where: actions.Where{Channel: a.channel}, pages: newestPages}, auditEvent, func(message slack.Message) bool {
		mark := auditMessage(message).Mark
		if isOther := seen > 0 && mark.Ledger != newest.Ledger; isOther || mark.Seq == 0 {
			return false
		}
		if mark.Seq > newest.Seq {
			newest = mark
		}
		seen++
		return seen < strays
	})
	return newest, unreadBack(err)
}

// Learn asks Slack who the bot is, for those who read and do not Run.
func (a *Audit) Learn(ctx context.Context) error {
	return a.voice.identity.learn(ctx, a.voice.api, a.voice.log)
}

// Messages visits every message that the bot has posted to the audit channel and that still
// stands there, the newest first, until visit is false.
func (a *Audit) Messages(ctx context.Context, visit func(actions.AuditMessage) bool) error {
	return a.voice.written(ctx, back{where: actions.Where{Channel: a.channel}}, auditEvent, func(message slack.Message) bool {
		return visit(auditMessage(message))
	})
}

// Shown are lines as they read in a message of the audit channel.
func (a *Audit) Shown(lines []actions.Text) string {
	blocks, _, _ := auditBlocks(lines, len(lines))
	return reading(blocks)
}

func auditMessage(message slack.Message) actions.AuditMessage {
	number := func(name string) int64 {
		value, _ := message.Metadata.EventPayload[name].(float64)
		return int64(value)
	}
	word := func(name string) string {
		value, _ := message.Metadata.EventPayload[name].(string)
		return value
	}
	return actions.AuditMessage{
		ID: message.Timestamp, First: number("first"), IsEdited: message.Edited != nil, Text: cmp.Or(reading(message.Blocks.BlockSet), message.Text),
		Mark: actions.AuditMark{Ledger: word("ledger"), Seq: number("last"), Hash: word("hash")},
	}
}

// reading is what blocks of rich text say, without their looks.
func reading(blocks []slack.Block) string {
	var text []byte
	for _, block := range blocks {
		rich, isRich := block.(*slack.RichTextBlock)
		if !isRich {
			continue
		}
		for _, element := range rich.Elements {
			section, isSection := element.(*slack.RichTextSection)
			if !isSection {
				continue
			}
			for _, part := range section.Elements {
				text = append(text, readingOf(part)...)
			}
			text = append(text, '\n')
		}
	}
	return string(text)
}

func readingOf(part slack.RichTextSectionElement) string {
	switch part := part.(type) {
	case *slack.RichTextSectionTextElement:
		return part.Text
	case *slack.RichTextSectionUserElement:
		return part.UserID
	case *slack.RichTextSectionUserGroupElement:
		return part.UsergroupID
	case *slack.RichTextSectionChannelElement:
		return part.ChannelID
	case *slack.RichTextSectionDateElement:
		return time.Unix(int64(part.Timestamp), 0).UTC().Format(time.RFC3339)
	}
	return ""
}

// auditBlocks is one message with as many of the lines as fit, and at least one beside the
// notes.
func auditBlocks(lines []actions.Text, notes int) (blocks []slack.Block, text string, taken int) {
	sheet := &page{left: wholeBudget - omissionRoom}
	var sections []slack.RichTextElement
	for _, line := range lines {
		before := sheet.left
		elements := sheet.spans(line, false)
		if taken > notes && (len(sheet.omitted) > 0 || sheet.left < spanOverhead) {
			break
		}
		taken++
		if len(elements) > 0 {
			sections = append(sections, slack.NewRichTextSection(elements...))
		}
		sheet.left -= lineOverhead
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
