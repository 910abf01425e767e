package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestPolicyDiffSaysWhoGainsAndLosesWhat(t *testing.T) {
	for _, test := range []struct {
		arguments []string
		want      string
	}{
		{[]string{policyBefore, policyAfter}, "testdata/policy/diff-groups.txt"},
		{[]string{"--members", policyMembers, policyBefore, policyAfter}, "testdata/policy/diff-members.txt"},
	} {
		want, err := os.ReadFile(test.want)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 { // in the same order each time
			got := runs(t, nil, append([]string{"policy", "diff"}, test.arguments...)...)
			if got.status != 0 || got.stderr != "" || got.stdout != string(want) {
				t.Fatalf("%s: got %d\n%s%s\nwant\n%s", test.want, got.status, got.stdout, got.stderr, want)
			}
		}
	}
}

func TestPolicyDiffIsSilentAboutWhatChangesNothing(t *testing.T) {
	text, err := os.ReadFile(policyBefore)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"itself":                           {"ledger:", "ledger:"},
		"other lines":                      {"grants:\n", "\n# moved\n\ngrants:\n"},
		"a grant that says no more":        {"grants:\n", "grants:\n  - {group: S0SRE, role: viewer, environments: [prod], services: [\"api*\"]}\n"},
		"a pattern written in another way": {`"worker-*"`, `"worker-**", "worker-mail"`},
	} {
		changed := strings.Replace(string(text), change[0], change[1], 1)
		got := runs(t, nil, "policy", "diff", policyBefore, written(t, changed))
		if got.status != 0 || got.stdout != "nobody gains or loses anything\n" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestPolicyDiffOfOneChange(t *testing.T) {
	text, err := os.ReadFile(policyBefore)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ sentence, from, to, want string }{
		{
			"what is widened is told without what was there",
			`services: [api, "worker-*"]`, `services: ["*"]`,
			"S0BACKEND\n  + prod: restart with approval on every service but api, worker-*\n  + prod: status on every service but api, worker-*\n",
		},
		{
			"what is narrowed is told with what remains",
			`"worker-*"]`, `worker-mail]`,
			"S0BACKEND\n  - prod: restart with approval on worker-* but worker-mail\n  - prod: status on worker-* but worker-mail\n",
		},
		{
			"the kill switch is everywhere",
			"role: admin, environments: [\"*\", prod]", "role: deployer, environments: [\"*\", prod]",
			"S0SRE\n  - old: run-command, bulk on every service\n  - prod: run-command, bulk with approval on every service\n" +
				"  - staging: run-command, bulk on every service\n  - everywhere: hold-all\n",
		},
		{
			"a denial is told even to whom nothing is granted",
			"denials:\n", "denials:\n  - {group: S0LEAVING, environments: [prod]}\n",
			"S0LEAVING\n  - prod: is denied all of admin\n",
		},
		{
			"what may be asked for longer is a gain",
			"longest: 2h", "longest: 7d",
			"S0BACKEND\n  + prod: may ask for operator, for at most 168h (before: 2h)\n",
		},
		{
			"what may be asked for no more is a loss",
			"requestable:\n  - {group: S0BACKEND", "requestable:\n  - {group: S0SRE",
			"S0BACKEND\n  - prod: may ask for operator, for at most 2h\nS0SRE\n  + prod: may ask for operator, for at most 2h\n",
		},
		{
			"what needs approval no more is a gain",
			"  audit:\n    protected: true", "  audit:\n    protected: false",
			"environments\n  ~ audit: not protected (before: protected)\n" +
				"S0SRE\n  + audit: all that admin has beyond operator on every service\n" +
				"  + audit: restart, scale, stop, rollback, run on every service (before: with approval)\n  - audit: may approve all of operator on every service\n",
		},
		{
			"groups to which the same happens share a title",
			"requestable:\n", "requestable:\n  - {group: S0ONE, role: viewer, environments: [audit], longest: 90m}\n  - {group: S0TWO, role: viewer, environments: [audit], longest: 90m}\n",
			"S0ONE; S0TWO\n  + audit: may ask for viewer, for at most 1h30m\n",
		},
	} {
		if !strings.Contains(string(text), test.from) {
			t.Fatalf("%s: there is no %s", test.sentence, test.from)
		}
		got := runs(t, nil, "policy", "diff", policyBefore, written(t, strings.Replace(string(text), test.from, test.to, 1)))
		if got.status != 0 || got.stdout != test.want {
			t.Errorf("%s: got %d\n%s%s\nwant\n%s", test.sentence, got.status, got.stdout, got.stderr, test.want)
		}
	}
}

func TestPolicyDiffNamesAFewOfMany(t *testing.T) {
	text, err := os.ReadFile(policyBefore)
	if err != nil {
		t.Fatal(err)
	}
	var users []string
	for number := range 12 {
		users = append(users, fmt.Sprintf("U0USER%02d", number))
	}
	changed := written(t, strings.Replace(string(text), "longest: 2h", "longest: 1h", 1))
	members := written(t, "S0BACKEND: ["+strings.Join(users, ", ")+"]\n")
	got := runs(t, nil, "policy", "diff", "--members", members, policyBefore, changed)
	if want := strings.Join(users[:10], ", ") + " and 2 more (S0BACKEND)\n"; got.status != 0 || !strings.HasPrefix(got.stdout, want) {
		t.Errorf("got %+v", got)
	}
}
