package redact

import (
	"strings"
	"unicode/utf8"
)

// Plain is a line as it will be seen: without the colours and cursor movements of a terminal,
// without characters that have no look. What is invisible must not split a secret.
func Plain(text string) string {
	if isOrdinary(text) {
		return text
	}
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	if !strings.ContainsFunc(text, isUnseen) {
		return text
	}
	var seen strings.Builder
	for len(text) > 0 {
		if text[0] == escape || strings.HasPrefix(text, "\u009b") {
			text = text[sequence(text):]
			continue
		}
		char, size := utf8.DecodeRuneInString(text)
		if !isUnseen(char) {
			seen.WriteRune(char)
		}
		text = text[size:]
	}
	return seen.String()
}

// isOrdinary says of nearly every line, at one look, that nothing of it is unseen.
func isOrdinary(text string) bool {
	for at := range len(text) {
		if char := text[at]; char < ' ' && char != '\n' && char != '\t' && char != '\r' || char >= 0x7f {
			return false
		}
	}
	return true
}

const escape = '\x1b'

// isUnseen knows controls but for line ends and tabs, and what is zero wide.
func isUnseen(char rune) bool {
	switch {
	case char == '\n', char == '\t', char == '\r':
		return false
	case char < ' ', char >= 0x7f && char < 0xa0:
		return true
	case char >= 0x200b && char <= 0x200f, char >= 0x2060 && char <= 0x2064, char == 0xfeff, char == 0xad, char == 0x034f, char == 0x180e:
		return true
	}
	return char >= 0xfe00 && char <= 0xfe0f || char >= 0xe0000 && char <= 0xe01ef
}

// sequence is the length of the terminal's control sequence that a text begins with (ECMA-48).
func sequence(text string) int {
	kind, at := byte('['), len("\u009b")
	if text[0] == escape {
		if len(text) < 2 {
			return 1
		}
		kind, at = text[1], 2
	}
	switch kind {
	case '[': // parameters, then one final byte
		for at < len(text) && text[at] >= 0x20 && text[at] <= 0x3f {
			at++
		}
		if at < len(text) && text[at] >= 0x40 && text[at] <= 0x7e {
			at++
		}
	case ']', 'P', 'X', '^', '_': // a string, to BEL or ST
		for at < len(text) && text[at] != '\a' && text[at] != '\n' {
			if text[at] == escape {
				return min(at+2, len(text))
			}
			at++
		}
		if at < len(text) && text[at] == '\a' {
			at++
		}
	}
	return at
}
