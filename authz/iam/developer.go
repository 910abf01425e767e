package iam

import "slices"

// developer is for people's own roles, whose tag Environment their identity provider sets: the
// policy that is commonly published for it, without its holes. It is about one environment at
// a time, by convention, and about no protected one.
func (r role) developer() []Statement {
	changes := Values{"ecs:CreateService", "ecs:DeleteService", "ecs:RegisterTaskDefinition", "ecs:RunTask", "ecs:StopTask", "ecs:TagResource", "ecs:UpdateService", "iam:PassRole"}
	statements := append(r.developerAllows(), r.developerFences()...)
	statements = append(
		statements,
		Statement{
			Sid: "NoEnvironment", Effect: Deny, Action: Values{"ecs:*", "logs:*", "iam:PassRole"}, Resource: Values{"*"},
			Condition: conditions{"Null": keys{environmentTag: {"true"}}},
			Why:       "Without the tag, every denial that names it as a variable would not apply.", Closes: []int{8},
		},
		Statement{
			Sid: "ProtectedResource", Effect: Deny, Action: Values{"ecs:*"}, Resource: Values{"*"},
			Condition: conditions{"StringEqualsIgnoreCase": keys{r.resourceTag(): r.protectedValues()}},
			Why:       "Protected environments change through ecsbot, with a second person; in any spelling.", Closes: []int{6, 7},
		},
		Statement{
			Sid: "OtherEnvironment", Effect: Deny, Action: Values{"ecs:DeleteService", "ecs:RunTask", "ecs:StopTask", "ecs:UpdateService"}, Resource: Values{"*"},
			Condition: conditions{"StringNotEquals": keys{r.resourceTag(): {ownEnvironment}}},
			Why:       "What is untagged, or tagged otherwise, is nobody's to change.", Closes: []int{3, 6},
		},
		Statement{
			Sid: "TagOnlyOnCreate", Effect: Deny, Action: Values{"ecs:TagResource", "ecs:UntagResource"}, Resource: Values{"*"},
			Condition: conditions{"Null": keys{"ecs:CreateAction": {"true"}}},
			Why:       "Tagging something that exists would capture it.", Closes: []int{2},
		},
		Statement{
			Sid: "PassOwnOnly", Effect: Deny, Action: Values{"iam:PassRole"}, NotResource: Values{r.resource(onRole, "ecs/"+ownEnvironment+"/*")},
			Why: "By path: the prefix of a name would let staging pass the roles of staging-prod.", Closes: []int{5},
		},
		Statement{
			Sid: "NoSilentExec", Effect: Deny, Action: Values{"ecs:CreateService", "ecs:RunTask", "ecs:UpdateService"}, Resource: Values{"*"},
			Condition: conditions{"StringEquals": keys{"ecs:enable-execute-command": {"true"}}},
			Why:       "Nobody opens a shell into tasks by the way.", Closes: []int{3, 4},
		},
		Statement{
			Sid: "NoPrivileged", Effect: Deny, Action: Values{"ecs:RegisterTaskDefinition"}, Resource: Values{"*"},
			Condition: conditions{"StringEquals": keys{"ecs:privileged": {"true"}}},
			Why:       "A privileged container owns its machine, and so every task on it.",
		},
		Statement{
			Sid: "NoSubnets", Effect: Deny, Action: Values{"ecs:UpdateService"}, Resource: Values{"*"},
			Condition: conditions{"Null": keys{"ecs:subnet": {"false"}}},
			Why:       "A service stays in the network in which it was made.", Closes: []int{4},
		},
		Statement{
			Sid: "WithoutTags", Effect: Deny, Action: Values{"ecs:DeregisterTaskDefinition", "ecs:DescribeTaskDefinition", "ssm:StartSession"}, Resource: Values{"*"},
			Why: "AWS knows no tag for these: what they reach is everybody's, plain environment variables of production included.", Closes: []int{6, 7},
		},
	)
	for protected := range slices.Chunk(r.protectedInAccount(), namesPerStatement) {
		statements = append(statements, Statement{
			Sid: "ProtectedSession", Effect: Deny, Action: changes, Resource: Values{"*"},
			Condition: conditions{"StringEquals": keys{environmentTag: protected}},
			Why:       "A role that is tagged with a protected environment reads there and changes nothing.", Closes: []int{6},
		})
	}
	return named(statements)
}

// developerAllows are what somebody may do with what is tagged like their role.
func (r role) developerAllows() []Statement {
	own := func(sid string, calls Values, kinds []string, also keys) Statement {
		equals := keys{r.resourceTag(): {ownEnvironment}}
		for key, values := range also {
			equals[key] = values
		}
		return Statement{
			Sid: sid, Effect: Allow, Action: calls, Resource: r.resources(kinds), Condition: conditions{"StringEquals": equals},
			Why: "On what is tagged with the role's own environment.", Closes: []int{7},
		}
	}
	label := keys{r.requestTag(): {ownEnvironment}}
	created := own("CreateTagged", Values{"ecs:CreateService", "ecs:RegisterTaskDefinition"}, []string{onService, onDefinition}, nil)
	created.Condition = conditions{"StringEquals": label}
	created.Why, created.Closes = "What is made is tagged at once; the fences tie it to a cluster, which its tag alone would not.", []int{1, 3}
	tagged := created
	tagged.Sid, tagged.Action, tagged.Resource = "TagWhatIsMade", Values{"ecs:TagResource"}, r.resources([]string{onService, onTask, onDefinition})
	tagged.Condition = with(created.Condition, "StringEquals", "ecs:CreateAction", "CreateService", "RegisterTaskDefinition", "RunTask")
	tagged.Why, tagged.Closes = "AWS asks for it beside whatever is made with tags.", []int{1, 2}
	return []Statement{
		own("Read", Values{"ecs:DescribeClusters", "ecs:DescribeServices", "ecs:DescribeTasks", "ecs:ListServiceDeployments"}, []string{onCluster, onService, onTask}, nil),
		own("Logs", Values{"logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartLiveTail"}, []string{onLogGroup}, nil),
		own("Change", Values{"ecs:DeleteService", "ecs:StopTask", "ecs:UpdateService"}, []string{onService, onTask}, nil),
		own("Run", Values{"ecs:RunTask"}, []string{onDefinition}, label),
		created, tagged,
		{
			Sid: "ListOwnCluster", Effect: Allow, Action: Values{"ecs:ListServices", "ecs:ListTasks"}, Resource: Values{"*"},
			Condition: conditions{"ArnLike": keys{clusterKey: r.ownClusters()}},
			Why:       "Lists know no tags, but they name their cluster.", Closes: []int{7},
		},
		{
			Sid: "Pass", Effect: Allow, Action: Values{"iam:PassRole"}, Resource: Values{r.resource(onRole, "ecs/"+ownEnvironment+"/*")},
			Condition: conditions{"StringEquals": keys{"iam:PassedToService": {tasksService}}},
			Why:       "By path, and to tasks alone.", Closes: []int{5},
		},
	}
}

func (r role) ownClusters() Values { return Values{r.resource(onCluster, ownEnvironment)} }

// developerFences tie the environment to its cluster and its task definitions.
func (r role) developerFences() []Statement {
	fenced := Values{"ecs:CreateService", "ecs:DeleteService", "ecs:RunTask", "ecs:StopTask", "ecs:UpdateService"}
	family := Values{r.resource(onDefinition, ownEnvironment+"-*")}
	statements := []Statement{
		{
			Sid: "NoCluster", Effect: Deny, Action: fenced, Resource: Values{"*"}, Condition: conditions{"Null": keys{clusterKey: {"true"}}},
			Why: "A call that does not say in which cluster is refused.", Closes: []int{3},
		},
		{
			Sid: "Cluster", Effect: Deny, Action: Values{"ecs:*"}, Resource: Values{"*"},
			Condition: conditions{"Null": keys{clusterKey: {"false"}}, "ArnNotLike": keys{clusterKey: r.ownClusters()}},
			Why:       "A label says nothing of where a task runs: the cluster does.", Closes: []int{3},
		},
		{
			Sid: "Revision", Effect: Deny, Action: Values{"ecs:CreateService", "ecs:UpdateService"}, Resource: Values{"*"},
			Condition: conditions{"Null": keys{definitionKey: {"false"}}, "ArnNotLike": keys{definitionKey: family}},
			Why:       "A service runs revisions of its own environment.", Closes: []int{4},
		},
		{
			Sid: "Family", Effect: Deny, Action: Values{"ecs:RegisterTaskDefinition", "ecs:RunTask"}, NotResource: slices.Clone(family),
			Why: "Nothing of another environment's family is run or registered.", Closes: []int{3},
		},
	}
	statements = append(statements, r.apart(Values{"ecs:RegisterTaskDefinition", "ecs:RunTask"}, Values{"ecs:CreateService", "ecs:UpdateService"})...)
	for _, environment := range r.account {
		if environment.Subnets != nil && !environment.Protected {
			statements = append(statements, Statement{
				Sid: "MadeIn" + word(environment.Name), Effect: Deny, Action: Values{"ecs:CreateService"}, Resource: Values{"*"},
				Condition: with(only(environment), "ForAnyValue:StringNotEquals", "ecs:subnet", environment.Subnets...),
				Why:       "A service is made in its environment's network, where the configuration names that.", Closes: []int{4},
			})
		}
	}
	return statements
}
