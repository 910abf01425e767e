package config

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"ecsbot/authz"
)

// unknownKeys names every key that the shape does not have, with its line and the nearest
// known one. The YAML library can refuse such keys too, but not say what was meant.
func (l *loader) unknownKeys(node *yaml.Node, shape any) {
	l.keys(node, reflect.TypeOf(shape), "")
}

func (l *loader) keys(node *yaml.Node, shape reflect.Type, path string) {
	for shape.Kind() == reflect.Pointer {
		shape = shape.Elem()
	}
	if node.Kind == yaml.AliasNode {
		l.problem(node.Line, "aliases are not read here: write it out")
		return
	}
	switch shape.Kind() {
	case reflect.Struct:
		l.structKeys(node, shape, path)
	case reflect.Map:
		for key, value := range pairs(node) {
			l.keys(value, shape.Elem(), join(path, key.Value))
		}
	case reflect.Slice:
		if node.Kind == yaml.SequenceNode {
			for _, element := range node.Content {
				l.keys(element, shape.Elem(), path)
			}
		}
	default:
	}
}

func (l *loader) structKeys(node *yaml.Node, shape reflect.Type, path string) {
	known := map[string]reflect.Type{}
	for field := range shape.NumField() {
		if name, _, _ := strings.Cut(shape.Field(field).Tag.Get("yaml"), ","); name != "" {
			known[name] = shape.Field(field).Type
		}
	}
	for key, value := range pairs(node) {
		if field, found := known[key.Value]; found {
			l.keys(value, field, join(path, key.Value))
			continue
		}
		names := sortedKeys(known)
		if len(names) == 0 { // a scalar with its own reader
			return
		}
		hint := "known here: " + strings.Join(names, " ")
		if nearest := authz.Nearest(key.Value, names); nearest != "" {
			hint = "did you mean " + nearest + "?"
		}
		l.problem(key.Line, "unknown key %q; %s", join(path, key.Value), hint)
	}
}

// pairs are the keys and values of a mapping, in order.
func pairs(node *yaml.Node) func(func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		if node.Kind != yaml.MappingNode {
			return
		}
		for position := 0; position+1 < len(node.Content); position += 2 {
			if !yield(node.Content[position], node.Content[position+1]) {
				return
			}
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// line is where something stands: a path of keys and positions. Where the path ends early,
// it is the line of what there is.
func (l *loader) line(path ...any) int {
	if len(l.root.Content) == 0 {
		return 0
	}
	node, line := l.root.Content[0], 0
	for _, step := range path {
		var next *yaml.Node
		switch step := step.(type) {
		case string:
			for key, value := range pairs(node) {
				if key.Value == step {
					next, line = value, key.Line
				}
			}
		case int:
			if node.Kind == yaml.SequenceNode && step < len(node.Content) {
				next = node.Content[step]
				line = next.Line
			}
		}
		if next == nil {
			return line
		}
		node = next
	}
	return line
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
