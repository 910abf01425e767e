package blockkit

import (
	"strings"
	"time"
)

// menuShape is the shape of a select menu, single or multi.
func menuShape(kind string) (shape, bool) {
	single, isMulti := strings.CutPrefix(kind, "multi_")
	properties := shape{
		may("action_id", actionID), may("placeholder", plain(150)), may("confirm", confirm),
		may("focus_on_load", focus),
	}
	if isMulti {
		properties = append(properties, may("max_selected_items", whole(1, 100)))
	}
	initial := func(name string, one rule) field {
		if isMulti {
			return may(name+"s", list(1, 100, one))
		}
		return may(name, one)
	}
	id := characters(1, 255)
	switch single {
	case "static_select":
		return append(properties, initial("initial_option", option), may("options", list(1, 100, option)),
			may("option_groups", list(1, 100, optionGroup))), true
	case "external_select":
		return append(properties, initial("initial_option", option), may("min_query_length", whole(0, 3000))), true
	case "users_select":
		return append(properties, initial("initial_user", id)), true
	case "conversations_select":
		return append(withResponseURL(properties, isMulti), initial("initial_conversation", id),
			may("default_to_current_conversation", flag), may("filter", conversationFilter)), true
	case "channels_select":
		return append(withResponseURL(properties, isMulti), initial("initial_channel", id)), true
	}
	return nil, false
}

func withResponseURL(properties shape, isMulti bool) shape {
	if isMulti {
		return properties
	}
	return append(properties, may("response_url_enabled", flag))
}

func conversationFilter(c *checker, path string, value any) {
	c.object(path, value, shape{
		may("include", list(1, 4, oneOf("im", "mpim", "private", "public"))),
		may("exclude_external_shared_channels", flag),
		may("exclude_bot_users", flag),
	})
}

func date(c *checker, path string, value any)  { layout(c, path, value, time.DateOnly) }
func clock(c *checker, path string, value any) { layout(c, path, value, "15:04") }

func layout(c *checker, path string, value any, form string) {
	s, ok := value.(string)
	if !ok {
		c.fail(path, "must be a string")
		return
	}
	if _, err := time.Parse(form, s); err != nil {
		c.fail(path, "must match the format %s", form)
	}
}
