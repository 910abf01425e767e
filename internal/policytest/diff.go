package policytest

import (
	"fmt"
	"strings"

	"ecsbot/actions"
	"ecsbot/authz"
)

// Delta is what a change of the configuration gives and takes, for people to whom it does the
// same, or for environments. Its lines begin with + for what is gained, - for what is lost and
// ~ for what is neither.
type Delta struct {
	Title string
	Lines []string
}

// Compare says who gains and loses what when one configuration follows another: users where
// members are known, otherwise groups, each as somebody who is in it alone. It has the order
// of environments, then of groups. The catalogue and the members are those of after.
func Compare(before, after Inquiry) []Delta {
	c := comparison{before: before, after: after, verbs: permissions(after.Catalog)}
	c.thawed = [2]*authz.Policy{before.Config.Policy.Thawed(), after.Config.Policy.Thawed()}
	var deltas []Delta
	if lines := c.environments(); len(lines) > 0 {
		deltas = append(deltas, Delta{"environments", lines})
	}
	titles := map[string]int{}
	for _, class := range classes(before, after) {
		lines := c.class(class)
		if len(lines) == 0 {
			continue
		}
		key := strings.Join(lines, "\n")
		if known, found := titles[key]; found {
			deltas[known].Title += "; " + c.title(class)
			continue
		}
		titles[key] = len(deltas)
		deltas = append(deltas, Delta{c.title(class), lines})
	}
	return deltas
}

// comparison is two configurations, asked the same questions.
type comparison struct {
	before, after Inquiry
	thawed        [2]*authz.Policy // before and after
	verbs         []verb
}

// mostNamed is how many users a title names.
const mostNamed = 10

func (c comparison) title(class class) string {
	if c.after.Members == nil {
		return list(class.who)
	}
	named := class.who
	more := ""
	if len(named) > mostNamed {
		named, more = named[:mostNamed], fmt.Sprintf(" and %d more", len(named)-mostNamed)
	}
	return fmt.Sprintf("%s%s (%s)", list(named), more, list(class.person.Groups))
}

// class is everything that changes for people of one class.
func (c comparison) class(class class) []string {
	var lines []string
	for _, environment := range c.names() {
		patterns := newLattice(union(c.thawed[0].Patterns(environment, class.person.Groups), c.thawed[1].Patterns(environment, class.person.Groups)))
		found := newFindings(c)
		for _, verb := range c.verbs {
			if !verb.isEverywhere {
				found.learn(verb, patterns, c.changes(verb, class.person, environment, patterns))
			}
		}
		lines = append(lines, found.lines(environment)...)
		lines = append(lines, c.offers(class.person, environment)...)
	}
	return append(lines, c.everywhere(class.person)...)
}

// changes are what changes of one action in one environment, by kind and pattern.
func (c comparison) changes(verb verb, person authz.Person, environment string, patterns lattice) (made [kinds]map[string]change) {
	for kind := range made {
		made[kind] = map[string]change{}
	}
	_, was := c.before.Config.Environments[environment]
	_, is := c.after.Config.Environments[environment]
	for pattern := range patterns {
		target := authz.Target{Environment: environment, Service: authz.Instance(pattern)}
		before, after := standing(c.thawed[0], verb, person, target), standing(c.thawed[1], verb, person, target)
		if !was || !is { // a denial where nothing is or was takes nothing from anybody
			before[denied], after[denied] = none, none
		}
		for kind := range made {
			made[kind][pattern] = changed(before[kind], after[kind])
		}
	}
	return made
}

// everywhere is what changes of the actions that are about all environments at once.
func (c comparison) everywhere(person authz.Person) []string {
	found := newFindings(c)
	for _, verb := range c.verbs {
		if !verb.isEverywhere {
			continue
		}
		was, is := standing(c.thawed[0], verb, person, authz.Target{}), standing(c.thawed[1], verb, person, authz.Target{})
		found.learn(verb, newLattice([]string{authz.Every}), [kinds]map[string]change{{authz.Every: changed(was[doing], is[doing])}})
	}
	return found.lines("everywhere")
}

// offers is what changes of what somebody may ask for.
func (c comparison) offers(person authz.Person, environment string) []string {
	before, after := longest(c.before, person, environment), longest(c.after, person, environment)
	var lines []string
	for _, role := range union(sortedKeys(before), sortedKeys(after)) {
		was, is := before[role], after[role]
		switch {
		case was == is:
		case was == 0:
			lines = append(lines, fmt.Sprintf("+ %s: may ask for %s, for at most %s", environment, role, actions.DurationText(is)))
		case is == 0:
			lines = append(lines, fmt.Sprintf("- %s: may ask for %s, for at most %s", environment, role, actions.DurationText(was)))
		case is > was:
			lines = append(lines, fmt.Sprintf("+ %s: may ask for %s, for at most %s (before: %s)", environment, role, actions.DurationText(is), actions.DurationText(was)))
		default:
			lines = append(lines, fmt.Sprintf("- %s: may ask for %s, for at most %s only (before: %s)", environment, role, actions.DurationText(is), actions.DurationText(was)))
		}
	}
	return lines
}

// names are the environments of both, sorted.
func (c comparison) names() []string {
	return union(sortedKeys(c.before.Config.Environments), sortedKeys(c.after.Config.Environments))
}
