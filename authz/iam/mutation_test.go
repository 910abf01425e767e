package iam_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"ecsbot/authz/iam"
)

var update = flag.Bool("update", false, "write the table of statements into docs/iam.md")

// without is documents with one statement of one of them taken away.
func without(t testing.TB, made []iam.Named, document, statement int) set {
	t.Helper()
	less := slices.Clone(made)
	less[document].Document.Statement = slices.Delete(slices.Clone(less[document].Document.Statement), statement, statement+1)
	if len(less[document].Document.Statement) > 0 {
		return compiled(t, less)
	}
	nothing := iam.Statement{Effect: iam.Allow, Action: iam.Values{"none:None"}, Resource: iam.Values{"*"}}
	if made[document].Document.Statement[0].Principal != nil {
		nothing.Resource, nothing.Principal = nil, &iam.Principal{AWS: iam.Values{"*"}}
	}
	less[document].Document.Statement = []iam.Statement{nothing}
	return compiled(t, less)
}

// explained are the statements without which every case still holds, and why they are there.
func explained() map[string]string {
	return map[string]string{
		"guard Untagged":          "says without a variable what OtherEnvironment says with one; without both, cases fail",
		"guard ProtectedResource": "says without a variable what ProtectedSession and OtherEnvironment say; without all three, cases fail",
	}
}

// twins are the statements that the explained ones double.
func twins() map[string][]string {
	return map[string][]string{
		"guard Untagged":          {"Untagged", "OtherEnvironment"},
		"guard ProtectedResource": {"ProtectedResource", "ProtectedSession", "OtherEnvironment"},
	}
}

// universe is a setting with the cases that hold in it.
type universe struct {
	says    string
	setting iam.Setting
	cases   []example
}

func universes(t testing.TB) []universe {
	t.Helper()
	return []universe{
		{"the example", setting(), slices.Concat(cases(t, "cases.json"), ownCases(t), attacks())},
		{"departures and broken glass", departing(), departingCases()},
		{"names that begin alike", near(), nearCases()},
	}
}

func TestOwnCasesHold(t *testing.T) {
	for _, each := range universes(t) {
		for _, wrong := range compiled(t, documents(t, each.setting)).failures(t, each.cases) {
			t.Errorf("%s: %s", each.says, wrong)
		}
	}
}

// mutations is the table: each statement of both settings, and how many cases fail without it.
func mutations(t testing.TB) (table string, unexplained []string) {
	t.Helper()
	var text strings.Builder
	text.WriteString("| document | statement | cases that fail without it |\n|---|---|---|\n")
	seen := map[string]bool{}
	for _, each := range universes(t) {
		made := documents(t, each.setting)
		for document, one := range made {
			for statement, taken := range one.Document.Statement {
				name := kind(one.Name) + " " + taken.Sid
				failed := len(without(t, made, document, statement).failures(t, each.cases))
				if seen[name] || failed == 0 && each.says != "the example" && isShared(t, name) {
					continue // it is judged by the cases of the example
				}
				seen[name] = true
				says := fmt.Sprint(failed)
				if failed == 0 {
					says = "none: " + explained()[name]
					if explained()[name] == "" {
						unexplained = append(unexplained, each.says+": "+name)
					}
				}
				fmt.Fprintf(&text, "| %s | `%s` | %s |\n", kind(one.Name), taken.Sid, says)
			}
		}
	}
	return text.String(), unexplained
}

// isShared says whether the example has the statement too.
func isShared(t testing.TB, name string) bool {
	t.Helper()
	for _, one := range documents(t, setting()) {
		for _, statement := range one.Document.Statement {
			if kind(one.Name)+" "+statement.Sid == name {
				return true
			}
		}
	}
	return false
}

func TestEveryStatementIsMissedByACaseOrExplained(t *testing.T) {
	table, unexplained := mutations(t)
	for _, name := range unexplained {
		t.Errorf("every case holds without it, and nothing explains it: %s", name)
	}
	for name, together := range twins() {
		made := documents(t, setting())
		for document := range made {
			made[document].Document.Statement = slices.DeleteFunc(slices.Clone(made[document].Document.Statement), func(statement iam.Statement) bool {
				return kind(made[document].Name) == "guard" && slices.Contains(together, statement.Sid)
			})
		}
		if len(compiled(t, made).failures(t, universes(t)[0].cases)) == 0 {
			t.Errorf("%s: every case holds without it and its twins", name)
		}
	}
	const path, begin, end = "../../docs/iam.md", "<!-- statements -->\n", "<!-- end -->"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatal("docs/iam.md has no place for the table of statements")
	}
	fresh := before + begin + table + end + after
	if *update {
		if err := os.WriteFile(path, []byte(fresh), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if fresh != string(text) {
		t.Error("the table of statements in docs/iam.md is stale: go test ./authz/iam -run EveryStatement -update")
	}
}

// The policy that is commonly published has each of the holes; the developer's has none.
func TestTheHolesAreThereInThePublishedPolicyAndClosedInTheDevelopers(t *testing.T) {
	own, prod := merged(tagged("staging"), inCluster("staging")), inCluster("prod")
	service, definition := ecsARN+"service/staging/web", ecsARN+"task-definition/staging-web:7"
	toTasks := keys{"iam:PassedToService": {"ecs-tasks.amazonaws.com"}}
	all := compiled(t, documents(t, setting()))
	published := samples(t)["published-abac-policy.json"]
	closed := map[int]bool{}
	for _, row := range []struct {
		hole int
		open bool // the published policy allows it; the developer's must not. Else it is the other way round
		example
	}{
		{1, false, develops("", "tag what is made", "ecs:TagResource", service, false, labelled("staging"), keys{"ecs:CreateAction": {"CreateService"}})},
		{2, true, develops("", "capture, with the usual repair", "ecs:TagResource", service, true, labelled("staging"))},
		{3, true, develops("", "run in production's cluster", "ecs:RunTask", ecsARN+"task-definition/prod-web:7", false, prod, labelled("staging"))},
		{3, true, develops("", "make a service in production's cluster", "ecs:CreateService", ecsARN+"service/prod/x", false, prod, labelled("staging"))},
		{4, true, develops("", "run production's revision", "ecs:UpdateService", service, false, own, keys{"ecs:task-definition": {ecsARN + "task-definition/prod-web:7"}})},
		{4, true, develops("", "production's network", "ecs:UpdateService", service, false, own, keys{"ecs:subnet": {"subnet-prd1"}})},
		{4, true, develops("", "exec by the way", "ecs:UpdateService", service, false, own, keys{"ecs:enable-execute-command": {"true"}})},
		{5, true, develops("", "pass to a function", "iam:PassRole", "arn:aws:iam::111122223333:role/ecs/staging-web", false, keys{"iam:PassedToService": {"lambda.amazonaws.com"}})},
		{5, true, develops("", "pass what begins alike", "iam:PassRole", "arn:aws:iam::111122223333:role/ecs/staging-prod-admin", false, toTasks)},
		{6, true, develops("", "a service tagged Prod", "ecs:UpdateService", ecsARN+"service/prod/web", true, tagged("Prod"), prod)},
		{6, true, develops("", "an untagged task of production", "ecs:StopTask", ecsARN+"task/prod/1", true, prod)},
		{6, true, develops("", "deregister production's", "ecs:DeregisterTaskDefinition", "*", true)},
		{7, false, develops("", "read", "ecs:DescribeServices", service, false, own)},
		{7, true, develops("", "read anybody's task definition, with the usual way to read", "ecs:DescribeTaskDefinition", "*", true)},
		{8, true, develops("", "a role without the tag", "ecs:UpdateService", service, true, own, keys{"aws:PrincipalTag/Environment": nil})},
		{8, true, develops("", "the definition of nobody", "ecs:RunTask", definition, true, inCluster("staging"), keys{"aws:PrincipalTag/Environment": nil})},
	} {
		closed[row.hole] = true
		usual := set{"developer.json": published}
		if before := usual.judge(t, row.example).Allowed; before != row.open {
			t.Errorf("hole %d, %s: the published policy allows it: %v", row.hole, row.Label, before)
		}
		if after := all.judge(t, row.example).Allowed; after == row.open {
			t.Errorf("hole %d, %s: the developer's policy allows it: %v", row.hole, row.Label, after)
		}
	}
	for _, hole := range iam.Holes() {
		if !closed[hole.Number] {
			t.Errorf("hole %d is not tried", hole.Number)
		}
	}
}
