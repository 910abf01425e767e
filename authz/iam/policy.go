package iam

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Policy is a document made ready to be evaluated.
type Policy struct {
	Name       string
	statements []statement
}

// statement is a compiled rule.
type statement struct {
	sid         string
	denies      bool
	principal   *Principal
	actions     []string // compiled patterns in lower case
	butActions  bool     // NotAction
	resources   []arn
	butResource bool // NotResource
	conditions  []condition
}

// Parse reads and compiles a document. What it does not understand is an error: a policy of
// which a part is passed over says something else.
func Parse(name string, text []byte) (*Policy, error) {
	document, err := Read(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return Compile(name, document)
}

// Compile makes a document ready to be evaluated under a name.
func Compile(name string, document Document) (*Policy, error) {
	made := &Policy{Name: name}
	if len(document.Statement) == 0 {
		return nil, fmt.Errorf("%s: no statement", name)
	}
	for position, written := range document.Statement {
		compiled, err := compile(written, document.Version == Version)
		if err != nil {
			return nil, fmt.Errorf("%s: statement %d %s: %w", name, position+1, written.Sid, err)
		}
		made.statements = append(made.statements, compiled)
	}
	return made, nil
}

func compile(written Statement, variables bool) (statement, error) {
	made := statement{sid: written.Sid, denies: written.Effect == Deny, principal: written.Principal}
	if written.Effect != Allow && written.Effect != Deny {
		return made, fmt.Errorf("its effect is %q", written.Effect)
	}
	actions, resources := written.Action, written.Resource
	if len(written.NotAction) > 0 {
		made.butActions, actions = true, written.NotAction
	}
	if len(written.NotResource) > 0 {
		made.butResource, resources = true, written.NotResource
	}
	switch {
	case len(actions) == 0 || len(written.Action) > 0 && len(written.NotAction) > 0:
		return made, errors.New("it takes one of Action and NotAction")
	case len(resources) > 0 == (written.Principal != nil) || len(written.Resource) > 0 && len(written.NotResource) > 0:
		return made, errors.New("it takes one of Resource and NotResource, or as a trust a principal and neither")
	}
	for _, action := range actions {
		parsed, err := parseTemplate(strings.ToLower(action), true, false)
		if err != nil || len(parsed) == 0 {
			return made, fmt.Errorf("the action %q cannot be read", action)
		}
		made.actions = append(made.actions, parsed[0].text)
	}
	for _, resource := range resources {
		parsed, err := parseARN(resource, variables)
		if err != nil {
			return made, err
		}
		made.resources = append(made.resources, parsed)
	}
	for name, keys := range written.Condition {
		for key, values := range keys {
			parsed, err := parseCondition(name, key, values, variables)
			if err != nil {
				return made, err
			}
			made.conditions = append(made.conditions, parsed)
		}
	}
	return made, nil
}

// applies says whether the statement is about the request, whatever its effect.
func (s statement) applies(q Question, action string) bool {
	if s.principal != nil && !s.principal.matches(q.Principal) {
		return false
	}
	named := slices.ContainsFunc(s.actions, func(pattern string) bool { return glob(pattern, action) })
	if named == s.butActions || !s.covers(q) {
		return false
	}
	for _, each := range s.conditions {
		if !each.holds(q.Context) {
			return false
		}
	}
	return true
}

// covers says whether the statement is about the resource; one whose variable cannot be
// resolved is about nothing.
func (s statement) covers(q Question) bool {
	if len(s.resources) == 0 { // a trust: the role that it belongs to
		return true
	}
	found := false
	for _, resource := range s.resources {
		matches, resolved := resource.matches(q.Resource, q.Context)
		if !resolved {
			return false
		}
		found = found || matches
	}
	return found != s.butResource
}

// matches says whether a trust names the caller: itself, its account, or everybody.
func (p *Principal) matches(caller string) bool {
	if slices.Contains(p.Service, caller) {
		return true
	}
	account := accountOf(caller)
	for _, named := range p.AWS {
		root := strings.HasPrefix(named, "arn:") && strings.HasSuffix(named, ":root") && accountOf(named) == account
		if named == "*" || named == caller || account != "" && (named == account || root) {
			return true
		}
	}
	return false
}

// accountOf is the account in an ARN; empty where there is none.
func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", arnParts)
	if len(parts) < arnParts {
		return ""
	}
	return parts[4]
}
