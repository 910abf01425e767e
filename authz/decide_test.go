package authz

import (
	"fmt"
	"testing"
	"time"
)

func policy(t testing.TB, rules Rules) *Policy {
	t.Helper()
	compiled, problems := Compile(rules)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return compiled
}

func company(t testing.TB) *Policy {
	return policy(t, Rules{
		Environments: []Environment{{Name: "dev"}, {Name: "staging"}, {Name: "prod", Protected: true}},
		Roles:        []Role{{Name: "oncall", Actions: []string{"status", "restart"}}},
		Grants: []Grant{
			{Group: "S0BACKEND", Role: "operator", Environments: []string{"staging"}, Services: []string{"api", "worker-*"}, Line: 1},
			{Group: "S0BACKEND", Role: "viewer", Environments: []string{"prod"}, Line: 2},
			{Group: "S0SRE", Role: "admin", Environments: []string{Every, "prod"}, Line: 3},
			{Group: "S0STAR", Role: "operator", Environments: []string{Every}, Line: 4},
			{Group: "S0ONCALL", Role: "oncall", Environments: []string{"prod"}, Line: 5},
		},
		Denials: []Denial{
			{Group: "S0LEAVING", Environments: []string{Every}, Line: 6},
			{Group: "S0CONTRACTORS", Actions: []string{"restart"}, Environments: []string{"staging"}, Line: 7},
		},
	})
}

func member(groups ...string) Person {
	return Person{Actor: Actor{Team: "T1", User: "U1"}, Standing: Insider, Groups: groups}
}

func TestDecide(t *testing.T) {
	restart := func(person Person, environment, service string) Question {
		return Question{Person: person, Action: "restart", Changes: true, Fresh: true, Now: time.Unix(1e9, 0), Target: Target{Environment: environment, Service: service}}
	}
	status := func(person Person, environment, service string) Question {
		return Question{Person: person, Action: "status", Target: Target{Environment: environment, Service: service}}
	}
	with := func(question Question, change func(*Question)) Question { change(&question); return question }
	outsider := func(standing Standing) Person { p := member("S0SRE"); p.Standing = standing; return p }
	for _, test := range []struct {
		sentence string
		question Question
		want     Verdict
		code     Code
		line     int
	}{
		{"a grant on the exact service allows", restart(member("S0BACKEND"), "staging", "api"), Allowed, CodeNone, 1},
		{"a grant on a glob allows what it matches", restart(member("S0BACKEND"), "staging", "worker-mail"), Allowed, CodeNone, 1},
		{"a service outside the patterns does not exist", restart(member("S0BACKEND"), "staging", "billing"), Refused, CodeUnknown, 0},
		{"an environment without a grant does not exist", restart(member("S0BACKEND"), "dev", "api"), Refused, CodeUnknown, 0},
		{"an undeclared environment does not exist", restart(member("S0SRE"), "qa", "api"), Refused, CodeUnknown, 0},
		{"an environment in another case does not exist", restart(member("S0SRE"), "Staging", "api"), Refused, CodeUnknown, 0},
		{"an untagged target is unreachable", restart(member("S0SRE"), "", "api"), Refused, CodeUnknown, 0},
		{"a role without the action denies", restart(member("S0BACKEND"), "prod", "api"), Refused, CodeDenied, 0},
		{"reading in a protected environment needs no approval", status(member("S0BACKEND"), "prod", "api"), Allowed, CodeNone, 2},
		{"a change in a protected environment needs approval", restart(member("S0SRE"), "prod", "api"), NeedsApproval, CodeDenied, 3},
		{"a role of the configuration counts like a built-in one", restart(member("S0ONCALL"), "prod", "api"), NeedsApproval, CodeDenied, 5},
		{"star takes in what is not protected", restart(member("S0STAR"), "dev", "api"), Allowed, CodeNone, 4},
		{"star does not take in what is protected", restart(member("S0STAR"), "prod", "api"), Refused, CodeUnknown, 0},
		{"a denial wins over a grant of another group", restart(member("S0BACKEND", "S0CONTRACTORS"), "staging", "api"), Refused, CodeDenied, 7},
		{"a denial touches its own actions only", status(member("S0BACKEND", "S0CONTRACTORS"), "staging", "api"), Allowed, CodeNone, 1},
		{"a denial without actions denies every action", status(member("S0SRE", "S0LEAVING"), "prod", "api"), Refused, CodeDenied, 6},
		{"no group, nothing", status(member(), "staging", "api"), Refused, CodeUnknown, 0},
		{"an unknown action is refused", with(status(member("S0SRE"), "staging", "api"), func(q *Question) { q.Action = "delete" }), Refused, CodeUnknown, 0},
		{"the empty action is refused", with(status(member("S0SRE"), "staging", "api"), func(q *Question) { q.Action = "" }), Refused, CodeUnknown, 0},
		{"contradicting tags are unreachable", with(status(member("S0SRE"), "staging", "api"), func(q *Question) { q.Target.Conflict = true }), Refused, CodeConflict, 0},
		{"the bot does not touch itself", with(restart(member("S0SRE"), "staging", "api"), func(q *Question) { q.Target.Own = true }), Refused, CodeDenied, 0},
		{"stale groups change nothing", with(restart(member("S0SRE"), "staging", "api"), func(q *Question) { q.Fresh = false }), Refused, CodeStale, 0},
		{"stale groups may read", with(status(member("S0SRE"), "staging", "api"), func(q *Question) { q.Fresh = false }), Allowed, CodeNone, 3},
		{"a member of another company is nobody", restart(outsider(External), "staging", "api"), Refused, CodeNobody, 0},
		{"a guest is nobody", restart(outsider(Guest), "staging", "api"), Refused, CodeNobody, 0},
		{"a deactivated person is nobody", restart(outsider(Departed), "staging", "api"), Refused, CodeNobody, 0},
		{"a bot is nobody", restart(outsider(Automaton), "staging", "api"), Refused, CodeNobody, 0},
		{"the zero person is nobody", restart(Person{Groups: []string{"S0SRE"}}, "staging", "api"), Refused, CodeNobody, 0},
		{"the zero question is refused", Question{}, Refused, CodeNobody, 0},
		{"an open action is for every insider", Question{Person: member(), Action: "help", Open: true}, Allowed, CodeNone, 0},
		{"an open action is not for outsiders", Question{Person: outsider(Guest), Action: "help", Open: true}, Refused, CodeNobody, 0},
		{"an open action that changes is not open", Question{Person: member(), Action: "help", Open: true, Changes: true}, Refused, CodeUnknown, 0},
		{"an open action with a target is not open", Question{Person: member(), Action: "help", Open: true, Target: Target{Environment: "prod"}}, Refused, CodeUnknown, 0},
		{"an environment as a whole is seen by whoever holds anything in it", status(member("S0BACKEND"), "staging", ""), Allowed, CodeNone, 1},
	} {
		t.Run(test.sentence, func(t *testing.T) {
			got := company(t).Decide(test.question)
			if got.Verdict != test.want || got.Reason.Code != test.code || got.Reason.Source.Line != test.line {
				t.Errorf("got %v %q line %d, want %v %q line %d", got.Verdict, got.Reason.Code, got.Reason.Source.Line, test.want, test.code, test.line)
			}
		})
	}
}

func TestZeroPoliciesRefuse(t *testing.T) {
	question := Question{Person: member("S0SRE"), Action: "restart", Changes: true, Fresh: true, Now: time.Unix(1e9, 0), Target: Target{Environment: "staging", Service: "api"}}
	open := Question{Person: member("S0SRE"), Action: "help", Open: true}
	for name, policy := range map[string]*Policy{"nil": nil, "zero": {}, "empty": policy(t, Rules{})} {
		if got := policy.Decide(question); got.Verdict != Refused {
			t.Errorf("%s policy: %v", name, got)
		}
		if got := policy.Decide(open); name != "empty" && got.Verdict != Refused {
			t.Errorf("%s policy lets help through: %v", name, got)
		}
		if policy.Environments(member("S0SRE")) != nil || policy.Sees(member("S0SRE"), "staging", "api") || !policy.Protected("staging") ||
			policy.Holders("restart", "staging", "api") != nil || policy.Holdings(member("S0SRE")) != nil {
			t.Errorf("%s policy shows something", name)
		}
	}
}

func TestCompileNamesEveryProblem(t *testing.T) {
	_, problems := Compile(Rules{
		Environments: []Environment{{Name: "staging"}},
		Roles:        []Role{{Name: "viewer", Line: 1}, {Name: "x", Actions: []string{"restat"}, Line: 2}},
		Grants: []Grant{
			{Group: "S0A", Role: "operatr", Environments: []string{"staging"}, Line: 3},
			{Group: "S0A", Role: "viewer", Environments: []string{"stagin"}, Line: 4},
			{Group: "S0A", Role: "viewer", Line: 5},
			{Group: "S0A", Role: "viewer", Environments: []string{"staging"}, Services: []string{""}, Line: 6},
		},
		Denials: []Denial{{Group: "S0A", Actions: []string{"zzzzzzzz"}, Environments: []string{"nowhere"}, Line: 7}},
	})
	lines := map[int]int{}
	for _, problem := range problems {
		lines[problem.Line]++
	}
	for line, want := range map[int]int{1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1, 7: 2} {
		if lines[line] != want {
			t.Errorf("line %d: %d problems, want %d: %v", line, lines[line], want, problems)
		}
	}
}

func TestWhatSomebodySees(t *testing.T) {
	policy := company(t)
	if got := fmt.Sprint(policy.Environments(member("S0BACKEND"))); got != "[prod staging]" {
		t.Errorf("environments: %s", got)
	}
	if policy.Environments(Person{Groups: []string{"S0BACKEND"}}) != nil {
		t.Error("an outsider sees environments")
	}
	for service, want := range map[string]bool{"api": true, "worker-x": true, "billing": false} {
		if got := policy.Sees(member("S0BACKEND"), "staging", service); got != want {
			t.Errorf("sees %s: %v", service, got)
		}
	}
	if policy.Sees(member("S0BACKEND"), "qa", "api") || policy.Sees(Person{Groups: []string{"S0SRE"}}, "staging", "api") {
		t.Error("sees what is not there, or as an outsider")
	}
	if got := fmt.Sprint(policy.Holders("restart", "prod", "api")); got != "[S0ONCALL S0SRE]" {
		t.Errorf("holders: %s", got)
	}
	if policy.Holders("restart", "qa", "api") != nil || policy.Holders("delete", "prod", "api") != nil {
		t.Error("holders of what is not there")
	}
	if got := policy.Holdings(member("S0BACKEND")); len(got) != 2 || got[1].Services[1] != "worker-*" {
		t.Errorf("holdings: %v", got)
	}
	for standing, want := range map[Standing]string{
		Nobody: "nobody", Insider: "a member", External: "from another company", Guest: "a guest", Departed: "deactivated", Automaton: "a bot",
	} {
		if standing.String() != want {
			t.Errorf("%d is %q", standing, standing.String())
		}
	}
	for verdict, want := range map[Verdict]string{Refused: "refused", NeedsApproval: "needs approval", Allowed: "allowed"} {
		if verdict.String() != want {
			t.Errorf("%d is %q", verdict, verdict.String())
		}
	}
}

func TestPatterns(t *testing.T) {
	for _, test := range []struct {
		pattern, name string
		want          bool
	}{
		{"api", "api", true},
		{"api", "api2", false},
		{"api", "API", false},
		{"*", "", true},
		{"*", "anything", true},
		{"worker-*", "worker-", true},
		{"worker-*", "worker", false},
		{"*-api", "x-api", true},
		{"*-api", "x-api-y", false},
		{"a*b*c", "a1b2c", true},
		{"a*b*c", "a1c2b", false},
		{"a*a", "a", false},
		{"a*a", "aa", true},
		{"**", "x", true},
		{"a*b", "acb2", false},
		{"a*bc*d", "abcbcd", true},
	} {
		if got := pattern(test.pattern).matches(test.name); got != test.want {
			t.Errorf("%q matches %q: %v", test.pattern, test.name, got)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"restart", "rollback", "status", "logs", "api"}
	for word, want := range map[string]string{
		"restrat": "restart", "RESTART": "restart", "statsu": "status", "lgos": "logs", "apo": "api", "xyz": "", "": "",
		"restarting": "", "log": "logs", "ap": "api", "rstrt": "restart", "a very long word that is nothing like any of them and goes on and on and on": "",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	for _, count := range []int{10, 1000} {
		b.Run(fmt.Sprintf("environments=%d", count), func(b *testing.B) {
			var rules Rules
			for number := range count {
				name := fmt.Sprintf("env-%04d", number)
				rules.Environments = append(rules.Environments, Environment{Name: name})
				rules.Grants = append(rules.Grants,
					Grant{Group: "S0ONE", Role: "operator", Environments: []string{name}, Services: []string{"web", "worker-*"}},
					Grant{Group: "S0TWO", Role: "operator", Environments: []string{name}, Services: []string{"api", "*-mail"}})
				rules.Denials = append(rules.Denials, Denial{Group: "S0OUT", Environments: []string{name}})
			}
			compiled := policy(b, rules)
			question := Question{
				Person: member("S0NONE", "S0ONE", "S0TWO"), Action: "restart", Changes: true, Fresh: true, Now: time.Unix(1e9, 0),
				Target: Target{Environment: "env-0007", Service: "api"},
			}
			b.ReportAllocs()
			for b.Loop() {
				if compiled.Decide(question).Verdict != Allowed {
					b.Fatal("refused")
				}
			}
		})
	}
}
