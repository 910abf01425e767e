package aws

import (
	"strings"

	"ecsbot/actions/fleet"
)

// pattern has CloudWatch do the filtering of a query (CloudWatch Logs User Guide, "Filter
// pattern syntax for unstructured log events"). What is asked for is text: in quotes, it is
// neither a term of its own kind nor a regular expression. Words of trouble beside a text do
// not count there, so they are left to whoever shows the lines.
func pattern(query fleet.LogQuery) string {
	if query.Grep != "" {
		return quoted(query.Grep)
	}
	if !query.Errors {
		return ""
	}
	var terms []string
	for _, word := range fleet.ErrorWords() {
		terms = append(terms, "?"+word)
	}
	return strings.Join(terms, " ")
}

func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
