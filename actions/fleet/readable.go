package fleet

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// field is one name and value of a JSON line.
type field struct {
	name  string
	value json.RawMessage
}

// The names under which loggers write what people look for first.
func levelNames() []string {
	return []string{"level", "severity", "lvl", "levelname", "log.level", "loglevel"}
}

func timeNames() []string { return []string{"time", "timestamp", "ts", "@timestamp", "datetime", "t"} }
func wordNames() []string { return []string{"message", "msg", "log", "event", "error", "err"} }

// Readable is a JSON line as people read it: level, time, message, then the rest in its order.
// Any other line stays as it is.
func Readable(text string) string {
	fields, isObject := fieldsOf(text)
	if !isObject || len(fields) == 0 {
		return text
	}
	var parts []string
	level, at, words := take(&fields, levelNames()), take(&fields, timeNames()), take(&fields, wordNames())
	if level != nil {
		parts = append(parts, strings.ToUpper(plain(level)))
	}
	if at != nil {
		parts = append(parts, plain(at))
	}
	if words != nil {
		parts = append(parts, plain(words))
	}
	for _, rest := range fields {
		parts = append(parts, rest.name+"="+shortened(rest.value))
	}
	return strings.Join(parts, " ")
}

// fieldsOf are the fields of a JSON object in their order; false where the text is no object
// and nothing but one.
func fieldsOf(text string) ([]field, bool) {
	trimmed := strings.TrimSpace(text)
	if len(trimmed) < 2 || trimmed[0] != '{' || trimmed[len(trimmed)-1] != '}' {
		return nil, false
	}
	decoder := json.NewDecoder(strings.NewReader(trimmed))
	if _, err := decoder.Token(); err != nil {
		return nil, false
	}
	var fields []field
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, false
		}
		each := field{}
		each.name, _ = name.(string)
		if decoder.Decode(&each.value) != nil {
			return nil, false
		}
		fields = append(fields, each)
	}
	if _, err := decoder.Token(); err != nil {
		return nil, false
	}
	return fields, decoder.InputOffset() == int64(len(trimmed))
}

// take removes the first field that has one of the names, the earlier names first.
func take(fields *[]field, names []string) json.RawMessage {
	for _, name := range names {
		at := slices.IndexFunc(*fields, func(each field) bool { return strings.EqualFold(each.name, name) })
		if at >= 0 {
			value := (*fields)[at].value
			*fields = slices.Delete(*fields, at, at+1)
			return value
		}
	}
	return nil
}

// plain is a value as text: a string without its quotes, anything else as JSON.
func plain(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return shortened(value)
}

// shortened is a value as it stands after its name: quoted where it would be misread.
func shortened(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil && text != "" && !strings.ContainsAny(text, " \t\r\n=\"") {
		return text
	}
	var compact bytes.Buffer
	if json.Compact(&compact, value) != nil {
		return string(value)
	}
	return compact.String()
}
