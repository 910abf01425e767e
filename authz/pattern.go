package authz

import (
	"fmt"
	"strings"
)

// pattern matches a service name: an exact name, or a glob in which * stands for any run of
// characters. There is nothing else in it: no ?, no classes, so that a pattern says what it seems to say.
type pattern string

func parsePatterns(texts []string) ([]pattern, error) {
	var patterns []pattern
	for _, text := range texts {
		if text == "" || strings.ContainsAny(text, "?[]{}!\\ \t") {
			return nil, fmt.Errorf("service pattern %q: allowed are a name and * for any run of characters", text)
		}
		patterns = append(patterns, pattern(text))
	}
	return patterns, nil
}

// matches takes time linear in the name for each star; names are at most 255 characters.
func (p pattern) matches(name string) bool {
	text := string(p)
	head, rest, starred := strings.Cut(text, "*")
	if !starred {
		return text == name
	}
	if !strings.HasPrefix(name, head) {
		return false
	}
	name = name[len(head):]
	for {
		part, more, another := strings.Cut(rest, "*")
		if !another {
			return strings.HasSuffix(name, part)
		}
		at := strings.Index(name, part)
		if at < 0 {
			return false
		}
		name, rest = name[at+len(part):], more
	}
}
