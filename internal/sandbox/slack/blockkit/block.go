package blockkit

// block asks for any kind of block that the surface shows.
func block(c *checker, path string, value any) {
	kind := typeOf(value)
	c.actionIDs = map[string]bool{}
	properties, known := blockShape(kind)
	if !known || !c.shows(kind) {
		c.fail(path+"/type", "unsupported type: %s", kind)
		return
	}
	c.object(path, value, properties)
	c.seen[kind]++
	c.together(path, value.(map[string]any), kind)
}

// shows says whether the surface may hold a kind of block: tables, charts and
// markdown are for messages.
func (c *checker) shows(kind string) bool {
	switch kind {
	case "markdown", "table", "data_table", "data_visualization":
		return c.surface == "message"
	}
	return true
}

func blockShape(kind string) (shape, bool) {
	id := may("block_id", blockID)
	switch kind {
	case "section":
		return shape{
			id, may("text", anyText(3000)), may("fields", list(1, 10, anyText(2000))),
			may("accessory", element(accessories())), may("expand", flag),
		}, true
	case "actions":
		return shape{id, must("elements", list(1, 25, element(actionElements())))}, true
	case "context":
		return shape{id, must("elements", list(1, 10, contextElement))}, true
	case "header":
		return shape{id, must("text", plain(150))}, true
	case "divider":
		return shape{id}, true
	case "image":
		return shape{
			id, may("image_url", link), may("slack_file", slackFile), must("alt_text", characters(1, 2000)),
			may("title", plain(2000)),
		}, true
	case "input":
		return shape{
			id, must("label", plain(2000)), must("element", element(inputElements())), may("hint", plain(2000)),
			may("optional", flag), may("dispatch_action", flag),
		}, true
	case "rich_text":
		return shape{id, must("elements", list(1, 1000, richPart))}, true
	case "markdown":
		return shape{id, must("text", characters(1, 12000))}, true
	case "table":
		return tableShape(), true
	case "data_table":
		return dataTableShape(), true
	case "data_visualization":
		return chartShape(), true
	}
	return nil, false
}

func contextElement(c *checker, path string, value any) {
	switch typeOf(value) {
	case "plain_text", "mrkdwn":
		anyText(3000)(c, path, value)
	default:
		element([]string{"image"})(c, path, value)
	}
}

// together holds what only the block, or the message, as a whole can break.
func (c *checker) together(path string, object map[string]any, kind string) {
	switch kind {
	case "section":
		_, hasText := object["text"]
		_, hasFields := object["fields"]
		if !hasText && !hasFields {
			c.fail(path, "must define either `text` or `fields`")
		}
	case "image":
		c.exactlyOne(path, object, "image_url", "slack_file")
	case "input":
		c.hasInput = true
	case "markdown":
		if c.markdown += textLength(object); c.markdown > 12000 {
			c.fail(path+"/text", "markdown blocks must hold less than 12001 characters together")
		}
	case "table":
		if c.seen[kind] > 1 {
			c.fail(path, "only one table allowed in a message")
		}
	case "data_visualization":
		if c.seen[kind] > 2 {
			c.fail(path, "no more than 2 data_visualization blocks allowed in a message")
		}
	}
}
