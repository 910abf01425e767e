package authz

import (
	"slices"
	"testing"
	"time"
)

func reported(t *testing.T) *Policy {
	return policy(t, Rules{
		Environments: []Environment{{Name: "staging"}, {
			Name: "prod", Protected: true, Approval: Approval{From: []string{"S0SRE"}}, BreakGlass: []string{"S0ONCALL"},
			Freezes: []Freeze{{Except: []string{"S0CALM"}, Line: 3}},
		}},
		Grants: []Grant{
			{Group: "S0BACKEND", Role: "operator", Environments: []string{"prod"}, Services: []string{"worker-**", "api"}},
			{Group: "S0SRE", Role: "admin", Environments: []string{Every, "prod"}},
		},
		Requestable: []Requestable{{Group: "S0ASKING", Role: "operator", Environments: []string{"prod"}, Longest: time.Hour}},
		Denials:     []Denial{{Group: "S0CONTRACTORS", Actions: []string{"restart"}, Environments: []string{"prod"}}},
	})
}

func TestGroupsAreAllThatTheRulesName(t *testing.T) {
	want := []string{"S0ASKING", "S0BACKEND", "S0CALM", "S0CONTRACTORS", "S0ONCALL", "S0SRE"}
	if got := reported(t).Groups(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestPatternsAreWrittenInOneWayAndBeginWithEvery(t *testing.T) {
	p := reported(t)
	for _, test := range []struct {
		environment string
		groups      []string
		want        []string
	}{
		{"prod", []string{"S0SRE", "S0BACKEND"}, []string{"*", "api", "worker-*"}},
		{"prod", []string{"S0SRE"}, []string{"*"}},
		{"staging", []string{"S0BACKEND"}, []string{"*"}},
		{"none", []string{"S0BACKEND"}, []string{"*"}},
	} {
		if got := p.Patterns(test.environment, test.groups); !slices.Equal(got, test.want) {
			t.Errorf("%v on %s: got %v, want %v", test.groups, test.environment, got, test.want)
		}
	}
}

func TestAPatternCoversWhatItMatchesAll(t *testing.T) {
	for _, test := range []struct {
		wide, narrow string
		covers       bool
	}{
		{"*", "*", true},
		{"*", "api", true},
		{"api", "*", false},
		{"api", "api", true},
		{"worker-*", "worker-mail", true},
		{"worker-*", "worker-*-eu", true},
		{"worker-*-eu", "worker-*", false},
		{"worker-*", "work*", false},
		{"*-eu", "worker-*", false},
		{"a*c", "a*b*c", true},
		{"a*b*c", "a*c", false},
	} {
		if got := Covers(test.wide, test.narrow); got != test.covers {
			t.Errorf("%s covers %s: %v", test.wide, test.narrow, got)
		}
		if !pattern(test.narrow).matches(Instance(test.narrow)) {
			t.Errorf("%s does not match its instance", test.narrow)
		}
	}
}

func TestDenialsAreSeenWithoutAGrant(t *testing.T) {
	p := reported(t)
	for _, test := range []struct {
		group, action, environment string
		denied                     bool
	}{
		{"S0CONTRACTORS", "restart", "prod", true},
		{"S0CONTRACTORS", "status", "prod", false},
		{"S0CONTRACTORS", "restart", "staging", false},
		{"S0CONTRACTORS", "restart", "none", false},
		{"S0CONTRACTORS", "dance", "prod", false},
		{"S0SRE", "restart", "prod", false},
	} {
		if got := p.Denies(member(test.group), test.action, test.environment); got != test.denied {
			t.Errorf("%+v: got %v", test, got)
		}
	}
}

func TestAThawedPolicyIsTheSameButNeverFrozen(t *testing.T) {
	p := reported(t)
	question := Question{
		Person: member("S0SRE"), Action: "restart", Changes: true, Fresh: true, Now: time.Unix(1e9, 0),
		Target: Target{Environment: "prod", Service: "api"},
	}
	if got := p.Decide(question); got.Reason.Cause != ByFreeze {
		t.Fatalf("the policy is not frozen: %+v", got)
	}
	if got := p.Thawed().Decide(question); got.Verdict != NeedsApproval {
		t.Errorf("thawed: %+v", got)
	}
	if got := p.Decide(question); got.Reason.Cause != ByFreeze {
		t.Errorf("thawing changed the policy itself: %+v", got)
	}
}

func TestNoPolicyReportsNothing(t *testing.T) {
	var none *Policy
	if none.Groups() != nil || len(none.Patterns("prod", nil)) != 1 || none.Denies(member("S0SRE"), "restart", "prod") || none.Thawed() != nil {
		t.Error("a missing policy says something")
	}
}
