package iam_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ecsbot/authz/iam"
)

// many is a setting of that many environments by convention, every tenth of them protected,
// those with an operator role of their own.
func many(count int) iam.Setting {
	made := setting()
	made.Environments = nil
	for number := range count {
		environment := iam.Environment{Name: fmt.Sprintf("team-%04d", number), Role: operatorRole}
		if number%10 == 0 {
			environment.Protected, environment.BreakGlass, environment.Role = true, true, operatorRole+"-protected"
		}
		made.Environments = append(made.Environments, environment)
	}
	return made
}

func TestAThousandEnvironmentsByConventionHaveTheDocumentsOfTen(t *testing.T) {
	ten, thousand := documents(t, many(10)), documents(t, many(1000))
	for _, each := range thousand {
		if size := len(each.Document.Compact()); size > each.Limit {
			t.Errorf("%s has %d characters, more than %d", each.Name, size, each.Limit)
		}
	}
	if few, all := unnamed(ten), unnamed(thousand); !slices.Equal(few, all) {
		t.Errorf("the documents change with the number of environments:\n%v\n%v", few, all)
	}
}

// unnamed are the statements of documents but those that list protected environments by name.
func unnamed(made []iam.Named) []string {
	var statements []string
	for _, each := range made {
		for _, statement := range each.Document.Statement {
			if !strings.HasPrefix(statement.Sid, "Protected") && statement.Sid != "NoLookalikes" {
				statements = append(statements, kind(each.Name)+" of "+each.Role+": "+iam.Document{Statement: []iam.Statement{statement}}.Compact())
			}
		}
	}
	return statements
}

func TestManyProtectedEnvironmentsBesideOthersFitIntoMoreDocuments(t *testing.T) {
	made := many(1000)
	for position := range made.Environments {
		made.Environments[position].Role = operatorRole
		made.Environments[position].Protected = position%3 == 0
		made.Environments[position].BreakGlass = false
	}
	all := compiled(t, documents(t, made))
	for number, want := range map[int]string{3: "deny", 4: "allow", 999: "deny", 998: "allow"} {
		name := fmt.Sprintf("team-%04d", number)
		each := does(want, "restart of "+name, "ecs:UpdateService", ecsARN+"service/"+name+"/web", false, session(name, "restart"), tagged(name), inCluster(name))
		for _, wrong := range all.failures(t, []example{each}) {
			t.Error(wrong)
		}
	}
}

func TestWhatDoesNotFitIsSaid(t *testing.T) {
	for says, change := range map[string]func(*iam.Setting){
		"too many departures": func(s *iam.Setting) {
			for number := range 21 {
				s.Environments = append(s.Environments, iam.Environment{Name: fmt.Sprint("x", number), Role: operatorRole, Clusters: []string{fmt.Sprint("c", number)}})
			}
		},
		"no role of the bot":    func(s *iam.Setting) { s.Base = "" },
		"an unknown call":       func(s *iam.Setting) { s.Classes[0].Calls = append(s.Classes[0].Calls, "ecs:Explode") },
		"a long list of glass":  func(s *iam.Setting) { s.Environments = glass(200) },
		"a statement too large": func(s *iam.Setting) { s.Environments[0].Clusters = []string{strings.Repeat("c", 7000)} },
	} {
		made := setting()
		change(&made)
		if _, err := iam.Documents(made); err == nil {
			t.Errorf("%s: no error", says)
		}
	}
	made := setting()
	made.Environments = nil
	for number := range iam.DeparturesPerRole {
		name := fmt.Sprint("environment-", number)
		made.Environments = append(made.Environments, iam.Environment{
			Name: name, Role: operatorRole, Clusters: []string{"c-" + name}, Families: []string{"f-" + name}, Subnets: []string{"subnet-1", "subnet-2"}, TaskRoles: []string{"r/" + name},
		})
	}
	documents(t, made)
}

func glass(count int) []iam.Environment {
	var list []iam.Environment
	for number := range count {
		list = append(list, iam.Environment{Name: fmt.Sprint("environment-", number), Role: operatorRole, BreakGlass: number > 0})
	}
	return list
}

// Without an operator role the bot's own credentials do the work, on its environments alone.
func TestWithoutAnOperatorRole(t *testing.T) {
	made := setting()
	made.Environments[0].Role = ""
	made.Environments[0].TaskRoles = []string{"ecs/dev/*", "ecs-chatops/*"}
	made.Table = "arn:aws:dynamodb:eu-west-1:999988887777:table/ecsbot"
	all := compiled(t, documents(t, made))
	base := func(want, label, action, resource string, contexts ...keys) example {
		one := does(want, label, action, resource, false, contexts...)
		one.Principal, one.Identity = botRole, documentsOf(true, "bot-base-policy.json")
		return one
	}
	for _, wrong := range all.failures(t, []example{
		base("allow", "dev", "ecs:UpdateService", "arn:aws:ecs:eu-west-1:999988887777:service/dev/web", tagged("dev"), inCluster("dev")),
		base("allow", "a definition", "ecs:DescribeTaskDefinition", "*"),
		base("allow", "an entry", "dynamodb:PutItem", made.Table),
		base("deny", "another call", "ecs:DeleteService", "arn:aws:ecs:eu-west-1:999988887777:service/dev/web", tagged("dev")),
	}) {
		t.Error(wrong)
	}
	toTasks := keys{"iam:PassedToService": {"ecs-tasks.amazonaws.com"}}
	for _, each := range []example{
		base("allow", "an own role to a task", "iam:PassRole", "arn:aws:iam::999988887777:role/ecs/dev/web", toTasks),
		base("deny", "an own role to a function", "iam:PassRole", "arn:aws:iam::999988887777:role/ecs/dev/web", keys{"iam:PassedToService": {"lambda.amazonaws.com"}}),
		base("deny", "any other role", "iam:PassRole", "arn:aws:iam::999988887777:role/admin", toTasks),
		base("deny", "the bot's own role, which task_roles reach", "iam:PassRole", botRole, toTasks),
		base("allow", "tag what is run", "ecs:TagResource", "arn:aws:ecs:eu-west-1:999988887777:task/dev/1", keys{"ecs:CreateAction": {"RunTask"}}),
		base("deny", "tag what exists", "ecs:TagResource", "arn:aws:ecs:eu-west-1:999988887777:task/dev/1"),
	} {
		each.Identity = documentsOf(false, "bot-base-policy.json")
		for _, wrong := range all.failures(t, []example{each}) {
			t.Error(wrong)
		}
	}
	alone := base("deny", "staging", "ecs:UpdateService", "arn:aws:ecs:eu-west-1:999988887777:service/staging/web", tagged("staging"))
	alone.Identity = documentsOf(false, "bot-base-policy.json")
	for _, wrong := range all.failures(t, []example{alone}) {
		t.Error(wrong)
	}
}

func BenchmarkOneOperation(b *testing.B) {
	for _, count := range []int{10, 1000} {
		b.Run(fmt.Sprint(count, " environments"), func(b *testing.B) {
			all := compiled(b, documents(b, many(count)))
			each := does("allow", "", "ecs:UpdateService", ecsARN+"service/team-0003/web", false, session("team-0003", "restart"), tagged("team-0003"), inCluster("team-0003"))
			question := iam.Question{Principal: each.Principal, Action: each.Action, Resource: each.Resource, Context: map[string][]string{}}
			for key, values := range each.Context {
				question.Context[key] = values
			}
			policies := iam.Policies{}
			for _, name := range []string{"operator-allow.json", "operator-guard.json", "operator-fences.json"} {
				policies.Identity = append(policies.Identity, all[name]...)
			}
			b.ReportAllocs()
			for b.Loop() {
				iam.Evaluate(question, policies)
			}
		})
	}
}
