package aws

import (
	"errors"
	"strings"

	"ecsbot/authz/iam"
)

// Boundary is the sandbox's IAM: it decides every authorisation by the documents that are
// attached, as AWS does. Its Authorize is for Options.
type Boundary struct {
	Roles map[string]RoleDocuments // by ARN; a role without documents may do everything
	SCPs  []*iam.Policy            // of every account, beside the one that allows everything; for roles with documents

	sessions map[string]*iam.Policy // compiled session policies, by their text
}

// RoleDocuments are those that belong to one role.
type RoleDocuments struct {
	Identity []*iam.Policy
	Trust    []*iam.Policy
	Texts    RoleTexts // the same, as IAM tells them
}

// Texts are what IAM tells of the roles, for Options.
func (b *Boundary) Texts() map[string]RoleTexts {
	texts := map[string]RoleTexts{}
	for arn, role := range b.Roles {
		texts[arn] = role.Texts
	}
	return texts
}

// sessionsKept bounds how many compiled session policies are kept.
const sessionsKept = 512

// Authorize decides one authorisation. Its error is the end of AWS's message.
func (b *Boundary) Authorize(request Request) error {
	caller, known := b.Roles[request.Principal.Role]
	policies := iam.Policies{Identity: caller.Identity}
	if !known {
		policies.Identity = []*iam.Policy{iam.Everything("AdministratorAccess")}
	} else if len(b.SCPs) > 0 {
		policies.SCPs = append([]*iam.Policy{iam.Everything("FullAWSAccess")}, b.SCPs...)
	}
	if strings.HasPrefix(request.Action, "sts:") {
		policies.Trust = b.Roles[request.Resource].Trust
	}
	if request.Principal.Policy != "" {
		session, err := b.session(request.Principal.Policy)
		if err != nil {
			return err
		}
		policies.Session = []*iam.Policy{session}
	}
	principal := request.Principal.Role
	if principal == "" {
		principal = request.Principal.ARN
	}
	verdict := iam.Evaluate(iam.Question{Principal: principal, Action: request.Action, Resource: request.Resource, Context: request.Context}, policies)
	if verdict.Allowed {
		return nil
	}
	return errors.New(verdict.Because(request.Action))
}

func (b *Boundary) session(text string) (*iam.Policy, error) {
	if known := b.sessions[text]; known != nil {
		return known, nil
	}
	compiled, err := iam.Parse("session", []byte(text))
	if err != nil {
		return nil, err
	}
	if b.sessions == nil || len(b.sessions) >= sessionsKept {
		b.sessions = map[string]*iam.Policy{}
	}
	b.sessions[text] = compiled
	return compiled, nil
}
