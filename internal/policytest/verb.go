package policytest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"ecsbot/actions"
	"ecsbot/authz"
	"ecsbot/internal/config"
)

// verb is what a question must say of an action.
type verb struct {
	name         string
	changes      bool
	isFree       bool
	isOpen       bool
	isForAll     bool // open, and answered from memory: a grant of it says nothing
	isAccess     bool // asks for a role for a time
	isEverywhere bool // about all environments at once
}

// verbs are all that may be asked about: the actions of the catalogue, the permissions of
// their switches, and the permissions of the built-in roles that no action uses. Of the last
// only what a viewer has changes nothing.
func verbs(catalog *actions.Catalog) map[string]verb {
	known := map[string]verb{}
	for _, role := range authz.BuiltIn() {
		for _, name := range role.Actions {
			if _, seen := known[name]; !seen {
				known[name] = verb{name: name, changes: role.Name != authz.BuiltIn()[0].Name}
			}
		}
	}
	for _, action := range catalog.Actions() {
		known[action.Name] = verb{
			name: action.Name, changes: action.Changes, isFree: action.Free, isOpen: action.Open,
			isForAll: action.Open && action.Instant, isAccess: action.Lasts == actions.LastsAccess,
		}
		if action.AllAction != "" {
			known[action.AllAction] = verb{name: action.AllAction, changes: action.Changes, isFree: action.Free, isEverywhere: true}
		}
	}
	return known
}

// permissions are the verbs that a grant can give, in the order of the built-in roles.
func permissions(catalog *actions.Catalog) []verb {
	known := verbs(catalog)
	var ordered []verb
	seen := map[string]bool{}
	for _, role := range authz.BuiltIn() {
		for _, name := range role.Actions {
			if each := known[name]; !seen[name] && !each.isForAll {
				ordered = append(ordered, each)
			}
			seen[name] = true
		}
	}
	return ordered
}

// names are the words that may be asked about, sorted.
func names(catalog *actions.Catalog) []string { return sortedKeys(verbs(catalog)) }

// question asks whether somebody may, as freshly read and at no particular time.
func (v verb) question(person authz.Person) authz.Question {
	return authz.Question{
		Person: person, Action: v.name, Changes: v.changes, Open: v.isOpen, Free: v.isFree, Everywhere: v.isEverywhere,
		Fresh: true, Now: time.Unix(0, 0),
	}
}

// rolesOf are the roles of a configuration, built-in ones too, with their actions.
func rolesOf(loaded *config.Config) map[string][]string {
	roles := maps.Clone(loaded.Roles)
	if roles == nil {
		roles = map[string][]string{}
	}
	for _, role := range authz.BuiltIn() {
		roles[role.Name] = role.Actions
	}
	return roles
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
