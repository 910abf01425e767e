package policytest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ecsbot/authz"
)

// findings collects what changed for somebody in one environment, and says it in few lines:
// actions to which the same happens on the same services share one.
type findings struct {
	roles map[string][]string // the roles of the configuration that follows
	verbs []verb
	found map[finding][]string // actions
	order []finding
}

// finding is what happened to some actions.
type finding struct {
	kind   kind
	change change
	spans  string
}

func newFindings(c comparison) *findings {
	return &findings{roles: rolesOf(c.after.Config), verbs: c.verbs, found: map[finding][]string{}}
}

// learn takes what changed of one action, by kind and pattern.
func (f *findings) learn(verb verb, patterns lattice, changes [kinds]map[string]change) {
	for kind := range kinds {
		for change, spans := range spans(patterns, changes[kind]) {
			var texts []string
			for _, span := range spans {
				texts = append(texts, span.String())
			}
			key := finding{kind, change, strings.Join(texts, "; ")}
			if f.found[key] == nil {
				f.order = append(f.order, key)
			}
			f.found[key] = append(f.found[key], verb.name)
		}
	}
}

// lines are the findings in the order of kinds, changes and services.
func (f *findings) lines(environment string) []string {
	slices.SortFunc(f.order, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.change.before, b.change.before),
			cmp.Compare(a.change.after, b.change.after), cmp.Compare(a.spans, b.spans))
	})
	var lines []string
	for _, finding := range f.order {
		sign, phrase := finding.phrase(f.actions(f.found[finding], finding.kind))
		if finding.kind != denied && environment != "everywhere" {
			phrase += " on " + finding.spans
		}
		lines = append(lines, fmt.Sprintf("%s %s: %s%s", sign, environment, phrase, finding.earlier()))
	}
	return lines
}

// phrase says what happened to actions, and whether it is a gain or a loss.
func (f finding) phrase(actions string) (sign, phrase string) {
	sign = "+"
	if f.change.after < f.change.before {
		sign = "-"
	}
	switch f.kind {
	case approves:
		return sign, "may approve " + actions
	case breaking:
		return sign, "may break the glass for " + actions
	case denied:
		if f.change.after > f.change.before {
			return "-", "is denied " + actions
		}
		return "+", "is no longer denied " + actions
	default:
		state := max(f.change.before, f.change.after)
		if f.change.before != none && f.change.after != none {
			state = f.change.after
		}
		if state == withApproval {
			actions += " with approval"
		}
		return sign, actions
	}
}

// earlier says how it was, where it is not gone now.
func (f finding) earlier() string {
	switch {
	case f.kind != doing || f.change.before == none || f.change.after == none:
		return ""
	case f.change.before == withApproval:
		return " (before: with approval)"
	}
	return " (before: without approval)"
}

// actions names a set of actions: as what a role has beyond another, as the largest role that
// is in it with the rest, or each.
func (f *findings) actions(names []string, kind kind) string {
	for _, more := range f.ordered() {
		for _, less := range f.ordered() {
			all, fewer := f.of(more, kind), f.of(less, kind)
			rest := without(all, fewer)
			if len(fewer) > 0 && hasAll(all, fewer) && len(rest) >= fewestFolded && len(rest) == len(names) && hasAll(names, rest) {
				return fmt.Sprintf("all that %s has beyond %s", more, less)
			}
		}
	}
	largest := ""
	for _, role := range f.ordered() {
		all := f.of(role, kind)
		if len(all) >= fewestFolded && hasAll(names, all) && (largest == "" || len(all) > len(f.of(largest, kind))) {
			largest = role
		}
	}
	if largest == "" {
		return strings.Join(names, ", ")
	}
	return strings.Join(append([]string{"all of " + largest}, without(names, f.of(largest, kind))...), ", ")
}

// fewestFolded is how many actions are told by a role's name rather than each by its own.
const fewestFolded = 3

func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(each string) bool { return slices.Contains(some, each) })
}

func hasAll(all, some []string) bool { return len(without(some, all)) == 0 }

// ordered are the roles: the built-in ones first, from the least.
func (f *findings) ordered() []string {
	var names []string
	for _, role := range authz.BuiltIn() {
		names = append(names, role.Name)
	}
	for _, name := range sortedKeys(f.roles) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// of are the actions of a role that a finding of that kind could be about.
func (f *findings) of(role string, kind kind) []string {
	var names []string
	for _, verb := range f.verbs {
		isMeant := !verb.isEverywhere && (kind == doing || kind == denied || verb.changes && !verb.isFree)
		if isMeant && slices.Contains(f.roles[role], verb.name) {
			names = append(names, verb.name)
		}
	}
	return names
}
