package authz

import (
	"fmt"
	"testing"
	"time"
)

func TestWhomToAskForWhatIsAsked(t *testing.T) {
	var none *Policy
	for _, test := range []struct {
		sentence string
		policy   *Policy
		question Question
		groups   string
		count    int
	}{
		{"the groups that the environment names", guarded(t), restarting(), "[S0SRE S0LEADS]", 2},
		{"without them those that hold the action, each once", guarded(t), restarting(in("vault", "x")), "[S0KEEPERS S0ONCALL]", 1},
		{"of a role those that hold all of it", guarded(t), restarting(in("vault", "x"), asking("operator", time.Hour)), "[S0KEEPERS]", 1},
		{"on a service those that hold it there", guarded(t), restarting(in("staging", "web")), "[S0SRE]", 1},
		{"on another service those that hold it there", guarded(t), restarting(in("staging", "api")), "[S0BACKEND S0SRE]", 1},
		{"of a role that is none nobody", guarded(t), restarting(asking("king", time.Hour)), "[]", 0},
		{"of an action that is none nobody", guarded(t), restarting(func(q *Question) { q.Action = "delete" }), "[]", 0},
		{"of what is not declared nobody", guarded(t), restarting(in("qa", "api")), "[]", 0},
		{"without a policy nobody", none, restarting(), "[]", 0},
	} {
		groups, count := test.policy.ApprovingGroupsFor(test.question)
		if fmt.Sprint(groups) != test.groups || count != test.count {
			t.Errorf("%s: %d of %v", test.sentence, count, groups)
		}
	}
	twice := policy(t, Rules{
		Environments: []Environment{{Name: "prod"}},
		Grants: []Grant{
			{Group: "S0A", Role: "operator", Environments: []string{"prod"}, Services: []string{"a"}},
			{Group: "S0A", Role: "admin", Environments: []string{"prod"}},
		},
	})
	if groups, _ := twice.ApprovingGroupsFor(restarting(in("prod", "a"))); fmt.Sprint(groups) != "[S0A]" {
		t.Errorf("a group with two grants: %v", groups)
	}
}

func TestWhoHoldsAnEnvironmentAsAWhole(t *testing.T) {
	compiled := policy(t, Rules{
		Environments: []Environment{{Name: "staging"}, {Name: "prod"}},
		Grants: []Grant{
			{Group: "S0SOME", Role: "operator", Environments: []string{"staging"}, Services: []string{"api", "worker-*"}},
			{Group: "S0STAR", Role: "operator", Environments: []string{"staging"}, Services: []string{"api", "*"}},
			{Group: "S0ALL", Role: "operator", Environments: []string{"staging"}},
			{Group: "S0READ", Role: "viewer", Environments: []string{"staging"}},
		},
		Denials: []Denial{{Group: "S0BARRED", Actions: []string{"restart"}, Environments: []string{"staging"}}},
	})
	given := func(role, service string) func(*Question) {
		return having(Access{Actor: Actor{Team: "T1", User: "DEV"}, Environment: "staging", Service: service, Role: role, Until: noon.Add(time.Second)})
	}
	for _, test := range []struct {
		sentence string
		question Question
		want     bool
	}{
		{"a grant without patterns", restarting(by(somebody("DEV", "S0ALL"))), true},
		{"a grant on every service", restarting(by(somebody("DEV", "S0STAR"))), true},
		{"a grant on some services", restarting(by(somebody("DEV", "S0SOME"))), false},
		{"the second group", restarting(by(somebody("DEV", "S0SOME", "S0READ", "S0ALL"))), true},
		{"a denial beside a grant", restarting(by(somebody("DEV", "S0ALL", "S0BARRED"))), false},
		{"a denial and time-bound access to all of it", restarting(by(somebody("DEV", "S0BARRED")), given("operator", "")), false},
		{"a role without the action", restarting(by(somebody("DEV", "S0READ"))), false},
		{"no group", restarting(by(somebody("DEV"))), false},
		{"an action that is none", restarting(by(somebody("DEV", "S0ALL")), func(q *Question) { q.Action = "delete" }), false},
		{"another environment", restarting(by(somebody("DEV", "S0ALL")), in("prod", "")), false},
		{"an environment that is none", restarting(by(somebody("DEV", "S0ALL")), in("qa", "")), false},
		{"time-bound access to all of it", restarting(by(somebody("DEV")), given("operator", "")), true},
		{"time-bound access to one service", restarting(by(somebody("DEV")), given("operator", "api")), false},
		{"time-bound access without the action", restarting(by(somebody("DEV")), given("viewer", "")), false},
		{"time-bound access that has ended", restarting(by(somebody("DEV")), given("operator", ""), at(noon.Add(time.Second))), false},
	} {
		if test.question.Target.Environment == "prod" && test.question.Target.Service == "api" {
			test.question.Target = Target{Environment: "staging"}
		}
		if got := compiled.Whole(test.question); got != test.want {
			t.Errorf("%s: %v", test.sentence, got)
		}
	}
	var none *Policy
	if none.Whole(restarting()) {
		t.Error("without a policy")
	}
}

func TestAHoldWithoutAnEndLasts(t *testing.T) {
	endless := holding(Hold{Operation: "h1", Environment: "prod", Actor: Actor{User: "SRE"}})
	if got := guarded(t).Decide(restarting(endless)); got.Reason.Cause != ByHold {
		t.Errorf("got %+v", got)
	}
}
