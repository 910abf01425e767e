package blockkit

import "slices"

// selects are the menus; each has a multi_ twin.
func selects() []string {
	return []string{
		"static_select", "external_select", "users_select", "conversations_select", "channels_select",
		"multi_static_select", "multi_external_select", "multi_users_select", "multi_conversations_select",
		"multi_channels_select",
	}
}

func actionElements() []string {
	return append(selects(), "button", "checkboxes", "datepicker", "datetimepicker", "overflow", "radio_buttons",
		"timepicker")
}

func accessories() []string {
	return append(selects(), "button", "checkboxes", "datepicker", "image", "overflow", "radio_buttons", "timepicker")
}

func inputElements() []string {
	return append(selects(), "checkboxes", "datepicker", "datetimepicker", "email_text_input", "file_input",
		"number_input", "plain_text_input", "radio_buttons", "rich_text_input", "timepicker", "url_text_input")
}

// element asks for one of the named kinds of element.
func element(kinds []string) rule {
	return func(c *checker, path string, value any) {
		kind := typeOf(value)
		properties, known := elementShape(kind)
		if !known || !slices.Contains(kinds, kind) {
			c.fail(path+"/type", "unsupported type: %s", kind)
			return
		}
		c.object(path, value, properties)
		c.choices(path, value.(map[string]any), kind)
	}
}

func elementShape(kind string) (shape, bool) {
	if s, ok := menuShape(kind); ok {
		return s, true
	}
	if s, ok := inputShape(kind); ok {
		return s, true
	}
	action := may("action_id", actionID)
	switch kind {
	case "button":
		return shape{
			must("text", plain(75)), action, may("url", link), may("value", characters(0, 2000)),
			may("style", oneOf("primary", "danger")), may("confirm", confirm),
			may("accessibility_label", characters(1, 75)),
		}, true
	case "image":
		return shape{may("image_url", link), may("slack_file", slackFile), must("alt_text", characters(1, 2000))}, true
	case "overflow":
		return shape{action, must("options", list(1, 5, menuItem)), may("confirm", confirm)}, true
	case "checkboxes":
		return shape{
			action, must("options", list(1, 10, choice)), may("initial_options", list(1, 10, choice)),
			may("confirm", confirm), may("focus_on_load", focus),
		}, true
	case "radio_buttons":
		return shape{
			action, must("options", list(1, 10, choice)), may("initial_option", choice),
			may("confirm", confirm), may("focus_on_load", focus),
		}, true
	}
	return nil, false
}

func inputShape(kind string) (shape, bool) {
	base := shape{may("action_id", actionID), may("focus_on_load", focus)}
	placeholder, confirmed := may("placeholder", plain(150)), may("confirm", confirm)
	dispatch := may("dispatch_action_config", dispatchConfig)
	switch kind {
	case "datepicker":
		return append(base, may("initial_date", date), placeholder, confirmed), true
	case "timepicker":
		return append(base, may("initial_time", clock), may("timezone", characters(1, 64)), placeholder, confirmed), true
	case "datetimepicker":
		return append(base, may("initial_date_time", whole(1_000_000_000, 9_999_999_999)), confirmed), true
	case "plain_text_input":
		return append(base, may("initial_value", characters(0, 3000)), may("multiline", flag),
			may("min_length", whole(0, 3000)), may("max_length", whole(1, 3000)), dispatch, placeholder), true
	case "number_input":
		return append(base, must("is_decimal_allowed", flag), may("initial_value", characters(1, 64)),
			may("min_value", characters(1, 64)), may("max_value", characters(1, 64)), dispatch, placeholder), true
	case "email_text_input", "url_text_input":
		return append(base, may("initial_value", characters(0, 3000)), dispatch, placeholder), true
	case "rich_text_input":
		return append(base, may("initial_value", richText), dispatch, placeholder), true
	case "file_input":
		return shape{
			may("action_id", actionID), may("filetypes", list(1, 50, characters(1, 20))), may("max_files", whole(1, 10)),
		}, true
	}
	return nil, false
}

// choices holds what is chosen at first against what is offered.
func (c *checker) choices(path string, object map[string]any, kind string) {
	if kind == "image" {
		c.exactlyOne(path, object, "image_url", "slack_file")
		return
	}
	if kind == "static_select" || kind == "multi_static_select" {
		c.exactlyOne(path, object, "options", "option_groups")
	}
	options := offered(object)
	if options == nil {
		return
	}
	if chosen, ok := object["initial_option"]; ok {
		c.offers(path+"/initial_option", options, chosen)
	}
	chosen, _ := object["initial_options"].([]any)
	for _, one := range chosen {
		c.offers(path+"/initial_options", options, one)
	}
}

func (c *checker) exactlyOne(path string, object map[string]any, names ...string) {
	present := 0
	for _, name := range names {
		if _, ok := object[name]; ok {
			present++
		}
	}
	if present != 1 {
		c.fail(path, "must define exactly one of %v", names)
	}
}

func offered(object map[string]any) []any {
	options, _ := object["options"].([]any)
	groups, _ := object["option_groups"].([]any)
	for _, g := range groups {
		if group, ok := g.(map[string]any); ok {
			more, _ := group["options"].([]any)
			options = append(options, more...)
		}
	}
	return options
}
