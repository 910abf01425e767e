package policytest

import (
	"slices"
	"time"

	"ecsbot/authz"
)

// kind is what somebody has of an action on a service.
type kind int

const (
	doing    kind = iota // none, withApproval or alone
	approves             // others' changes
	breaking             // the glass
	denied               // whatever they hold
	kinds                // how many there are
)

// The states of doing; the other kinds are none or alone.
const (
	none = iota
	withApproval
	alone
)

// change is a state before and after. The zero change is that nothing changed.
type change struct{ before, after int }

func changed(before, after int) change {
	if before == after {
		return change{}
	}
	return change{before, after}
}

// rights are the states of every kind.
type rights [kinds]int

// standing asks a policy what somebody has of an action on a service.
func standing(policy *authz.Policy, verb verb, person authz.Person, target authz.Target) rights {
	question := verb.question(person)
	question.Target = target
	var has rights
	switch decision := policy.Decide(question); decision.Verdict {
	case authz.Allowed:
		has[doing] = alone
	case authz.NeedsApproval:
		has[doing] = withApproval
	case authz.Refused:
	}
	question.BreakGlass = true
	if policy.Decide(question).Reason.Cause == authz.ByBreakGlass {
		has[breaking] = alone
	}
	question.Person = authz.Person{} // somebody else asks
	if verb.changes && !verb.isFree && policy.Protected(target.Environment) && policy.MayApprove(question, person).Verdict == authz.Allowed {
		has[approves] = alone
	}
	if policy.Denies(person, verb.name, target.Environment) {
		has[denied] = alone
	}
	return has
}

// class is people in the same groups, as far as any of the policies names these.
type class struct {
	who    []string
	person authz.Person
}

// classes sorts the subjects of two inquiries into classes, in the order of their groups.
func classes(before, after Inquiry) []class {
	named := union(before.Config.Policy.Groups(), after.Config.Policy.Groups())
	if after.Members == nil {
		var made []class
		for _, group := range named {
			made = append(made, class{[]string{group}, member(group, []string{group})})
		}
		return made
	}
	byGroups := map[string]*class{}
	for _, person := range after.people() {
		groups := slices.DeleteFunc(slices.Clone(person.Groups), func(group string) bool { return !slices.Contains(named, group) })
		if len(groups) == 0 || person.Standing != authz.Insider {
			continue
		}
		key := list(groups)
		if byGroups[key] == nil {
			byGroups[key] = &class{person: member(person.Actor.User, groups)}
		}
		byGroups[key].who = append(byGroups[key].who, person.Actor.User)
	}
	var made []class
	for _, key := range sortedKeys(byGroups) {
		made = append(made, *byGroups[key])
	}
	return made
}

func union(one, other []string) []string {
	both := slices.Concat(one, other)
	slices.Sort(both)
	return slices.Compact(both)
}

// longest is how long somebody may ask for each role in an environment. An offer that a
// denial voids is none.
func longest(i Inquiry, person authz.Person, environment string) map[string]time.Duration {
	policy := i.Config.Policy // access is asked for whether it is frozen or not
	longest := map[string]time.Duration{}
	for _, offer := range policy.Offers(person) {
		decision := policy.Decide(authz.Question{
			Person: person, Role: offer.Role, Duration: offer.Longest, Changes: true, Fresh: true, Now: time.Unix(0, 0),
			Target: authz.Target{Environment: environment},
		})
		if offer.Environment == environment && decision.Verdict != authz.Refused {
			longest[offer.Role] = max(longest[offer.Role], offer.Longest)
		}
	}
	return longest
}
