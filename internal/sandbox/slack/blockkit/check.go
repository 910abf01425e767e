package blockkit

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// checker collects what is wrong with one message or view.
type checker struct {
	surface   string
	problems  []string
	blockIDs  map[string]bool
	actionIDs map[string]bool // of the block that is being read
	seen      map[string]int  // blocks by type, for limits of a whole message
	markdown  int             // characters in markdown blocks
	hasInput  bool
	focused   int
}

// rule judges one value, found at a JSON pointer.
type rule func(c *checker, path string, value any)

// field is one property of an object.
type field struct {
	name     string
	required bool
	rule     rule
}

// shape is every property that an object may have, beside its type.
type shape []field

func must(name string, r rule) field { return field{name: name, required: true, rule: r} }
func may(name string, r rule) field  { return field{name: name, rule: r} }

func newChecker(surface string) *checker {
	return &checker{surface: surface, blockIDs: map[string]bool{}, seen: map[string]int{}}
}

// fail words a problem as Slack words it in response_metadata.messages.
func (c *checker) fail(path, format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf("[ERROR] %s [json-pointer:%s]", fmt.Sprintf(format, args...), path))
}

// object holds a value against a shape: missing, unknown and wrong properties.
func (c *checker) object(path string, value any, properties shape) {
	object, ok := value.(map[string]any)
	if !ok {
		c.fail(path, "must be an object")
		return
	}
	for _, f := range properties {
		v, present := object[f.name]
		switch {
		case present:
			f.rule(c, path+"/"+f.name, v)
		case f.required:
			c.fail(path, "missing required field: %s", f.name)
		}
	}
	for _, name := range sortedKeys(object) {
		if name != "type" && !slices.ContainsFunc(properties, func(f field) bool { return f.name == name }) {
			c.fail(path, "invalid additional property: %s", name)
		}
	}
}

func sortedKeys(object map[string]any) []string {
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func typeOf(value any) string {
	object, ok := value.(map[string]any)
	if !ok {
		return ""
	}
	kind, _ := object["type"].(string)
	return kind
}

// characters asks for a string of so many characters.
func characters(shortest, longest int) rule {
	return func(c *checker, path string, value any) {
		s, ok := value.(string)
		if !ok {
			c.fail(path, "must be a string")
			return
		}
		switch length := utf8.RuneCountInString(s); {
		case length < shortest:
			c.fail(path, "must be more than %d characters", shortest-1)
		case length > longest:
			c.fail(path, "must be less than %d characters", longest+1)
		}
	}
}

func flag(c *checker, path string, value any) {
	if _, ok := value.(bool); !ok {
		c.fail(path, "must be a boolean")
	}
}

func number(c *checker, path string, value any) {
	if _, ok := value.(float64); !ok {
		c.fail(path, "must be a number")
	}
}

// whole asks for an integer within bounds.
func whole(least, most int) rule {
	return func(c *checker, path string, value any) {
		n, ok := value.(float64)
		if !ok || n != float64(int(n)) {
			c.fail(path, "must be an integer")
			return
		}
		if int(n) < least || int(n) > most {
			c.fail(path, "must be between %d and %d", least, most)
		}
	}
}

func oneOf(allowed ...string) rule {
	return func(c *checker, path string, value any) {
		if s, ok := value.(string); !ok || !slices.Contains(allowed, s) {
			c.fail(path, "must be a valid enum value")
		}
	}
}

// list asks for an array of so many items.
func list(least, most int, item rule) rule {
	return func(c *checker, path string, value any) {
		items, ok := value.([]any)
		if !ok {
			c.fail(path, "must be an array")
			return
		}
		if len(items) < least {
			c.fail(path, "no fewer than %d items allowed", least)
		}
		if len(items) > most {
			c.fail(path, "no more than %d items allowed", most)
		}
		for i, v := range items {
			item(c, fmt.Sprintf("%s/%d", path, i), v)
		}
	}
}
