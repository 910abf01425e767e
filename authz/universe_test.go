package authz_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ecsbot/authz"
)

// TestTheOracleAgrees puts every question of a small universe to the policy and to the oracle.
// Scenes and questions are drawn with fixed seeds from few names, so that grants, denials,
// holds, access, freezes and approvals meet all the time; the test counts what came of them,
// so that a universe in which too little happens is a failure too.
func TestTheOracleAgrees(t *testing.T) {
	scenes, questions := 1000, 250
	if testing.Short() { // enough to see a mistake, not to say that there is none
		scenes = 100
	}
	outcomes := map[answer]int{}
	causes := map[authz.Cause]int{}
	for seed := range uint64(scenes) {
		u := universe{rand.New(rand.NewPCG(seed, 1))}
		drawn := u.scene()
		policy, problems := authz.Compile(drawn.rules())
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		for number := range questions {
			q := u.ask()
			want := drawn.decide(q)
			decision := policy.Decide(q.question())
			got := answer{decision.Verdict.String(), string(decision.Reason.Code)}
			if got != want {
				t.Fatalf("scene %d, question %d: the policy says %v (cause %d), the oracle %v\n%+v\n%+v", seed, number, got, decision.Reason.Cause, want, drawn, q)
			}
			outcomes[want]++
			causes[decision.Reason.Cause]++
			agreesOnApprovers(t, drawn, policy, q)
			if number%10 == 0 {
				agreesOnSight(t, drawn, policy, q)
			}
		}
	}
	t.Logf("%d questions in %d scenes: %v; by cause: %v", scenes*questions, scenes, outcomes, causes)
	for _, outcome := range []answer{
		allowed, pending, refusedAs("nobody"), refusedAs("unknown"), refusedAs("denied"), refusedAs("conflict"),
		refusedAs("stale"), refusedAs("held"), refusedAs("frozen"),
	} {
		if outcomes[outcome] < scenes {
			t.Errorf("only %d questions end %v: the universe is too small", outcomes[outcome], outcome)
		}
	}
	for cause := authz.ByDefault; cause <= authz.ByNoOffer; cause++ {
		isOfDecide := cause != authz.ByRequester && cause != authz.ByNoApprover
		if isOfDecide && causes[cause] < scenes/5 {
			t.Errorf("only %d questions are decided by cause %d: the universe is too small", causes[cause], cause)
		}
	}
}

// agreesOnApprovers asks for everybody in the question whether they may approve it.
func agreesOnApprovers(t *testing.T, drawn scene, policy *authz.Policy, q ask) {
	t.Helper()
	where, declared := drawn.environment(q.environment)
	actions := []string{q.action}
	if q.role != "" {
		actions = drawn.actions(q.role)
	}
	known := q.role == "" && slices.Contains(drawn.actions("admin"), q.action) || len(actions) > 1
	for _, each := range append(slices.Clone(q.approvers), q.who) {
		want := declared && known && drawn.mayApprove(q, where, each, actions)
		if got := policy.MayApprove(q.question(), each.slack()).Verdict == authz.Allowed; got != want {
			t.Fatalf("%v may approve: the policy says %v, the oracle %v\n%+v\n%+v", each, got, want, drawn, q)
		}
	}
}

// agreesOnSight asks what the person sees: what they hold nothing on does not exist for them.
func agreesOnSight(t *testing.T, drawn scene, policy *authz.Policy, q ask) {
	t.Helper()
	var names []string
	q.access = nil
	for _, where := range drawn.environments {
		q.environment = where.name
		if q.who.member && drawn.holdsSomething(q, "") {
			names = append(names, where.name)
		}
		want := q.who.member && drawn.holdsSomething(q, q.service)
		if got := policy.Sees(q.who.slack(), where.name, q.service); got != want {
			t.Fatalf("%v sees %s in %s: the policy says %v, the oracle %v\n%+v", q.who, q.service, where.name, got, want, drawn)
		}
	}
	slices.Sort(names)
	if got := policy.Environments(q.who.slack()); !slices.Equal(got, names) {
		t.Fatalf("%v sees %v by the policy, %v by the oracle\n%+v", q.who, got, names, drawn)
	}
}

// universe draws from few names.
type universe struct{ *rand.Rand }

func (u universe) one(of ...string) string { return of[u.IntN(len(of))] }

func (u universe) often(percent int) bool { return u.IntN(100) < percent }

// some draws each with the same chance, in order.
func (u universe) some(percent int, of ...string) []string {
	return slices.DeleteFunc(slices.Clone(of), func(string) bool { return !u.often(percent) })
}

func (u universe) group() string { return u.one("S1", "S2", "S3", "S4") }

func (u universe) groups(percent int) []string { return u.some(percent, "S1", "S2", "S3", "S4") }

func (u universe) role() string {
	return u.one("viewer", "operator", "operator", "deployer", "admin", "oncall")
}

func (u universe) environments(word string) []string {
	return append(u.some(50, "dev", "prod", "vault", word), u.one("dev", "prod", "vault"))
}

func (u universe) action() string {
	return u.one("status", "logs", "restart", "restart", "scale", "deploy", "run-command", "hold", "release", "hold-all", "help", "delete", "bulk")
}

func (u universe) service() string { return u.one("api", "api", "worker-mail", "web", "") }

func (u universe) scene() scene {
	s := scene{roles: builtIn()}
	s.roles["oncall"] = append(u.some(50, "status", "logs", "scale", "hold"), "status", "restart")
	for _, name := range []string{"dev", "prod", "vault"} {
		s.environments = append(s.environments, u.settled(name))
	}
	for range 2 + u.IntN(5) {
		each := grant{group: u.group(), role: u.role(), environments: u.environments("*")}
		if u.often(40) {
			each.services = append(u.some(30, "worker-*", "*", "w*b", "*e*-*l"), u.one("api", "web"))
		}
		s.grants = append(s.grants, each)
	}
	for range u.IntN(3) {
		s.offers = append(s.offers, offer{u.group(), u.role(), u.environments("*"), 10 + u.IntN(100)})
	}
	for range u.IntN(3) {
		each := denial{group: u.group(), actions: u.some(35, "restart", "scale", "hold-all", "status")}
		if u.often(70) {
			each.environments = u.environments("*")
		}
		s.denials = append(s.denials, each)
	}
	return s
}

func (u universe) settled(name string) environment {
	made := environment{name: name, protected: name != "dev", count: u.IntN(3)}
	if u.often(50) {
		made.approvers = u.groups(40)
	}
	made.breakGlass = u.groups(30)
	if u.often(50) {
		each := freeze{from: "16:00", to: u.one("24:00", "17:30"), days: u.some(50, "fri", "sat", "sun"), zone: u.one("", "Europe/Berlin"), except: u.groups(20)}
		if u.often(30) {
			each.days, each.from, each.to = nil, u.one("2026-03-06", "2026-03-06 15:30"), "2026-07-03 22:30"
		}
		made.freezes = append(made.freezes, each)
	}
	return made
}

func (u universe) person() person {
	return person{u.one("U1", "U2", "U3"), u.often(94), u.groups(60)}
}

// ask draws a question: mostly one that makes sense, now and then any.
func (u universe) ask() ask {
	q := ask{
		who: u.person(), action: u.action(), fresh: u.often(90), glass: u.often(20), open: u.often(10),
		environment: u.one("dev", "dev", "prod", "prod", "prod", "vault", "vault", "vault", "qa", ""), service: u.service(), conflict: u.often(4), own: u.often(4), now: u.moment(),
	}
	q.changes = !slices.Contains([]string{"status", "logs", "help"}, q.action) != u.often(5)
	q.free = slices.Contains([]string{"hold", "release", "hold-all"}, q.action) != u.often(5)
	if q.open && u.often(80) {
		q.environment, q.service, q.conflict, q.own, q.changes = "", "", false, false, false
	}
	q.everywhere = q.action == "hold-all" && u.often(70) || u.often(2)
	if u.often(15) {
		q.role, q.minutes = u.role(), u.IntN(120)-5
	}
	if u.often(1) {
		q.role = "nobody"
	}
	for range u.IntN(3) {
		q.access = append(q.access, given{u.person().user, u.one("dev", "prod", "vault"), u.service(), u.role(), u.IntN(5) - 1})
	}
	for range u.IntN(3) {
		q.holds = append(q.holds, held{u.person().user, u.one("dev", "prod", "vault", "prod", "vault", u.one("", "dev")), u.service(), u.IntN(4) - 1})
	}
	for range u.IntN(4) {
		approver := u.person() // whoever clicked twice is read as the same
		if again := slices.IndexFunc(q.approvers, func(each person) bool { return each.user == approver.user }); again >= 0 {
			approver = q.approvers[again]
		}
		q.approvers = append(q.approvers, approver)
	}
	return q
}

// moment draws a time: on either side of a freeze's hours and days, and where Berlin and UTC
// are on different days or one and two hours apart.
func (u universe) moment() moment {
	moments := []moment{
		{},
		{"2026-03-06 14:59", "fri", "2026-03-06 15:59", "fri"},
		{"2026-03-06 15:00", "fri", "2026-03-06 16:00", "fri"},
		{"2026-03-06 16:30", "fri", "2026-03-06 17:30", "fri"},
		{"2026-03-06 23:59", "fri", "2026-03-07 00:59", "sat"},
		{"2026-03-08 22:59", "sun", "2026-03-08 23:59", "sun"},
		{"2026-03-08 23:00", "sun", "2026-03-09 00:00", "mon"},
		{"2026-03-05 22:30", "thu", "2026-03-05 23:30", "thu"},
		{"2026-03-05 23:30", "thu", "2026-03-06 00:30", "fri"},
		{"2026-07-03 14:00", "fri", "2026-07-03 16:00", "fri"},
		{"2026-07-03 20:30", "fri", "2026-07-03 22:30", "fri"},
		{"2026-07-03 22:30", "fri", "2026-07-04 00:30", "sat"},
		{"2026-07-08 16:30", "wed", "2026-07-08 18:30", "wed"},
	}
	if u.often(5) {
		return moment{}
	}
	return moments[1+u.IntN(len(moments)-1)]
}

// rules are the scene as a configuration has it.
func (s scene) rules() authz.Rules {
	var rules authz.Rules
	for _, each := range s.environments {
		made := authz.Environment{
			Name: each.name, Protected: each.protected, BreakGlass: each.breakGlass,
			Approval: authz.Approval{From: each.approvers, Count: each.count},
		}
		for _, window := range each.freezes {
			made.Freezes = append(made.Freezes, authz.Freeze{Days: window.days, From: window.from, To: window.to, Zone: window.zone, Except: window.except})
		}
		rules.Environments = append(rules.Environments, made)
	}
	rules.Roles = []authz.Role{{Name: "oncall", Actions: s.roles["oncall"]}}
	for _, each := range s.grants {
		rules.Grants = append(rules.Grants, authz.Grant{Group: each.group, Role: each.role, Environments: each.environments, Services: each.services})
	}
	for _, each := range s.offers {
		rules.Requestable = append(rules.Requestable, authz.Requestable{
			Group: each.group, Role: each.role, Environments: each.environments, Longest: time.Duration(each.minutes) * time.Minute,
		})
	}
	for _, each := range s.denials {
		rules.Denials = append(rules.Denials, authz.Denial{Group: each.group, Actions: each.actions, Environments: each.environments})
	}
	return rules
}

func (p person) slack() authz.Person {
	made := authz.Person{Actor: authz.Actor{Team: "T1", User: p.user}, Standing: authz.Guest, Groups: p.groups}
	if p.member {
		made.Standing = authz.Insider
	}
	return made
}

// question is the ask as the policy takes it.
func (q ask) question() authz.Question {
	made := authz.Question{
		Person: q.who.slack(), Action: q.action, Changes: q.changes, Open: q.open, Free: q.free, Fresh: q.fresh, Everywhere: q.everywhere,
		Target: authz.Target{Environment: q.environment, Service: q.service, Conflict: q.conflict, Own: q.own},
		Role:   q.role, Duration: time.Duration(q.minutes) * time.Minute, BreakGlass: q.glass,
	}
	ends := func(minutes int) time.Time { return made.Now.Add(time.Duration(minutes) * time.Minute) }
	if q.now.utc != "" {
		made.Now, _ = time.Parse("2006-01-02 15:04", q.now.utc)
	}
	for _, each := range q.access {
		made.Access = append(made.Access, authz.Access{
			Actor: authz.Actor{Team: "T1", User: each.user}, Environment: each.environment, Service: each.service, Role: each.role, Until: ends(each.minutes),
		})
	}
	for position, each := range q.holds {
		made.Holds = append(made.Holds, authz.Hold{
			Operation: fmt.Sprint(position), Actor: authz.Actor{Team: "T1", User: each.user}, Environment: each.environment, Service: each.service, Until: ends(each.minutes),
		})
	}
	for _, each := range q.approvers {
		made.Approvers = append(made.Approvers, each.slack())
	}
	return made
}
