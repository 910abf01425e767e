package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ecsbot/internal/sandbox"
	sandboxaws "ecsbot/internal/sandbox/aws"
	sandboxslack "ecsbot/internal/sandbox/slack"
)

// checked runs `check` on a configuration against a sandbox in which something was changed.
func checked(t *testing.T, text string, change func(t *testing.T, local *local, environment map[string]string), options ...func(*sandboxaws.Options)) outcome {
	t.Helper()
	local, environment := realSandbox(t, append([]func(*sandboxaws.Options){fenced}, options...)...)
	if change != nil {
		change(t, local, environment)
	}
	pointAWS(t, environment)
	path := filepath.Join(t.TempDir(), "ecsbot.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got := runs(t, environment, "check", "--config", path)
	for _, name := range []string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		if environment[name] != "" && strings.Contains(got.stdout+got.stderr, environment[name]) {
			t.Errorf("the value of %s is shown: %+v", name, got)
		}
	}
	for line := range strings.Lines(got.stdout) {
		level, _, _ := strings.Cut(line, ": ")
		if level != "ok" && level != "warning" && level != "error" {
			t.Errorf("a line of no level: %q", line)
		}
	}
	return got
}

// TestCheckOfAHealthyConfiguration finds nothing to stop anybody, and warns of what the
// demo has on purpose: groups that anybody may edit, and what its strays do to tags and roles.
func TestCheckOfAHealthyConfiguration(t *testing.T) {
	var asked *local
	got := checked(t, string(demoConfig), func(_ *testing.T, local *local, _ map[string]string) { asked = local })
	if got.status != exitDone || got.stderr != "" || strings.Contains(got.stdout, "error:") {
		t.Errorf("got %+v", got)
	}
	if said := asked.Slack.Everything(); len(said) > 0 {
		t.Errorf("it spoke: %+v", said)
	}
	for call := range asked.AWS.Counts() {
		if !slices.Contains([]string{
			"tagging:GetResources", "ecs:DescribeServices", "ecs:DescribeClusters", "sts:AssumeRole", "ecs:ListClusters", "ecs:ListServices",
			"ecs:ListTasks", "ecs:DescribeTasks", "ecs:DescribeTaskDefinition", "ecs:StopTask",
			"iam:GetRole", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:GetPolicy", "iam:GetPolicyVersion",
		}, call) {
			t.Errorf("it called %s", call)
		}
	}
	for _, want := range []string{
		"ok: SLACK_BOT_TOKEN is of ecsbot (U0ECSBOT) in Acme (T0SANDBOX)",
		"ok: SLACK_BOT_TOKEN has every scope of the manifest",
		"ok: SLACK_APP_TOKEN opens connections",
		"ok: ecsbot.yaml:25: group S0SRE (@sre) has members: 1",
		"ok: ecsbot.yaml:3: audit channel C02AUDIT (#ecs-audit)",
		"ok: ecsbot.yaml:12: environment staging: services tagged Environment=staging in eu-west-1: 4",
		"ok: ecsbot.yaml:18: environment prod: its operator role can be assumed",
		"warning: the membership of S0BACKEND S0SRE S0VIEWERS S0ONCALL gives rights, and is neither locked",
		"ok: ecsbot.yaml:14: environment staging: AWS itself refuses its credentials in prod (tried on prod/api and on a task that does not exist)",
		"ok: ecsbot.yaml:18: environment prod: AWS itself refuses its credentials in dev (tried on dev/api and on a task that does not exist)",
		"warning: ecsbot.yaml:12: tag values that are nearly an environment's name (warning): staging/reports: Environment=Staging. Mend: aws ecs tag-resource --region eu-west-1 --resource-arn arn:aws:ecs:eu-west-1:111122223333:service/staging/reports --tags key=Environment,value=staging",
		"warning: ecsbot.yaml:12: services without the environment tag (warning): staging/legacy",
	} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("not found: %q in\n%s", want, got.stdout)
		}
	}
	if warnings := strings.Count(got.stdout, "warning:"); warnings != 6 {
		t.Errorf("%d warnings in\n%s", warnings, got.stdout)
	}
}

func TestCheckNamesEachDefectItsPlaceAndWhatToDo(t *testing.T) {
	type change = func(t *testing.T, local *local, environment map[string]string)
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	inSlack := func(do func(*sandboxslack.Server) error) change {
		return func(t *testing.T, local *local, _ map[string]string) { t.Helper(); must(t, do(local.Slack)) }
	}
	variable := func(name, value string) change {
		return func(_ *testing.T, _ *local, environment map[string]string) { environment[name] = value }
	}
	for _, test := range []struct {
		name     string
		from, to string // in the demo's configuration
		change   change
		status   int
		want     string
	}{
		{
			name: "a bot token that Slack does not know", change: variable("SLACK_BOT_TOKEN", "xoxb-"+"wrong"),
			status: 1, want: "error: SLACK_BOT_TOKEN: Slack says invalid_auth; copy the Bot User OAuth Token",
		},
		{
			name: "without a team no role is tried", change: variable("SLACK_BOT_TOKEN", "xoxb-"+"wrong"),
			status: 1, want: "warning: the operator roles were not tried",
		},
		{
			name: "an app token that Slack does not know", change: variable("SLACK_APP_TOKEN", "xapp-"+"wrong"),
			status: 1, want: "error: SLACK_APP_TOKEN: Slack says invalid_auth; create an app-level token",
		},
		{
			name: "tokens swapped", change: variable("SLACK_APP_TOKEN", sandboxslack.BotToken),
			status: 1, want: "error: SLACK_APP_TOKEN holds a token that begins with xoxb-",
		},
		{
			name: "a group that does not exist", from: "{group: S0VIEWERS,", to: "{group: S0GONE,",
			status: 1, want: "error: ecsbot.yaml:26: group S0GONE does not exist in Acme: correct the ID",
		},
		{
			name: "a disabled group", change: inSlack(func(s *sandboxslack.Server) error { return s.DisableGroup("S0ONCALL", true) }),
			status: 0, want: "warning: ecsbot.yaml:21: group S0ONCALL (@oncall) is disabled, so its members may nothing by it: enable it",
		},
		{
			name: "a denial of a disabled group stops nobody", change: inSlack(func(s *sandboxslack.Server) error { return s.DisableGroup("S0VIEWERS", true) }),
			from: "limits:", to: "denials: [{group: S0VIEWERS, actions: [logs]}]\nlimits:",
			status: 1, want: "error: ecsbot.yaml:26: group S0VIEWERS (@viewers) is disabled, so its denial stops nobody: enable it",
		},
		{
			name: "an empty group", change: inSlack(func(s *sandboxslack.Server) error { return s.SetGroup("S0SRE") }),
			status: 0, want: "warning: ecsbot.yaml:25: group S0SRE (@sre) is empty: add its members",
		},
		{
			name: "the audit channel is without the bot", change: inSlack(func(s *sandboxslack.Server) error { return s.Kick("ecs-audit") }),
			status: 1, want: "error: ecsbot.yaml:3: audit channel C02AUDIT does not exist, or is private without the bot: correct the ID, or /invite",
		},
		{
			name: "the audit channel is shared", change: inSlack(func(s *sandboxslack.Server) error { return s.Share("ecs-audit", true) }),
			status: 1, want: "error: ecsbot.yaml:3: audit channel C02AUDIT (#ecs-audit) is shared with another company",
		},
		{
			name: "the audit channel is public", from: "audit_channel: C02AUDIT", to: "audit_channel: C01OPS",
			status: 1, want: "error: ecsbot.yaml:3: audit channel C01OPS (#ops) is public",
		},
		{
			name: "the approvals channel is without the bot", from: "audit_channel: C02AUDIT", to: "audit_channel: C02AUDIT\n  approvals_channel: C03RANDOM",
			status: 0, want: "warning: ecsbot.yaml:4: approvals channel C03RANDOM (#random) is without the bot: /invite it there",
		},
		{
			name: "an environment's channel is shared", from: "clusters: [staging]", to: "clusters: [staging]\n    channels: [C04SHARED]",
			status: 0, want: "warning: ecsbot.yaml:16: channel of staging C04SHARED (#with-evil) is shared with another company",
		},
		{
			name: "a role that cannot be assumed", from: "role/ecsbot-operator\n    clusters: [prod]", to: "role/elsewhere\n    clusters: [prod]",
			status: 1, want: "error: ecsbot.yaml:18: environment prod: assume arn:aws:iam::111122223333:role/elsewhere: AWS refused: access denied: ",
		},
		{
			name: "a fleet that cannot be discovered", from: "clusters: [prod]", to: "clusters: [prod]\n    discovery_role: arn:aws:iam::111122223333:role/elsewhere",
			status: 1, want: "error: ecsbot.yaml:20: prod: discover eu-west-1 as arn:aws:iam::111122223333:role/elsewhere: AWS refused: access denied: ",
		},
		{
			name: "no service has the tag", from: "grants:", to: "  qa: {protected: false, operator_role: none}\ngrants:",
			status: 0, want: "warning: ecsbot.yaml:22: environment qa: no service is tagged Environment=qa in eu-west-1 (tagged there: Staging dev prod staging)",
		},
		{
			name: "AWS does not know the key", change: variable("AWS_ACCESS_KEY_ID", "AKIA"+strings.Repeat("NONE", 4)),
			status: 1, want: "error: ecsbot.yaml:5: dev prod staging: discover eu-west-1: AWS refused: access denied: ",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := string(demoConfig)
			if test.from != "" && strings.Count(text, test.from) != 1 {
				t.Fatalf("the demo's configuration has not one %q", test.from)
			}
			got := checked(t, strings.Replace(text, test.from, test.to, 1), test.change)
			if got.status != test.status || !strings.Contains(got.stdout, test.want) {
				t.Errorf("got %d, want %d and %q in\n%s%s", got.status, test.status, test.want, got.stdout, got.stderr)
			}
			if strings.Contains(got.stdout, "error:") != (got.status == exitFailed) || strings.Count(got.stderr, "\n") != got.status {
				t.Errorf("status %d, and on standard error %q", got.status, got.stderr)
			}
		})
	}
}

// TestCheckPrintsNamesOfOthersOnOneLine holds what anybody in Slack or on AWS may write
// against what it could do to a terminal.
func TestCheckPrintsNamesOfOthersOnOneLine(t *testing.T) {
	if got := printable("a\nerror: b\x1b[2J\u202ec é"); got != "a error: b [2J c é" {
		t.Errorf("got %q", got)
	}
}

// TestCheckSaysWhatItCannotReach ends at once where nobody listens.
func TestCheckSaysWhatItCannotReach(t *testing.T) {
	nowhere := newNowhere(t)
	got := checked(t, string(demoConfig), func(_ *testing.T, _ *local, environment map[string]string) {
		maps.Copy(environment, map[string]string{"SLACK_API_URL": nowhere + sandbox.SlackPath, "AWS_ENDPOINT_URL": nowhere + sandbox.AWSPath})
	})
	for _, want := range []string{"error: SLACK_BOT_TOKEN: Slack cannot be asked", "AWS cannot be reached"} {
		if got.status != exitFailed || !strings.Contains(got.stdout, want) {
			t.Errorf("not found: %q in %+v", want, got)
		}
	}
}

// newNowhere is an address at which nobody listens any more.
func newNowhere(t *testing.T) string {
	t.Helper()
	listener, err := listenLocally("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	return "http://" + listener.Addr().String()
}
