package config

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

func example(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../deploy/ecsbot.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheExampleIsValid(t *testing.T) {
	config, err := Parse("ecsbot.yaml", []byte(example(t)))
	if err != nil {
		t.Fatal(err)
	}
	if config.Policy == nil || !config.Policy.Protected("prod") || config.Policy.Protected("staging") {
		t.Error("the policy does not protect prod, and only prod")
	}
}

func TestEveryMistakeNamesFileLineAndWhatIsAllowed(t *testing.T) {
	for _, test := range []struct{ name, from, to, want string }{
		{"a misspelt key", "  audit_channel: C02AUDIT", "  audit_chanel: C02AUDIT", `:@: unknown key "slack.audit_chanel"; did you mean audit_channel?`},
		{"a misspelt key far down", "scale: {min: 0, max: 20}", "scale: {min: 0, maxi: 20}", `:@: unknown key "environments.staging.scale.maxi"; did you mean max?`},
		{"an undeclared environment", "environments: [staging, dev]}", "environments: [stagin, dev]}", `:@: grants: environment "stagin" is not declared; did you mean "staging"?`},
		{"an unknown role", "role: admin", "role: admn", `:@: grants: unknown role "admn"; did you mean "admin"?`},
		{"an unknown action", "oncall: [status,", "oncall: [statsu,", `:@: unknown action "statsu"; did you mean "status"?`},
		{"a tab", "  region: eu-west-1", "\tregion: eu-west-1", `:@: a tab, or another character that nothing begins with: indent with spaces`},
		{"a duplicate key", "  region: eu-west-1", "  region: eu-west-1\n  region: us-east-1", `:@+1: mapping key "region" already defined`},
		{"protection not said", "    protected: true                # changes need a second person\n", "", `environments.prod.protected is required: true or false`},
		{"no operator role", "    protected: false\n    operator_role: arn:aws:iam::111122223333:role/ecsbot-operator\n  staging:", "    protected: false\n  staging:", `environments.dev.operator_role is required`},
		{"a handle for a group", "{group: S0SRE,", "{group: sre,", `:@: "sre" is no user group ID`},
		{"a duration with a tail", "longest: 2h", "longest: 2h;rm", `:@: a duration such as 5s, 30m, 2h or 7d, not "2h;rm"`},
		{"a glob that is none", `services: ["api", "worker"]`, `services: ["api?"]`, `:@: grants: service pattern "api?"`},
		{"a role defined twice", "  oncall: [", "  viewer: [", `:@: roles: "viewer" is defined already`},
		{"a channel by name", "audit_channel: C02AUDIT", "audit_channel: '#audit'", `:@: slack.audit_channel takes a channel ID`},
		{"a wrong type", "protected: true", "protected: maybe", `:@: this takes true or false, not "maybe"`},
		{"a list for a word", "  region: eu-west-1", "  region: [eu-west-1]", `:@: this takes a word, not a list`},
		{"a map for a list", "oncall: [status, logs, restart, rollback]", "oncall: {status: logs}", `:@: this takes a list of words, not a map`},
		{"a number for a map", "scale: {min: 0, max: 20}", "scale: 3", `:@: this takes a map of keys and values, not "3"`},
		{"a word for a number", "open_requests: 3", "open_requests: many", `:@: this takes a whole number, not "many"`},
		{"a word for a list of maps", "grants:", "grants: all\nx:", `:@: this takes a list, not "all"`},
		{"a cycle", "oncall: [status, logs, restart, rollback]", "oncall: &a [*a]", `:@: aliases are not read here`},
		{"a table without a name", "  sqlite: ecsbot.db", "  dynamodb: {region: eu-west-1}", `ledger.dynamodb.table is required`},
		{"a table in no region", "  sqlite: ecsbot.db", "  dynamodb: {table: ecsbot, region: here}", `"here" is no AWS region`},
		{"two ledgers", "  sqlite: ecsbot.db", "  sqlite: ecsbot.db\n  dynamodb: {table: ecsbot}", `one of sqlite and dynamodb`},
		{"a Live Tail that is more than many", "  tag: Environment", "  live_tail: 1001\n  tag: Environment", `:@: aws.live_tail is from 0 to 1000`},
		{"lines that are kept for too short", "logs_kept: 7d", "logs_kept: 59m", `:@: environments.prod.logs_kept is at least 1h`},
		{"no ledger", "  sqlite: ecsbot.db", "  {}", `ledger is required`},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := example(t)
			if !strings.Contains(text, test.from) {
				t.Fatalf("the example has no %q", test.from)
			}
			line := 1 + strings.Count(text[:strings.Index(text, test.from)], "\n")
			want := strings.Replace(strings.Replace(test.want, "@+1", strconv.Itoa(line+1), 1), "@", strconv.Itoa(line), 1)
			_, err := Parse("deploy/ecsbot.yaml", []byte(strings.Replace(text, test.from, test.to, 1)))
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "ecsbot.yaml") {
				t.Errorf("got %q, want %q in it", err, want)
			}
		})
	}
}

func TestAnEmptyFileIsCalledEmpty(t *testing.T) {
	for _, text := range []string{"", "\n# nothing\n"} {
		if _, err := Parse("ecsbot.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), "ecsbot.yaml: the file is empty") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("a: b"))
	f.Add([]byte("grants: [{group: S0A, role: viewer, environments: ['*']}]"))
	f.Add([]byte("- - -"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if config, err := Parse("f.yaml", text); err == nil && config.Policy == nil {
			t.Error("no error and no policy")
		}
	})
}
