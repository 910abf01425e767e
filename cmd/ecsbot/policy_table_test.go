package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheExpectationsInDeployHold(t *testing.T) {
	got := runs(t, nil, "policy", "test", "--config", "../../deploy/ecsbot.example.yaml",
		"--members", "../../deploy/members.example.yaml", "../../deploy/policy-tests.example.yaml")
	if got.status != 0 || got.stderr != "" || !strings.HasSuffix(got.stdout, " expectations hold\n") {
		t.Errorf("got %+v", got)
	}
}

func TestPolicyTestPrintsADiffThatNamesTheLine(t *testing.T) {
	table := written(t, `
- {user: U0ALICE, action: restart, environment: staging, service: api, expect: allowed}
- user: U0DAVE
  action: restart
  environment: staging
  service: api
  expect: allowed
- {user: U0ALICE, action: status, environment: prod, service: billing, expect: refused}
- {user: U0ALICE, action: status, environment: prod, service: billing, expect: refused, why: denied}
- {groups: [], action: status, environment: prod, service: api, expect: unknown}
- {groups: [S0BACKEND, S0SRE], action: restart, environment: prod, service: api, at: 2026-05-22T17:00:00+02:00, expect: approval}
- {groups: [S0BACKEND], action: restart, environment: prod, service: api, at: 2026-05-22T17:00:00+02:00, expect: refused, why: frozen}
- {groups: [S0BACKEND], action: restart, environment: prod, service: api, expect: refused}
- {groups: [S0BACKEND], action: request, environment: prod, role: operator, duration: 2h, expect: unknown}
`)
	got := runs(t, nil, "policy", "test", "--config", policyBefore, "--members", policyMembers, table)
	want := `table.yaml:3: U0DAVE: restart staging api
  - allowed
  + refused (denied): it is denied to S0CONTRACTORS (before.yaml:27)
table.yaml:9: U0ALICE: status prod billing
  - refused (denied)
  + unknown: no grant of prod to S0BACKEND covers the service billing
table.yaml:13: S0BACKEND: restart prod api
  - refused
  + approval: S0BACKEND holds the role restarter (before.yaml:20)
table.yaml:14: S0BACKEND: request prod operator 2h
  - unknown
  + approval: S0BACKEND may ask for the role operator (before.yaml:25)
`
	if got.status != 1 || got.stdout != want || got.stderr != "ecsbot: 4 of 9 expectations do not hold\n" {
		t.Errorf("got %d\n%s%s\nwant\n%s", got.status, got.stdout, got.stderr, want)
	}
}

func TestPolicyTestNamesEveryMistakeInATable(t *testing.T) {
	rows := []struct{ row, mistake string }{
		{"{user: U0ALICE, actoin: restart, environment: staging, expect: allowed}", `unknown key "actoin"; did you mean "action"?`},
		{"{user: U0ALICE, action: restart, action: stop, environment: staging, expect: allowed}", `"action" already defined`},
		{"{groups: S0X, action: restart, environment: staging, expect: allowed}", "cannot construct"},
		{"{user: U0ALICE, action: restart, environment: staging, expect: yes}", `expect takes one of allowed approval refused unknown, not "yes"`},
		{"{groups: [S0SRE], user: U0BOB, action: restart, environment: staging, expect: allowed}", "either user or groups"},
		{"{action: restart, environment: staging, expect: allowed}", "either user or groups"},
		{"{user: bob, action: restart, environment: staging, expect: allowed}", `"bob" is no user ID`},
		{"{groups: [backend], action: restart, environment: staging, expect: allowed}", `"backend" is no user group ID`},
		{"{user: U0BOB, action: restrat, environment: staging, expect: allowed}", `there is no action "restrat"; did you mean "restart"?`},
		{"{user: U0BOB, action: restart, expect: allowed}", "restart is about an environment: say which"},
		{"{user: U0BOB, action: restart, environment: staging, role: operator, expect: allowed}", "restart takes no role and no duration"},
		{"{user: U0BOB, action: restart, environment: staging, at: friday, expect: allowed}", `not "friday"`},
		{"{user: U0BOB, action: request, environment: prod, role: operater, duration: 1h, expect: allowed}", `no role "operater"; did you mean "operator"?`},
		{"{user: U0BOB, action: request, environment: prod, role: operator, expect: allowed}", "request takes a role and a duration"},
		{"{user: U0BOB, action: request, environment: prod, role: operator, duration: 1h;rm, expect: allowed}", `not "1h;rm"`},
		{"{user: U0BOB, action: restart, environment: prod, expect: allowed, why: denied}", "why goes with expect: refused"},
		{"{user: U0BOB, action: restart, environment: prod, expect: refused, why: because}", `not "because"`},
		{"restart prod api", "an expectation is a map"},
	}
	var text strings.Builder
	for _, each := range rows {
		text.WriteString("- " + each.row + "\n")
	}
	got := runs(t, nil, "policy", "test", "--config", policyBefore, "--members", policyMembers, written(t, text.String()))
	lines := strings.Split(strings.TrimSpace(got.stderr), "\n")
	if got.status != 2 || len(lines) != len(rows) {
		t.Fatalf("got %d with %d lines, want 2 with %d:\n%s", got.status, len(lines), len(rows), got.stderr)
	}
	for position, each := range rows {
		if !strings.HasPrefix(lines[position], "table.yaml:") || !strings.Contains(lines[position], each.mistake) {
			t.Errorf("%s\ngot  %s\nwant %s", each.row, lines[position], each.mistake)
		}
	}
}

func TestPolicyIsAskedWithFilesThatAreWhatTheySeem(t *testing.T) {
	for _, test := range []struct {
		name      string
		arguments []string
		stderr    string
	}{
		{"no configuration", []string{"can", "--config", "none.yaml", "--group", "S0SRE", "restart", "prod", "api"}, "none.yaml: cannot be read: no such file"},
		{"no person", []string{"can", "--config", policyBefore, "restart", "prod", "api"}, "one of the flags in the group [user group] is required"},
		{"two persons", []string{"can", "--config", policyBefore, "--user", "U0BOB", "--group", "S0SRE", "restart", "prod", "api"}, "none of the others can be"},
		{"a user and no members", []string{"can", "--config", policyBefore, "--user", "U0BOB", "restart", "prod", "api"}, "give --members FILE"},
		{"a name for a user", []string{"can", "--config", policyBefore, "--members", policyMembers, "--user", "bob", "restart", "prod", "api"}, `"bob" is no user ID`},
		{"a time that is none", []string{"who", "--config", policyBefore, "--at", "friday", "restart", "prod", "api"}, `--at takes a time such as 2026-05-22T17:00:00+02:00, not "friday"`},
		{"a duration that is none", []string{"who", "--config", policyBefore, "request", "prod", "api", "operator", "long"}, `not "long"`},
		{"an action that is none", []string{"who", "--config", policyBefore, "restrat", "prod", "api"}, `did you mean "restart"?`},
		{"no environment", []string{"who", "--config", policyBefore, "restart"}, "say which"},
		{"no members", []string{"who", "--config", policyBefore, "--members", "none.yaml", "restart", "prod"}, "none.yaml: cannot be read: no such file"},
		{"members that are empty", []string{"who", "--config", policyBefore, "--members", written(t, "# nobody\n"), "restart", "prod"}, "table.yaml: empty"},
		{"members with a tab", []string{"who", "--config", policyBefore, "--members", written(t, "S0SRE:\n\t- U0BOB\n"), "restart", "prod"}, "table.yaml:2: "},
		{"members in a list", []string{"who", "--config", policyBefore, "--members", written(t, "- U0BOB\n"), "restart", "prod"}, "table.yaml:1: members are a map"},
		{"members by name", []string{"who", "--config", policyBefore, "--members", written(t, "sre: [U0BOB]\n"), "restart", "prod"}, `table.yaml:1: "sre" is no user group ID`},
		{"members with names", []string{"who", "--config", policyBefore, "--members", written(t, "S0SRE: [bob]\n"), "restart", "prod"}, `table.yaml:1: "bob" is no user ID`},
		{"one member without a list", []string{"who", "--config", policyBefore, "--members", written(t, "S0SRE: U0BOB\n"), "restart", "prod"}, "table.yaml:1: S0SRE takes a list"},
		{"a group twice", []string{"who", "--config", policyBefore, "--members", written(t, "S0SRE: [U0BOB]\nS0SRE: []\n"), "restart", "prod"}, "table.yaml:2: S0SRE stands here twice"},
		{"two documents", []string{"who", "--config", policyBefore, "--members", written(t, "S0SRE: []\n---\nS0SRE: []\n"), "restart", "prod"}, "a second document follows"},
		{"a table that is a map", []string{"test", "--config", policyBefore, written(t, "user: U0BOB\n")}, "table.yaml:1: a table is a list"},
		{"a table of users without members", []string{"test", "--config", policyBefore, written(t, "- {user: U0BOB, action: restart, environment: prod, expect: refused}\n")}, "table.yaml:1: who is in which group is not known"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := runs(t, nil, append([]string{"policy"}, test.arguments...)...)
			if got.status != 2 || !strings.Contains(got.stderr, test.stderr) {
				t.Errorf("got %+v, want 2 and %s", got, test.stderr)
			}
		})
	}
}

func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
