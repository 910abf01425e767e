package iam

import (
	"cmp"
	"slices"
	"strings"
)

// looking are the calls by which the fleet is found and read, and by which the doctor and the
// trail see what was made of it: roles and CloudTrail's history.
func looking() Values {
	return Values{
		"cloudtrail:LookupEvents",
		"ecs:DescribeClusters", "ecs:DescribeServices", "ecs:ListClusters", "ecs:ListServices", "ecs:ListTagsForResource",
		"iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies",
		"tag:GetResources",
	}
}

// base is what the bot's own role may do: look, and assume the operator roles.
func (s Setting) base() (Document, error) {
	operators, discovery := s.arns(func(e Environment) string { return e.Role }), s.arns(func(e Environment) string { return e.Discovery })
	statements := []Statement{{
		Sid: "Discovery", Effect: Allow, Action: looking(), Resource: Values{"*"},
		Why: "Services are found and read, with their tags, before anything is decided.",
	}}
	if len(operators) > 0 {
		statements = append(statements, s.assuming(operators)...)
	}
	but := append(looking(), "sts:GetCallerIdentity")
	if len(discovery) > 0 {
		statements = append(statements, Statement{
			Sid: "AssumeDiscovery", Effect: Allow, Action: Values{"sts:AssumeRole"}, Resource: discovery,
			Why: "Another account's fleet is found with a role of that account.",
		})
	}
	if len(operators)+len(discovery) > 0 {
		assuming := Values{"sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"}
		but = append(but, assuming...)
		statements = append(statements, Statement{
			Sid: "NoOtherRole", Effect: Deny, Action: assuming, NotResource: slices.Concat(discovery, operators),
			Why: "Whatever else is attached, and whoever else trusts the whole account: the bot is nobody else.", Closes: []int{6},
		})
	}
	if s.Table != "" {
		statements = append(statements, s.ledger()...)
		for _, statement := range s.ledger() {
			but = append(but, statement.Action...)
		}
	}
	own, err := s.withoutOperator()
	if err != nil {
		return Document{}, err
	}
	for _, statement := range own {
		but = append(but, statement.Action...)
	}
	slices.Sort(but)
	statements = append(append(statements, own...), Statement{
		Sid: "NothingElse", Effect: Deny, NotAction: slices.Compact(but), Resource: Values{"*"},
		Why: "Whatever else is attached to the role by mistake, the bot itself changes nothing, and reads neither logs nor task definitions.", Closes: []int{6},
	})
	return Document{Version: Version, Statement: named(statements)}, nil
}

// ledger is what a ledger on DynamoDB wants.
func (s Setting) ledger() []Statement {
	return []Statement{
		{
			Sid: "ReadTheLedgerAndAppend", Effect: Allow, Action: Values{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"}, Resource: Values{s.Table},
			Why: "The bot puts entries only where none is. AWS has no condition for that: the chain shows an entry that was put over another.",
		},
		{
			Sid: "MoveWhatMayBeLost", Effect: Allow, Action: Values{"dynamodb:DeleteItem", "dynamodb:UpdateItem"}, Resource: Values{s.Table},
			Condition: conditions{
				"ForAllValues:StringLike": keys{"dynamodb:LeadingKeys": {"lease/*", "cursor/*", "checkpoint/*"}},
				"Null":                    keys{"dynamodb:LeadingKeys": {"false"}},
			},
			Why: "Leases, cursors and checkpoints move; they may be lost without harm, and nothing else can be changed.",
		},
	}
}

// assuming are the three calls of assuming an operator role.
func (s Setting) assuming(operators Values) []Statement {
	return []Statement{
		{
			Sid: "AssumeOperator", Effect: Allow, Action: Values{"sts:AssumeRole"}, Resource: operators,
			Condition: conditions{"Null": keys{
				"aws:RequestTag/Environment": {"false"}, "aws:RequestTag/Operation": {"false"}, "aws:RequestTag/Approved": {"false"}, "sts:SourceIdentity": {"false"},
			}},
			Why: "No operator session without its tags and its person.", Closes: []int{8},
		},
		{
			Sid: "TagOperatorSession", Effect: Allow, Action: Values{"sts:TagSession"}, Resource: operators,
			Condition: conditions{"ForAllValues:StringEquals": keys{"aws:TagKeys": tags()}},
			Why:       "Session tags are what every other document is about.",
		},
		{
			Sid: "NameTheSlackUser", Effect: Allow, Action: Values{"sts:SetSourceIdentity"}, Resource: operators,
			Condition: conditions{"StringLike": keys{"sts:SourceIdentity": {s.slack()}}},
			Why:       "CloudTrail shows the person on every call of the session.",
		},
	}
}

// withoutOperator are the calls that the bot's own role makes where environments have no
// operator role. AWS then draws no line between classes, nor around one environment.
func (s Setting) withoutOperator() ([]Statement, error) {
	declared, err := declarations(s.Classes)
	if err != nil {
		return nil, err
	}
	own := role{Setting: s, declared: declared, arn: s.Base}
	for _, environment := range s.Environments {
		if environment.Role == "" {
			own.environments = append(own.environments, environment)
		}
	}
	names := own.which(func(Environment) bool { return true })
	if len(names) == 0 {
		return nil, nil
	}
	slices.Sort(names)
	tagged := own.calls(func(each call) bool { return len(each.tagged) > 0 })
	others := own.calls(func(each call) bool {
		return each.special != passing && each.special != labelling && (len(each.tagged) == 0 || len(each.beside) > 0)
	})
	why := "Environments without an operator role: the bot's own credentials do the work, and AWS draws no line between what it does for whom."
	statements := []Statement{
		{
			Sid: "WithoutOperatorRole", Effect: Allow, Action: tagged, Resource: own.resources(own.kinds(func(each call) bool { return len(each.tagged) > 0 })),
			Condition: conditions{"StringEquals": keys{s.resourceTag(): names}}, Why: why,
		},
		{Sid: "WithoutOperatorRoleBeside", Effect: Allow, Action: others, Resource: own.beside(others), Why: why},
	}
	return slices.Concat(statements, own.makingWithoutOperator()), nil
}

// makingWithoutOperator are what is asked for beside making something: tags on what is made
// alone, and the environments' own task roles alone, to tasks.
func (r role) makingWithoutOperator() []Statement {
	var statements []Statement
	if slices.Contains(r.names, "ecs:TagResource") {
		statements = append(statements, Statement{
			Sid: "TagWhatIsMade", Effect: Allow, Action: Values{"ecs:TagResource"}, Resource: r.resources(r.reference["ecs:TagResource"].beside),
			Condition: conditions{"StringEquals": keys{"ecs:CreateAction": r.making()}},
			Why:       "Tagging something that exists would bring it into an environment.", Closes: []int{2},
		})
	}
	if !slices.Contains(r.names, "iam:PassRole") {
		return statements
	}
	var roles Values
	for _, environment := range r.environments {
		for _, name := range environment.passes() {
			roles = append(roles, r.resource(onRole, name))
		}
	}
	statements = append(statements, Statement{
		Sid: "PassWithoutOperatorRole", Effect: Allow, Action: Values{"iam:PassRole"}, Resource: roles,
		Condition: conditions{"StringEquals": keys{"iam:PassedToService": {tasksService}}},
		Why:       "The environments' own task roles, and to tasks alone.", Closes: []int{5},
	})
	return append(statements, r.neverTheBots()...)
}

// beside are the resources on which calls are decided without a tag.
func (r role) beside(calls Values) Values {
	var kinds []string
	for _, name := range calls {
		if len(r.reference[name].beside) == 0 {
			return Values{"*"}
		}
		kinds = union(kinds, r.reference[name].beside)
	}
	return r.resources(kinds)
}

// arns are the different roles that environments name, sorted.
func (s Setting) arns(of func(Environment) string) Values {
	var arns Values
	for _, environment := range s.Environments {
		if arn := of(environment); arn != "" {
			arns = append(arns, arn)
		}
	}
	slices.Sort(arns)
	return slices.Compact(arns)
}

// baseTrust lets ECS run the bot's task with the role.
func (s Setting) baseTrust() Document {
	partition, account := strings.SplitN(s.Base+"::", ":", 3)[1], accountOf(s.Base)
	return Document{Version: Version, Statement: []Statement{{
		Sid: "OnlyTheBotsTask", Effect: Allow, Principal: &Principal{Service: Values{tasksService}}, Action: Values{"sts:AssumeRole"},
		Condition: conditions{
			"StringEquals": keys{"aws:SourceAccount": {account}},
			"ArnLike":      keys{"aws:SourceArn": {"arn:" + partition + ":ecs:" + cmp.Or(s.Region, "*") + ":" + account + ":*"}},
		},
		Why: "ECS runs the bot's task with it; bound to the account and region, so that no other account's service can.",
	}}}
}

// discovery is what a role of another account may do, and who may assume it.
func (s Setting) discovery() (permissions, trust Document) {
	permissions = Document{Version: Version, Statement: []Statement{
		{
			Sid: "Discovery", Effect: Allow, Action: looking(), Resource: Values{"*"},
			Why: "The fleet of this account is found and read, with its tags.",
		},
		{
			Sid: "NothingElse", Effect: Deny, NotAction: append(looking(), "sts:GetCallerIdentity"), Resource: Values{"*"},
			Why: "Whatever else is attached to the role by mistake, it only looks.", Closes: []int{6},
		},
	}}
	trust = Document{Version: Version, Statement: []Statement{{
		Sid: "Assume", Effect: Allow, Principal: &Principal{AWS: Values{s.Base}}, Action: Values{"sts:AssumeRole"}, Why: "The bot alone.",
	}}}
	return permissions, trust
}
