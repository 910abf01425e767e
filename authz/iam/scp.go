package iam

import (
	"slices"
	"strings"
)

// scp keeps the tags trustworthy in a whole account: whoever may set the tag decides who may
// operate what.
func (s Setting) scp() Document {
	but := Values{}
	for _, name := range s.Platform {
		but = append(but, "arn:aws:iam::*:role/"+name)
	}
	platform := keys{"aws:PrincipalArn": but}
	making := Values{"ecs:CreateCluster", "ecs:CreateService", "ecs:RegisterTaskDefinition", "ecs:RunTask", "ecs:StartTask"}
	retagging := Values{
		"application-autoscaling:TagResource", "application-autoscaling:UntagResource",
		"ecs:TagResource", "ecs:UntagResource", "logs:TagResource", "logs:UntagResource",
	}
	statements := []Statement{
		{
			Sid: "OnlyPlatformRetags", Effect: Deny, Action: retagging, Resource: Values{"*"},
			Condition: conditions{
				"ForAnyValue:StringEqualsIgnoreCase": keys{"aws:TagKeys": {s.Tag}},
				"Null":                               keys{"ecs:CreateAction": {"true"}},
				"ArnNotLike":                         platform,
			},
			Why: "A service is brought into an environment by its tag: that is the platform team's to do. The key is compared without case, as AWS compares it.", Closes: []int{2, 6},
		},
		{
			Sid: "NoOldWayToRetag", Effect: Deny, Action: Values{"logs:TagLogGroup", "logs:UntagLogGroup"}, Resource: Values{"*"},
			Condition: conditions{"ArnNotLike": platform},
			Why:       "The older calls for log groups show no tag keys, so that nothing tells which tag is meant.", Closes: []int{2},
		},
		{
			Sid: "OnlyPlatformRetagsPeople", Effect: Deny, Action: Values{"iam:TagRole", "iam:TagUser", "iam:UntagRole", "iam:UntagUser"}, Resource: Values{"*"},
			Condition: conditions{"ForAnyValue:StringEqualsIgnoreCase": keys{"aws:TagKeys": {"Environment"}}, "ArnNotLike": platform},
			Why:       "The tag of people's own roles says which environment is theirs.", Closes: []int{2},
		},
		{
			Sid: "CreateNeedsEnvironment", Effect: Deny, Action: making, Resource: Values{"*"},
			Condition: conditions{"Null": keys{s.requestTag(): {"true"}}},
			Why:       "Nothing comes into being without the tag. Beware: what EventBridge and Step Functions run is held to it too.", Closes: []int{6},
		},
		{
			Sid: "NoLookalikes", Effect: Deny, Action: append(making, "ecs:TagResource"), Resource: Values{"*"},
			Condition: conditions{
				"StringEqualsIgnoreCase": keys{s.requestTag(): s.protectedValues()},
				"StringNotEquals":        keys{s.requestTag(): s.declaredNames()},
			},
			Why: "A protected environment's name has one spelling: Prod and production are no environments, and would be unprotected ones.", Closes: []int{6},
		},
		{
			Sid: "ServicesPropagateTags", Effect: Deny, Action: Values{"ecs:CreateService"}, Resource: Values{"*"},
			Condition: conditions{"StringNotEquals": keys{propagateKey: {"SERVICE"}}},
			Why:       "A task is reached by its own tag, which it has from its service or not at all.", Closes: []int{6},
		},
		{
			Sid: "ServicesKeepPropagating", Effect: Deny, Action: Values{"ecs:UpdateService"}, Resource: Values{"*"},
			Condition: conditions{"Null": keys{propagateKey: {"false"}}, "StringNotEquals": keys{propagateKey: {"SERVICE"}}},
			Why:       "And it stays so. Null lets updates pass that do not touch it.", Closes: []int{6},
		},
	}
	if operators := s.anywhere(func(e Environment) string { return e.Role }); len(operators) > 0 {
		statements = append(statements, Statement{
			Sid: "OperatorRoleIsThePlatforms", Effect: Deny, Action: editing(), Resource: operators,
			Condition: conditions{"ArnNotLike": platform},
			Why:       "Its documents are the boundary, and a tag on it would answer for a session tag that was not sent.", Closes: []int{8},
		}, Statement{
			Sid: "DocumentsAreThePlatforms", Effect: Deny, Action: rewriting(), Resource: s.documents(operators),
			Condition: conditions{"ArnNotLike": platform},
			Why:       "A policy is changed by a new version of it, without a call on the role that has it.", Closes: []int{8},
		})
	}
	if own := s.ownRoles(); len(own) > 0 {
		statements = append(statements, Statement{
			Sid: "BotsRolesAreThePlatforms", Effect: Deny, Action: editing(), Resource: own,
			Condition: conditions{"ArnNotLike": platform},
			Why:       "Whoever may say who has the bot's role can say who approved.", Closes: []int{8},
		})
	}
	return Document{Version: Version, Statement: statements}
}

// editing are the calls that change what a role may do, or who has it.
func editing() Values {
	return Values{
		"iam:AttachRolePolicy", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy",
	}
}

// rewriting are the calls that change what a policy says that roles have.
func rewriting() Values {
	return Values{"iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:SetDefaultPolicyVersion"}
}

// documents are the policies made of what is printed here, by their names (docs/iam.md), in the
// partitions of the roles.
func (s Setting) documents(roles Values) Values {
	var policies Values
	for _, role := range roles {
		policies = append(policies, "arn:"+strings.Split(role, ":")[1]+":iam::*:policy/ecsbot-*")
	}
	return slices.Compact(sorted(policies))
}

// ownRoles are those that the bot starts with, and those by which it looks.
func (s Setting) ownRoles() Values {
	found := s.anywhere(func(e Environment) string { return e.Discovery })
	for _, arn := range []string{s.Base, s.Execution} {
		if arn != "" {
			found = append(found, arn)
		}
	}
	return slices.Compact(sorted(found))
}

// anywhere are roles of environments in whatever account.
func (s Setting) anywhere(of func(Environment) string) Values {
	var patterns Values
	for _, arn := range s.arns(of) {
		parts := strings.SplitN(arn, ":", arnParts)
		pattern := "arn:" + parts[1] + ":iam::*:" + parts[arnParts-1]
		if len(patterns) == 0 || patterns[len(patterns)-1] != pattern {
			patterns = append(patterns, pattern)
		}
	}
	return sorted(patterns)
}

// declaredNames are the names that look like a protected environment's and are one, as the
// configuration writes them.
func (s Setting) declaredNames() Values {
	var names Values
	for _, environment := range s.Environments {
		for _, value := range s.protectedValues() {
			if strings.EqualFold(environment.Name, value) {
				names = append(names, environment.Name)
			}
		}
	}
	if len(names) == 0 {
		return Values{"none"}
	}
	return sorted(names)
}
