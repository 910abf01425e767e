package authz

import (
	"fmt"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) // a Wednesday

// guarded is a company in which everything that authority knows is in play.
func guarded(t testing.TB) *Policy {
	return policy(t, Rules{
		Environments: []Environment{
			{Name: "staging"},
			{
				Name: "prod", Protected: true, Approval: Approval{From: []string{"S0SRE", "S0LEADS"}, Count: 2}, BreakGlass: []string{"S0ONCALL"},
				Freezes: []Freeze{{Days: []string{"fri"}, Except: []string{"S0SRE"}, Line: 20}, {From: "2026-04-01", To: "2026-04-02", Line: 21}},
			},
			{Name: "vault", Protected: true},
		},
		Roles: []Role{{Name: "restarter", Actions: []string{"restart"}}},
		Grants: []Grant{
			{Group: "S0BACKEND", Role: "operator", Environments: []string{Every, "prod"}, Services: []string{"api"}, Line: 1},
			{Group: "S0SRE", Role: "admin", Environments: []string{Every, "prod"}, Line: 2},
			{Group: "S0KEEPERS", Role: "operator", Environments: []string{"vault"}, Line: 3},
			{Group: "S0READERS", Role: "viewer", Environments: []string{"vault"}, Line: 4},
			{Group: "S0ONCALL", Role: "restarter", Environments: []string{"prod", "vault"}, Line: 5},
		},
		Requestable: []Requestable{
			{Group: "S0BACKEND", Role: "operator", Environments: []string{"prod", "vault"}, Longest: 2 * time.Hour, Line: 8},
			{Group: "S0BACKEND", Role: "viewer", Environments: []string{"vault"}, Longest: 8 * time.Hour, Line: 9},
		},
		Denials: []Denial{{Group: "S0LEAVING", Actions: []string{"restart"}, Environments: []string{"prod", "vault"}, Line: 12}},
	})
}

func somebody(user string, groups ...string) Person {
	return Person{Actor: Actor{Team: "T1", User: user}, Standing: Insider, Groups: groups}
}

// restarting is the question of a developer about prod/api at noon.
func restarting(change ...func(*Question)) Question {
	question := Question{
		Person: somebody("DEV", "S0BACKEND"), Action: "restart", Changes: true, Fresh: true, Now: noon,
		Target: Target{Environment: "prod", Service: "api"},
	}
	for _, each := range change {
		each(&question)
	}
	return question
}

func by(person Person) func(*Question) { return func(q *Question) { q.Person = person } }

func at(now time.Time) func(*Question) { return func(q *Question) { q.Now = now } }

func in(environment, service string) func(*Question) {
	return func(q *Question) { q.Target.Environment, q.Target.Service = environment, service }
}

func approvedBy(persons ...Person) func(*Question) {
	return func(q *Question) { q.Approvers = persons }
}

func holding(holds ...Hold) func(*Question) { return func(q *Question) { q.Holds = holds } }

func having(access ...Access) func(*Question) { return func(q *Question) { q.Access = access } }

func asking(role string, duration time.Duration) func(*Question) {
	return func(q *Question) { q.Action, q.Role, q.Duration = "request", role, duration }
}

func breaking(q *Question) { q.BreakGlass = true }

func unread(q *Question) { q.Fresh = false }

func TestSecondPersonsHoldsFreezesAndAccess(t *testing.T) {
	sre, lead, other := somebody("SRE", "S0SRE"), somebody("LEAD", "S0LEADS"), somebody("SRE2", "S0SRE")
	mine := Access{Operation: "a1", Actor: Actor{Team: "T1", User: "DEV"}, Environment: "prod", Role: "operator", Until: noon.Add(time.Second)}
	with := func(change func(*Access)) func(*Question) { changed := mine; change(&changed); return having(changed) }
	busy := Hold{Operation: "h1", Actor: Actor{Team: "T1", User: "SRE"}, Environment: "prod", Service: "api", Until: noon.Add(time.Second)}
	but := func(change func(*Hold)) func(*Question) { changed := busy; change(&changed); return holding(changed) }
	kill := Hold{Operation: "k1", Actor: Actor{Team: "T1", User: "DEV"}}
	friday := noon.AddDate(0, 0, 2)
	for _, test := range []struct {
		sentence string
		question Question
		want     Verdict
		cause    Cause
		line     int
	}{
		{"a change in a protected environment waits for its second persons", restarting(), NeedsApproval, ByProtection, 1},
		{"one of two is not enough", restarting(approvedBy(sre)), NeedsApproval, ByProtection, 1},
		{"two of two are", restarting(approvedBy(sre, lead)), Allowed, ByApproval, 1},
		{"one person twice is one", restarting(approvedBy(sre, sre)), NeedsApproval, ByProtection, 1},
		{"the requester does not count, whatever their groups", restarting(by(somebody("DEV", "S0BACKEND", "S0SRE")), approvedBy(somebody("DEV", "S0SRE"), sre)), NeedsApproval, ByProtection, 1},
		{"an approver who is a guest by now does not count", restarting(approvedBy(sre, Person{Actor: lead.Actor, Standing: Guest, Groups: lead.Groups})), NeedsApproval, ByProtection, 1},
		{"an approver who left the group does not count", restarting(approvedBy(sre, somebody("LEAD"))), NeedsApproval, ByProtection, 1},
		{"an approver under a denial does not count", restarting(approvedBy(sre, somebody("LEAD", "S0LEADS", "S0LEAVING"))), NeedsApproval, ByProtection, 1},
		{"a denial of one action leaves the approval of another", restarting(func(q *Question) { q.Action = "scale" }, approvedBy(sre, somebody("LEAD", "S0LEADS", "S0LEAVING"))), Allowed, ByApproval, 1},
		{"approvals give nobody a right that they lack", restarting(by(somebody("DEV", "S0BACKEND")), in("prod", "web"), approvedBy(sre, lead)), Refused, ByService, 0},
		{"approvals do not outweigh a denial", restarting(by(somebody("DEV", "S0BACKEND", "S0LEAVING")), approvedBy(sre, lead)), Refused, ByDenial, 12},
		{"approvals do not outweigh staleness", restarting(unread, approvedBy(sre, lead)), Refused, ByStaleness, 0},
		{"at an unknown time nothing changes", restarting(at(time.Time{}), approvedBy(sre, lead)), Refused, ByStaleness, 0},
		{"reading needs no second person", restarting(func(q *Question) { q.Action, q.Changes = "status", false }), Allowed, ByGrant, 1},

		{"time-bound access stands for approval", restarting(having(mine)), Allowed, ByAccess, 1},
		{"time-bound access stands for a grant", restarting(by(somebody("DEV")), having(mine)), Allowed, ByAccess, 0},
		{"time-bound access lets somebody read", restarting(by(somebody("DEV")), having(mine), func(q *Question) { q.Action, q.Changes = "status", false }), Allowed, ByAccess, 0},
		{"time-bound access is good where nothing is protected", restarting(by(somebody("DEV")), in("staging", "api"), with(func(a *Access) { a.Environment = "staging" })), Allowed, ByAccess, 0},
		{"time-bound access ends", restarting(having(mine), at(noon.Add(time.Second))), NeedsApproval, ByProtection, 1},
		{"time-bound access of others is theirs", restarting(with(func(a *Access) { a.Actor.User = "SRE" })), NeedsApproval, ByProtection, 1},
		{"time-bound access elsewhere is elsewhere", restarting(with(func(a *Access) { a.Environment = "vault" })), NeedsApproval, ByProtection, 1},
		{"time-bound access to another service is to that", restarting(with(func(a *Access) { a.Service = "web" })), NeedsApproval, ByProtection, 1},
		{"time-bound access to the very service is good", restarting(with(func(a *Access) { a.Service = "api" })), Allowed, ByAccess, 1},
		{"time-bound access in a role without the action is none", restarting(with(func(a *Access) { a.Role = "viewer" })), NeedsApproval, ByProtection, 1},
		{"time-bound access in a role that is no more is none", restarting(by(somebody("DEV")), with(func(a *Access) { a.Role = "gone" })), Refused, ByEnvironment, 0},
		{"whoever has time-bound access sees what it is about", restarting(by(somebody("DEV")), with(func(a *Access) { a.Service = "web" })), Refused, ByService, 0},
		{"time-bound access does not outweigh a denial", restarting(by(somebody("DEV", "S0LEAVING")), having(mine)), Refused, ByDenial, 12},
		{"time-bound access does not outweigh a hold", restarting(having(mine), holding(busy)), Refused, ByHold, 0},
		{"time-bound access does not outweigh a freeze", restarting(with(func(a *Access) { a.Until = friday.AddDate(0, 0, 1) }), at(friday)), Refused, ByFreeze, 20},
		{"the second grant of several is found", restarting(having(Access{}, mine)), Allowed, ByAccess, 1},

		{"a hold stops others", restarting(holding(busy), approvedBy(sre, lead)), Refused, ByHold, 0},
		{"a hold does not stop its holder", restarting(by(sre), approvedBy(other, lead), holding(busy)), Allowed, ByApproval, 2},
		{"a hold ends", restarting(holding(busy), at(noon.Add(time.Second))), NeedsApproval, ByProtection, 1},
		{"a hold on another service does not matter", restarting(but(func(h *Hold) { h.Service = "web" })), NeedsApproval, ByProtection, 1},
		{"a hold elsewhere does not matter", restarting(but(func(h *Hold) { h.Environment = "vault" })), NeedsApproval, ByProtection, 1},
		{"a hold on the environment is on every service", restarting(but(func(h *Hold) { h.Service = "" })), Refused, ByHold, 0},
		{"a hold on a service is on the environment as a whole", restarting(by(somebody("SRE2", "S0SRE")), in("prod", ""), holding(busy)), Refused, ByHold, 0},
		{"the second hold of several stops too", restarting(holding(Hold{Environment: "prod", Until: noon}, busy)), Refused, ByHold, 0},
		{"the kill switch stops everybody, its holder too, and has no end", restarting(holding(kill), approvedBy(sre, lead)), Refused, ByHold, 0},
		{"the kill switch stops nobody from reading", restarting(holding(kill), func(q *Question) { q.Action, q.Changes = "status", false }), Allowed, ByGrant, 1},
		{"releasing is stopped by nothing and needs nobody", restarting(holding(kill, busy), at(friday), func(q *Question) { q.Action, q.Free = "release", true }), Allowed, ByGrant, 1},
		{"releasing needs fresh knowledge all the same", restarting(unread, func(q *Question) { q.Action, q.Free = "release", true }), Refused, ByStaleness, 0},

		{"a freeze stops changes", restarting(at(friday), approvedBy(sre, lead)), Refused, ByFreeze, 20},
		{"a freeze does not stop whom it excepts", restarting(by(sre), at(friday), approvedBy(other, lead)), Allowed, ByApproval, 2},
		{"a freeze of a range of dates stops changes", restarting(at(time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC))), Refused, ByFreeze, 21},
		{"another environment is not frozen", restarting(in("staging", "api"), at(friday)), Allowed, ByGrant, 1},

		{"breaking the glass stands for the second person", restarting(by(somebody("ONCALL", "S0ONCALL")), breaking), Allowed, ByBreakGlass, 5},
		{"breaking the glass is for those who are named", restarting(breaking), Refused, ByNoBreakGlass, 1},
		{"where nobody is named, nobody breaks the glass", restarting(by(somebody("ONCALL", "S0ONCALL")), in("vault", "api"), breaking), Refused, ByNoBreakGlass, 5},
		{"breaking the glass gives no right", restarting(by(somebody("ONCALL", "S0ONCALL")), breaking, func(q *Question) { q.Action = "deploy" }), Refused, ByDefault, 0},
		{"breaking the glass does not outweigh a hold", restarting(by(somebody("ONCALL", "S0ONCALL")), breaking, holding(busy)), Refused, ByHold, 0},
		{"breaking the glass does not outweigh a freeze", restarting(by(somebody("ONCALL", "S0ONCALL")), breaking, at(friday)), Refused, ByFreeze, 20},
		{"where nothing is protected there is no glass", restarting(in("staging", "api"), breaking), Allowed, ByGrant, 1},

		{"without approving groups a holder of the action approves", restarting(by(somebody("K1", "S0KEEPERS")), in("vault", "x"), approvedBy(somebody("K2", "S0KEEPERS"))), Allowed, ByApproval, 3},
		{"without approving groups who does not hold the action cannot", restarting(by(somebody("K1", "S0KEEPERS")), in("vault", "x"), approvedBy(somebody("R", "S0READERS"))), NeedsApproval, ByProtection, 3},

		{"access that is offered waits for its second persons", restarting(asking("operator", 2*time.Hour)), NeedsApproval, ByProtection, 8},
		{"access that is offered and approved is given", restarting(asking("operator", time.Hour), approvedBy(sre, lead)), Allowed, ByApproval, 8},
		{"access for longer than offered", restarting(asking("operator", 2*time.Hour+1)), Refused, ByNoOffer, 0},
		{"access for no time", restarting(asking("operator", 0)), Refused, ByNoOffer, 0},
		{"access in a role that is not offered", restarting(asking("admin", time.Hour)), Refused, ByNoOffer, 0},
		{"access in a role that is none", restarting(asking("king", time.Hour)), Refused, ByNoOffer, 0},
		{"the second offer of several is found", restarting(in("vault", "x"), asking("viewer", 8*time.Hour)), NeedsApproval, ByProtection, 9},
		{"whoever is offered access where they hold nothing may ask", restarting(in("vault", "x"), asking("operator", time.Hour)), NeedsApproval, ByProtection, 8},
		{"whoever is offered nothing where they hold nothing hears of no environment", restarting(by(somebody("K1", "S0KEEPERS")), asking("operator", time.Hour)), Refused, ByEnvironment, 0},
		{"whoever holds something and is offered nothing hears that", restarting(by(sre), asking("operator", time.Hour)), Refused, ByNoOffer, 0},
		{"access to what is not declared", restarting(in("qa", "api"), asking("operator", time.Hour)), Refused, ByEnvironment, 0},
		{"access with a denied action in it", restarting(by(somebody("DEV", "S0BACKEND", "S0LEAVING")), asking("operator", time.Hour)), Refused, ByDenial, 12},
		{"access wants fresh knowledge", restarting(unread, asking("operator", time.Hour)), Refused, ByStaleness, 0},
		{"access at an unknown time", restarting(at(time.Time{}), asking("operator", time.Hour)), Refused, ByStaleness, 0},
		{"the kill switch stops access too", restarting(asking("operator", time.Hour), holding(busy, kill)), Refused, ByHold, 0},
		{"another hold does not stop access", restarting(asking("operator", time.Hour), holding(busy)), NeedsApproval, ByProtection, 8},
		{"access is approved by whoever holds all of the role", restarting(in("vault", "x"), asking("operator", time.Hour), approvedBy(somebody("K1", "S0KEEPERS"))), Allowed, ByApproval, 8},
		{"a part of the role is not enough to approve it", restarting(in("vault", "x"), asking("operator", time.Hour), approvedBy(somebody("O1", "S0ONCALL"))), NeedsApproval, ByProtection, 8},
	} {
		t.Run(test.sentence, func(t *testing.T) {
			got := guarded(t).Decide(test.question)
			if got.Verdict != test.want || got.Reason.Cause != test.cause || got.Reason.Source.Line != test.line {
				t.Errorf("got %v, cause %d, line %d; want %v, cause %d, line %d", got.Verdict, got.Reason.Cause, got.Reason.Source.Line, test.want, test.cause, test.line)
			}
			if hold := got.Reason.Hold; (hold != nil) != (test.cause == ByHold) || hold != nil && hold.Operation != "h1" && hold.Operation != "k1" {
				t.Errorf("the hold that decided: %v", hold)
			}
			if access := got.Reason.Access; (access != nil) != (test.cause == ByAccess) || access != nil && access.Operation != "a1" {
				t.Errorf("the access that decided: %v", access)
			}
		})
	}
}

func TestTheKillSwitch(t *testing.T) {
	everywhere := func(person Person, change ...func(*Question)) Question {
		question := Question{Person: person, Action: "hold-all", Changes: true, Free: true, Everywhere: true, Fresh: true, Now: noon}
		for _, each := range change {
			each(&question)
		}
		return question
	}
	for _, test := range []struct {
		sentence string
		question Question
		want     Verdict
		cause    Cause
		line     int
	}{
		{"whoever holds it in any environment may", everywhere(somebody("SRE", "S0SRE")), Allowed, ByGrant, 2},
		{"the first of several grants is named", everywhere(somebody("K1", "S0KEEPERS", "S0BACKEND"), func(q *Question) { q.Action = "restart" }), Allowed, ByGrant, 1},
		{"nobody else may", everywhere(somebody("K1", "S0KEEPERS")), Refused, ByDefault, 0},
		{"it wants fresh knowledge", everywhere(somebody("SRE", "S0SRE"), unread), Refused, ByStaleness, 0},
		{"it wants a known time", everywhere(somebody("SRE", "S0SRE"), at(time.Time{})), Refused, ByStaleness, 0},
		{"reading it wants neither", everywhere(somebody("SRE", "S0SRE"), unread, func(q *Question) { q.Changes = false }), Allowed, ByGrant, 2},
		{"it stops nobody from releasing it", everywhere(somebody("SRE", "S0SRE"), holding(Hold{})), Allowed, ByGrant, 2},
		{"a denial in one environment forbids it", everywhere(somebody("SRE", "S0SRE", "S0LEAVING"), func(q *Question) { q.Action = "restart" }), Refused, ByDenial, 12},
	} {
		t.Run(test.sentence, func(t *testing.T) {
			if got := guarded(t).Decide(test.question); got.Verdict != test.want || got.Reason.Cause != test.cause || got.Reason.Source.Line != test.line {
				t.Errorf("got %v, cause %d, line %d", got.Verdict, got.Reason.Cause, got.Reason.Source.Line)
			}
		})
	}
}

func TestWhomAHoldStops(t *testing.T) {
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	holder, other := Actor{Team: "T1", User: "DEV"}, Actor{Team: "T1", User: "SRE"}
	api := Target{Environment: "prod", Service: "api"}
	for _, row := range []struct {
		says   string
		hold   Hold
		actor  Actor
		target Target
		want   bool
	}{
		{"everything, its holder too", Hold{Actor: holder}, holder, api, true},
		{"a service, others", Hold{Actor: holder, Environment: "prod", Service: "api"}, other, api, true},
		{"a service, not its holder", Hold{Actor: holder, Environment: "prod", Service: "api"}, holder, api, false},
		{"an environment, each service of it", Hold{Actor: holder, Environment: "prod"}, other, api, true},
		{"a service, not another", Hold{Actor: holder, Environment: "prod", Service: "web"}, other, api, false},
		{"an environment, not another", Hold{Actor: holder, Environment: "staging"}, other, api, false},
		{"what has run out, nobody", Hold{Actor: holder, Environment: "prod", Until: noon}, other, api, false},
	} {
		if got := row.hold.Stops(row.actor, row.target, noon); got != row.want {
			t.Errorf("%s: %v", row.says, got)
		}
	}
}

func TestWhoMayApproveAndWhyNot(t *testing.T) {
	for _, test := range []struct {
		sentence string
		question Question
		approver Person
		want     Decision
	}{
		{"a member of an approving group", restarting(), somebody("LEAD", "S0LEADS"), Decision{Allowed, Reason{Cause: ByApproval, Source: Source{Kind: ApprovalRule}}}},
		{"a guest in an approving group", restarting(), Person{Standing: Guest, Groups: []string{"S0LEADS"}}, refuse(CodeNobody, ByStanding, Source{})},
		{"the requester", restarting(), somebody("DEV", "S0LEADS"), refuse(CodeDenied, ByRequester, Source{})},
		{"a holder of the action where groups are named", restarting(), somebody("DEV2", "S0BACKEND"), refuse(CodeDenied, ByNoApprover, Source{})},
		{"somebody under a denial", restarting(), somebody("LEAD", "S0LEADS", "S0LEAVING"), refuse(CodeDenied, ByDenial, Source{Kind: DenialRule, Group: "S0LEAVING", Line: 12})},
		{"a holder of the action where no groups are named", restarting(in("vault", "x")), somebody("K1", "S0KEEPERS"), Decision{Allowed, Reason{Cause: ByApproval, Source: Source{Kind: GrantRule, Group: "S0KEEPERS", Role: "operator", Line: 3}}}},
		{"nobody's action", restarting(func(q *Question) { q.Action = "delete" }), somebody("LEAD", "S0LEADS"), refuse(CodeUnknown, ByEnvironment, Source{})},
		{"nobody's role", restarting(asking("king", time.Hour)), somebody("LEAD", "S0LEADS"), refuse(CodeUnknown, ByEnvironment, Source{})},
		{"nobody's environment", restarting(in("qa", "api")), somebody("LEAD", "S0LEADS"), refuse(CodeUnknown, ByEnvironment, Source{})},
	} {
		t.Run(test.sentence, func(t *testing.T) {
			if got := guarded(t).MayApprove(test.question, test.approver); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
	var none *Policy
	if got := none.MayApprove(restarting(), somebody("LEAD", "S0LEADS")); got.Verdict != Refused {
		t.Errorf("without a policy: %+v", got)
	}
}

func TestWhomToAskForApproval(t *testing.T) {
	var none *Policy
	for _, test := range []struct {
		policy              *Policy
		environment, groups string
		count               int
	}{
		{guarded(t), "prod", "[S0SRE S0LEADS]", 2},
		{guarded(t), "vault", "[S0KEEPERS S0ONCALL]", 1},
		{guarded(t), "qa", "[]", 0},
		{none, "prod", "[]", 0},
	} {
		groups, count := test.policy.ApprovingGroups("restart", test.environment, "api")
		if fmt.Sprint(groups) != test.groups || count != test.count {
			t.Errorf("%s: %d of %v", test.environment, count, groups)
		}
	}
}

func TestWhatSomebodyMayAskFor(t *testing.T) {
	var none *Policy
	if none.Offers(somebody("DEV", "S0BACKEND")) != nil || guarded(t).Offers(Person{Groups: []string{"S0BACKEND"}}) != nil || guarded(t).Offers(somebody("SRE", "S0SRE")) != nil {
		t.Error("offered to whom nothing is")
	}
	want := "[{prod operator 2h0m0s} {vault operator 2h0m0s} {vault viewer 8h0m0s}]"
	if got := fmt.Sprint(guarded(t).Offers(somebody("DEV", "S0SRE", "S0BACKEND"))); got != want {
		t.Errorf("offers %s, want %s", got, want)
	}
	for _, test := range []struct{ sentence, action, environment, want string }{
		{"every role that includes it", "status", "vault", "[{vault operator 2h0m0s} {vault viewer 8h0m0s}]"},
		{"no role that does not", "restart", "vault", "[{vault operator 2h0m0s}]"},
		{"no other environment", "restart", "prod", "[{prod operator 2h0m0s}]"},
		{"nothing where nothing includes it", "deploy", "prod", "[]"},
		{"nothing for an action that is none", "delete", "prod", "[]"},
		{"nothing where nothing is offered", "restart", "staging", "[]"},
	} {
		if got := fmt.Sprint(guarded(t).OffersOf(somebody("DEV", "S0BACKEND"), test.action, test.environment)); got != test.want {
			t.Errorf("%s: %s, want %s", test.sentence, got, test.want)
		}
	}
	if got := none.OffersOf(somebody("DEV", "S0BACKEND"), "restart", "prod"); len(got) > 0 {
		t.Errorf("without a policy: %v", got)
	}
	_, problems := Compile(Rules{
		Environments: []Environment{{Name: "prod"}},
		Requestable: []Requestable{
			{Group: "S0A", Role: "operatr", Environments: []string{"prod"}, Longest: time.Hour, Line: 1},
			{Group: "S0A", Role: "operator", Environments: []string{"prod"}, Line: 2},
			{Group: "S0A", Role: "operator", Environments: []string{"prd"}, Longest: time.Hour, Line: 3},
		},
	})
	want = `[{1 requestable: unknown role "operatr"; did you mean "operator"?} {2 requestable: longest is required, such as 2h} {3 requestable: environment "prd" is not declared; did you mean "prod"?}]`
	if got := fmt.Sprint(problems); got != want {
		t.Errorf("problems %s, want %s", got, want)
	}
}

// With all of it in play the decision still allocates nothing.
func TestDecideAllocatesNothing(t *testing.T) {
	compiled := guarded(t)
	question := restarting(
		having(Access{Environment: "vault"}, Access{Environment: "prod"}),
		holding(Hold{Environment: "staging", Until: noon.Add(1)}, Hold{Environment: "prod", Service: "web", Until: noon.Add(1)}),
		approvedBy(somebody("SRE", "S0SRE"), somebody("X"), somebody("LEAD", "S0LEADS")))
	if allocations := testing.AllocsPerRun(100, func() {
		if compiled.Decide(question).Verdict != Allowed {
			t.Fatal("refused")
		}
	}); allocations > 0 {
		t.Errorf("%v allocations", allocations)
	}
}
