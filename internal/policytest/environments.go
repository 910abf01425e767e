package policytest

import (
	"fmt"
	"slices"
	"strings"

	"ecsbot/internal/config"
)

// environments is what changes of the environments themselves.
func (c comparison) environments() []string {
	var lines []string
	for _, name := range c.names() {
		was, before := c.before.Config.Environments[name]
		is, after := c.after.Config.Environments[name]
		switch {
		case !before:
			lines = append(lines, fmt.Sprintf("+ %s: new, %s", name, protection(is)))
		case !after:
			lines = append(lines, fmt.Sprintf("- %s: gone, was %s", name, protection(was)))
		default:
			lines = append(lines, c.environment(name, was, is)...)
		}
	}
	return lines
}

func (c comparison) environment(name string, was, is config.Environment) []string {
	var lines []string
	if before, after := protection(was), protection(is); before != after {
		lines = append(lines, fmt.Sprintf("~ %s: %s (before: %s)", name, after, before))
	}
	_, before := c.before.Config.Policy.ApprovingGroups("", name, "")
	_, after := c.after.Config.Policy.ApprovingGroups("", name, "")
	if before != after {
		lines = append(lines, fmt.Sprintf("~ %s: %d must approve (before: %d)", name, after, before))
	}
	if before, after := list(glass(was)), list(glass(is)); before != after {
		lines = append(lines, fmt.Sprintf("~ %s: %s may break the glass where they hold the action (before: %s)", name, after, before))
	}
	earlier, later := freezes(was), freezes(is)
	for _, freeze := range earlier {
		if !slices.Contains(later, freeze) {
			lines = append(lines, fmt.Sprintf("~ %s: no longer frozen %s", name, freeze))
		}
	}
	for _, freeze := range later {
		if !slices.Contains(earlier, freeze) {
			lines = append(lines, fmt.Sprintf("~ %s: frozen %s", name, freeze))
		}
	}
	return lines
}

// glass are the groups that may go without approval, sorted.
func glass(environment config.Environment) []string {
	if environment.BreakGlass == nil {
		return nil
	}
	return union(environment.BreakGlass.From, nil)
}

func protection(environment config.Environment) string {
	if *environment.Protected {
		return "protected"
	}
	return "not protected"
}

// freezes are the windows of an environment in words.
func freezes(environment config.Environment) []string {
	var texts []string
	for _, freeze := range environment.Freeze {
		var words []string
		if len(freeze.Days) > 0 {
			words = append(words, strings.ToLower(strings.Join(freeze.Days, " ")))
		}
		if freeze.From != "" {
			words = append(words, "from "+freeze.From)
		}
		if freeze.To != "" {
			words = append(words, "to "+freeze.To)
		}
		if freeze.Zone != "" {
			words = append(words, freeze.Zone)
		}
		if len(freeze.Except) > 0 {
			words = append(words, "except "+list(union(freeze.Except, nil)))
		}
		texts = append(texts, strings.Join(words, " "))
	}
	return texts
}
