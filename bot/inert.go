package bot

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// inert makes text from outside harmless: what would act unseen on a screen (control
// characters, changes of direction, tags) is shown as what it is, and what has no look at
// all (zero width) is left out. Line ends and tabs stay.
func inert(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if !strings.ContainsFunc(text, isActive) {
		return text
	}
	var clean strings.Builder
	for _, char := range text {
		clean.WriteString(visible(char))
	}
	return clean.String()
}

// isActive says whether a character does something other than stand on the line.
func isActive(char rune) bool {
	return isControl(char) || isDirection(char) || isWidthless(char)
}

func isControl(char rune) bool {
	return char < ' ' && char != '\n' && char != '\t' || char >= 0x7F && char <= 0x9F
}

// isDirection knows the bidirectional controls of UAX #9.
func isDirection(char rune) bool {
	switch {
	case char >= 0x202A && char <= 0x202E, char >= 0x2066 && char <= 0x2069:
		return true
	case char == 0x200E, char == 0x200F, char == 0x061C:
		return true
	}
	return false
}

func isWidthless(char rune) bool {
	switch {
	case char >= 0x200B && char <= 0x200D, char >= 0x2060 && char <= 0x2064, char == 0xFEFF, char == 0x00AD:
		return true
	case char >= 0xE0000 && char <= 0xE007F:
		return true
	}
	return false
}

func visible(char rune) string {
	const pictures = 0x2400 // U+2400: the control pictures stand in the order of ASCII
	switch {
	case isWidthless(char):
		return ""
	case isDirection(char):
		return fmt.Sprintf("‹U+%04X›", char)
	case char == 0x7F:
		return "␡"
	case isControl(char) && char < ' ':
		return string(pictures + char)
	case isControl(char):
		return string(utf8.RuneError)
	}
	return string(char)
}

// oneLine is inert text on a single line.
func oneLine(text string) string {
	return strings.Map(func(char rune) rune {
		if char == '\n' || char == '\t' {
			return ' '
		}
		return char
	}, inert(text))
}

// escaped is text as Slack wants it in a `text` field
// (docs.slack.dev/messaging/formatting-message-text#escaping).
func escaped(text string) string {
	if !strings.ContainsAny(text, "&<>") {
		return text
	}
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// unescaped undoes the three escapes of Slack and nothing else: <@U123|name> stays.
func unescaped(text string) string {
	if !strings.Contains(text, "&") {
		return text
	}
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}

// cutRunes keeps at most limit characters, the last of them an ellipsis where it cut.
func cutRunes(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	if limit < 1 {
		return ""
	}
	runes := []rune(text)
	return string(runes[:limit-1]) + "…"
}

// cutEscaped escapes text and keeps at most limit characters of the result, never half of an
// escape.
func cutEscaped(text string, limit int) string {
	whole := escaped(text)
	if utf8.RuneCountInString(whole) <= limit {
		return whole
	}
	room := limit - 1
	for at, char := range text {
		if room -= escapedLength(char); room < 0 {
			return escaped(text[:at]) + "…"
		}
	}
	return whole
}

// escapedLength is how many characters one becomes.
func escapedLength(char rune) int {
	switch char {
	case '&':
		return len("&amp;")
	case '<', '>':
		return len("&lt;")
	}
	return 1
}
