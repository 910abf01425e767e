package blockkit

// richText asks for a rich_text block or a cell that holds rich text.
func richText(c *checker, path string, value any) {
	if typeOf(value) != "rich_text" {
		c.fail(path+"/type", "must be rich_text")
		return
	}
	c.object(path, value, shape{may("block_id", characters(0, 255)), must("elements", list(0, 1000, richPart))})
}

func richPart(c *checker, path string, value any) {
	border := may("border", whole(0, 1))
	switch kind := typeOf(value); kind {
	case "rich_text_section":
		c.object(path, value, shape{must("elements", list(0, 10000, richInline))})
	case "rich_text_quote":
		c.object(path, value, shape{must("elements", list(0, 10000, richInline)), border})
	case "rich_text_preformatted":
		c.object(path, value, shape{
			must("elements", list(0, 10000, richVerbatim)), border, may("language", characters(0, 64)),
		})
	case "rich_text_list":
		c.object(path, value, shape{
			must("style", oneOf("bullet", "ordered")), must("elements", list(1, 1000, richItem)),
			may("indent", whole(0, 8)), may("offset", whole(0, 100000)), border,
		})
	default:
		c.fail(path+"/type", "unsupported type: %s", kind)
	}
}

func richItem(c *checker, path string, value any) {
	if typeOf(value) != "rich_text_section" {
		c.fail(path+"/type", "must be rich_text_section")
		return
	}
	richPart(c, path, value)
}

// richVerbatim is what a preformatted part holds: text and links.
func richVerbatim(c *checker, path string, value any) {
	if kind := typeOf(value); kind != "text" && kind != "link" {
		c.fail(path+"/type", "unsupported type: %s", kind)
		return
	}
	richInline(c, path, value)
}

func richInline(c *checker, path string, value any) {
	properties, ok := inlineShape(typeOf(value))
	if !ok {
		c.fail(path+"/type", "unsupported type: %s", typeOf(value))
		return
	}
	c.object(path, value, properties)
}

func inlineShape(kind string) (shape, bool) {
	id, style := characters(1, 255), may("style", richStyle)
	switch kind {
	case "text":
		return shape{must("text", characters(1, 40000)), style}, true
	case "link":
		return shape{must("url", link), may("text", characters(0, 40000)), may("unsafe", flag), style}, true
	case "emoji":
		return shape{
			must("name", id), may("unicode", id), may("skin_tone", whole(1, 6)), may("url", link), style,
		}, true
	case "user":
		return shape{must("user_id", id), style}, true
	case "usergroup":
		return shape{must("usergroup_id", id), style}, true
	case "channel":
		return shape{must("channel_id", id), style}, true
	case "team":
		return shape{must("team_id", id), style}, true
	case "broadcast":
		return shape{must("range", oneOf("here", "channel", "everyone")), style}, true
	case "color":
		return shape{must("value", id), style}, true
	case "date":
		return shape{
			must("timestamp", whole(0, 99_999_999_999)), must("format", id), may("url", link), may("fallback", id), style,
		}, true
	}
	return nil, false
}

func richStyle(c *checker, path string, value any) {
	c.object(path, value, shape{
		may("bold", flag), may("italic", flag), may("strike", flag), may("code", flag), may("underline", flag),
		may("highlight", flag), may("client_highlight", flag), may("unlink", flag),
	})
}
