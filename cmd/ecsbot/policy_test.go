package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	policyBefore  = "testdata/policy/before.yaml"
	policyAfter   = "testdata/policy/after.yaml"
	policyMembers = "testdata/policy/members.yaml"
	onThursday    = "2026-05-21T17:00:00+02:00"
	onFriday      = "2026-05-22T17:00:00+02:00" // frozen
)

func TestPolicyCanNamesTheRuleAndTheWayForward(t *testing.T) {
	for _, test := range []struct {
		question string
		status   int
		stdout   string
	}{
		{"--user U0ALICE restart staging api", 0, `
U0ALICE: restart staging api: allowed
  S0BACKEND holds the role operator (before.yaml:19)
`},
		{"--user U0ALICE restart prod cluster/api", 0, `
U0ALICE: restart prod cluster/api: needs approval
  S0BACKEND holds the role restarter (before.yaml:20)
  could approve: U0BOB, U0ERIN; 1 must
`},
		{"--user U0BOB restart prod api", 0, `
U0BOB: restart prod api: needs approval
  S0ONCALL holds the role operator (before.yaml:22)
  could approve: U0ERIN; 1 must
`},
		{"--user U0ALICE scale prod api", 1, `
U0ALICE: scale prod api: refused (denied)
  no role that S0BACKEND holds there includes scale
  who holds it: S0ONCALL, S0SRE
  may be asked for: operator on prod, for at most 2h
`},
		{"--user U0ALICE restart prod billing", 1, `
U0ALICE: restart prod billing: refused (unknown)
  no grant of prod to S0BACKEND covers the service billing
  who holds it: S0ONCALL, S0SRE
  may be asked for: operator on prod, for at most 2h
`},
		{"--user U0DAVE restart staging api", 1, `
U0DAVE: restart staging api: refused (denied)
  it is denied to S0CONTRACTORS (before.yaml:27)
`},
		{"--user U0MALLORY status staging api", 1, `
U0MALLORY: status staging api: refused (unknown)
  nothing on staging is granted to S0OTHERS
  who holds it: S0BACKEND, S0SRE
`},
		{"--user U0NEW status stagign", 1, `
U0NEW: status stagign: refused (unknown)
  the environment stagign is not declared; did you mean "staging"?
`},
		{"--user U0BOB restart prod ecsbot", 0, `
U0BOB: restart prod ecsbot: needs approval
  S0ONCALL holds the role operator (before.yaml:22)
  could approve: U0ERIN; 1 must
`},
		{"--user U0BOB restart prod prod/ecsbot", 1, `
U0BOB: restart prod prod/ecsbot: refused (denied)
  it is the bot itself, or runs in its cluster (aws.self)
`},
		{"--user U0BOB --break-glass restart prod api", 0, `
U0BOB: restart prod api: allowed
  S0ONCALL holds the role operator (before.yaml:22), and break_glass of prod names a group of theirs (S0ONCALL)
`},
		{"--user U0ERIN --break-glass restart prod api", 1, `
U0ERIN: restart prod api: refused (denied)
  break_glass of prod names none of their groups; it names S0ONCALL
  without breaking the glass it can be asked for, for approval
`},
		{"--user U0ALICE --at " + onFriday + " restart prod api", 1, `
U0ALICE: restart prod api: refused (frozen)
  prod is frozen at ` + onFriday + ` (before.yaml:12)
`},
		{"--user U0ALICE request prod api operator 2h", 0, `
U0ALICE: request prod api operator 2h: needs approval
  S0BACKEND may ask for the role operator (before.yaml:25)
  could approve: U0BOB, U0ERIN; 1 must
`},
		{"--user U0ALICE request prod api operator 3h", 1, `
U0ALICE: request prod api operator 3h: refused (denied)
  requestable offers operator on prod for 3h to none of their groups
  may be asked for: operator on prod, for at most 2h
`},
		{"--user U0MALLORY whoami", 0, `
U0MALLORY: whoami: allowed
  every member of the company may
`},
		{"--user U0BOB hold-all", 0, `
U0BOB: hold-all: allowed
  S0SRE holds the role admin (before.yaml:21)
`},
		{"--group S0ONCALL --group S0BACKEND stop prod api", 0, `
S0ONCALL, S0BACKEND: stop prod api: needs approval
  S0ONCALL holds the role operator (before.yaml:22)
  could approve: U0BOB, U0ERIN; 1 must
`},
	} {
		t.Run(test.question, func(t *testing.T) {
			arguments := []string{"policy", "can", "--config", policyBefore, "--members", policyMembers}
			if !strings.Contains(test.question, "--at") {
				arguments = append(arguments, "--at", onThursday)
			}
			got := runs(t, nil, append(arguments, strings.Fields(test.question)...)...)
			if got.status != test.status || got.stdout != test.stdout[1:] {
				t.Errorf("got %d\n%s\nwant %d%s", got.status, got.stdout, test.status, test.stdout)
			}
			if got.status == 1 && got.stderr != "ecsbot: refused\n" {
				t.Errorf("standard error: %s", got.stderr)
			}
		})
	}
}

func TestPolicyCanRefusesWhatNobodyCouldApprove(t *testing.T) {
	members := filepath.Join(t.TempDir(), "members.yaml")
	if err := os.WriteFile(members, []byte("S0SRE: [U0ERIN]\nS0BACKEND: [U0ALICE]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := runs(t, nil, "policy", "can", "--config", policyBefore, "--members", members, "--at", onThursday, "--user", "U0ERIN", "restart", "prod", "api")
	if got.status != 1 || !strings.Contains(got.stdout, "refused (denied)") || !strings.Contains(got.stdout, "nobody could approve: it needs 1 beside the requester") {
		t.Errorf("got %+v", got)
	}
	if !strings.Contains(got.stderr, "does not list S0CONTRACTORS, S0ONCALL: taken as empty") {
		t.Errorf("no word of the groups that are missing: %s", got.stderr)
	}
	// Without members it is not known whether anybody else is in the group.
	got = runs(t, nil, "policy", "can", "--config", policyBefore, "--at", onThursday, "--group", "S0SRE", "restart", "prod", "api")
	if got.status != 0 || !strings.Contains(got.stdout, "could approve: S0SRE; 1 must") {
		t.Errorf("without members: %+v", got)
	}
}

func TestPolicyWhoListsUsersOrGroupsByRule(t *testing.T) {
	for _, test := range []struct{ question, stdout string }{
		{"--members " + policyMembers + " restart prod api", `
restart prod api
may with approval (1):
  U0ALICE, U0DAVE: S0BACKEND holds the role restarter (before.yaml:20)
  U0ERIN: S0SRE holds the role admin (before.yaml:21)
  U0BOB: S0ONCALL holds the role operator (before.yaml:22)
may approve:
  U0BOB, U0ERIN: never their own request; members of S0SRE
may break the glass:
  U0BOB: break_glass of prod names S0ONCALL
may ask for it, for a time:
  U0ALICE, U0DAVE: operator on prod, for at most 2h
`},
		{"--members " + policyMembers + " --at " + onFriday + " restart prod api", `
restart prod api
may with approval (1):
  U0ERIN: S0SRE holds the role admin (before.yaml:21)
  U0BOB: S0ONCALL holds the role operator (before.yaml:22)
may approve:
  U0BOB, U0ERIN: never their own request; members of S0SRE
may break the glass:
  U0BOB: break_glass of prod names S0ONCALL
may not:
  U0ALICE, U0DAVE: prod is frozen at ` + onFriday + ` (before.yaml:12)
`},
		{"--members " + policyMembers + " restart staging api", `
restart staging api
may:
  U0ALICE: S0BACKEND holds the role operator (before.yaml:19)
  U0BOB, U0ERIN: S0SRE holds the role admin (before.yaml:21)
may not:
  U0DAVE: it is denied to S0CONTRACTORS (before.yaml:27)
`},
		{"restart prod api", `
restart prod api
may with approval (1):
  S0BACKEND: S0BACKEND holds the role restarter (before.yaml:20)
  S0SRE: S0SRE holds the role admin (before.yaml:21)
  S0ONCALL: S0ONCALL holds the role operator (before.yaml:22)
may approve:
  S0SRE: never their own request; members of S0SRE
may break the glass:
  S0ONCALL: those of them who are also in a group that may
may ask for it, for a time:
  S0BACKEND: operator on prod, for at most 2h
`},
		{"restart audit api", `
restart audit api
may with approval (1):
  S0SRE: S0SRE holds the role operator (before.yaml:23)
may approve:
  S0SRE: never their own request; members of S0SRE
`},
		{"deploy audit api", "\ndeploy audit api\n  nobody may\n"},
		{"restart elsewhere api", "\nrestart elsewhere api\n  nobody may\n"},
	} {
		t.Run(test.question, func(t *testing.T) {
			arguments := []string{"policy", "who", "--config", policyBefore}
			if !strings.Contains(test.question, "--at") {
				arguments = append(arguments, "--at", onThursday)
			}
			got := runs(t, nil, append(arguments, strings.Fields(test.question)...)...)
			if got.status != 0 || got.stdout != test.stdout[1:] {
				t.Errorf("got %d\n%s%s\nwant%s", got.status, got.stdout, got.stderr, test.stdout)
			}
		})
	}
}
