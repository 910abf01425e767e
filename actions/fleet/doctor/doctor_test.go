package doctor_test

import (
	"slices"
	"strings"
	"testing"

	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/doctor"
	"ecsbot/authz"
)

var home = fleet.Scope{Region: "eu-west-1"}

// rules have staging with a cluster of its own, and prod with none.
func rules() doctor.Rules {
	return doctor.Rules{
		Tag: "Environment", Nearest: authz.Nearest,
		Environments: map[string]doctor.Environment{
			"staging": {Scope: home, Clusters: []string{"staging"}, OperatorRole: "arn:aws:iam::111122223333:role/ecsbot-operator"},
			"prod":    {Scope: home, Protected: true, TaskRoles: []string{"prod-*-task", "shared"}},
		},
	}
}

func tags(pairs ...string) map[string]string {
	made := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		made[pairs[i]] = pairs[i+1]
	}
	return made
}

func cluster(name string, pairs ...string) doctor.Cluster {
	return doctor.Cluster{Scope: home, ARN: "arn:aws:ecs:eu-west-1:111122223333:cluster/" + name, Name: name, Tags: tags(pairs...)}
}

// service is one with which nothing is wrong.
func service(name string, pairs ...string) doctor.Service {
	return doctor.Service{
		ARN: "arn:aws:ecs:eu-west-1:111122223333:service/staging/" + name, Name: name, Tags: tags(pairs...), Propagates: true,
		Definition: &doctor.Definition{ARN: "arn:aws:ecs:eu-west-1:111122223333:task-definition/x:1", Tags: tags(pairs...)},
	}
}

func examine(t *testing.T, in doctor.Cluster, services ...doctor.Service) doctor.Report {
	t.Helper()
	examination := doctor.NewExamination(rules())
	examination.Cluster(in)
	for _, each := range services {
		examination.Service(in, each)
	}
	return examination.Report()
}

func TestNothingIsFoundWhereNothingIsWrong(t *testing.T) {
	sound := service("api", "Environment", "staging", "Team", "shop")
	sound.Definition.TaskRole = "arn:aws:iam::111122223333:role/ecs/staging/api-task"
	sound.Definition.LogGroups = []doctor.LogGroup{{Name: "/ecs/api", Tags: tags("Environment", "staging")}}
	sound.Tasks = []doctor.Task{{ID: "1", Tags: tags("Environment", "staging")}}
	report := examine(t, cluster("staging", "Environment", "staging"), sound)
	if len(report.Findings) != 0 || report.Services["staging"] != 1 || report.Clusters != 1 {
		t.Errorf("%+v", report)
	}
}

func TestEachTroubleIsFoundAndMended(t *testing.T) {
	staging := cluster("staging", "Environment", "staging")
	with := func(change func(*doctor.Service), pairs ...string) doctor.Service {
		made := service("api", pairs...)
		change(&made)
		return made
	}
	for _, row := range []struct {
		name    string
		cluster doctor.Cluster
		service doctor.Service
		want    doctor.Finding
	}{
		{"untagged, in a cluster of staging", staging, service("api"), doctor.Finding{
			Kind: doctor.Untagged, Environment: "staging", Resource: "staging/api",
			Mend:      "aws ecs tag-resource --region eu-west-1 --resource-arn arn:aws:ecs:eu-west-1:111122223333:service/staging/api --tags key=Environment,value=staging",
			Terraform: `tags = { Environment = "staging" }`,
		}},
		{"untagged, nobody knows whose", cluster("x", "Environment", "prod"), service("api"), doctor.Finding{
			Kind: doctor.Untagged, Environment: "prod", Resource: "x/api", Mend: "value=prod",
		}},
		{"a capital letter", staging, service("api", "Environment", "Staging"), doctor.Finding{
			Kind: doctor.NearMiss, Environment: "staging", Service: "api", Resource: "staging/api", Seen: "Environment=Staging", Mend: "value=staging",
		}},
		{"a typing mistake", staging, service("api", "Environment", "stagign"), doctor.Finding{
			Kind: doctor.NearMiss, Environment: "staging", Service: "api", Resource: "staging/api", Seen: "Environment=stagign", Mend: "value=staging",
		}},
		{"a value that means nothing", staging, service("api", "Environment", "customer-seven"), doctor.Finding{
			Kind: doctor.UnknownValue, Resource: "staging/api", Seen: "Environment=customer-seven", Mend: "ecsbot.yaml",
		}},
		{"a key in small letters", staging, service("api", "environment", "prod"), doctor.Finding{
			Kind: doctor.NearKey, Environment: "prod", Service: "api", Resource: "staging/api", Seen: "environment=prod", Mend: "--tag-keys environment",
		}},
		{"two keys", staging, service("api", "Environment", "staging", "ENVIRONMENT", "prod"), doctor.Finding{
			Kind: doctor.TwoKeys, Environment: "staging", Service: "api", Resource: "staging/api", Seen: "ENVIRONMENT and Environment", Mend: "--tag-keys ENVIRONMENT",
		}},
		{"an old ARN", staging, with(func(s *doctor.Service) { s.ARN = "arn:aws:ecs:eu-west-1:111122223333:service/api" }), doctor.Finding{
			Kind: doctor.ShortARN, Environment: "staging", Resource: "staging/api", Seen: "arn:aws:ecs:eu-west-1:111122223333:service/api", Mend: "serviceLongArnFormat",
		}},
		{"another environment's cluster by its tag", staging, service("api", "Environment", "prod"), doctor.Finding{
			Kind: doctor.Conflict, Environment: "prod", Service: "api", Resource: "staging/api", Seen: "the service says prod, its cluster does not", Mend: "move it",
		}},
		{"a cluster that the configuration does not name", cluster("x"), service("api", "Environment", "staging"), doctor.Finding{
			Kind: doctor.Conflict, Environment: "staging", Service: "api", Resource: "x/api",
			Seen: "cluster x is none of those that the configuration names for staging", Mend: "environments.staging.clusters",
		}},
		{"tags that are not handed on", staging, with(func(s *doctor.Service) { s.Propagates = false }, "Environment", "staging"), doctor.Finding{
			Kind: doctor.NoPropagation, Environment: "staging", Service: "api", Resource: "staging/api",
			Mend: "aws ecs update-service --region eu-west-1 --cluster staging --service api --propagate-tags SERVICE --force-new-deployment", Terraform: "propagate_tags",
		}},
		{"ECS Exec", staging, with(func(s *doctor.Service) { s.Exec = true }, "Environment", "staging"), doctor.Finding{
			Kind: doctor.ExecOpen, Environment: "staging", Service: "api", Resource: "staging/api", Mend: "--no-enable-execute-command", Terraform: "enable_execute_command = false",
		}},
		{"old tasks, of which nobody learns whose they were", staging, with(func(s *doctor.Service) {
			s.Tasks = []doctor.Task{{Tags: tags("Environment", "prod")}, {Tags: tags("Environment", "staging")}}
		}, "Environment", "staging"), doctor.Finding{
			Kind: doctor.OldTasks, Environment: "staging", Service: "api", Resource: "staging/api",
			Seen: "1 of 2 tasks have Environment=another environment's name", Mend: "/ecs restart staging api",
		}},
		{"a task definition without the tag", staging, with(func(s *doctor.Service) { s.Definition.Tags = nil }, "Environment", "staging"), doctor.Finding{
			Kind: doctor.DefinitionTag, Environment: "staging", Service: "api", Resource: "staging/api", Seen: "x:1 has no Environment", Mend: "task-definition/x:1",
		}},
		{"a log group without the tag", staging, with(func(s *doctor.Service) {
			s.Definition.LogGroups = []doctor.LogGroup{{ARN: "arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/api", Name: "/ecs/api"}}
		}, "Environment", "staging"), doctor.Finding{
			Kind: doctor.LogGroupTag, Environment: "staging", Service: "api", Resource: "staging/api", Seen: "log group /ecs/api has no Environment",
			Mend: "aws logs tag-resource --region eu-west-1 --resource-arn arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/api --tags Environment=staging",
		}},
		{"another environment's role", staging, with(func(s *doctor.Service) {
			s.Definition.TaskRole = "arn:aws:iam::111122223333:role/ecs/prod/api-task"
		}, "Environment", "staging"), doctor.Finding{
			Kind: doctor.RoleOutside, Environment: "staging", Service: "api", Resource: "staging/api", Seen: "task role ecs/prod/api-task", Mend: "ecs/staging/*",
		}},
		{"a role of a longer environment's name", staging, with(func(s *doctor.Service) {
			s.Definition.TaskRole = "arn:aws:iam::111122223333:role/ecs/staging-2/api-task"
		}, "Environment", "staging"), doctor.Finding{
			Kind: doctor.RoleOutside, Environment: "staging", Service: "api", Resource: "staging/api", Seen: "task role ecs/staging-2/api-task", Mend: "ecs/staging/*",
		}},
		{"everybody's execution role", staging, with(func(s *doctor.Service) {
			s.Definition.ExecutionRole = "arn:aws:iam::111122223333:role/ecsTaskExecutionRole"
		}, "Environment", "staging"), doctor.Finding{
			Kind: doctor.DefaultRole, Environment: "staging", Service: "api", Resource: "staging/api", Seen: "execution role ecsTaskExecutionRole", Mend: "--path /ecs/staging/",
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			report := examine(t, row.cluster, row.service)
			at := slices.IndexFunc(report.Findings, func(found doctor.Finding) bool { return found.Kind == row.want.Kind })
			if at < 0 {
				t.Fatalf("not found: %+v", report.Findings)
			}
			got := report.Findings[at]
			if !strings.Contains(got.Mend, row.want.Mend) || !strings.Contains(got.Terraform, row.want.Terraform) {
				t.Errorf("mended by %q, %q", got.Mend, got.Terraform)
			}
			got.Mend, got.Terraform = row.want.Mend, row.want.Terraform
			if got != row.want {
				t.Errorf("got %+v, want %+v", got, row.want)
			}
		})
	}
}

func TestRolesAreHeldAgainstTheConfiguredPatterns(t *testing.T) {
	for role, allowed := range map[string]bool{
		"prod-api-task": true, "prod--task": true, "shared": true, "prod-api": false, "x-prod-api-task": false, "shared-2": false, "ecs/prod/api": false,
	} {
		sick := service("api", "Environment", "prod")
		sick.Definition.TaskRole = "arn:aws:iam::111122223333:role/" + role
		found := examine(t, cluster("prod", "Environment", "prod"), sick).Findings
		if isAllowed := len(found) == 0; isAllowed != allowed {
			t.Errorf("%s: %+v", role, found)
		}
	}
}

func TestEnvironmentsOnOneInstanceAreToldToEachWithoutTheOther(t *testing.T) {
	const instance = "arn:aws:ecs:eu-west-1:111122223333:container-instance/edge/1"
	at := func(name, environment string) doctor.Service {
		made := service(name, "Environment", environment)
		made.OnInstances, made.Tasks = true, []doctor.Task{{ID: name, Tags: tags("Environment", environment), Instance: instance}}
		return made
	}
	report := examine(t, cluster("edge"), at("proxy", "staging"), at("gateway", "prod"))
	own := report.For(func(environment, _ string) bool { return environment == "staging" })
	var exposed []doctor.Finding
	for _, found := range own.Findings {
		if found.Kind == doctor.SharedInstance {
			exposed = append(exposed, found)
		}
		if strings.Contains(found.Seen+found.Mend+found.Resource, "prod") || strings.Contains(found.Seen, "gateway") {
			t.Errorf("staging learns of prod: %+v", found)
		}
	}
	if len(exposed) != 1 || exposed[0].Resource != "edge/proxy" {
		t.Errorf("exposed: %+v", exposed)
	}
	if whole := report.Findings[0]; whole.Kind != doctor.SharedInstance || whole.Environment != "" || whole.Seen != "prod (edge/gateway), staging (edge/proxy)" {
		t.Errorf("whole: %+v", whole)
	}
}

func TestWhereTasksCannotBeReadWhatMayShareAnInstanceIsTold(t *testing.T) {
	at := func(name, environment string) doctor.Service {
		made := service(name, "Environment", environment)
		made.OnInstances = true
		return made
	}
	report := examine(t, cluster("edge"), at("proxy", "staging"), at("gateway", "prod"))
	if found := report.Findings[0]; found.Kind != doctor.SharedInstance || !strings.Contains(found.Seen, "could not be read") {
		t.Errorf("%+v", report.Findings)
	}
	alone := examine(t, cluster("edge"), at("proxy", "staging"), service("gateway", "Environment", "prod"))
	for _, found := range alone.Findings {
		if found.Kind == doctor.SharedInstance {
			t.Errorf("on Fargate too: %+v", found)
		}
	}
}

func TestAnEnvironmentWhoseNameBeginsAnotherIsTold(t *testing.T) {
	with := rules()
	with.Environments["prod-eu"] = doctor.Environment{Scope: home}
	report := doctor.NewExamination(with).Report()
	if len(report.Findings) != 1 || report.Findings[0].Kind != doctor.Prefix || report.Findings[0].Resource != "environment prod" {
		t.Errorf("%+v", report.Findings)
	}
}

func TestWhatIsWrongIsCountedAndNotAllKept(t *testing.T) {
	var many []doctor.Service
	for i := range 1000 {
		many = append(many, service("api-"+strings.Repeat("x", i%50)+string(rune('a'+i%26))))
	}
	report := examine(t, cluster("staging", "Environment", "staging"), many...)
	if len(report.Findings) != 100 || report.More["staging"] != 900 {
		t.Errorf("%d kept, %v counted", len(report.Findings), report.More)
	}
	if seen := report.For(func(environment, _ string) bool { return environment == "dev" }); len(seen.More) != 0 {
		t.Errorf("who does not see staging is told of %v", seen.More)
	}
}

func TestTheMarkChangesWithWhatIsFoundAndWithNothingElse(t *testing.T) {
	staging := cluster("staging", "Environment", "staging")
	one, same := examine(t, staging, service("api"), service("web")), examine(t, staging, service("web"), service("api"))
	other := examine(t, staging, service("api"))
	if one.Mark() != same.Mark() || one.Mark() == other.Mark() {
		t.Errorf("marks %s %s %s", one.Mark(), same.Mark(), other.Mark())
	}
}

func TestWhatOthersHaveNamedStaysOneWordInACommand(t *testing.T) {
	sick := service("api", "Environment", "staging")
	sick.ARN, sick.Name, sick.Exec = "arn:aws:ecs:eu-west-1:111122223333:service/staging/x;rm -rf '$HOME'", "x;rm -rf '$HOME'", true
	for _, found := range examine(t, cluster("staging", "Environment", "staging"), sick).Findings {
		if found.Kind == doctor.ExecOpen && !strings.Contains(found.Mend, `--service 'x;rm -rf '\''$HOME'\''' --no`) {
			t.Errorf("command %s", found.Mend)
		}
	}
}

func TestEveryKindSaysWhatCanGoWrong(t *testing.T) {
	seen := map[doctor.Kind]bool{}
	for _, kind := range doctor.Kinds() {
		if about := kind.About(); about.Title == "" || about.Risk == "" || seen[kind] {
			t.Errorf("%s: %+v", kind, about)
		}
		seen[kind] = true
	}
}

func TestAnEnvironmentWithoutAnythingIsToldWhatToTagInWhichOrder(t *testing.T) {
	steps := rules().Onboarding("staging")
	for position, want := range []string{"cluster/staging --tags", "service/staging/SERVICE --tags", "--propagate-tags SERVICE", "aws logs tag-resource", "--path /ecs/staging/", "ecsbot iam trust"} {
		if !strings.Contains(steps[position].Command, want) {
			t.Errorf("step %d: %+v", position+1, steps[position])
		}
	}
	if steps := rules().Onboarding("prod"); !strings.Contains(steps[len(steps)-1].Command, "ecsbot iam operator") {
		t.Errorf("without a role: %+v", steps)
	}
}
