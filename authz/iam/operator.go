package iam

import (
	"slices"
	"strconv"
	"strings"
)

// allow is what sessions of an operator role may do: each call for the classes that declare
// it, on what is tagged with the session's own environment.
func (r role) allow() []Statement {
	var statements []Statement
	for _, group := range r.groups() {
		statements = append(statements, r.allowing(group)...)
	}
	return named(statements)
}

// group is calls that are decided alike, for the same classes.
type group struct {
	calls   Values
	classes Values
	like    call
}

// groups are the declared calls, those together that one statement can allow.
func (r role) groups() []group {
	var groups []group
	for _, name := range r.names {
		like, classes := r.reference[name], r.classes[name]
		at := slices.IndexFunc(groups, func(each group) bool {
			return like.special == "" && each.like.special == "" && slices.Equal(each.classes, classes) &&
				each.like.labels == like.labels && each.like.changes == like.changes &&
				(len(each.like.tagged) > 0) == (len(like.tagged) > 0) && slices.Equal(each.like.beside, like.beside)
		})
		if at < 0 {
			groups = append(groups, group{classes: classes, like: like})
			at = len(groups) - 1
		}
		groups[at].calls = append(groups[at].calls, name)
		groups[at].like.tagged = union(groups[at].like.tagged, like.tagged)
	}
	return groups
}

func union(a, b []string) []string {
	both := slices.Concat(a, b)
	slices.Sort(both)
	return slices.Compact(both)
}

// allowing are the statements that allow a group.
func (r role) allowing(g group) []Statement {
	equals := keys{operationTag: g.classes}
	one := Statement{Sid: title(g), Effect: Allow, Action: g.calls, Condition: conditions{"StringEquals": equals}}
	if g.like.labels {
		equals[r.requestTag()] = Values{ownEnvironment}
	}
	switch g.like.special {
	case passing:
		return r.passes(g)
	case labelling:
		one.Resource = r.resources(g.like.beside)
		equals["ecs:CreateAction"] = r.making()
		one.Why, one.Closes = "What is run or registered is tagged while it is made: AWS asks for this call beside the other.", []int{1, 2}
		return []Statement{one}
	case register:
		one.Resource = r.resources(g.like.beside)
		one.Why = "New revisions carry the session's environment from the start."
		return []Statement{one}
	case scaling:
		equals["application-autoscaling:service-namespace"] = Values{"ecs"}
	}
	if len(g.like.tagged) == 0 {
		one.Resource = r.resources(g.like.beside)
		one.Why = "AWS knows no tag for these; the class is all that bounds them, and the cluster where the call names one."
		return []Statement{one}
	}
	one.Resource = r.resources(g.like.tagged)
	equals[r.resourceTag()] = Values{ownEnvironment}
	one.Why, one.Closes = "Only on what is tagged with the session's own environment, and only in sessions of the classes that declare it.", []int{7}
	if len(g.like.beside) == 0 {
		return []Statement{one}
	}
	half := Statement{
		Sid: one.Sid + "Beside", Effect: Allow, Action: g.calls, Resource: r.resources(g.like.beside), Condition: conditions{"StringEquals": keys{operationTag: g.classes}},
		Why: "The other half of the same call: AWS decides it on a second resource, which has no tag to rely on.",
	}
	return []Statement{one, half}
}

// making are the calls that make something which the bot tags.
func (r role) making() Values {
	var making Values
	for _, name := range r.calls(func(each call) bool { return each.labels && each.special != labelling }) {
		making = append(making, strings.TrimPrefix(name, "ecs:"))
	}
	return making
}

// title is the name of the statement that allows a group: what its calls are about.
func title(g group) string {
	first := g.calls[0]
	_, name, _ := strings.Cut(first, ":")
	if g.like.changes {
		return word(name)
	}
	if len(g.like.tagged) > 0 {
		return "Read" + word(strings.Join(g.classes, "-"))
	}
	return "Look" + word(strings.Join(g.classes, "-"))
}

// word is a name as a statement's ID takes it: letters and digits.
func word(name string) string {
	var made strings.Builder
	upper := true
	for _, char := range name {
		letter := char >= 'a' && char <= 'z' || char >= 'A' && char <= 'Z' || char >= '0' && char <= '9'
		switch {
		case !letter:
			upper = true
			continue
		case upper && char >= 'a' && char <= 'z':
			char -= 'a' - 'A'
		}
		upper = false
		made.WriteRune(char)
	}
	return made.String()
}

// longestSid bounds statement IDs that are made of names.
const longestSid = 40

// named makes the IDs of statements different from each other.
func named(statements []Statement) []Statement {
	taken := map[string]bool{}
	for position := range statements {
		begins := statements[position].Sid[:min(longestSid, len(statements[position].Sid))]
		sid := begins
		for next := 2; taken[sid]; next++ {
			sid = begins + strconv.Itoa(next)
		}
		taken[sid] = true
		statements[position].Sid = sid
	}
	return statements
}
