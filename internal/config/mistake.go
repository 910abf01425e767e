package config

import (
	"fmt"
	"regexp"
	"strings"
)

// wrongType is how the YAML library says that a value is not of the kind that its key takes.
var wrongType = regexp.MustCompile("^cannot construct !!(\\w+)(?: `(.*)`)? into (.+)$")

// inWords says what the YAML library says as whoever wrote the file would.
func inWords(text string) string {
	if strings.Contains(text, "cannot start any token") {
		return "a tab, or another character that nothing begins with: indent with spaces"
	}
	found := wrongType.FindStringSubmatch(text)
	if found == nil {
		return text
	}
	was := map[string]string{"map": "a map", "seq": "a list"}[found[1]]
	if was == "" {
		was = fmt.Sprintf("%q", found[2])
	}
	return fmt.Sprintf("this takes %s, not %s", kindOf(found[3]), was)
}

// kindOf names a type of Go as a reader of YAML would.
func kindOf(name string) string {
	if kind, known := map[string]string{"bool": "true or false", "int": "a whole number", "string": "a word", "[]string": "a list of words"}[name]; known {
		return kind
	}
	if strings.HasPrefix(name, "[]") {
		return "a list"
	}
	return "a map of keys and values"
}
