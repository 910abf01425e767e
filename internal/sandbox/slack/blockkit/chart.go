package blockkit

import "fmt"

func chartShape() shape {
	return shape{may("block_id", blockID), must("title", characters(1, 50)), must("chart", chart)}
}

// chart asks for a pie of at most 6 segments or a chart of at most 12 series × 20 points.
// For pies, 6 is the lower of two published numbers.
func chart(c *checker, path string, value any) {
	switch kind := typeOf(value); kind {
	case "pie":
		c.object(path, value, shape{must("segments", list(1, 6, segment))})
	case "bar", "area", "line":
		c.object(path, value, shape{must("series", list(1, 12, series)), must("axis_config", axis)})
		c.alignment(path, value.(map[string]any))
	default:
		c.fail(path+"/type", "unsupported type: %s", kind)
	}
}

func segment(c *checker, path string, value any) {
	c.object(path, value, shape{must("label", characters(1, 20)), must("value", positive)})
}

func positive(c *checker, path string, value any) {
	if n, ok := value.(float64); !ok || n <= 0 {
		c.fail(path, "must be a number greater than 0")
	}
}

func series(c *checker, path string, value any) {
	c.object(path, value, shape{must("name", characters(1, 20)), must("data", list(1, 20, point))})
}

func point(c *checker, path string, value any) {
	c.object(path, value, shape{must("label", characters(1, 20)), must("value", number)})
}

func axis(c *checker, path string, value any) {
	c.object(path, value, shape{
		must("categories", list(1, 20, characters(1, 20))),
		may("x_label", characters(0, 50)),
		may("y_label", characters(0, 50)),
	})
}

// alignment asks that names are unique and that each series has one point for each category.
func (c *checker) alignment(path string, object map[string]any) {
	config, _ := object["axis_config"].(map[string]any)
	categories, _ := config["categories"].([]any)
	lines, _ := object["series"].([]any)
	names := map[any]bool{}
	for i, line := range lines {
		at := fmt.Sprintf("%s/series/%d", path, i)
		one, _ := line.(map[string]any)
		if name, _ := one["name"].(string); names[name] {
			c.fail(at+"/name", "must be unique")
		} else {
			names[name] = true
		}
		points, _ := one["data"].([]any)
		if !sameLabels(points, categories) {
			c.fail(at+"/data", "must have exactly one point for each of axis_config.categories")
		}
	}
}

func sameLabels(points, categories []any) bool {
	open := map[any]bool{}
	for _, category := range categories {
		if _, ok := category.(string); !ok || open[category] {
			return false
		}
		open[category] = true
	}
	for _, p := range points {
		one, _ := p.(map[string]any)
		label, _ := one["label"].(string)
		if !open[label] {
			return false
		}
		delete(open, label)
	}
	return len(open) == 0
}
