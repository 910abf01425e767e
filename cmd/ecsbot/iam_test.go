package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ecsbot/authz/iam"
)

// printed are the documents that a command line prints, by the names of its files.
func printed(t *testing.T, file string) map[string]*iam.Policy {
	t.Helper()
	folder := t.TempDir()
	if done := runs(t, nil, "iam", "all", "--config", file, "--out", folder); done.status != 0 {
		t.Fatalf("exit %d: %s", done.status, done.stderr)
	}
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(paths) < 6 {
		t.Fatalf("%d documents, error %v", len(paths), err)
	}
	made := map[string]*iam.Policy{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		if made[name], err = iam.Parse(name, text); err != nil {
			t.Fatal(err)
		}
	}
	return made
}

func TestEveryCaseHoldsOnWhatIsPrintedForTheExampleSetting(t *testing.T) {
	documents := printed(t, "testdata/iam/example.yaml")
	names := map[string]string{
		"bot-base-policy.json": "base", "operator-allow.json": "operator", "operator-guard.json": "guard", "operator-fences.json": "fences",
		"operator-trust.json": "trust", "scp-tag-guard.json": "scp",
	}
	session, err := os.ReadFile("../../authz/iam/testdata/samples/session-restart-example.json")
	if err != nil {
		t.Fatal(err)
	}
	pinned, err := iam.Parse("session", session)
	if err != nil {
		t.Fatal(err)
	}
	// parts are a document and what did not fit into it.
	parts := func(file string) []*iam.Policy {
		var list []*iam.Policy
		for name, policy := range documents {
			if kindOf(name) == names[file] {
				list = append(list, policy)
			}
		}
		if len(list) == 0 {
			t.Fatalf("no document for %s", file)
		}
		return list
	}
	text, err := os.ReadFile("../../authz/iam/testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Label, Want, Principal, Action, Resource, Trust, Session string

		Ctx      map[string]iam.Values
		Identity []json.RawMessage
		SCPs     []string
	}
	if err := json.Unmarshal(text, &list); err != nil || len(list) != 176 {
		t.Fatalf("%d cases, error %v", len(list), err)
	}
	for _, each := range list {
		question := iam.Question{Principal: each.Principal, Action: each.Action, Resource: each.Resource, Context: map[string][]string{}}
		for key, values := range each.Ctx {
			question.Context[key] = values
		}
		var policies iam.Policies
		for _, raw := range each.Identity {
			var file string
			if json.Unmarshal(raw, &file) == nil {
				policies.Identity = append(policies.Identity, parts(file)...)
				continue
			}
			inline, err := iam.Parse("inline", raw)
			if err != nil {
				t.Fatal(err)
			}
			policies.Identity = append(policies.Identity, inline)
		}
		if each.Trust != "" {
			policies.Trust = parts(each.Trust)
		}
		if each.Session != "" {
			policies.Session = []*iam.Policy{pinned}
		}
		for _, file := range each.SCPs {
			policies.SCPs = append(parts(file), iam.Everything("FullAWSAccess"))
		}
		if verdict := iam.Evaluate(question, policies); verdict.Allowed != (each.Want == "allow") {
			t.Errorf("%s: %s: allowed %v (%s %s)", each.Label, each.Action, verdict.Allowed, verdict.Document, verdict.Sid)
		}
	}
}

func TestIAMPrintsExplainsAndNamesWhatIsMissing(t *testing.T) {
	const example = "../../deploy/ecsbot.example.yaml"
	for _, row := range []struct {
		arguments []string
		status    int
		stdout    string
		stderr    string
	}{
		{[]string{"iam", "base", "--config", example}, 0, `"NothingElse"`, ""},
		{[]string{"iam", "operator", "--config", example}, 0, `"OnlyDeclaredCalls"`, ""},
		{[]string{"iam", "fences", "--config", example}, 0, "cluster/${aws:PrincipalTag/Environment}", ""},
		{[]string{"iam", "trust", "--config", example}, 0, `"slack-T0ACME001-?*"`, ""},
		{[]string{"iam", "developer", "--config", example}, 0, `"PassOwnOnly"`, ""},
		{[]string{"iam", "scp", "--config", example}, 0, `"OnlyPlatformRetags"`, ""},
		{[]string{"iam", "all", "--explain", "--config", example}, 0, "closes hole 3", ""},
		{[]string{"iam", "trust", "--config", example, "--role", "arn:aws:iam::111122223333:role/none"}, 2, "", "--role takes one of: arn:aws:iam::111122223333:role/ecsbot arn:aws:iam::111122223333:role/ecsbot-operator"},
		{[]string{"iam", "nothing", "--config", example}, 2, "", "must be one of"},
		{[]string{"iam", "base", "--config", "gone.yaml"}, 2, "", "gone.yaml"},
		{[]string{"iam", "trust", "--config", "testdata/iam/least.yaml"}, 0, "role/ecsbot", "slack.team is not set"},
	} {
		done := runs(t, nil, row.arguments...)
		if done.status != row.status || !strings.Contains(done.stdout, row.stdout) || !strings.Contains(done.stderr, row.stderr) {
			t.Errorf("%v: exit %d\n%s\n%s", row.arguments, done.status, done.stdout, done.stderr)
		}
	}
}

// What `ecsbot iam` prints for the example stands in deploy/iam.
func TestDeployHasTheDocumentsOfTheExample(t *testing.T) {
	folder := t.TempDir()
	if done := runs(t, nil, "iam", "all", "--config", "../../deploy/ecsbot.example.yaml", "--out", folder); done.status != 0 {
		t.Fatalf("exit %d: %s", done.status, done.stderr)
	}
	fresh, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := filepath.Glob("../../deploy/iam/*.json")
	if err != nil || len(kept) != len(fresh) {
		t.Fatalf("deploy/iam has %d documents, and there are %d: make generate", len(kept), len(fresh))
	}
	for _, path := range fresh {
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("../../deploy/iam", filepath.Base(path)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("deploy/iam/%s is stale: make generate", filepath.Base(path))
		}
	}
}

// TestLiveTailIsAllowedOnlyWhereTheSettingIsOn, and then in sessions of logs on the own
// environment's groups alone.
func TestLiveTailIsAllowedOnlyWhereTheSettingIsOn(t *testing.T) {
	for _, setting := range []struct {
		text string
		isOn bool
	}{{"", false}, {"\n  live_tail: 3", true}} {
		path := filepath.Join(t.TempDir(), "ecsbot.yaml")
		text := strings.Replace(string(demoConfig), "\n  tag: Environment", "\n  tag: Environment"+setting.text, 1)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		documents := printed(t, path)
		for _, row := range []struct {
			operation, group string
			may              bool
		}{{"logs", "staging", true}, {"logs", "prod", false}, {"logs", "", false}, {"why", "staging", false}, {"status", "staging", false}} {
			context := map[string][]string{
				"aws:PrincipalTag/Environment": {"staging"}, "aws:PrincipalTag/Operation": {row.operation}, "aws:PrincipalTag/Approved": {"false"},
				"aws:SourceIdentity": {"slack-T0SANDBOX-U0ALICE"},
			}
			if row.group != "" {
				context["aws:ResourceTag/Environment"] = []string{row.group}
			}
			verdict := iam.Evaluate(iam.Question{
				Principal: "arn:aws:iam::111122223333:role/ecsbot-operator", Action: "logs:StartLiveTail",
				Resource: "arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/x:*", Context: context,
			}, iam.Policies{Identity: []*iam.Policy{documents["operator"], documents["guard"], documents["fences"]}})
			if want := setting.isOn && row.may; verdict.Allowed != want {
				t.Errorf("setting on: %v, %s on a group of %q: allowed %v (%s %s)", setting.isOn, row.operation, row.group, verdict.Allowed, verdict.Document, verdict.Sid)
			}
		}
	}
}
