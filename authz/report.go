package authz

import (
	"maps"
	"slices"
	"strings"
)

// Groups are all groups that the policy names, whatever for, sorted.
func (p *Policy) Groups() []string {
	if p == nil {
		return nil
	}
	var groups []string
	for _, territory := range p.environments {
		groups = slices.AppendSeq(groups, maps.Keys(territory.grants))
		groups = slices.AppendSeq(groups, maps.Keys(territory.denials))
		groups = slices.AppendSeq(groups, maps.Keys(territory.offers))
		groups = append(append(groups, territory.approvers...), territory.breakGlass...)
		for _, window := range territory.freezes {
			groups = append(groups, window.except...)
		}
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}

// Patterns are the service patterns of what groups are granted in an environment, sorted, each
// once. Every is always among them: it stands for the services that no other pattern names.
func (p *Policy) Patterns(environment string, groups []string) []string {
	patterns := []string{Every}
	if p == nil || p.environments[environment] == nil {
		return patterns
	}
	for _, group := range groups {
		for _, rule := range p.environments[environment].grants[group] {
			for _, pattern := range rule.services {
				patterns = append(patterns, simplest(string(pattern)))
			}
		}
	}
	slices.Sort(patterns)
	return slices.Compact(patterns)
}

// simplest writes a pattern with no two stars in a row, so that patterns which match the same
// names are the same text.
func simplest(pattern string) string {
	for strings.Contains(pattern, "**") {
		pattern = strings.ReplaceAll(pattern, "**", "*")
	}
	return pattern
}

// unheard stands for characters that no configuration writes.
const unheard = "\x00"

// Instance is a name that stands for a pattern: it matches the pattern and those that are as
// wide or wider, and no other. Asking for it is asking for every service that the pattern names.
func Instance(pattern string) string { return strings.ReplaceAll(pattern, "*", unheard) }

// Covers says whether a pattern matches every name that another matches.
func Covers(wide, narrow string) bool { return pattern(wide).matches(Instance(narrow)) }

// Denies says whether a denial takes the action away from one of the person's groups there.
func (p *Policy) Denies(person Person, action, environment string) bool {
	if p == nil || p.environments[environment] == nil {
		return false
	}
	_, denied := match(p.environments[environment].denials, person.Groups, p.actions[action], "")
	return denied
}

// Thawed is the policy without its freezes: what holds at no particular time.
func (p *Policy) Thawed() *Policy {
	if p == nil {
		return nil
	}
	thawed := *p
	thawed.environments = make(map[string]*territory, len(p.environments))
	for name, territory := range p.environments {
		open := *territory
		open.freezes = nil
		thawed.environments[name] = &open
	}
	return &thawed
}
