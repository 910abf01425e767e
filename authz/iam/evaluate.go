package iam

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Question is one authorisation that AWS decides. One API call may need several.
type Question struct {
	Principal string              // ARN of the role or user, or a service; of a session, its role
	Action    string              // ecs:UpdateService
	Resource  string              // ARN, or * where the action has no resource
	Context   map[string][]string // condition keys, only those that AWS populates for the action
}

// Policies are the documents that apply to a question. Nil means that there are none of a
// kind; for Identity, that nothing is allowed.
type Policies struct {
	Identity []*Policy
	Session  []*Policy // of the session, beside those of its role
	Trust    []*Policy // of the role that is to be assumed
	SCPs     []*Policy // of the caller's account, the one that allows everything included
}

// Kind is a kind of policy in AWS's own words.
type Kind string

// The kinds of policies.
const (
	IdentityBased  Kind = "identity-based"
	SessionPolicy  Kind = "session"
	RoleTrust      Kind = "role trust"
	ServiceControl Kind = "service control"
)

// Verdict is what becomes of a question. The zero value denies.
type Verdict struct {
	Allowed  bool
	Explicit bool   // a statement denies it; else none allows it
	Kind     Kind   // of the policies that stand in the way
	Document string // that denies explicitly
	Sid      string // of the statement that denies explicitly
}

// Because is the end of AWS's message to a caller who was denied (IAM User Guide,
// "Troubleshoot access denied error messages").
func (v Verdict) Because(action string) string {
	kind := string(v.Kind) + " policy"
	if v.Explicit {
		article := map[Kind]string{IdentityBased: "an ", RoleTrust: "the "}[v.Kind]
		return "with an explicit deny in " + cmp.Or(article, "a ") + kind
	}
	return "because no " + kind + " allows the " + action + " action"
}

// Evaluate decides as AWS does: an explicit deny anywhere wins; then every kind of policy
// that applies has to allow it (IAM User Guide, "Policy evaluation logic").
func Evaluate(question Question, policies Policies) Verdict {
	question.Context = lowered(question.Context)
	judged := []struct {
		kind     Kind
		policies []*Policy
	}{
		{ServiceControl, policies.SCPs},
		{RoleTrust, policies.Trust},
		{IdentityBased, policies.Identity},
		{SessionPolicy, policies.Session},
	}
	action := strings.ToLower(question.Action)
	var missing []Kind
	for _, each := range judged {
		own := each.kind == IdentityBased && strings.HasPrefix(question.Principal, "arn:") // a service has none
		if each.policies == nil && !own {
			continue
		}
		allowed := false
		for _, policy := range each.policies {
			for _, rule := range policy.statements {
				switch applies := rule.applies(question, action); {
				case applies && rule.denies:
					return Verdict{Explicit: true, Kind: each.kind, Document: policy.Name, Sid: rule.sid}
				case applies:
					allowed = true
				}
			}
		}
		if !allowed {
			missing = append(missing, each.kind)
		}
	}
	if policies.trusts(question, action) {
		missing = slices.DeleteFunc(missing, func(kind Kind) bool { return kind == IdentityBased })
	}
	if len(missing) > 0 {
		return Verdict{Kind: missing[0]}
	}
	return Verdict{Allowed: true}
}

// trusts says whether a role's trust names a caller of its own account: such a caller needs no
// statement beside it (IAM User Guide, "Policy evaluation logic", for one account).
func (p Policies) trusts(question Question, action string) bool {
	if accountOf(question.Principal) != accountOf(question.Resource) {
		return false
	}
	for _, policy := range p.Trust {
		for _, rule := range policy.statements {
			if !rule.denies && rule.principal != nil && slices.Contains(rule.principal.AWS, question.Principal) && rule.applies(question, action) {
				return true
			}
		}
	}
	return false
}

// lowered is the context with its keys in lower case, as AWS compares them. Of two keys that
// are the same then, the one that sorts last stands.
func lowered(context map[string][]string) map[string][]string {
	made := make(map[string][]string, len(context))
	for _, key := range slices.Sorted(maps.Keys(context)) {
		made[strings.ToLower(key)] = context[key]
	}
	return made
}

// Everything allows every action: FullAWSAccess of an SCP, or AdministratorAccess.
func Everything(name string) *Policy {
	return &Policy{Name: name, statements: []statement{{sid: name, actions: []string{string(anyRun)}, resources: []arn{{everything: true}}}}}
}
