package iam

import (
	"slices"
	"strings"
)

// fewNames is how many names of environments one statement of the guard lists; more stand
// beside the fences, which may be several documents.
const fewNames = 20

// namesPerStatement is how many one statement lists of them.
const namesPerStatement = 100

// lookalikes are what people call production; resources that are tagged so are protected
// whatever the configuration calls it.
func lookalikes() []string { return []string{"prod", "production", "prd", "live"} }

// guard only denies. It holds whatever else is attached to the role, AdministratorAccess
// included.
func (r role) guard() []Statement {
	changes := r.calls(func(each call) bool { return each.changes })
	statements := []Statement{
		{
			Sid: "NoSourceIdentity", Effect: Deny, Action: Values{"*"}, Resource: Values{"*"},
			Condition: conditions{"Null": keys{"aws:SourceIdentity": {"true"}}},
			Why:       "A session that names no person does nothing.",
		},
		{
			Sid: "NoEnvironment", Effect: Deny, Action: Values{"*"}, Resource: Values{"*"},
			Condition: conditions{"Null": keys{environmentTag: {"true"}}},
			Why:       "Without the tag, every denial that names it as a variable would not apply.", Closes: []int{8},
		},
		{
			Sid: "OnlyDeclaredCalls", Effect: Deny, NotAction: slices.Clone(Values(r.names)), Resource: Values{"*"},
			Why: "What no action declares is never done: no deleting, no deregistering, no retagging, no further roles, no side door through Systems Manager.", Closes: []int{6},
		},
	}
	statements = append(statements, r.ownOnly()...)
	if len(changes) > 0 {
		statements = append(statements, r.protected(changes)...)
	}
	statements = append(statements, r.passOnly()...)
	statements = append(statements, r.verbs()...)
	statements = append(statements, r.parameters()...)
	return named(statements)
}

// ownOnly tie calls to the session's own environment by tag.
func (r role) ownOnly() []Statement {
	tagged := func(each call) bool { return len(each.tagged) > 0 }
	changed := func(each call) bool { return tagged(each) && each.changes }
	var statements []Statement
	if calls := r.calls(changed); len(calls) > 0 {
		statements = append(statements, Statement{
			Sid: "Untagged", Effect: Deny, Action: calls, Resource: r.resources(r.kinds(changed)),
			Condition: conditions{"Null": keys{r.resourceTag(): {"true"}}},
			Why:       "Untagged is unreachable. Says for changes what OtherEnvironment says, without a variable that could fail to resolve.", Closes: []int{6},
		})
	}
	// Not on clusters: they are fenced by name, and exec is decided on one, which may be untagged.
	elsewhere := func(each call) bool { return tagged(each) && !slices.Contains(each.tagged, onCluster) }
	if calls := r.calls(elsewhere); len(calls) > 0 {
		statements = append(statements, Statement{
			Sid: "OtherEnvironment", Effect: Deny, Action: calls, Resource: r.resources(r.kinds(elsewhere)),
			Condition: conditions{"StringNotEquals": keys{r.resourceTag(): {ownEnvironment}}},
			Why:       "What is tagged with another environment, in another case or not at all is out of reach: a negated comparison holds for a missing tag too.", Closes: []int{6, 7},
		})
	}
	if calls := r.calls(func(each call) bool { return each.labels }); len(calls) > 0 {
		statements = append(statements, Statement{
			Sid: "LabelOwnOnly", Effect: Deny, Action: calls, Resource: Values{"*"},
			Condition: conditions{"StringNotEquals": keys{r.requestTag(): {ownEnvironment}}},
			Why:       "Nothing is made without the session's environment, or under another's.", Closes: []int{2, 3},
		})
	}
	if slices.Contains(r.names, "ecs:TagResource") {
		statements = append(statements, Statement{
			Sid: "TagOnlyOnCreate", Effect: Deny, Action: Values{"ecs:TagResource"}, Resource: Values{"*"},
			Condition: conditions{"Null": keys{"ecs:CreateAction": {"true"}}},
			Why:       "Tagging something that exists would bring it into the environment.", Closes: []int{2},
		})
	}
	return statements
}

// kinds are the tagged resource types of calls.
func (r role) kinds(holds func(call) bool) []string {
	var kinds []string
	for _, name := range r.calls(holds) {
		kinds = union(kinds, r.reference[name].tagged)
	}
	return kinds
}

// protected hold changes in protected environments to an approval.
func (r role) protected(changes Values) []Statement {
	statements := r.protectedSessions(changes, fewNames, 0)
	return append(
		statements,
		Statement{
			Sid: "ProtectedResource", Effect: Deny, Action: changes, Resource: Values{"*"},
			Condition: conditions{
				"StringEqualsIgnoreCase": keys{r.resourceTag(): r.protectedValues()},
				"StringNotEquals":        keys{approvedTag: r.approvals()},
			},
			Why: "The same, by the tag of what is changed and however it is written: a second line beside ProtectedSession and OtherEnvironment, without a variable.", Closes: []int{6},
		},
		Statement{
			Sid: "NoSelfApproval", Effect: Deny, Action: changes, Resource: Values{"*"},
			Condition: conditions{"StringEquals": keys{approvedByTag: {"${aws:SourceIdentity}"}}},
			Why:       "Whoever asks does not approve.",
		},
	)
}

// protectedSessions deny changes in sessions of protected environments that nobody approved.
// They are listed where there are no more than most and no fewer than least.
func (r role) protectedSessions(changes Values, most, least int) []Statement {
	protected := r.protectedInAccount()
	deny := func(sid string, condition conditions) Statement {
		return Statement{
			Sid: sid, Effect: Deny, Action: changes, Resource: Values{"*"}, Condition: condition,
			Why: "A protected environment changes only in a session that says who approved it, or that the glass was broken where that is allowed.", Closes: []int{6},
		}
	}
	var statements []Statement
	switch {
	case len(protected) == 0:
		return nil
	case len(r.which(func(e Environment) bool { return e.Protected })) == len(r.environments):
		if least == 0 {
			statements = append(statements, deny("ProtectedSession", conditions{"StringNotEquals": keys{approvedTag: r.approvals()}}))
		}
	case len(protected) > most || len(protected) < least:
	default:
		for names := range slices.Chunk(protected, namesPerStatement) {
			statements = append(statements, deny("ProtectedSession", conditions{
				"StringEquals": keys{environmentTag: names}, "StringNotEquals": keys{approvedTag: r.approvals()},
			}))
		}
	}
	if glass := r.which(func(e Environment) bool { return e.BreakGlass }); least == 0 && len(glass) > 0 && len(glass) < len(r.environments) {
		statements = append(statements, Statement{
			Sid: "GlassOnlyWhereItIsMeant", Effect: Deny, Action: changes, Resource: Values{"*"},
			Condition: conditions{"StringEquals": keys{approvedTag: {brokenGlass}}, "StringNotEquals": keys{environmentTag: glass}},
			Why:       "Only these environments may be changed without a second person; the trust says it first.",
		})
	}
	return statements
}

// protectedInAccount are the names of the account's protected environments, those of other
// roles too: by convention a session may name any.
func (r role) protectedInAccount() Values {
	names := Values{}
	for _, environment := range r.account {
		if environment.Protected {
			names = append(names, environment.Name)
		}
	}
	return names
}

// brokenGlass is the value of the tag Approved for what was done without a second person.
const brokenGlass = "break-glass"

// approvals are the values of the tag Approved with which a protected environment may change.
func (r role) approvals() Values {
	if len(r.which(func(e Environment) bool { return e.BreakGlass })) > 0 {
		return Values{"true", brokenGlass}
	}
	return Values{"true"}
}

// protectedValues are the values of the tag that mean a protected environment.
func (s Setting) protectedValues() Values {
	var protected, open []string
	for _, environment := range s.Environments {
		if environment.Protected {
			protected = append(protected, environment.Name)
		} else {
			open = append(open, strings.ToLower(environment.Name))
		}
	}
	if len(protected) > fewNames {
		protected = nil
	}
	for _, name := range lookalikes() {
		if !slices.Contains(open, name) {
			protected = append(protected, name)
		}
	}
	slices.Sort(protected)
	return slices.Compact(protected)
}

// verbs repeat on the denying side which class may make which call.
func (r role) verbs() []Statement {
	var statements []Statement
	byClasses := map[string]int{}
	for _, name := range r.names {
		classes := r.classes[name]
		key := strings.Join(classes, " ")
		at, known := byClasses[key]
		if !known {
			at = len(statements)
			byClasses[key] = at
			statements = append(statements, Statement{
				Sid: "Verb" + word(strings.Join(classes, "-")), Effect: Deny, Resource: Values{"*"},
				Condition: conditions{"StringNotEquals": keys{operationTag: classes}},
				Why:       "A session for one kind of operation does nothing of another.",
			})
		}
		statements[at].Action = append(statements[at].Action, name)
	}
	return statements
}
