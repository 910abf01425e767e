package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ecsbot/actions/ops"
	"ecsbot/internal/config"
)

// outcome is what a command line came to.
type outcome struct {
	status         int
	stdout, stderr string
}

// runs runs a command line with an environment of its own.
func runs(t *testing.T, environment map[string]string, arguments ...string) outcome {
	t.Helper()
	out, errors := &safeBuffer{}, &safeBuffer{}
	status := execute(surroundings{
		ctx: t.Context(), stdout: out, stderr: errors, getenv: func(name string) string { return environment[name] },
	}, arguments)
	return outcome{status, out.String(), errors.String()}
}

func TestExitStatusAndOneLineThatSaysWhatAndWhere(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("slack:\n  audit_chanel: C1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const good = "../../deploy/ecsbot.example.yaml"
	for _, test := range []struct {
		arguments      []string
		status         int
		stdout, stderr string
	}{
		{[]string{"version"}, 0, "ecsbot ", ""},
		{[]string{"check", "--offline", "--config", good}, 0, "is valid: 3 environments", ""},
		{[]string{"check", "--offline", "--config", bad}, 2, "", `bad.yaml:2: unknown key "slack.audit_chanel"; did you mean audit_channel?`},
		{[]string{"check", "--offline", "--config", "none.yaml"}, 2, "", "none.yaml: cannot be read: no such file or directory"},
		{[]string{"run", "--config", bad}, 2, "", "bad.yaml:2: "},
		{[]string{"nothing"}, 2, "", `unknown command "nothing" for "ecsbot"; see ecsbot --help`},
		{[]string{"rum"}, 2, "", `unknown command "rum" for "ecsbot", did you mean run?`},
		{[]string{}, 2, "", "takes one of: audit, check, "},
		{[]string{"audit"}, 2, "", "ecsbot audit takes one of: export, trail, verify"},
		{[]string{"audit", "nothing"}, 2, "", `unknown command "nothing" for "ecsbot audit"`},
		{[]string{"audit", "verify", "--config", good, "--file", "x"}, 2, "", "[config file] were all set"},
		{[]string{"iam", "everything", "--config", good}, 2, "", `"everything" must be one of base, operator`},
		{[]string{"ledger", "migrate", "--from", "sqlite", "--to", "paper", "--config", good}, 2, "", "take sqlite and dynamodb"},
		{[]string{"policy", "can"}, 2, "", "received 0: can ACTION"},
		{[]string{"run"}, 2, "", `required flag(s) "config" not set; see ecsbot run --help`},
		{[]string{"run", "--confg", good}, 2, "", "unknown flag: --confg"},
		{[]string{"sandbox", "--listen", "0.0.0.0:0"}, 2, "", "127.0.0.1 only"},
		{[]string{"sandbox", "--listen", "nonsense"}, 2, "", "missing port"},
		{[]string{"--help"}, 0, "Usage:\n  ecsbot", ""},
	} {
		t.Run(strings.Join(test.arguments, " "), func(t *testing.T) {
			got := runs(t, nil, test.arguments...)
			if got.status != test.status || !strings.Contains(got.stdout, test.stdout) || !strings.Contains(got.stderr, test.stderr) {
				t.Errorf("got %+v, want %+v", got, test)
			}
		})
	}
}

func TestTheManifestInDeployIsFresh(t *testing.T) {
	kept, err := os.ReadFile("../../deploy/slack-manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	if got := runs(t, nil, "manifest"); got.stdout != string(kept) {
		t.Error("deploy/slack-manifest.json is stale: run make generate")
	}
	for _, part := range []string{`"socket_mode_enabled": true`, `"should_escape": true`, `"usergroups:read"`, `"subteam_members_changed"`} {
		if !strings.Contains(string(kept), part) {
			t.Errorf("the manifest has no %s", part)
		}
	}
}

func TestTheDemosConfigurationIsValid(t *testing.T) {
	if _, err := config.Parse("demo.yaml", demoConfig); err != nil {
		t.Error(err)
	}
}

// TestRunAgainstAnyServerThatSpeaksTheProtocols runs the real command on real ports, pointed by
// nothing but environment variables; then it audits what was done.
func TestRunAgainstAnyServerThatSpeaksTheProtocols(t *testing.T) {
	local, environment := realSandbox(t)
	pointAWS(t, environment)
	path := demoFile(t)
	bot := startRun(t, environment, path)
	bot.restart(t, local)
	if second := runs(t, environment, "run", "--config", path); second.status != 1 || !strings.Contains(second.stderr, "another ecsbot runs on this ledger") {
		t.Errorf("a second run: %+v", second)
	}
	if status := bot.stop(); status != 0 {
		t.Errorf("ended with %d: %s", status, bot.errors.String())
	}
	exported := runs(t, nil, "audit", "export", "--config", path)
	if exported.status != 0 || exported.stdout != bot.out.String() || !strings.Contains(exported.stdout, `"event":"accepted"`) {
		t.Errorf("exported %+v, and on standard output stood %s", exported, bot.out.String())
	}
	export := filepath.Join(t.TempDir(), "export.jsonl")
	if err := os.WriteFile(export, []byte(exported.stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, source := range [][]string{{"--config", path}, {"--file", export}} {
		if got := runs(t, nil, append([]string{"audit", "verify"}, source...)...); got.status != 0 || !strings.Contains(got.stdout, "unbroken") {
			t.Errorf("verify %v: %+v", source, got)
		}
	}
	if err := os.WriteFile(export, []byte(strings.Replace(exported.stdout, "staging", "prod", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := runs(t, nil, "audit", "verify", "--file", export); got.status != 1 || !strings.Contains(got.stderr, "entry 1 is bad") {
		t.Errorf("verify of a changed export: %+v", got)
	}
}

func TestABadTokenIsOneLineAndNoRetryStorm(t *testing.T) {
	local, environment := realSandbox(t)
	pointAWS(t, environment)
	for name, change := range map[string]func(map[string]string){
		"SLACK_BOT_TOKEN": func(e map[string]string) { e["SLACK_BOT_TOKEN"] = "xoxb-" + "wrong" },
		"SLACK_APP_TOKEN": func(e map[string]string) { e["SLACK_APP_TOKEN"] = "" },
	} {
		t.Run(name, func(t *testing.T) {
			path := demoFile(t)
			changed := map[string]string{}
			for key, value := range environment {
				changed[key] = value
			}
			change(changed)
			got := runs(t, changed, "run", "--config", path)
			last := strings.Split(strings.TrimSpace(got.stderr), "\n")
			if got.status != 1 || !strings.Contains(last[len(last)-1], name) {
				t.Errorf("got %+v", got)
			}
			if strings.Contains(got.stderr, "audit channel") {
				t.Errorf("the audit channel is blamed for the token: %s", got.stderr)
			}
			if calls := len(local.Slack.Calls()); calls > 10 {
				t.Errorf("%d calls to Slack", calls)
			}
		})
	}
}

// TestEveryActionIsDeclaredWhole walks the catalogue: each example parses as its action, and
// each action has a scenario.
func TestEveryActionIsDeclaredWhole(t *testing.T) {
	catalog, err := ops.Catalog(ops.Needs{})
	if err != nil {
		t.Fatal(err)
	}
	var scenarios strings.Builder
	paths, _ := filepath.Glob("testdata/scenarios/*.txtar")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		scenarios.Write(text)
	}
	for _, action := range catalog.Actions() {
		if name, err := catalog.Check(action.Example); err != nil || name != action.Name {
			t.Errorf("%s: its example %q parses as %q: %v", action.Name, action.Example, name, err)
		}
		if !strings.Contains(scenarios.String(), "/ecs "+action.Name) {
			t.Errorf("%s has no scenario", action.Name)
		}
		if action.Summary == "" || !strings.HasSuffix(action.Summary, ".") {
			t.Errorf("%s: its summary is %q, not a sentence", action.Name, action.Summary)
		}
	}
}
