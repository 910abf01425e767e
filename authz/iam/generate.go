package iam

import (
	"errors"
	"fmt"
	"strconv"
)

// Documents are all that a setting implies, in a fixed order, each within the size that AWS
// accepts: those of the bot's own role first, then those of each operator role, then those
// for people and accounts.
func Documents(setting Setting) ([]Named, error) {
	if accountOf(setting.Base) == "" {
		return nil, errors.New("the ARN of the bot's own role is needed: operator roles trust it by name")
	}
	roles, err := setting.roles()
	if err != nil {
		return nil, err
	}
	documents, err := setting.own()
	if err != nil {
		return nil, err
	}
	accounts := map[string]bool{}
	for _, each := range roles {
		own, err := each.documents()
		if err != nil {
			return nil, err
		}
		documents = append(documents, own...)
	}
	for _, each := range roles {
		if account := accountOf(each.arn); !accounts[account] {
			accounts[account] = true
			people, err := each.parts("developer", each.developer())
			if err != nil {
				return nil, err
			}
			documents = append(documents, people...)
		}
	}
	documents = append(documents, Named{Name: "scp", Limit: LargestSCP, Document: setting.scp()})
	return documents, fit(documents)
}

// own are the documents of the bot's own role and of the discovery roles.
func (s Setting) own() ([]Named, error) {
	base, err := s.base()
	if err != nil {
		return nil, err
	}
	documents := []Named{
		{Name: "base", Role: s.Base, Limit: LargestPolicy, Document: base},
		{Name: "base-trust", Role: s.Base, Limit: LargestTrust, Document: s.baseTrust()},
	}
	for _, arn := range s.arns(func(e Environment) string { return e.Discovery }) {
		permissions, trust := s.discovery()
		documents = append(
			documents,
			Named{Name: "discovery", Role: arn, Limit: LargestPolicy, Document: permissions},
			Named{Name: "discovery-trust", Role: arn, Limit: LargestTrust, Document: trust},
		)
	}
	return documents, nil
}

// documents are those of one operator role; together they are as many managed policies as a
// role takes.
func (r role) documents() ([]Named, error) {
	var documents []Named
	for _, part := range []struct {
		name       string
		statements []Statement
	}{
		{"operator", r.allow()}, {"guard", r.guard()}, {"fences", r.fences()},
	} {
		made, err := r.parts(part.name, part.statements)
		if err != nil {
			return nil, err
		}
		documents = append(documents, made...)
	}
	if len(documents) > policiesPerRole {
		return nil, fmt.Errorf("%s: %d documents are needed, and a role takes %d: give some environments another operator role", r.arn, len(documents), policiesPerRole)
	}
	return append(documents, Named{Name: "trust", Role: r.arn, Limit: LargestTrust, Document: r.trust()}), nil
}

// parts are managed policies of one name. What one does not hold goes on in a second, "-2" by
// name.
func (r role) parts(name string, statements []Statement) ([]Named, error) {
	packed, err := pack(statements, LargestPolicy)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.arn, err)
	}
	made := make([]Named, 0, len(packed))
	for position, document := range packed {
		part := Named{Name: name, Role: r.arn, Limit: LargestPolicy, Document: document}
		if position > 0 {
			part.Name += "-" + strconv.Itoa(position+1)
		}
		made = append(made, part)
	}
	return made, nil
}

// fit holds documents to AWS's sizes, and those of a role that have to be split are.
func fit(documents []Named) error {
	for _, each := range documents {
		if size := len(each.Document.Compact()); size > each.Limit {
			return fmt.Errorf("%s of %s has %d characters, and AWS takes %d: give some environments another operator role", each.Name, each.Role, size, each.Limit)
		}
	}
	return nil
}

// Hole is what a commonly published policy leaves open.
type Hole struct {
	Number int
	Text   string
}

// Holes are those of the policy that is commonly published for environments by tag, by
// simulation; statements say which they close.
func Holes() []Hole {
	return []Hole{
		{1, "it cannot create anything: what is made with tags needs ecs:TagResource, which it does not allow"},
		{2, "ecs:TagResource without a condition captures what is untagged"},
		{3, "another environment's cluster is open: a label on what is made says nothing of where it runs"},
		{4, "a service can be given another environment's task definition, network or exec"},
		{5, "roles are passed to anything, and by the beginning of their name"},
		{6, "its denial of production misses Prod, PROD, production, the untagged, and every call without a tag"},
		{7, "there is no way to read, and the usual one reads everybody's"},
		{8, "a session without the tag passes every denial that names it as a variable"},
	}
}
