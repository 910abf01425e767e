package actions

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// longest is the longest command that is read, in characters.
const longest = 2000

// errQuote says that a quote was opened and not closed.
var errQuote = errors.New("a quote is not closed")

// split cuts a command into words as a shell user expects: at spaces, but not inside "…" or
// '…'. It knows nothing else of a shell: no variables, no substitution, no operators. What
// phones and word processors make of dashes, quotes and spaces is undone first, up to a lone
// "--"; what stands behind that is a command of somebody's own, of which nothing is changed.
func split(text string) (words, rest []string, hasRest bool, err error) {
	for _, at := range lone(text) {
		words, err = lex(normalise(text[:at.begin]), unicode.IsSpace)
		if err != nil {
			continue // inside quotes it is text like any other
		}
		rest, err = lex(text[at.end:], isPlainSpace)
		return words, rest, true, err
	}
	words, err = lex(normalise(text), unicode.IsSpace)
	return words, nil, false, err
}

// stretch is where something stands in a text, in bytes.
type stretch struct{ begin, end int }

// lone finds every "--" that stands by itself, or what phones make of it.
func lone(text string) []stretch {
	var found []stretch
	begin := -1
	for position, character := range text + " " {
		switch {
		case !unicode.IsSpace(character) && begin < 0:
			begin = position
		case unicode.IsSpace(character) && begin >= 0:
			if word := text[begin:position]; word == "--" || word == "\u2014" {
				found = append(found, stretch{begin, position})
			}
			begin = -1
		}
	}
	return found
}

func isPlainSpace(character rune) bool { return strings.ContainsRune(" \t\r\n", character) }

// lex cuts a text into words at spaces outside of quotes.
func lex(text string, isSpace func(rune) bool) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	inside := false
	for _, character := range text {
		switch {
		case quote != 0 && character == quote:
			quote = 0
		case quote == 0 && (character == '"' || character == '\''):
			quote, inside = character, true
		case quote == 0 && isSpace(character):
			if inside {
				words = append(words, word.String())
				word.Reset()
			}
			inside = false
		default:
			inside = true
			word.WriteRune(character)
		}
	}
	if quote != 0 {
		return nil, errQuote
	}
	if inside {
		words = append(words, word.String())
	}
	return words, nil
}

// normalise undoes smart punctuation and drops what cannot be seen.
func normalise(text string) string {
	return punctuation().Replace(strings.Map(visible, text))
}

// punctuation maps what iOS, macOS and word processors type for what was meant.
var punctuation = sync.OnceValue(func() *strings.Replacer { //nolint:gochecknoglobals // a constant that Go cannot write
	return strings.NewReplacer(
		"\u2014", "--", // em dash
		" \u2013", " --", // en dash where a flag begins
		"\u2013", "-", "\u2012", "-", "\u2010", "-", "\u2011", "-", "\u2212", "-",
		"\u201c", `"`, "\u201d", `"`, "\u201e", `"`, "\u00ab", `"`, "\u00bb", `"`,
		"\u2018", "'", "\u2019", "'", "\u201a", "'",
	)
})

// visible drops marks that change how a text looks and not what it says (direction, zero
// width), and makes every kind of space a space.
func visible(character rune) rune {
	switch {
	case unicode.IsSpace(character):
		return ' '
	case unicode.Is(unicode.Cf, character), unicode.IsControl(character), unicode.Is(unicode.Variation_Selector, character):
		return -1
	}
	return character
}

// quoted is a word in double quotes, so that every character of it can be told: what is not
// ASCII is written out.
func quoted(word string) string { return strconv.QuoteToASCII(word) }

// Counted is a number of things in words.
func Counted(count int, what string) string {
	if count == 1 {
		return "1 " + what
	}
	return strconv.Itoa(count) + " " + what + "s"
}
