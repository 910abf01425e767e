package actions

import (
	"errors"
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
// phones and word processors make of dashes, quotes and spaces is undone first, up to a
// lone "--", after which nothing is touched.
func split(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	inside := false
	for _, character := range normalise(text) {
		switch {
		case quote != 0 && character == quote:
			quote = 0
		case quote == 0 && (character == '"' || character == '\''):
			quote, inside = character, true
		case quote == 0 && unicode.IsSpace(character):
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

// normalise undoes smart punctuation and drops what cannot be seen, up to a lone "--".
func normalise(text string) string {
	command, rest, found := strings.Cut(text, " -- ")
	command = punctuation().Replace(strings.Map(visible, command))
	if found {
		return command + " -- " + rest
	}
	return command
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
