package bot

import (
	"encoding/json"
	"unicode/utf8"
)

// maxAck keeps an acknowledgement clear of the 20 KB that Slack drops without a word.
const maxAck = 19_000

// weigh is what a block weighs against Slack's undocumented limit on the JSON of all blocks
// of a message (github.com/slackapi/bolt-js/issues/2509 measured about 13,200 characters).
// Characters beyond ASCII count as their escapes, since it is not known how Slack counts.
func weigh(value any) int {
	encoded, err := json.Marshal(value)
	if err != nil {
		return wholeBudget
	}
	weight := 0
	for _, char := range string(encoded) {
		weight += beyondASCII(char)
	}
	return weight
}

func beyondASCII(char rune) int {
	switch {
	case char < utf8.RuneSelf:
		return 1
	case char < 0x10000:
		return len(`\uFFFF`)
	}
	return len(`\uFFFF\uFFFF`)
}

// weighRune is what one character of a text adds.
func weighRune(char rune) int {
	switch {
	case char == '"', char == '\\', char == '\n', char == '\t':
		return 2
	case char == '<', char == '>', char == '&', char < ' ':
		return len(`\u003c`)
	}
	return beyondASCII(char)
}

// cutWeight keeps as much of the beginning of text as weighs no more than limit and is no
// longer than length characters, at a rune border.
func cutWeight(text string, limit, length int) string {
	for at, char := range text {
		limit -= weighRune(char)
		length--
		if limit < 0 || length < 0 {
			return text[:at]
		}
	}
	return text
}
