package slack

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"ecsbot/internal/sandbox/slack/blockkit"
)

// Limits of messages (docs.slack.dev/reference/methods/chat.postMessage and chat.update).
const (
	longestText     = 40000
	longestUpdate   = 4000
	mostAttachments = 100
	// largestMetadata is in bytes of JSON; Slack has such a limit but does not publish it.
	largestMetadata = 8 << 10
)

// draft is the content of a message that someone asks to post.
type draft struct {
	text        string
	blocks      []any
	attachments []any
	hasBlocks   bool
	metadata    map[string]any
	hasMetadata bool
}

// readDraft reads and judges the content of a message.
func readDraft(a args) (draft, error) {
	d := draft{text: a.text("text")}
	steps := []func(args) error{d.readMarkdown, d.readBlocks, d.readAttachments, d.readMetadata}
	for _, step := range steps {
		if err := step(a); err != nil {
			return d, err
		}
	}
	if utf8.RuneCountInString(d.text) > longestText {
		d.text = string([]rune(d.text)[:longestText])
	}
	return d, nil
}

func (d *draft) isEmpty() bool {
	return strings.TrimSpace(d.text) == "" && len(d.blocks) == 0 && len(d.attachments) == 0
}

func (d *draft) readMarkdown(a args) error {
	markdown := a.text("markdown_text")
	if markdown == "" {
		return nil
	}
	if a.has("text") || a.has("blocks") {
		return refuse("markdown_text_conflict")
	}
	if utf8.RuneCountInString(markdown) > 12000 {
		return refuse("msg_too_long")
	}
	d.text, d.hasBlocks = markdown, true
	d.blocks = []any{map[string]any{"type": "markdown", "text": markdown}}
	return nil
}

func (d *draft) readBlocks(a args) error {
	if !a.has("blocks") {
		return nil
	}
	value, err := a.decoded("blocks")
	if err != nil {
		return refuse("invalid_blocks_format")
	}
	blocks, ok := value.([]any)
	if !ok {
		return refuse("invalid_blocks_format")
	}
	if problems := blockkit.Message(blocks); len(problems) > 0 {
		return invalidBlocks(problems)
	}
	if blockkit.MessageTooLong(blocks) {
		return refuse("msg_blocks_too_long")
	}
	identify(blocks)
	d.blocks, d.hasBlocks = blocks, true
	return nil
}

func (d *draft) readAttachments(a args) error {
	if !a.has("attachments") {
		return nil
	}
	value, err := a.decoded("attachments")
	attachments, ok := value.([]any)
	if err != nil || !ok {
		return refuse("invalid_attachments")
	}
	if len(attachments) > mostAttachments {
		return refuse("too_many_attachments")
	}
	d.attachments = attachments
	return nil
}

func (d *draft) readMetadata(a args) error {
	if !a.has("metadata") {
		return nil
	}
	value, err := a.decoded("metadata")
	object, ok := value.(map[string]any)
	if err != nil || !ok {
		return refuse("invalid_metadata_format")
	}
	d.hasMetadata = true
	kind, _ := object["event_type"].(string)
	payload, isObject := object["event_payload"].(map[string]any)
	if kind == "" && len(payload) == 0 { // as slack-go writes none
		return nil
	}
	if kind == "" || !isObject {
		return refuse("invalid_metadata_schema")
	}
	if size, err := json.Marshal(object); err != nil || len(size) > largestMetadata {
		return refuse("metadata_too_large")
	}
	d.metadata = map[string]any{"event_type": kind, "event_payload": payload}
	return nil
}

// identify gives what Slack gives to blocks that come without: identifiers, and
// the flags of text objects.
func identify(value any) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			if object, ok := item.(map[string]any); ok && object["block_id"] == nil {
				object["block_id"] = identity("")[:5]
			}
		}
		complete(v)
	}
}

// complete walks into blocks and fills in what was left out.
func complete(value any) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			complete(item)
		}
	case map[string]any:
		kind, _ := v["type"].(string)
		switch {
		case kind == "plain_text" && v["emoji"] == nil:
			v["emoji"] = true
		case kind == "mrkdwn" && v["verbatim"] == nil:
			v["verbatim"] = false
		case isInteractive(kind) && v["action_id"] == nil:
			v["action_id"] = identity("")[:5]
		}
		for _, item := range v {
			complete(item)
		}
	}
}

// isInteractive says whether a kind of element has an action_id.
func isInteractive(kind string) bool {
	for _, suffix := range []string{"_select", "picker", "_input", "button", "overflow", "checkboxes", "radio_buttons"} {
		if strings.HasSuffix(kind, suffix) {
			return true
		}
	}
	return false
}
