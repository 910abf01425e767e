package iam

import (
	"slices"
	"strings"
)

// within keeps environments out of the families of those whose names begin like theirs:
// staging-* takes in what staging-eu has. making are the calls that are decided on a family,
// updating those that name one; what the role's classes do not declare is left out.
func (r role) within(making, updating Values) []Statement {
	undeclared := func(name string) bool { return !slices.Contains(r.names, name) }
	return r.apart(slices.DeleteFunc(making, undeclared), slices.DeleteFunc(updating, undeclared))
}

// apart is within for calls that are taken as they are.
func (r role) apart(making, updating Values) []Statement {
	var statements []Statement
	short := map[string]bool{} // those whose families are whatever begins with their name
	for _, environment := range r.account {
		short[environment.Name] = environment.families() == nil
	}
	for _, environment := range r.account {
		patterns := environment.taken(short)
		if len(patterns) == 0 {
			continue
		}
		definitions := r.each(onDefinition, patterns)
		but := keys{environmentTag: r.owners(patterns)}
		why := "The shorter name's families would take in " + environment.Name + "'s."
		if len(updating) > 0 {
			statements = append(statements, Statement{
				Sid: "RevisionOf" + word(environment.Name), Effect: Deny, Action: updating, Resource: Values{"*"},
				Condition: conditions{"ArnLike": keys{definitionKey: definitions}, "StringNotEquals": but}, Why: why, Closes: []int{5},
			})
		}
		if len(making) > 0 {
			statements = append(statements, Statement{
				Sid: "FamilyOf" + word(environment.Name), Effect: Deny, Action: making, Resource: definitions,
				Condition: conditions{"StringNotEquals": but}, Why: why, Closes: []int{5},
			})
		}
	}
	return statements
}

// patterns are the families of an environment.
func (e Environment) patterns() []string {
	if departing := e.families(); departing != nil {
		return departing
	}
	return []string{e.Name + "-*"}
}

// taken are those of its families that the convention of a shorter name takes in.
func (e Environment) taken(short map[string]bool) []string {
	var taken []string
	for _, pattern := range e.patterns() {
		begins, _, _ := strings.Cut(pattern, "*")
		for position, char := range begins {
			if name := begins[:position]; char == '-' && short[name] && name != e.Name {
				taken = append(taken, pattern)
				break
			}
		}
	}
	return taken
}

// owners are the environments that say themselves, or by a longer name, that such families are
// theirs.
func (r role) owners(patterns []string) Values {
	var owners Values
	for _, environment := range r.account {
		if slices.ContainsFunc(environment.patterns(), func(own string) bool {
			return slices.ContainsFunc(patterns, func(pattern string) bool {
				begins, _, _ := strings.Cut(pattern, "*")
				return strings.HasPrefix(own, begins)
			})
		}) {
			owners = append(owners, environment.Name)
		}
	}
	return owners
}
