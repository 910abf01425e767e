package slack

import (
	"fmt"
	"reflect"
	"strings"
)

// initialValues are the values of a view before anyone entered anything.
func initialValues(blocks []any) map[string]any {
	values := map[string]any{}
	for _, e := range elements(blocks) {
		if e.action == "" || e.kind == "button" || e.kind == "overflow" || e.kind == "image" {
			continue
		}
		actions, _ := values[e.block].(map[string]any)
		if actions == nil {
			actions = map[string]any{}
			values[e.block] = actions
		}
		actions[e.action] = e.initial()
	}
	return values
}

// placed is one element and where it stands.
type placed struct {
	block, action, kind string
	body                map[string]any
	isInput             bool
	isOptional          bool
}

// elements finds every element with an action_id in a list of blocks.
func elements(blocks []any) []placed {
	var found []placed
	for _, b := range blocks {
		block, _ := b.(map[string]any)
		id, _ := block["block_id"].(string)
		candidates, _ := block["elements"].([]any)
		candidates = append(append([]any{}, candidates...), block["accessory"], block["element"])
		for _, candidate := range candidates {
			body, _ := candidate.(map[string]any)
			action, _ := body["action_id"].(string)
			kind, _ := body["type"].(string)
			if action != "" {
				found = append(found, placed{
					block: id, action: action, kind: kind, body: body,
					isInput: block["type"] == "input", isOptional: block["optional"] == true,
				})
			}
		}
	}
	return found
}

// element finds the element that a person touches; a block may be left out
// where the action is enough.
func element(blocks []any, block, action string) (placed, bool) {
	for _, e := range elements(blocks) {
		if e.action == action && (block == "" || e.block == block) {
			return e, true
		}
	}
	return placed{}, false
}

// answerKey is the property that holds what a person chose or entered.
func answerKey(kind string) string {
	single, isMulti := strings.CutPrefix(kind, "multi_")
	plural := func(name string) string {
		if isMulti {
			return name + "s"
		}
		return name
	}
	switch single {
	case "static_select", "external_select":
		return plural("selected_option")
	case "users_select":
		return plural("selected_user")
	case "conversations_select":
		return plural("selected_conversation")
	case "channels_select":
		return plural("selected_channel")
	case "radio_buttons", "overflow":
		return "selected_option"
	case "checkboxes":
		return "selected_options"
	case "datepicker":
		return "selected_date"
	case "timepicker":
		return "selected_time"
	case "datetimepicker":
		return "selected_date_time"
	case "rich_text_input":
		return "rich_text_value"
	case "file_input":
		return "files"
	}
	return "value"
}

func (e placed) initial() map[string]any {
	key := answerKey(e.kind)
	name := strings.Replace(key, "selected_", "initial_", 1)
	if key == "value" || key == "rich_text_value" {
		name = "initial_value"
	}
	value := e.body[name]
	if value == nil && strings.HasSuffix(key, "s") {
		value = []any{}
	}
	return map[string]any{"type": e.kind, key: value}
}

// answered is what a person gave: a string for what is typed or for the value
// of an option, a list of these, or Slack's own state object.
func (e placed) answered(given any) (map[string]any, error) {
	key := answerKey(e.kind)
	if state, ok := given.(map[string]any); ok {
		if _, isOption := state["text"]; !isOption {
			if state[key] == nil && state["value"] != nil {
				return e.answered(state["value"])
			}
			given = state[key]
		}
	}
	out := map[string]any{"type": e.kind, key: given}
	if given == nil || given == "" {
		out[key] = e.nothing(key)
		return out, nil
	}
	if !strings.HasPrefix(key, "selected_option") {
		return out, nil
	}
	if !strings.HasSuffix(key, "s") {
		option, err := e.option(given)
		out[key] = option
		return out, err
	}
	var options []any
	for _, one := range listOf(given) {
		option, err := e.option(one)
		if err != nil {
			return nil, err
		}
		options = append(options, option)
	}
	out[key] = options
	return out, nil
}

func (e placed) nothing(key string) any {
	if strings.HasSuffix(key, "s") {
		return []any{}
	}
	return nil
}

func listOf(given any) []any {
	switch v := given.(type) {
	case []any:
		return v
	case []string:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = item
		}
		return items
	}
	return []any{given}
}

// option finds the option that is meant; people can only choose what is offered.
func (e placed) option(given any) (any, error) {
	isExternal := strings.HasSuffix(e.kind, "external_select")
	if value, ok := given.(string); ok && isExternal {
		return map[string]any{
			"text": map[string]any{"type": "plain_text", "text": value, "emoji": true}, "value": value,
		}, nil
	}
	if isExternal {
		complete(given)
		return given, nil
	}
	for _, o := range e.offered() {
		option, _ := o.(map[string]any)
		if reflect.DeepEqual(o, given) || option["value"] == given {
			return o, nil
		}
		if chosen, ok := given.(map[string]any); ok && chosen["value"] == option["value"] {
			return o, nil
		}
	}
	return nil, fmt.Errorf("%s offers no option %v", e.action, given)
}

func (e placed) offered() []any {
	options, _ := e.body["options"].([]any)
	groups, _ := e.body["option_groups"].([]any)
	for _, g := range groups {
		group, _ := g.(map[string]any)
		more, _ := group["options"].([]any)
		options = append(append([]any{}, options...), more...)
	}
	return options
}
