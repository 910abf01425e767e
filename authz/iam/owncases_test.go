package iam_test

import (
	"encoding/json"
	"maps"
	"testing"

	"ecsbot/authz/iam"
)

// keys are a context.
type keys = map[string]iam.Values

const (
	ecsARN  = "arn:aws:ecs:eu-west-1:111122223333:"
	taskARN = ecsARN + "task/staging/0123456789abcdef0123456789abcdef"
	admin   = `{"Version":"2012-10-17","Statement":[{"Sid":"AdminByMistake","Effect":"Allow","Action":"*","Resource":"*"}]}`
)

// documentsOf are the documents that a case names, and AdministratorAccess where they must
// hold against that too.
func documentsOf(byMistake bool, names ...string) []json.RawMessage {
	var raw []json.RawMessage
	for _, name := range names {
		raw = append(raw, json.RawMessage(`"`+name+`"`))
	}
	if byMistake {
		raw = append(raw, json.RawMessage(admin))
	}
	return raw
}

// merged are several contexts as one; a key without a value is taken out.
func merged(contexts ...keys) map[string]iam.Values {
	all := map[string]iam.Values{}
	for _, context := range contexts {
		maps.Copy(all, context)
	}
	maps.DeleteFunc(all, func(_ string, values iam.Values) bool { return values == nil })
	return all
}

// session is what an operator session of a class in an environment brings along.
func session(environment, class string) keys {
	made := keys{
		"aws:PrincipalTag/Environment": {environment}, "aws:PrincipalTag/Operation": {class}, "aws:PrincipalTag/Approved": {"false"},
		"aws:SourceIdentity": {"slack-T0ACME001-U0ALICE"},
	}
	return made
}

func tagged(environment string) keys { return keys{"aws:ResourceTag/Environment": {environment}} }

func labelled(environment string) keys {
	return keys{"aws:RequestTag/Environment": {environment}, "aws:TagKeys": {"Environment"}}
}

func inCluster(name string) keys { return keys{"ecs:cluster": {ecsARN + "cluster/" + name}} }

// does is a case of an operator session.
func does(want, label, action, resource string, byMistake bool, contexts ...keys) example {
	return example{
		Group: "own", Label: label, Want: want, Principal: "arn:aws:sts::111122223333:assumed-role/operator/slack-T0ACME001-U0ALICE",
		Action: action, Resource: resource, Context: merged(contexts...),
		Identity: documentsOf(byMistake, "operator-allow.json", "operator-guard.json", "operator-fences.json"),
	}
}

// develops is a case of somebody's own role.
func develops(want, label, action, resource string, byMistake bool, contexts ...keys) example {
	made := does(want, label, action, resource, byMistake, append([]keys{{"aws:PrincipalTag/Environment": {"staging"}}}, contexts...)...)
	made.Group, made.Principal, made.Identity = "developer", "arn:aws:iam::111122223333:role/developers", documentsOf(byMistake, "developer.json")
	return made
}

// assumes is one of the three calls by which an operator role is assumed.
func assumes(want, label string, contexts ...keys) example {
	base := keys{
		"aws:RequestTag/Environment": {"prod"}, "aws:RequestTag/Operation": {"restart"}, "aws:RequestTag/Approved": {"break-glass"},
		"aws:TagKeys": {"Environment", "Operation", "Approved"}, "sts:SourceIdentity": {"slack-T0ACME001-U0BOB"}, "sts:RoleSessionName": {"slack-T0ACME001-U0BOB"},
	}
	return example{
		Group: "trust", Label: label, Want: want, Principal: botRole, Action: "sts:AssumeRole", Resource: operatorRole,
		Context: merged(append([]keys{base}, contexts...)...), Identity: documentsOf(false, "bot-base-policy.json"), Trust: "operator-trust.json",
	}
}

// ownCases say of the example setting what the shared cases do not.
func ownCases(t testing.TB) []example {
	t.Helper()
	service, definition := ecsARN+"service/staging/web", ecsARN+"task-definition/staging-web:7"
	staging := merged(tagged("staging"), inCluster("staging"))
	list := []example{
		does("deny", "a session without a person", "ecs:UpdateService", service, true, session("staging", "restart"), staging, keys{"aws:SourceIdentity": nil}),
		does("deny", "a session without an environment stops a tagged task", "ecs:StopTask", taskARN, true, session("staging", "stop"), staging, keys{"aws:PrincipalTag/Environment": nil}),
		does("allow", "list tasks in the own cluster", "ecs:ListTasks", ecsARN+"container-instance/staging/*", false, session("staging", "status"), inCluster("staging")),
		does("allow", "describe the own deployments (service)", "ecs:DescribeServiceDeployments", service, false, session("staging", "status"), staging),
		does("allow", "describe the own revisions (service)", "ecs:DescribeServiceRevisions", service, false, session("staging", "status"), staging),
		does("allow", "describe the own revisions (revision)", "ecs:DescribeServiceRevisions", ecsARN+"service-revision/staging/web/1", false, session("staging", "status"), inCluster("staging")),
		does("allow", "exec in the own cluster (cluster half)", "ecs:ExecuteCommand", ecsARN+"cluster/staging", false, session("staging", "exec"), inCluster("staging")),
		does("allow", "roll back (deployment half)", "ecs:StopServiceDeployment", ecsARN+"service-deployment/staging/web/1", false, session("staging", "rollback"), inCluster("staging")),
		does("deny", "label what is made as another environment's", "ecs:TagResource", taskARN, true, session("staging", "run"), labelled("prod"), keys{"ecs:CreateAction": {"RunTask"}}),
		does("deny", "move to a subnet of production", "ecs:UpdateService", service, false, session("staging", "deploy"), staging, keys{"ecs:subnet": {"subnet-stg1", "subnet-prd1"}}),
		does("deny", "metrics from a restart", "cloudwatch:GetMetricData", "*", true, session("staging", "restart")),
		does("deny", "scalable targets from a restart", "application-autoscaling:DescribeScalableTargets", "*", true, session("staging", "restart")),
		does("deny", "bounds from a restart", "application-autoscaling:RegisterScalableTarget", "arn:aws:application-autoscaling:eu-west-1:111122223333:scalable-target/1", true, session("staging", "restart"), tagged("staging")),
		does("deny", "a task definition from a restart", "ecs:DescribeTaskDefinition", "*", true, session("staging", "restart")),
		does("deny", "a roll-back from a restart", "ecs:StopServiceDeployment", service, true, session("staging", "restart"), staging),
		does("deny", "a stop from a restart", "ecs:StopTask", taskARN, true, session("staging", "restart"), staging),
		does("deny", "a label from a restart", "ecs:TagResource", taskARN, true, session("staging", "restart"), labelled("staging"), keys{"ecs:CreateAction": {"RunTask"}}),
		{
			Group: "base", Label: "ECS runs the bot with its role", Want: "allow", Principal: "ecs-tasks.amazonaws.com", Action: "sts:AssumeRole", Resource: botRole,
			Context: keys{"aws:SourceAccount": {"999988887777"}, "aws:SourceArn": {"arn:aws:ecs:eu-west-1:999988887777:task/x"}}, Trust: "bot-base-trust.json",
		},
		{
			Group: "base", Label: "another account's ECS does not", Want: "deny", Principal: "ecs-tasks.amazonaws.com", Action: "sts:AssumeRole", Resource: botRole,
			Context: keys{"aws:SourceAccount": {"444455556666"}, "aws:SourceArn": {"arn:aws:ecs:eu-west-1:444455556666:task/x"}}, Trust: "bot-base-trust.json",
		},
	}
	for value, want := range map[string]string{"Production": "deny", "PROD": "deny", "prod": "allow", "staging": "allow"} {
		list = append(list, example{
			Group: "scp", Label: "make a service tagged " + value, Want: want, Principal: "arn:aws:iam::111122223333:role/platform-admin", Action: "ecs:CreateService", Resource: service,
			Context:  merged(labelled(value), keys{"ecs:propagate-tags": {"SERVICE"}, "aws:PrincipalArn": {"arn:aws:iam::111122223333:role/platform-admin"}}),
			Identity: documentsOf(true), SCPs: []string{"scp-tag-guard.json"},
		})
	}
	return append(list, developerCases(service, definition)...)
}

// developerCases are what somebody may do with their own role, and the holes that it has not.
func developerCases(service, definition string) []example {
	own := merged(tagged("staging"), inCluster("staging"))
	made := merged(labelled("staging"), inCluster("staging"))
	group, role := "arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/staging/web:*", "arn:aws:iam::111122223333:role/ecs/"
	toTasks := keys{"iam:PassedToService": {"ecs-tasks.amazonaws.com"}}
	return []example{
		develops("allow", "describe an own service", "ecs:DescribeServices", service, false, own),
		develops("allow", "read own logs", "logs:FilterLogEvents", group, false, tagged("staging")),
		develops("allow", "update an own service", "ecs:UpdateService", service, false, own),
		develops("allow", "run an own task", "ecs:RunTask", definition, false, own, labelled("staging")),
		develops("allow", "make a service", "ecs:CreateService", service, false, made),
		develops("allow", "tag what is made", "ecs:TagResource", service, false, labelled("staging"), keys{"ecs:CreateAction": {"CreateService"}}),
		develops("allow", "list the own cluster", "ecs:ListServices", "*", false, inCluster("staging")),
		develops("deny", "list production", "ecs:ListServices", "*", false, inCluster("prod")),
		develops("allow", "pass an own role", "iam:PassRole", role+"staging/web", false, toTasks),
		develops("deny", "pass an own role to a function", "iam:PassRole", role+"staging/web", false, keys{"iam:PassedToService": {"lambda.amazonaws.com"}}),
		develops("deny", "update without a cluster", "ecs:UpdateService", service, true, tagged("staging")),
		develops("deny", "run in production's cluster under the own label", "ecs:RunTask", definition, true, tagged("staging"), inCluster("prod"), labelled("staging")),
		develops("deny", "run production's task definition in the own service", "ecs:UpdateService", service, true, own, keys{"ecs:task-definition": {ecsARN + "task-definition/prod-web:7"}}),
		develops("deny", "run production's family", "ecs:RunTask", ecsARN+"task-definition/prod-web:7", true, own, labelled("staging")),
		develops("deny", "a role without the tag", "ecs:UpdateService", service, true, own, keys{"aws:PrincipalTag/Environment": nil}),
		develops("deny", "describe production", "ecs:DescribeServices", ecsARN+"service/staging/web", true, tagged("Production"), inCluster("staging")),
		develops("deny", "update an untagged service", "ecs:UpdateService", service, true, inCluster("staging")),
		develops("deny", "update another environment's service", "ecs:UpdateService", service, true, tagged("dev"), inCluster("staging")),
		develops("deny", "capture an untagged service", "ecs:TagResource", service, true, labelled("staging")),
		develops("deny", "pass a role whose path only begins alike", "iam:PassRole", role+"staging-prod/admin", true, toTasks),
		develops("deny", "open a shell by the way", "ecs:UpdateService", service, false, own, keys{"ecs:enable-execute-command": {"true"}}),
		develops("deny", "move to another network", "ecs:UpdateService", service, false, own, keys{"ecs:subnet": {"subnet-prd1"}}),
		develops("deny", "read anybody's task definition", "ecs:DescribeTaskDefinition", "*", true),
		develops("deny", "pass a role of a protected environment in its name", "iam:PassRole", role+"prod/web", false, toTasks, keys{"aws:PrincipalTag/Environment": {"prod"}}),
	}
}

// departing is a setting in which environments depart from the convention, and production may
// be changed without a second person.
func departing() iam.Setting {
	made := setting()
	made.Environments = []iam.Environment{
		{Name: "dev", Role: operatorRole},
		{Name: "staging", Role: operatorRole, Clusters: []string{"shop-a", "shop-b"}, Families: []string{"shop-*"}, Subnets: []string{"subnet-stg1"}, TaskRoles: []string{"apps/staging/*"}},
		{Name: "prod", Protected: true, BreakGlass: true, Role: operatorRole, Discovery: "arn:aws:iam::111122223333:role/discovery"},
	}
	return made
}

// departingCases are those of that setting.
func departingCases() []example {
	staging := merged(tagged("staging"), inCluster("shop-b"))
	broken := func(environment string) keys {
		return merged(session(environment, "restart"), tagged(environment), inCluster(environment), keys{"aws:PrincipalTag/Approved": {"break-glass"}})
	}
	toTasks, discovery := keys{"iam:PassedToService": {"ecs-tasks.amazonaws.com"}}, "arn:aws:iam::111122223333:role/discovery"
	return []example{
		does("allow", "restart in a cluster that departs", "ecs:UpdateService", ecsARN+"service/shop-b/web", false, session("staging", "restart"), staging),
		does("deny", "restart in the cluster of the convention", "ecs:UpdateService", ecsARN+"service/staging/web", true, session("staging", "restart"), tagged("staging"), inCluster("staging")),
		does("deny", "restart of dev in staging's cluster", "ecs:UpdateService", ecsARN+"service/shop-a/web", true, session("dev", "restart"), tagged("dev"), inCluster("shop-a")),
		does("allow", "deploy a family that departs", "ecs:UpdateService", ecsARN+"service/shop-b/web", false, session("staging", "deploy"), staging, keys{"ecs:task-definition": {ecsARN + "task-definition/shop-web:3"}}),
		does("deny", "deploy the family of the convention", "ecs:UpdateService", ecsARN+"service/shop-b/web", true, session("staging", "deploy"), staging, keys{"ecs:task-definition": {ecsARN + "task-definition/staging-web:3"}}),
		does("deny", "deploy staging's family in dev", "ecs:UpdateService", ecsARN+"service/dev/web", true, session("dev", "deploy"), tagged("dev"), inCluster("dev"), keys{"ecs:task-definition": {ecsARN + "task-definition/shop-web:3"}}),
		does("deny", "register the family of the convention", "ecs:RegisterTaskDefinition", ecsARN+"task-definition/staging-web:3", true, session("staging", "deploy"), labelled("staging")),
		does("deny", "register staging's family in dev", "ecs:RegisterTaskDefinition", ecsARN+"task-definition/shop-web:3", true, session("dev", "deploy"), labelled("dev")),
		does("allow", "pass a role that departs", "iam:PassRole", "arn:aws:iam::111122223333:role/apps/staging/web", false, session("staging", "deploy"), toTasks),
		does("deny", "pass the role of the convention", "iam:PassRole", "arn:aws:iam::111122223333:role/ecs/staging/web", true, session("staging", "deploy"), toTasks),
		does("allow", "pass dev's role in dev", "iam:PassRole", "arn:aws:iam::111122223333:role/ecs/dev/web", false, session("dev", "deploy"), toTasks),
		does("deny", "pass staging's role in dev", "iam:PassRole", "arn:aws:iam::111122223333:role/apps/staging/web", true, session("dev", "deploy"), toTasks),
		does("deny", "move to any subnet where none is named", "ecs:UpdateService", ecsARN+"service/dev/web", true, session("dev", "deploy"), tagged("dev"), inCluster("dev"), keys{"ecs:subnet": {"subnet-dev1"}}),
		does("deny", "move to a foreign subnet", "ecs:UpdateService", ecsARN+"service/shop-b/web", true, session("staging", "deploy"), staging, keys{"ecs:subnet": {"subnet-prd1"}}),
		does("allow", "break the glass of prod", "ecs:UpdateService", ecsARN+"service/prod/web", false, broken("prod")),
		does("deny", "break the glass where it is not meant", "ecs:UpdateService", ecsARN+"service/dev/web", true, broken("dev")),
		does("deny", "change prod without anything", "ecs:UpdateService", ecsARN+"service/prod/web", true, broken("prod"), keys{"aws:PrincipalTag/Approved": {"false"}}),
		does("deny", "pass a role of prod without anything", "iam:PassRole", "arn:aws:iam::111122223333:role/ecs/prod/web", true, session("prod", "deploy"), toTasks),
		assumes("allow", "a session of broken glass"),
		assumes("deny", "a session of broken glass where it is not meant", keys{"aws:RequestTag/Environment": {"dev"}}),
		assumes("allow", "a session by convention", keys{"aws:RequestTag/Environment": {"new"}, "aws:RequestTag/Approved": {"false"}}),
		assumes("deny", "a session without an environment", keys{"aws:RequestTag/Environment": nil, "aws:RequestTag/Approved": {"false"}}),
		{
			Group: "base", Label: "assume the discovery role", Want: "allow", Principal: botRole, Action: "sts:AssumeRole", Resource: discovery,
			Identity: documentsOf(false, "bot-base-policy.json"), Trust: "discovery-trust.json",
		},
		{
			Group: "discovery", Label: "look", Want: "allow", Principal: discovery, Action: "ecs:ListServices", Resource: "*", Identity: documentsOf(false, "discovery.json"),
		},
		{
			Group: "discovery", Label: "read a task definition", Want: "deny", Principal: discovery, Action: "ecs:DescribeTaskDefinition", Resource: "*", Identity: documentsOf(true, "discovery.json"),
		},
	}
}
