package aws

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"strings"
	"time"
)

// decode reads JSON 1.1 parameters as AWS does: members are matched by their exact case,
// unknown members are ignored, and a value of the wrong kind is a SerializationException.
func decode(body []byte, into any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return refuse("SerializationException", "")
	}
	var raw any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&raw); err != nil {
		return refuse("SerializationException", "")
	}
	known, err := json.Marshal(exact(raw, reflect.TypeOf(into)))
	if err != nil {
		return refuse("SerializationException", "")
	}
	if err := json.Unmarshal(known, into); err != nil {
		return refuse("SerializationException", "%s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// exact drops the members that the type does not have under exactly that name, which
// encoding/json would otherwise match whatever their case.
func exact(value any, kind reflect.Type) any {
	for kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	switch value := value.(type) {
	case map[string]any:
		if kind.Kind() == reflect.Struct {
			return exactMembers(value, kind)
		}
	case []any:
		if kind.Kind() == reflect.Slice {
			for i := range value {
				value[i] = exact(value[i], kind.Elem())
			}
		}
	}
	return value
}

func exactMembers(value map[string]any, kind reflect.Type) map[string]any {
	known := make(map[string]any, len(value))
	for i := range kind.NumField() {
		field := kind.Field(i)
		if field.Anonymous {
			maps.Copy(known, exactMembers(value, field.Type))
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if member, ok := value[name]; ok {
			known[name] = exact(member, field.Type)
		}
	}
	return known
}

// stamp is a time as JSON 1.1 has it: epoch seconds with milliseconds.
type stamp time.Time

// MarshalJSON writes the epoch seconds.
func (s stamp) MarshalJSON() ([]byte, error) {
	return json.Marshal(float64(time.Time(s).UnixMilli()) / 1000)
}

// UnmarshalJSON reads epoch seconds.
func (s *stamp) UnmarshalJSON(data []byte) error {
	var seconds float64
	if err := json.Unmarshal(data, &seconds); err != nil {
		return err
	}
	*s = stamp(time.UnixMilli(int64(math.Round(seconds * 1000))))
	return nil
}

// stampOf is a pointer for an optional member: nil where the time is unset.
func stampOf(at time.Time) *stamp {
	if at.IsZero() {
		return nil
	}
	s := stamp(at)
	return &s
}
