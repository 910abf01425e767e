// Package clients_test points programs that nobody here wrote at the sandbox.
package clients_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"ecsbot/internal/sandbox/aws"
)

// cli is the aws command line on a sandbox of its own.
type cli struct {
	server   *aws.Server
	endpoint string
	home     string
}

// newCLI skips where there is no aws command, except in CI, which installs one.
func newCLI(t *testing.T) cli {
	t.Helper()
	if _, err := exec.LookPath("aws"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("no aws command: CI must have one")
		}
		t.Skip("no aws command here: the aws CLI is not tried")
	}
	server := aws.New(aws.Options{Fleet: aws.DemoFleet(), Pace: aws.Swift(), Lag: aws.Consistent()})
	web := httptest.NewServer(http.StripPrefix("/aws", server))
	t.Cleanup(func() {
		web.Close()
		server.Close()
	})
	return cli{server: server, endpoint: web.URL + "/aws", home: t.TempDir()}
}

// run returns what the command prints, its errors included, and whether it succeeded.
func (c cli) run(t *testing.T, args ...string) (string, bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	// Version 2.9 does not know AWS_ENDPOINT_URL, so the address goes on the command line.
	command := exec.CommandContext(ctx, "aws", append([]string{"--endpoint-url", c.endpoint, "--output", "text"}, args...)...)
	command.Env = c.environment()
	output, err := command.CombinedOutput()
	return string(output), err == nil
}

// environment is this process's own but for whatever it says about AWS.
func (c cli) environment() []string {
	id, secret := c.server.BaseKey()
	own := slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "AWS_") })
	return append(
		own,
		"AWS_ACCESS_KEY_ID="+id, "AWS_SECRET_ACCESS_KEY="+secret, "AWS_DEFAULT_REGION=eu-west-1", "AWS_PAGER=",
		"AWS_CONFIG_FILE="+c.home+"/config", "AWS_SHARED_CREDENTIALS_FILE="+c.home+"/credentials", "AWS_EC2_METADATA_DISABLED=true",
	)
}

func TestTheAWSCommandLineWorks(t *testing.T) {
	c := newCLI(t)
	for _, row := range []struct {
		command string
		want    string
	}{
		{"ecs list-clusters", "cluster/staging"},
		{"ecs list-services --cluster staging", "service/staging/api"},
		{"ecs describe-services --cluster staging --services api --include TAGS --query services[0].[status,runningCount,tags[0].value]", "ACTIVE\t3\tstaging"},
		{"ecs update-service --cluster staging --service web --force-new-deployment --query service.deployments[0].rolloutState", "IN_PROGRESS"},
		{"resourcegroupstaggingapi get-resources --resource-type-filters ecs:service --tags-per-page 100 --query length(ResourceTagMappingList)", "14"},
		{"sts assume-role --role-arn arn:aws:iam::111122223333:role/ecsbot-operator --role-session-name alice --query AssumedRoleUser.Arn", "assumed-role/ecsbot-operator/alice"},
		{"logs filter-log-events --log-group-name /ecs/staging/api --max-items 30 --query events[].message", "HTTP/1.1"},
		{"logs get-log-events --log-group-name /ecs/staging/api --limit 5 --log-stream-name " + c.stream(t), "EVENTS"},
	} {
		output, ok := c.run(t, strings.Fields(row.command)...)
		if !ok || !strings.Contains(output, row.want) {
			t.Errorf("aws %s\n%s\nwant %q in it", row.command, output, row.want)
		}
	}
}

// stream is the log stream of a task of staging/api.
func (c cli) stream(t *testing.T) string {
	t.Helper()
	state, ok := c.server.Service("staging", "api")
	if !ok || len(state.Tasks) == 0 {
		t.Fatal("staging/api has no tasks")
	}
	return "api/api/" + state.Tasks[0].ID
}

func TestTheAWSCommandLineUnderstandsRefusals(t *testing.T) {
	c := newCLI(t)
	for command, want := range map[string]string{
		"ecs describe-services --cluster moon --services api": "ClusterNotFoundException",
		"logs filter-log-events --log-group-name /ecs/moon":   "ResourceNotFoundException",
	} {
		output, ok := c.run(t, strings.Fields(command)...)
		if ok || !strings.Contains(output, want) {
			t.Errorf("aws %s\n%s\nwant %q in it", command, output, want)
		}
	}
}

func TestTheAWSCommandLineTailsALogGroup(t *testing.T) {
	c := newCLI(t)
	if version, _ := c.run(t, "--version"); strings.HasPrefix(version, "aws-cli/1.") {
		if os.Getenv("CI") != "" {
			t.Fatal("version 1 of the aws command has no logs tail: CI must have version 2")
		}
		t.Skip("version 1 of the aws command has no logs tail")
	}
	output, ok := c.run(t, "logs", "tail", "/ecs/staging/api", "--since", "5m")
	if !ok || strings.Count(output, "\n") < 100 || !strings.Contains(output, "api/api/") {
		t.Errorf("aws logs tail printed %d lines:\n%.2000s", strings.Count(output, "\n"), output)
	}
}
