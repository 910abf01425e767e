package iam_test

import (
	"slices"
	"testing"

	"ecsbot/authz/iam"
)

// governs is a case of an account's SCP: somebody with every other right, the platform's or not.
func governs(want, who, label, action, resource string, contexts ...keys) example {
	arn := "arn:aws:iam::111122223333:role/" + who
	return example{
		Group: "scp", Label: who + ": " + label, Want: want, Principal: arn, Action: action, Resource: resource,
		Context:  merged(append(contexts, keys{"aws:PrincipalArn": {arn}})...),
		Identity: documentsOf(true), SCPs: []string{"scp-tag-guard.json"},
	}
}

// attacks are what somebody would try who has one session, one role or one account, and every
// other right there by mistake.
func attacks() []example {
	service, own := ecsARN+"service/staging/web", merged(tagged("staging"), inCluster("staging"))
	sends := func(class, key, value string) []keys { return []keys{session("staging", class), own, {key: {value}}} }
	revision := ecsARN + "task-definition/staging-web:9"
	assume := func(role string) example {
		return example{
			Group: "base", Label: "assume " + role, Want: "deny", Principal: botRole, Action: "sts:AssumeRole", Resource: role,
			Identity: documentsOf(true, "bot-base-policy.json"),
		}
	}
	group, target := "arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/prod/web", "arn:aws:application-autoscaling:eu-west-1:111122223333:scalable-target/1"
	people := "arn:aws:iam::111122223333:role/developers"
	label := merged(labelled("staging"), inCluster("staging"))
	return []example{
		does("deny", "a restart that deploys a revision whose tasks have no role", "ecs:UpdateService", service, true, sends("restart", "ecs:task-definition", revision)...),
		does("allow", "a deploy of the same", "ecs:UpdateService", service, false, sends("deploy", "ecs:task-definition", revision)...),
		does("deny", "a restart that moves onto other instances", "ecs:UpdateService", service, true, sends("restart", "ecs:capacity-provider", "shared-instances")...),
		does("deny", "a restart that takes the tasks' tags away", "ecs:UpdateService", service, true, sends("restart", "ecs:propagate-tags", "NONE")...),
		does("deny", "delete an own service", "ecs:DeleteService", service, true, session("staging", "deploy"), own),
		does("deny", "make a service", "ecs:CreateService", service, true, session("staging", "deploy"), label),
		does("deny", "start a task on an instance of choice", "ecs:StartTask", revision, true, session("staging", "run"), own, labelled("staging")),
		does("deny", "a shell past ECS", "ssm:StartSession", "*", true, session("staging", "run")),
		does("deny", "take the tag away", "ecs:UntagResource", service, true, session("staging", "deploy"), own, keys{"aws:TagKeys": {"Environment"}}),
		does("deny", "capture an untagged service", "ecs:TagResource", ecsARN+"service/prod/web", true, session("staging", "deploy"), labelled("staging")),
		does("deny", "run under two labels", "ecs:RunTask", ecsARN+"task-definition/prod-web:7", true, session("staging", "run"), inCluster("staging"), tagged("prod"), labelled("staging")),
		does("deny", "pass a role that only ECS itself has", "iam:PassRole", "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", true, session("staging", "deploy"), keys{"iam:PassedToService": {"ecs-tasks.amazonaws.com"}}),
		does("deny", "pass an own role to ECS, for what it does itself", "iam:PassRole", "arn:aws:iam::111122223333:role/ecs/staging/web", true, session("staging", "deploy"), keys{"iam:PassedToService": {"ecs.amazonaws.com"}}),
		assume("arn:aws:iam::999988887777:role/OrganizationAccountAccessRole"), assume("arn:aws:iam::111122223333:role/admin"),
		develops("deny", "register what owns its machine", "ecs:RegisterTaskDefinition", revision, true, labelled("staging"), keys{"ecs:privileged": {"true"}}),
		develops("allow", "register what does not", "ecs:RegisterTaskDefinition", revision, false, labelled("staging"), keys{"ecs:privileged": {"false"}}),
		develops("deny", "make a service in production's network", "ecs:CreateService", service, true, label, keys{"ecs:subnet": {"subnet-stg1", "subnet-prd1"}}),
		develops("allow", "make a service in the own network", "ecs:CreateService", service, false, label, keys{"ecs:subnet": {"subnet-stg1"}}),
		develops("deny", "the same as dev, in staging's network", "ecs:CreateService", ecsARN+"service/dev/web", true, labelled("dev"), inCluster("dev"), keys{"ecs:subnet": {"subnet-stg1"}, "aws:PrincipalTag/Environment": {"dev"}}),
		develops("deny", "make a service as prod", "ecs:CreateService", ecsARN+"service/prod/web", true, labelled("prod"), inCluster("prod"), keys{"aws:PrincipalTag/Environment": {"prod"}}),
		governs("deny", "developers", "retag a log group in the old way", "logs:TagLogGroup", group),
		governs("deny", "developers", "retag a log group", "logs:TagResource", group, labelled("staging")),
		governs("deny", "developers", "retag a scalable target", "application-autoscaling:TagResource", target, labelled("staging")),
		governs("deny", "developers", "become another environment's", "iam:TagRole", people, labelled("prod")),
		governs("allow", "developers", "name a role's cost centre", "iam:TagRole", people, keys{"aws:TagKeys": {"CostCentre"}}),
		governs("deny", "developers", "open the operator role", "iam:AttachRolePolicy", operatorRole),
		governs("deny", "developers", "trust themselves", "iam:UpdateAssumeRolePolicy", operatorRole),
		governs("deny", "developers", "empty the guard", "iam:CreatePolicyVersion", "arn:aws:iam::111122223333:policy/ecsbot-guard"),
		governs("deny", "developers", "go back to an older guard", "iam:SetDefaultPolicyVersion", "arn:aws:iam::111122223333:policy/ecsbot-guard"),
		governs("allow", "developers", "change a policy of their own", "iam:CreatePolicyVersion", "arn:aws:iam::111122223333:policy/web-reader"),
		governs("allow", "platform-admin", "bring a new guard", "iam:CreatePolicyVersion", "arn:aws:iam::111122223333:policy/ecsbot-guard"),
		governs("deny", "developers", "become the bot", "iam:UpdateAssumeRolePolicy", setting().Base),
		governs("deny", "developers", "start a task without a tag", "ecs:StartTask", revision),
		governs("allow", "platform-admin", "retag a log group in the old way", "logs:TagLogGroup", group),
		governs("allow", "platform-admin", "say whose role it is", "iam:TagRole", people, labelled("staging")),
		governs("allow", "platform-admin", "put the documents on the operator role", "iam:AttachRolePolicy", operatorRole),
	}
}

// near is a setting in which names begin alike, and the bot's role is in the account that it
// works in, within reach of a pattern of task roles.
func near() iam.Setting {
	made := setting()
	made.Base, made.Execution = nearBot, nearBot+"-execution"
	made.Environments = []iam.Environment{
		{Name: "staging", Role: operatorRole},
		{Name: "staging-eu", Role: operatorRole},
		{Name: "staging-eu-2", Role: operatorRole},
		{Name: "dev", Role: operatorRole, TaskRoles: []string{"ecs*"}},
		{Name: "prod", Protected: true, Role: operatorRole, Discovery: nearBot + "-discovery"},
	}
	return made
}

const nearBot = "arn:aws:iam::111122223333:role/ecsbot"

// nearCases are those of that setting.
func nearCases() []example {
	definition := func(family string) string { return ecsARN + "task-definition/" + family + ":1" }
	registers := func(want, environment, family string) example {
		return does(want, environment+" registers "+family, "ecs:RegisterTaskDefinition", definition(family), true, session(environment, "deploy"), labelled(environment))
	}
	updates := func(want, environment, family string) example {
		return does(want, environment+" deploys "+family, "ecs:UpdateService", ecsARN+"service/"+environment+"/web", true, session(environment, "deploy"),
			tagged(environment), inCluster(environment), keys{"ecs:task-definition": {definition(family)}})
	}
	pass := func(want, role string) example {
		return does(want, "dev passes "+role, "iam:PassRole", role, want == "deny", session("dev", "deploy"), keys{"iam:PassedToService": {"ecs-tasks.amazonaws.com"}})
	}
	list := []example{
		pass("deny", nearBot), pass("deny", nearBot+"-execution"), pass("deny", operatorRole), pass("deny", nearBot+"-discovery"), pass("allow", "arn:aws:iam::111122223333:role/ecs-task"), pass("deny", "arn:aws:iam::111122223333:role/other"),
	}
	for _, says := range []func(want, environment, family string) example{registers, updates} {
		list = append(
			list,
			says("allow", "staging", "staging-web"), says("deny", "staging", "staging-eu-web"), says("deny", "staging", "staging-eu-2-web"),
			says("allow", "staging-eu", "staging-eu-web"), says("deny", "staging-eu", "staging-eu-2-web"), says("allow", "staging-eu-2", "staging-eu-2-web"),
		)
	}
	for _, family := range []string{"staging-eu-web", "staging-eu-2-web"} {
		list = append(
			list,
			develops("deny", "register "+family, "ecs:RegisterTaskDefinition", definition(family), true, labelled("staging")),
			develops("deny", "update to "+family, "ecs:UpdateService", ecsARN+"service/staging/web", true, tagged("staging"), inCluster("staging"), keys{"ecs:task-definition": {definition(family)}}),
		)
	}
	longer := keys{"aws:PrincipalTag/Environment": {"staging-eu"}}
	return append(
		list,
		develops("deny", "register what is longer still", "ecs:RegisterTaskDefinition", definition("staging-eu-2-web"), true, labelled("staging-eu"), longer),
		develops("deny", "update to what is longer still", "ecs:UpdateService", ecsARN+"service/staging-eu/web", true, tagged("staging-eu"), inCluster("staging-eu"), keys{"ecs:task-definition": {definition("staging-eu-2-web")}}, longer),
	)
}

// A role that has no protected environment changes none of another role's either, however many
// these are: by convention its sessions may name any environment.
func TestARoleChangesNoProtectedEnvironmentOfAnotherRole(t *testing.T) {
	all := compiled(t, slices.DeleteFunc(documents(t, many(1000)), func(each iam.Named) bool { return each.Role == operatorRole+"-protected" }))
	restart := func(want, environment string) example {
		return does(want, "restart in "+environment, "ecs:UpdateService", ecsARN+"service/"+environment+"/web", true, session(environment, "restart"), tagged(environment), inCluster(environment))
	}
	made := develops("deny", "make a service in a protected environment", "ecs:CreateService", ecsARN+"service/team-0990/web", true, labelled("team-0990"), inCluster("team-0990"), keys{"aws:PrincipalTag/Environment": {"team-0990"}})
	for _, wrong := range all.failures(t, []example{restart("allow", "team-0001"), restart("deny", "team-0000"), restart("deny", "team-0990"), made}) {
		t.Error(wrong)
	}
}

// A family that the configuration gives to the shorter name is its own.
func TestAFamilyThatIsNamedIsNotTaken(t *testing.T) {
	made := near()
	made.Environments[0].Families = []string{"staging-web", "staging-eu-web-*"}
	all := compiled(t, documents(t, made))
	each := does("allow", "staging registers what is named its own", "ecs:RegisterTaskDefinition", ecsARN+"task-definition/staging-eu-web-1:1", true, session("staging", "deploy"), labelled("staging"))
	for _, wrong := range all.failures(t, []example{each}) {
		t.Error(wrong)
	}
}
