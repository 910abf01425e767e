package blockkit

import (
	"net/url"
	"reflect"
	"slices"
)

// text asks for a text object of one of the kinds plain_text and mrkdwn.
func text(longest int, kinds ...string) rule {
	return func(c *checker, path string, value any) {
		kind := typeOf(value)
		if kind == "" || !slices.Contains(kinds, kind) {
			c.fail(path+"/type", "must be a valid text object of type %v", kinds)
			return
		}
		properties := shape{must("text", characters(1, longest))}
		if kind == "plain_text" {
			properties = append(properties, may("emoji", flag))
		} else {
			properties = append(properties, may("verbatim", flag))
		}
		c.object(path, value, properties)
	}
}

func plain(longest int) rule   { return text(longest, "plain_text") }
func anyText(longest int) rule { return text(longest, "plain_text", "mrkdwn") }

// link asks for a URL of at most 3,000 characters.
func link(c *checker, path string, value any) {
	characters(1, 3000)(c, path, value)
	if s, ok := value.(string); ok {
		if u, err := url.Parse(s); err != nil || u.Scheme == "" || (u.Host == "" && u.Opaque == "") {
			c.fail(path, "invalid url")
		}
	}
}

// actionID asks for an identifier that no other element of the block has.
func actionID(c *checker, path string, value any) {
	characters(1, 255)(c, path, value)
	id, ok := value.(string)
	if !ok {
		return
	}
	if c.actionIDs[id] {
		c.fail(path, "`action_id` %q already exists", id)
	}
	c.actionIDs[id] = true
}

// blockID asks for an identifier that no other block has.
func blockID(c *checker, path string, value any) {
	characters(1, 255)(c, path, value)
	id, ok := value.(string)
	if !ok {
		return
	}
	if c.blockIDs[id] {
		c.fail(path, "`block_id` %q already exists", id)
	}
	c.blockIDs[id] = true
}

// focus asks that one element at most takes the focus.
func focus(c *checker, path string, value any) {
	flag(c, path, value)
	if value == true {
		if c.focused++; c.focused > 1 {
			c.fail(path, "only one element may have focus_on_load")
		}
	}
}

func confirm(c *checker, path string, value any) {
	c.object(path, value, shape{
		must("title", plain(100)),
		must("text", anyText(300)),
		must("confirm", plain(30)),
		must("deny", plain(30)),
		may("style", oneOf("primary", "danger")),
	})
}

func option(c *checker, path string, value any) {
	c.object(path, value, shape{
		must("text", plain(75)),
		must("value", characters(1, 150)),
		may("description", plain(75)),
	})
}

// choice is an option of radio buttons and checkboxes, which may be marked up.
func choice(c *checker, path string, value any) {
	c.object(path, value, shape{
		must("text", anyText(75)),
		must("value", characters(1, 150)),
		may("description", anyText(75)),
	})
}

// menuItem is an option of an overflow menu, which may be a link.
func menuItem(c *checker, path string, value any) {
	c.object(path, value, shape{
		must("text", plain(75)),
		must("value", characters(1, 150)),
		may("description", plain(75)),
		may("url", link),
	})
}

func optionGroup(c *checker, path string, value any) {
	c.object(path, value, shape{must("label", plain(75)), must("options", list(1, 100, option))})
}

func dispatchConfig(c *checker, path string, value any) {
	c.object(path, value, shape{
		must("trigger_actions_on", list(1, 2, oneOf("on_enter_pressed", "on_character_entered"))),
	})
}

func slackFile(c *checker, path string, value any) {
	c.object(path, value, shape{may("id", characters(1, 255)), may("url", link)})
}

// offers asks that what is chosen at first is among the options.
func (c *checker) offers(path string, options []any, chosen any) {
	if !slices.ContainsFunc(options, func(o any) bool { return reflect.DeepEqual(o, chosen) }) {
		c.fail(path, "must exactly match one of the options")
	}
}
