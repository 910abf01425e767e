// Package blockkit judges Block Kit JSON as strictly as Slack does: kinds of
// blocks and elements, their properties, and every published limit
// (docs.slack.dev/reference/block-kit). It is the only place of these limits in
// the sandbox; what it finds is worded as Slack words it.
package blockkit

import (
	"bytes"
	"encoding/json"
)

// Published and measured limits of whole surfaces.
const (
	MessageBlocks = 50
	ViewBlocks    = 100
	// MessageCharacters is what the JSON of all blocks of a message may take; more is
	// msg_blocks_too_long (not documented; measured in github.com/slackapi/bolt-js/issues/2509).
	MessageCharacters = 13200
	// ViewBytes is what a view may take; more is view_too_large
	// (docs.slack.dev/reference/methods/views.open).
	ViewBytes = 250_000
)

// Message says what is wrong with the blocks of a message; nothing if they are fine.
// The blocks are decoded JSON.
func Message(blocks any) []string {
	c := newChecker("message")
	list(0, MessageBlocks, block)(c, "/blocks", blocks)
	return c.problems
}

// MessageTooLong says whether the blocks of a message are too many characters together.
func MessageTooLong(blocks any) bool { return size(blocks) > MessageCharacters }

// View says what is wrong with a modal or a home tab; nothing if it is fine.
// The view is decoded JSON.
func View(view any) []string {
	kind := typeOf(view)
	c := newChecker(kind)
	properties := shape{
		must("blocks", list(0, ViewBlocks, block)),
		may("private_metadata", characters(0, 3000)),
		may("callback_id", characters(0, 255)),
		may("external_id", characters(0, 255)),
	}
	switch kind {
	case "modal":
		properties = append(properties, must("title", plain(24)), may("submit", plain(24)), may("close", plain(24)),
			may("clear_on_close", flag), may("notify_on_close", flag), may("submit_disabled", flag))
	case "home":
	default:
		c.fail("/view/type", "unsupported type: %s", kind)
		return c.problems
	}
	c.object("/view", view, properties)
	if object, ok := view.(map[string]any); ok && kind == "modal" && c.hasInput && object["submit"] == nil {
		c.fail("/view", "missing required field: submit")
	}
	return c.problems
}

// ViewTooLarge says whether a view takes too many bytes.
func ViewTooLarge(view any) bool { return size(view) > ViewBytes }

// Suggestions says what is wrong with the answer to a block_suggestion; nothing if it is fine.
func Suggestions(answer any) []string {
	c := newChecker("suggestions")
	c.object("", answer, shape{
		may("options", list(0, 100, option)),
		may("option_groups", list(0, 100, optionGroup)),
	})
	if object, ok := answer.(map[string]any); ok {
		c.exactlyOne("", object, "options", "option_groups")
	}
	return c.problems
}

func size(value any) int {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return 0
	}
	return out.Len() - 1
}
