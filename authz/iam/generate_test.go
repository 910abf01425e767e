package iam_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ecsbot/authz/iam"
)

// classes are operation classes as actions declare them, and exec, which the bot has not.
func classes() []iam.Class {
	definition := "ecs:DescribeTaskDefinition"
	return []iam.Class{
		{Name: "deploy", Changes: true, Calls: []string{"ecs:UpdateService", "ecs:RegisterTaskDefinition", "ecs:TagResource", "iam:PassRole", definition}},
		{Name: "exec", Changes: true, Calls: []string{"ecs:ExecuteCommand"}},
		{Name: "logs", Calls: []string{
			"logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartLiveTail", "logs:StartQuery", "logs:GetQueryResults", "logs:DescribeLogStreams",
		}},
		{Name: "restart", Changes: true, Calls: []string{"ecs:UpdateService"}},
		{Name: "rollback", Changes: true, Calls: []string{"ecs:UpdateService", "ecs:StopServiceDeployment", "iam:PassRole", definition}},
		{Name: "run", Changes: true, Calls: []string{"ecs:RunTask", "ecs:TagResource", "iam:PassRole", definition}},
		{Name: "scale", Changes: true, Calls: []string{
			"ecs:UpdateService", "application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies",
			"application-autoscaling:RegisterScalableTarget",
		}},
		{Name: "status", Calls: []string{
			"ecs:DescribeServices", "ecs:DescribeTasks", "ecs:ListServices", "ecs:ListTasks", "ecs:ListServiceDeployments", "ecs:DescribeClusters",
			"ecs:DescribeServiceDeployments", "ecs:DescribeServiceRevisions", definition, "cloudwatch:GetMetricData",
			"application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies",
		}},
		{Name: "stop", Changes: true, Calls: []string{"ecs:StopTask"}},
	}
}

const (
	botRole      = "arn:aws:iam::999988887777:role/ecs-chatops/bot"
	operatorRole = "arn:aws:iam::111122223333:role/ecs-chatops/operator"
)

// setting is the example setting of the cases.
func setting() iam.Setting {
	environment := func(name, short string, protected bool) iam.Environment {
		return iam.Environment{
			Name: name, Protected: protected, Role: operatorRole, Clusters: []string{name}, Families: []string{name + "-*"},
			Subnets: []string{"subnet-" + short + "1", "subnet-" + short + "2"},
		}
	}
	return iam.Setting{
		Tag: "Environment", Team: "T0ACME001", Base: botRole, Region: "eu-west-1", Platform: []string{"platform-admin", "ci-deployer"}, Classes: classes(),
		Environments: []iam.Environment{environment("dev", "dev", false), environment("staging", "stg", false), environment("prod", "prd", true)},
	}
}

func documents(t testing.TB, setting iam.Setting) []iam.Named {
	t.Helper()
	made, err := iam.Documents(setting)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// files are the names by which cases call the documents.
func files() map[string]string {
	return map[string]string{
		"base": "bot-base-policy.json", "base-trust": "bot-base-trust.json", "operator": "operator-allow.json", "guard": "operator-guard.json",
		"fences": "operator-fences.json", "trust": "operator-trust.json", "developer": "developer.json", "scp": "scp-tag-guard.json",
		"discovery": "discovery.json", "discovery-trust": "discovery-trust.json",
	}
}

// kind is a document's name without the number of its part.
func kind(name string) string {
	name, _, _ = strings.Cut(name, "-2")
	return name
}

// compiled are generated documents as cases use them.
func compiled(t testing.TB, made []iam.Named) set {
	t.Helper()
	all := samples(t)
	for _, name := range files() {
		delete(all, name)
	}
	for _, each := range made {
		policy, err := iam.Compile(each.Name, each.Document)
		if err != nil {
			t.Fatal(err)
		}
		file := files()[kind(each.Name)]
		all[file] = append(all[file], policy)
	}
	return all
}

func TestEveryCaseHoldsOnGeneratedDocuments(t *testing.T) {
	made := documents(t, setting())
	for _, each := range made {
		t.Logf("%-16s %5d of %5d characters, %2d statements", each.Name, len(each.Document.Compact()), each.Limit, len(each.Document.Statement))
	}
	for _, wrong := range compiled(t, made).failures(t, cases(t, "cases.json")) {
		t.Error(wrong)
	}
}

func TestDocumentsAreTheSameEachTime(t *testing.T) {
	first := fmt.Sprint(documents(t, setting()))
	for range 20 {
		again := setting()
		slices.Reverse(again.Environments)
		slices.Reverse(again.Classes)
		if fmt.Sprint(documents(t, again)) != first {
			t.Fatal("another order gives other documents")
		}
	}
}
