package ops

import (
	"strings"
	"testing"

	"ecsbot/actions/fleet"
)

const roleOf = "arn:aws:iam::111122223333:role/"

// TestATaskDefinitionReachesNoFurtherThanItsEnvironment has one row for each field by which it
// could; an empty want is allowed.
func TestATaskDefinitionReachesNoFurtherThanItsEnvironment(t *testing.T) {
	within := fence{environment: "staging", roles: []string{"ecs/staging/*"}, elsewhere: []string{"prod", "staging-eu", "dev"}, account: "111122223333"}
	within.reserved = []string{"", roleOf + "ecsbot", roleOf + "ecs/staging/ecsbot-operator", roleOf + "deep/ecsbot-discovery"}
	container := func(change func(*fleet.ContainerReach)) func(*fleet.Reach) {
		return func(r *fleet.Reach) { change(&r.Containers[0]) }
	}
	secret := func(from string) func(*fleet.Reach) {
		return container(func(c *fleet.ContainerReach) { c.Secrets = map[string]string{"DB": from} })
	}
	image := func(name string) func(*fleet.Reach) {
		return container(func(c *fleet.ContainerReach) { c.Image = name })
	}
	for name, test := range map[string]struct {
		change func(*fleet.Reach)
		want   string
	}{
		"nothing of the kind": {func(*fleet.Reach) {}, ""},
		"its own roles": {func(r *fleet.Reach) {
			r.TaskRole, r.ExecutionRole = roleOf+"ecs/staging/api", roleOf+"ecs/staging/exec"
		}, ""},
		"another environment's role":              {func(r *fleet.Reach) { r.TaskRole = roleOf + "ecs/prod/api" }, "taskRoleArn"},
		"a role whose path only begins so":        {func(r *fleet.Reach) { r.TaskRole = roleOf + "ecs/staging-eu/api" }, "taskRoleArn"},
		"a role below the path":                   {func(r *fleet.Reach) { r.TaskRole = roleOf + "ecs/staging/deep/api" }, "taskRoleArn"},
		"a role without a path":                   {func(r *fleet.Reach) { r.ExecutionRole = roleOf + "ecsTaskExecutionRole" }, "executionRoleArn"},
		"its own role's name, in another account": {func(r *fleet.Reach) { r.TaskRole = "arn:aws:iam::444455556666:role/ecs/staging/api" }, "taskRoleArn"},
		"no role at all":                          {func(r *fleet.Reach) { r.TaskRole = "staging" }, "taskRoleArn"},
		"the bot's own role":                      {func(r *fleet.Reach) { r.TaskRole = roleOf + "ecs/staging/ecsbot" }, "taskRoleArn"},
		"the bot's own, in other letters":         {func(r *fleet.Reach) { r.ExecutionRole = roleOf + "ecs/staging/ECSbot" }, "executionRoleArn"},
		"an operator role":                        {func(r *fleet.Reach) { r.ExecutionRole = roleOf + "ecs/staging/ecsbot-operator" }, "executionRoleArn"},
		"a discovery role":                        {func(r *fleet.Reach) { r.TaskRole = roleOf + "ecs/staging/ecsbot-discovery" }, "taskRoleArn"},
		"the host's network":                      {func(r *fleet.Reach) { r.NetworkMode = "host" }, "networkMode"},
		"a network of its own":                    {func(r *fleet.Reach) { r.NetworkMode = "awsvpc" }, ""},
		"the host's processes":                    {func(r *fleet.Reach) { r.HostSpaces = []string{"pidMode"} }, "pidMode"},
		"the host's directories":                  {func(r *fleet.Reach) { r.HostPaths = []string{"/"} }, "volumes"},
		"privileged mode":                         {container(func(c *fleet.ContainerReach) { c.Privileged = true }), "containerDefinitions[api].privileged"},
		"added capabilities, devices":             {container(func(c *fleet.ContainerReach) { c.HostRights = []string{"linuxParameters.capabilities.add"} }), "containerDefinitions[api].linuxParameters.capabilities.add"},
		"a volume's password of another's":        {func(r *fleet.Reach) { r.Volumes = []string{"/prod/fsx"} }, "volumes"},
		"its own volume's password":               {func(r *fleet.Reach) { r.Volumes = []string{"/staging/fsx"} }, ""},
		"another's whole repository, by digest":   {image("111122223333.dkr.ecr.eu-west-1.amazonaws.com/prod@sha256:00"), "image"},
		"a registry named like its own":           {image("staging.registry.example/prod/api:1"), "image"},
		"its own secret":                          {secret("arn:aws:secretsmanager:eu-west-1:111122223333:secret:staging/db-a1b2c3"), ""},
		"a secret of nobody's":                    {secret("arn:aws:ssm:eu-west-1:111122223333:parameter/shared/db"), ""},
		"another environment's secret":            {secret("arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-a1b2c3"), "secrets[DB]"},
		"another environment's, by a prefix":      {secret("prod-db"), "secrets[DB]"},
		"another's whose name begins as its own":  {secret("/staging-eu/db"), ""},
		"a word that only begins so":              {secret("/production/db"), ""},
		"another environment's parameter":         {secret("/prod/db"), "secrets[DB]"},
		"its own, which mirrors another":          {secret("/staging/prod-mirror"), ""},
		"another environment's image":             {image("111122223333.dkr.ecr.eu-west-1.amazonaws.com/prod/api:1"), "image"},
		"a shared image":                          {image("111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1"), ""},
		"another environment's variables":         {container(func(c *fleet.ContainerReach) { c.Files = []string{"arn:aws:s3:::files/prod/x.env"} }), "environmentFiles"},
		"another environment's registry key":      {container(func(c *fleet.ContainerReach) { c.Credentials = "prod/registry" }), "repositoryCredentials"},
	} {
		reach := fleet.Reach{ARN: "arn:td/api:7", Containers: []fleet.ContainerReach{{Name: "api", Image: "registry.example/api:1"}}}
		test.change(&reach)
		err := guard(reach, within)
		if test.want == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "prod") {
			t.Errorf("%s: the refusal names the other environment: %v", name, err)
		}
	}
}

func TestWhatCountsVersionsAndContainersMayBe(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0a", 32)
	for text, ok := range map[string]bool{"0": true, "5000": true, "5001": false, "-1": false, "+1": false, "1e9": false, "٣": false, "": false, "99999999999999999999": false} {
		if _, err := readCount(text); (err == nil) != ok {
			t.Errorf("count %q: %v", text, err)
		}
	}
	for text, ok := range map[string]bool{
		"1.2.3": true, "v1_x-2": true, digest: true, digest[:70]: false, digest + "0": false, strings.ToUpper(digest): false, "sha256:": false,
		"$(id)": false, "a;b": false, "a b": false, "a/b": false, "-x": false, "": false, strings.Repeat("a", 129): false, "a\n": false,
	} {
		if _, err := readVersion(text); (err == nil) != ok {
			t.Errorf("version %q: %v", text, err)
		}
	}
	for text, ok := range map[string]bool{"api": true, "a_b-1": true, "": false, "a b": false, "../x": false} {
		if _, err := readContainer(text); (err == nil) != ok {
			t.Errorf("container %q: %v", text, err)
		}
	}
}

func TestWhatPeopleAreWarnedOf(t *testing.T) {
	for want, service := range map[string]fleet.Service{
		"nothing will run after it": {Desired: 0, MinHealthy: 100}, "expect a short outage": {Desired: 1, MinHealthy: 50},
		"a deployment is under way": {Desired: 2, Deployments: []fleet.Deployment{{ID: "d", Status: "PRIMARY", Rollout: fleet.InProgress}}},
	} {
		if warnings := outages(service); len(warnings) != 1 || !strings.Contains(warnings[0].Plain(), want) {
			t.Errorf("warnings %v, want %q", warnings, want)
		}
	}
	if warnings := outages(fleet.Service{Desired: 2, MinHealthy: 100}); warnings != nil {
		t.Errorf("warnings %v", warnings)
	}
}

func TestAnAWSCommandIsQuotedForAShell(t *testing.T) {
	service := fleet.Service{Ref: fleet.Ref{Cluster: "a b", Name: "api", Scope: fleet.Scope{Region: "eu-west-1"}}}
	if got := awsCommand(service, "run-task", "--overrides", `{"a":"it's"}`, ""); got != `aws ecs run-task --cluster 'a b' --region eu-west-1 --overrides '{"a":"it'\''s"}' ''` {
		t.Errorf("got %s", got)
	}
}
