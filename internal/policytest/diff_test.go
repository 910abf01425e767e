package policytest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"ecsbot/actions/ops"
	"ecsbot/authz"
	"ecsbot/internal/config"
)

func inquiry(t *testing.T, text string) Inquiry {
	t.Helper()
	loaded, err := config.Parse("ecsbot.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	catalog, err := ops.Catalog(ops.Needs{})
	if err != nil {
		t.Fatal(err)
	}
	return Inquiry{Config: loaded, Catalog: catalog}
}

// anyConfiguration is a small configuration by chance.
func anyConfiguration(chance *rand.Rand) string {
	pick := func(words ...string) string { return words[chance.IntN(len(words))] }
	var text strings.Builder
	fmt.Fprintf(&text, `
slack: {audit_channel: C02AUDIT}
aws: {region: eu-west-1}
ledger: {sqlite: ecsbot.db}
environments:
  dev: {protected: false, operator_role: none}
  prod: {protected: %s, operator_role: none, approval: {from: [%s]}, break_glass: {from: [%s]}}
grants:
`, pick("true", "true", "false"), pick("S0ONE", "S0TWO", ""), pick("S0ONE", "S0TWO", ""))
	for range 1 + chance.IntN(4) {
		fmt.Fprintf(&text, "  - {group: %s, role: %s, environments: [%s], services: [%s]}\n", pick("S0ONE", "S0TWO"),
			pick("viewer", "operator", "deployer", "admin"), pick("dev", "prod"), pick("", "api", `"*"`, `"a*"`, `"*-b"`, `"a*-b", c`, `"**i"`))
	}
	if chance.IntN(2) == 0 {
		fmt.Fprintf(&text, "denials:\n  - {group: %s, actions: [%s], environments: [%s]}\n", pick("S0ONE", "S0TWO"), pick("restart", "logs", ""), pick("dev", "prod"))
	}
	return text.String()
}

// TestADiffMissesNothing asks, one by one, what may be asked of two configurations. Where any
// answer differs, the diff has something to say of that group and environment; read the other
// way round it says as much.
func TestADiffMissesNothing(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	differing := 0
	for range 60 {
		one, other := anyConfiguration(chance), anyConfiguration(chance)
		before, after := inquiry(t, one), inquiry(t, other)
		there := told(Compare(before, after))
		for _, group := range []string{"S0ONE", "S0TWO"} {
			for _, environment := range []string{"dev", "prod"} {
				if !differ(before, after, group, environment) {
					continue
				}
				differing++
				if !strings.Contains(there, group+" "+environment) {
					t.Fatalf("nothing is told of %s on %s from\n%s\nto\n%s", group, environment, one, other)
				}
			}
		}
		if back := told(Compare(after, before)); back != there {
			t.Fatalf("the diff back is another, from\n%s\nto\n%s", one, other)
		}
	}
	if differing < 60 {
		t.Errorf("only %d differences were met", differing)
	}
}

// told are the groups and environments of which a diff says something.
func told(deltas []Delta) string {
	seen := map[string]bool{}
	for _, delta := range deltas {
		for _, group := range strings.Split(delta.Title, "; ") {
			for _, line := range delta.Lines {
				environment, _, _ := strings.Cut(line[2:], ":")
				seen[group+" "+environment] = true
			}
		}
	}
	return strings.Join(sortedKeys(seen), "\n")
}

func differ(before, after Inquiry, group, environment string) bool {
	for _, action := range []string{"status", "logs", "restart", "hold", "deploy", "bulk"} {
		for _, service := range []string{"api", "a", "b", "a-b", "c", "x-b", "xi", "ai-b"} {
			for _, isBreaking := range []bool{false, true} {
				ask := Ask{Person: member(group, []string{group}), Action: action, Environment: environment, Service: service, BreakGlass: isBreaking}
				was, err := before.Ask(ask)
				if err != nil {
					return true
				}
				if is, err := after.Ask(ask); err != nil || is.Decision.Verdict != was.Decision.Verdict {
					return true
				}
				asked := authz.Question{Action: action, Target: authz.Target{Environment: environment, Service: service}}
				if action == "restart" && before.Config.Policy.Protected(environment) && after.Config.Policy.Protected(environment) &&
					before.Config.Policy.MayApprove(asked, ask.Person).Verdict != after.Config.Policy.MayApprove(asked, ask.Person).Verdict {
					return true
				}
			}
		}
	}
	return false
}

func TestSpansSayMuchInFewPatterns(t *testing.T) {
	for _, test := range []struct {
		states map[string]int
		want   string
	}{
		{map[string]int{"*": 1}, "every service"},
		{map[string]int{"*": 1, "api": 1, "a*": 1}, "every service"},
		{map[string]int{"*": 1, "api": 0}, "every service but api"},
		{map[string]int{"*": 0, "api": 1, "b": 1}, "api; b"},
		{map[string]int{"*": 0, "a*": 1, "api": 0}, "a* but api"},
		{map[string]int{"*": 1, "a*": 0, "api": 1}, "every service but a*; api"},
		{map[string]int{"*": 0, "a*": 1, "*b": 0, "a*b": 1}, "a*; a*b"},
		{map[string]int{"*": 0, "a*": 1, "*b": 1, "a*b": 1}, "*b; a*"},
		{map[string]int{"*": 0, "api": 0}, ""},
	} {
		var texts []string
		for _, span := range spans(newLattice(sortedKeys(test.states)), test.states)[1] {
			texts = append(texts, span.String())
		}
		if got := strings.Join(texts, "; "); got != test.want {
			t.Errorf("%v: got %s, want %s", test.states, got, test.want)
		}
	}
}

func TestAVerbOfNoActionChangesSomethingUnlessAViewerHasIt(t *testing.T) {
	known := verbs(inquiry(t, anyConfiguration(rand.New(rand.NewPCG(1, 1)))).Catalog)
	for name, changes := range map[string]bool{"status": false, "doctor": false, "restart": true, "deploy": true, "run-command": true, "bulk": true} {
		if known[name].changes != changes {
			t.Errorf("%s: changes is %v", name, !changes)
		}
	}
	if !known["hold-all"].isEverywhere || !known["hold"].isFree || !known["whoami"].isOpen || !known["request"].isAccess {
		t.Error("what the catalogue says of its actions is lost")
	}
}
