package iam

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A compiled pattern has these bytes where the document has wildcards, so that a wildcard
// that comes out of a variable is an ordinary character.
const (
	anyRun  = '\x00' // *
	anyChar = '\x01' // ?
)

// template is a text of a document: pieces of which some are variables.
type template []piece

// piece is literal text, or a variable of the context with what stands in for it.
type piece struct {
	text     string
	variable string // condition key in lower case; empty for literal text
	fallback string
	optional bool // there is a fallback
}

// parseTemplate reads a text. With wildcards, * and ? match; ${*}, ${?} and ${$} are the
// characters themselves (IAM User Guide, "IAM policy elements: Variables and tags").
func parseTemplate(text string, wildcards, variables bool) (template, error) {
	if strings.ContainsAny(text, "\x00\x01") {
		return nil, errors.New("a control character in a policy")
	}
	var pieces template
	for text != "" {
		before, rest, found := strings.Cut(text, "${")
		if !found || !variables {
			before, rest, found = text, "", false
		}
		if before != "" {
			pieces = append(pieces, piece{text: wild(before, wildcards)})
		}
		if !found {
			break
		}
		inside, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, fmt.Errorf("a variable that does not end in %q", text)
		}
		pieces = append(pieces, parseVariable(inside))
		text = after
	}
	return pieces, nil
}

func wild(text string, wildcards bool) string {
	if !wildcards {
		return text
	}
	return strings.NewReplacer("*", string(anyRun), "?", string(anyChar)).Replace(text)
}

func parseVariable(inside string) piece {
	if inside == "*" || inside == "?" || inside == "$" {
		return piece{text: inside}
	}
	name, fallback, optional := strings.Cut(inside, ",")
	return piece{
		variable: strings.ToLower(strings.TrimSpace(name)),
		fallback: strings.Trim(strings.TrimSpace(fallback), "'"), optional: optional,
	}
}

// expand puts the context's values in. A variable that has no value, or several, cannot be
// resolved, and then nothing is said by whatever contains it.
func (t template) expand(context map[string][]string) (pattern string, resolved bool) {
	if len(t) == 1 && t[0].variable == "" {
		return t[0].text, true
	}
	var text strings.Builder
	for _, each := range t {
		value := each.text
		if each.variable != "" {
			known := context[each.variable]
			switch {
			case len(known) == 1 && !strings.ContainsAny(known[0], "\x00\x01"):
				value = known[0]
			case len(known) == 0 && each.optional:
				value = each.fallback
			default:
				return "", false
			}
		}
		text.WriteString(value)
	}
	return text.String(), true
}

// glob says whether a compiled pattern matches the whole text, in time proportional to the
// product of both at worst.
func glob(pattern, text string) bool {
	at, star, mark := 0, -1, 0
	position := 0
	for position < len(text) {
		switch {
		case at < len(pattern) && pattern[at] == anyRun:
			star, mark = at, position
			at++
		case at < len(pattern) && pattern[at] == anyChar:
			_, width := utf8.DecodeRuneInString(text[position:])
			position += width
			at++
		case at < len(pattern) && pattern[at] == text[position]:
			position++
			at++
		case star >= 0:
			_, width := utf8.DecodeRuneInString(text[mark:])
			mark += width
			at, position = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[at:], string(anyRun)) == ""
}

// arnParts is how many parts an ARN has, the last of which may contain colons.
const arnParts = 6

// arn is a pattern of ARNs. A wildcard does not reach over the colons between the parts; the
// pattern * alone matches everything, and nothing else matches a call without a resource.
type arn struct {
	everything bool
	parts      [arnParts]template
}

func parseARN(text string, variables bool) (arn, error) {
	if text == "*" {
		return arn{everything: true}, nil
	}
	pieces, err := parseTemplate(text, true, variables)
	if err != nil {
		return arn{}, err
	}
	var parsed arn
	part := 0
	for _, each := range pieces {
		if each.variable != "" {
			parsed.parts[part] = append(parsed.parts[part], each)
			continue
		}
		for rest := each.text; ; part++ {
			before, after, more := strings.Cut(rest, ":")
			if part == arnParts-1 {
				before, more = rest, false
			}
			if before != "" {
				parsed.parts[part] = append(parsed.parts[part], piece{text: before})
			}
			if !more {
				break
			}
			rest = after
		}
	}
	if part != arnParts-1 {
		return arn{}, fmt.Errorf("%q is no ARN and not *", text)
	}
	return parsed, nil
}

// matches compares part by part; resolved is false where a variable has no value.
func (a arn) matches(text string, context map[string][]string) (matches, resolved bool) {
	if a.everything {
		return true, true
	}
	parts := strings.SplitN(text, ":", arnParts)
	matches = len(parts) == arnParts
	for position, part := range a.parts {
		pattern, known := part.expand(context)
		if !known {
			return false, false
		}
		matches = matches && glob(pattern, parts[position])
	}
	return matches, true
}
