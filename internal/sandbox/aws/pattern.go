package aws

import "strings"

// pattern is a filter pattern of unstructured terms (CloudWatch Logs User Guide, "Filter
// pattern syntax"): all of the terms, none of those after "-", or any of those after "?".
type pattern struct {
	all  []string
	none []string
	any  []string
}

// parsePattern reads a filter pattern. Patterns for JSON and for columns are refused: the
// sandbox does not evaluate them.
func parsePattern(text string) (pattern, error) {
	var p pattern
	rest := strings.TrimSpace(text)
	if strings.HasPrefix(rest, "{") || strings.HasPrefix(rest, "[") || strings.HasPrefix(rest, "%") {
		return p, invalid("Invalid filter pattern: the sandbox evaluates terms only, not JSON, columns or regular expressions.")
	}
	for rest != "" {
		list := &p.all
		switch rest[0] {
		case '-':
			list, rest = &p.none, rest[1:]
		case '?':
			list, rest = &p.any, rest[1:]
		}
		term, after, ok := cutTerm(rest)
		if !ok {
			return p, invalid("Invalid filter pattern")
		}
		*list = append(*list, term)
		rest = strings.TrimLeft(after, " ")
	}
	return p, nil
}

// cutTerm takes one term: in double quotes with \" and \\ inside, or letters, digits and underscores.
func cutTerm(text string) (term, rest string, ok bool) {
	if strings.HasPrefix(text, `"`) {
		return cutQuoted(text[1:])
	}
	end := strings.IndexByte(text, ' ')
	if end < 0 {
		end = len(text)
	}
	term, rest = text[:end], text[end:]
	return term, rest, term != "" && wordOf(term, "_")
}

func cutQuoted(text string) (term, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case text[i] == '"':
			rest = text[i+1:]
			return b.String(), rest, b.Len() > 0 && (rest == "" || rest[0] == ' ')
		default:
			b.WriteByte(text[i])
		}
	}
	return "", "", false
}

// matches reports whether a line has what the pattern asks for. Terms after "?" count only
// where there are no others.
func (p pattern) matches(line string) bool {
	for _, term := range p.none {
		if strings.Contains(line, term) {
			return false
		}
	}
	for _, term := range p.all {
		if !strings.Contains(line, term) {
			return false
		}
	}
	if len(p.all)+len(p.none) > 0 || len(p.any) == 0 {
		return true
	}
	for _, term := range p.any {
		if strings.Contains(line, term) {
			return true
		}
	}
	return false
}
