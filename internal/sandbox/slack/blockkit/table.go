package blockkit

import "unicode/utf8"

// tableCharacters is what the cells of one table may hold together
// (docs.slack.dev/reference/block-kit/blocks/table-block), dataTableCharacters
// the same of a data_table.
const (
	tableCharacters     = 10000
	dataTableCharacters = 20000
)

func tableShape() shape {
	return shape{
		may("block_id", blockID),
		must("rows", rows(100, tableCharacters, cell("raw_text", "raw_number", "rich_text"))),
		may("column_settings", list(0, 20, columnSetting)),
	}
}

func dataTableShape() shape {
	return shape{
		may("block_id", blockID),
		may("caption", characters(1, 2000)),
		may("page_size", whole(1, 200)),
		may("row_header_column_index", whole(0, 19)),
		must("rows", rows(201, dataTableCharacters, cell("raw_text", "raw_number", "rich_text", "action_cell"))),
	}
}

// rows asks for a rectangle of cells that together hold no more than so many characters.
func rows(most, longest int, one rule) rule {
	return func(c *checker, path string, value any) {
		list(1, most, list(1, 20, one))(c, path, value)
		lines, _ := value.([]any)
		width := -1
		for _, line := range lines {
			cells, _ := line.([]any)
			if width >= 0 && len(cells) != width {
				c.fail(path, "every row must have the same number of cells")
				break
			}
			width = len(cells)
		}
		if textLength(value) > longest {
			c.fail(path, "must hold less than %d characters", longest+1)
		}
	}
}

func cell(kinds ...string) rule {
	shapes := map[string]shape{
		"raw_text":    {must("text", characters(1, 3000))},
		"raw_number":  {must("value", number), may("text", characters(0, 3000))},
		"rich_text":   {must("elements", list(0, 1000, richPart)), may("block_id", characters(0, 255))},
		"action_cell": {must("element", element([]string{"button"})), may("fallback", func(*checker, string, any) {})},
	}
	return func(c *checker, path string, value any) {
		for _, kind := range kinds {
			if typeOf(value) == kind {
				c.object(path, value, shapes[kind])
				return
			}
		}
		c.fail(path+"/type", "unsupported type: %s", typeOf(value))
	}
}

// columnSetting may be null, which leaves the column as it is.
func columnSetting(c *checker, path string, value any) {
	if value != nil {
		c.object(path, value, shape{may("align", oneOf("left", "center", "right")), may("is_wrapped", flag)})
	}
}

// textLength counts the characters of every "text" in a value.
func textLength(value any) int {
	total := 0
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			total += textLength(item)
		}
	case map[string]any:
		for name, item := range v {
			if s, ok := item.(string); ok && name == "text" {
				total += utf8.RuneCountInString(s)
				continue
			}
			total += textLength(item)
		}
	}
	return total
}
