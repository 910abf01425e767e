package policytest

import (
	"slices"
	"strings"

	"ecsbot/authz"
)

// span is the services for which one thing is so: those of a pattern, without those of
// narrower patterns for which it is not so.
type span struct {
	pattern string
	but     []string
}

// String is the span as a person would say it.
func (s span) String() string {
	text := s.pattern
	if text == authz.Every {
		text = "every service"
	}
	if len(s.but) > 0 {
		text += " but " + strings.Join(s.but, ", ")
	}
	return text
}

// lattice has the narrowest wider patterns of each pattern.
type lattice map[string][]string

func newLattice(patterns []string) lattice {
	made := lattice{}
	for _, pattern := range patterns {
		made[pattern] = narrowest(pattern, patterns)
	}
	return made
}

// spans says in few patterns what is so for each. A pattern goes without saying where the
// narrowest wider ones are all like it; what is as the zero value is not said at all.
func spans[T comparable](patterns lattice, states map[string]T) map[T][]span {
	var nothing T
	made := map[T][]span{}
	for _, pattern := range sortedKeys(states) {
		state := states[pattern]
		isUnlike := func(wide string) bool { return states[wide] != state }
		isSaid := len(patterns[pattern]) > 0 && !slices.ContainsFunc(patterns[pattern], isUnlike)
		if state == nothing || isSaid {
			continue
		}
		one := span{pattern: pattern}
		for _, other := range sortedKeys(states) {
			if states[other] != state && slices.Contains(patterns[other], pattern) {
				one.but = append(one.but, other)
			}
		}
		made[state] = append(made[state], one)
	}
	return made
}

// narrowest are the patterns that are wider than one, without those that are wider than
// another of them.
func narrowest(pattern string, among []string) []string {
	wider := func(wide, narrow string) bool { return wide != narrow && authz.Covers(wide, narrow) }
	var all []string
	for _, each := range among {
		if wider(each, pattern) {
			all = append(all, each)
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(wide string) bool {
		return slices.ContainsFunc(all, func(narrow string) bool { return wider(wide, narrow) })
	})
}
