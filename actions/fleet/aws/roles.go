package aws

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsbot/actions/fleet/doctor"
)

// operators reads the operator roles of the wanted environments of the scope, each once.
func (e *examiner) operators(ctx context.Context) {
	read := map[string]bool{}
	for name, environment := range e.into.Rules().Environments {
		role := environment.OperatorRole
		if environment.Scope != e.scope || !e.wanted(name) || role == "" || read[role] {
			continue
		}
		read[role] = true
		seen, err := e.operator(ctx, role)
		if err != nil {
			e.into.CannotRead(doctor.Unread{Environment: name, What: "the operator role " + lastPart(role), Why: readError("read it", err).Error()})
			continue
		}
		e.into.Operator(seen)
	}
}

// operator reads a role with its documents. IAM names roles without their path.
func (e *examiner) operator(ctx context.Context, arn string) (doctor.Role, error) {
	client, name := e.clients.iam, aws.String(lastPart(arn))
	output, err := client.GetRole(ctx, &iam.GetRoleInput{RoleName: name})
	if err != nil {
		return doctor.Role{}, err
	}
	if output.Role == nil || aws.ToString(output.Role.Arn) != arn {
		return doctor.Role{}, fmt.Errorf("another account's, or another path's: the discovery role must be of the operator role's account")
	}
	role := doctor.Role{ARN: arn, Tags: map[string]string{}, Trust: document(output.Role.AssumeRolePolicyDocument)}
	for _, tag := range output.Role.Tags {
		role.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	inline := iam.NewListRolePoliciesPaginator(client, &iam.ListRolePoliciesInput{RoleName: name})
	for inline.HasMorePages() {
		page, err := inline.NextPage(ctx)
		if err != nil {
			return role, err
		}
		for _, policy := range page.PolicyNames {
			read, err := client.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: name, PolicyName: aws.String(policy)})
			if err != nil {
				return role, err
			}
			role.Policies = append(role.Policies, doctor.Document{Name: policy, JSON: document(read.PolicyDocument)})
		}
	}
	attached, err := e.attached(ctx, name)
	role.Policies = append(role.Policies, attached...)
	return role, err
}

// attached are the managed policies of a role in their version that counts.
func (e *examiner) attached(ctx context.Context, role *string) ([]doctor.Document, error) {
	var documents []doctor.Document
	pages := iam.NewListAttachedRolePoliciesPaginator(e.clients.iam, &iam.ListAttachedRolePoliciesInput{RoleName: role})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return documents, err
		}
		for _, policy := range page.AttachedPolicies {
			found, err := e.clients.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: policy.PolicyArn})
			if err != nil {
				return documents, err
			}
			version, err := e.clients.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: policy.PolicyArn, VersionId: found.Policy.DefaultVersionId})
			if err != nil {
				return documents, err
			}
			documents = append(documents, doctor.Document{Name: aws.ToString(policy.PolicyName), JSON: document(version.PolicyVersion.Document)})
		}
	}
	return documents, nil
}

// document is a policy's text, which IAM sends URL-encoded (IAM API reference, GetRole).
func document(text *string) string {
	plain, err := url.PathUnescape(strings.ReplaceAll(aws.ToString(text), "+", "%2B"))
	if err != nil {
		return aws.ToString(text)
	}
	return plain
}
