package authz

import (
	"maps"
	"slices"
)

func sortedNames(environments map[string]*territory) []string {
	return slices.Sorted(maps.Keys(environments))
}

// Environments are the environments in which the person holds anything, sorted. To everybody
// else the others do not exist.
func (p *Policy) Environments(person Person) []string {
	if p == nil || person.Standing != Insider {
		return nil
	}
	var names []string
	for _, name := range sortedNames(p.environments) {
		if p.environments[name].concerns(person.Groups) {
			names = append(names, name)
		}
	}
	return names
}

// Sees says whether the person holds anything on the service of the environment.
func (p *Policy) Sees(person Person, environment, service string) bool {
	if p == nil || person.Standing != Insider {
		return false
	}
	territory, declared := p.environments[environment]
	return declared && territory.covers(person.Groups, service)
}

// Protected says whether changes in the environment need a second person. What is not
// declared counts as protected.
func (p *Policy) Protected(environment string) bool {
	if p == nil {
		return true
	}
	territory, declared := p.environments[environment]
	return !declared || territory.protected
}

// Holding is one role that somebody holds, with where it comes from.
type Holding struct {
	Environment string
	Source      Source
	Services    []string // patterns; none means every service
}

// Holdings are all that the person's groups hold, by environment.
func (p *Policy) Holdings(person Person) []Holding {
	var holdings []Holding
	for _, environment := range p.Environments(person) {
		for _, group := range person.Groups {
			for _, rule := range p.environments[environment].grants[group] {
				holding := Holding{Environment: environment, Source: rule.source}
				for _, pattern := range rule.services {
					holding.Services = append(holding.Services, string(pattern))
				}
				holdings = append(holdings, holding)
			}
		}
	}
	return holdings
}

// Holders are the groups that hold the action in the environment, sorted: whom to ask.
func (p *Policy) Holders(action, environment, service string) []string {
	if p == nil {
		return nil
	}
	territory, declared := p.environments[environment]
	if !declared {
		return nil
	}
	var groups []string
	for _, group := range slices.Sorted(maps.Keys(territory.grants)) {
		if _, found := match(territory.grants, []string{group}, p.actions[action], service); found { // no rule has an action that is none
			groups = append(groups, group)
		}
	}
	return groups
}

// Watches says whether membership in the group gives anybody anything: a grant, a denial, the
// right to approve, to ask, or to break the glass.
func (p *Policy) Watches(group string) bool {
	if p == nil {
		return false
	}
	for _, territory := range p.environments {
		if len(territory.grants[group])+len(territory.denials[group])+len(territory.offers[group]) > 0 ||
			slices.Contains(territory.approvers, group) || slices.Contains(territory.breakGlass, group) {
			return true
		}
	}
	return false
}
