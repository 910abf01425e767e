package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// asked puts a question to the demo's configuration and the sandbox's Slack.
func asked(t *testing.T, environment map[string]string, arguments ...string) outcome {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ecsbot.yaml")
	if err := os.WriteFile(path, demoConfig, 0o600); err != nil {
		t.Fatal(err)
	}
	return runs(t, environment, append([]string{"policy", arguments[0], "--config", path, "--live"}, arguments[1:]...)...)
}

func TestPolicyLiveAsksSlackWhoSomebodyIs(t *testing.T) {
	local, environment := realSandbox(t)
	delete(environment, "SLACK_APP_TOKEN") // it opens no socket
	for question, want := range map[string]string{
		"can --user U0ALICE restart staging api": "U0ALICE: restart staging api: allowed\n  S0BACKEND holds the role operator (ecsbot.yaml:23)\n",
		"can --user U0ALICE restart prod api":    "U0ALICE: restart prod api: needs approval\n  S0BACKEND holds the role operator (ecsbot.yaml:24)\n  could approve: U0BOB; 1 must\n",
		"can --user U0MALLORY status staging":    "U0MALLORY: status staging: refused (unknown)\n",
		"can --user U0EVE status staging":        "U0EVE: status staging: refused (nobody)\n",
		"can --user U0NOBODY whoami":             "U0NOBODY: whoami: refused (nobody)\n",
		"who restart staging api":                "restart staging api\nmay:\n  U0ALICE: S0BACKEND holds the role operator (ecsbot.yaml:23)\n  U0BOB: S0SRE holds the role admin (ecsbot.yaml:25)\n",
	} {
		got := asked(t, environment, strings.Fields(question)...)
		if !strings.HasPrefix(got.stdout, want) {
			t.Errorf("%s: got %+v", question, got)
		}
	}
	if said := local.Slack.Everything(); len(said) > 0 {
		t.Errorf("it spoke: %+v", said)
	}
}

// TestPolicyLiveSeesAChangeOfAGroup: nothing is remembered between two questions.
func TestPolicyLiveSeesAChangeOfAGroup(t *testing.T) {
	local, environment := realSandbox(t)
	if err := local.Slack.SetGroup("S0BACKEND", "U0MALLORY"); err != nil {
		t.Fatal(err)
	}
	got := asked(t, environment, "who", "restart", "staging", "api")
	if strings.Contains(got.stdout, "U0ALICE") || !strings.Contains(got.stdout, "  U0MALLORY: S0BACKEND") {
		t.Errorf("got %+v", got)
	}
}

func TestPolicyLiveRunsTablesAndDifferences(t *testing.T) {
	_, environment := realSandbox(t)
	table := filepath.Join(t.TempDir(), "table.yaml")
	text := "- {user: U0ALICE, action: restart, environment: staging, service: api, expect: allowed}\n" +
		"- {user: U0CAROL, action: restart, environment: staging, service: api, expect: allowed}\n"
	if err := os.WriteFile(table, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got := asked(t, environment, "test", table)
	if got.status != exitFailed || !strings.Contains(got.stdout, "table.yaml:2: U0CAROL: restart staging api\n  - allowed\n  + refused (denied)") {
		t.Errorf("got %+v", got)
	}
	before, after := filepath.Join(t.TempDir(), "before.yaml"), filepath.Join(t.TempDir(), "after.yaml")
	for path, role := range map[string]string{before: "role: viewer", after: "role: deployer"} {
		text := strings.Replace(string(demoConfig), "group: S0VIEWERS, role: viewer", "group: S0VIEWERS, "+role, 1)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got = runs(t, environment, "policy", "diff", "--live", before, after)
	if !strings.HasPrefix(got.stdout, "U0CAROL (S0VIEWERS)\n  + staging: ") {
		t.Errorf("got %+v", got)
	}
}

func TestPolicyLiveSaysWhatSlackLacks(t *testing.T) {
	_, environment := realSandbox(t)
	for token, want := range map[string]string{
		"":              "SLACK_BOT_TOKEN is not set",
		"xoxb-" + "bad": "SLACK_BOT_TOKEN: Slack says invalid_auth; copy the Bot User OAuth Token",
	} {
		environment["SLACK_BOT_TOKEN"] = token
		got := asked(t, environment, "can", "--user", "U0ALICE", "restart", "staging", "api")
		if got.status != exitFailed || !strings.Contains(got.stderr, want) || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%q: got %+v", token, got)
		}
	}
	if got := asked(t, environment, "who", "--members", policyMembers, "restart", "staging", "api"); got.status != exitUsage {
		t.Errorf("both: got %+v", got)
	}
}
