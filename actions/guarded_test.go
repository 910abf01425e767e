package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// guarded is the policy of a company with protected environments: prod has approvers, a glass
// to break and access to ask for; vault leaves approval to whoever else holds the action.
func guarded(count int) authz.Rules {
	return authz.Rules{
		Environments: []authz.Environment{
			{Name: "staging"},
			{Name: "prod", Protected: true, Approval: authz.Approval{From: []string{"S0APPROVERS"}, Count: count}, BreakGlass: []string{"S0ONCALL"}},
			{Name: "vault", Protected: true},
		},
		Grants: []authz.Grant{
			{Group: "S0BACKEND", Role: "operator", Environments: []string{"staging", "prod"}, Line: 10},
			{Group: "S0ONCALL", Role: "operator", Environments: []string{"prod"}, Line: 11},
			{Group: "S0SRE", Role: "admin", Environments: []string{"*", "prod", "vault"}, Line: 12},
			{Group: "S0READERS", Role: "viewer", Environments: []string{"prod"}, Line: 13},
		},
		Requestable: []authz.Requestable{{Group: "S0READERS", Role: "operator", Environments: []string{"prod"}, Longest: 2 * time.Hour, Line: 20}},
		Denials:     []authz.Denial{{Group: "S0LEAVING", Actions: []string{"restart"}, Environments: []string{"prod"}, Line: 30}},
	}
}

// guardedWorld is a world under that policy, with ALICE who may ask, ANN, ABE and AMY who may
// approve, OLGA on call, RITA who may ask for access, and BOB who could stop everything.
func guardedWorld(t *testing.T) *world {
	t.Helper()
	w := newWorldWith(t, lastingActions()...)
	w.rule(guarded(1))
	for user, groups := range map[string][]string{
		"ANN": {"S0APPROVERS"}, "ABE": {"S0APPROVERS"}, "AMY": {"S0APPROVERS"}, "OLGA": {"S0ONCALL"}, "RITA": {"S0READERS"}, "LEO": {"S0APPROVERS", "S0LEAVING"},
	} {
		w.join(user, groups...)
	}
	return w
}

// rule puts a policy into force.
func (w *world) rule(rules authz.Rules) {
	w.t.Helper()
	policy, problems := authz.Compile(rules)
	if len(problems) > 0 {
		w.t.Fatal(problems)
	}
	w.policy = policy
}

// join makes somebody a member of groups, and of no others.
func (w *world) join(user string, groups ...string) {
	w.people.mutex.Lock()
	defer w.people.mutex.Unlock()
	w.people.people[user] = authz.Person{Actor: authz.Actor{Team: "T1", User: user}, Standing: authz.Insider, Groups: groups}
}

// clicks presses a button as somebody and returns everything that they were told.
func (w *world) clicks(user, button, value string) *fakeReply {
	w.t.Helper()
	reply := &fakeReply{}
	w.runner.Click(w.t.Context(), Click{
		ID: "click of " + user + " on " + button + " " + value, Actor: authz.Actor{Team: "T1", User: user}, Button: button, Value: value,
		Card: Card{Channel: "C1", Message: value}, Where: Where{Channel: "C1"},
	}, reply)
	return reply
}

// submits sends a form as somebody.
func (w *world) submits(user, form, value, reason string) *fakeReply {
	w.t.Helper()
	reply := &fakeReply{}
	w.runner.Submit(w.t.Context(), Submission{
		ID: "form of " + user + ": " + value, Actor: authz.Actor{Team: "T1", User: user}, Form: form, Value: value, Reason: reason, Where: Where{Channel: "C1"},
	}, reply)
	return reply
}

// asksFor asks for something that waits for approval, and returns its operation.
func (w *world) asksFor(user, text string) string {
	w.t.Helper()
	if got := w.says(user, text).last(); !strings.Contains(got, "Asked for approval") {
		w.t.Fatalf("told %q", got)
	}
	return w.newest().Operation
}

// newest is the last entry of the ledger.
func (w *world) newest() ledger.Entry {
	w.t.Helper()
	time.Sleep(100 * time.Millisecond) // records are gathered for a moment
	synctest.Wait()
	entries := w.all()
	return entries[len(entries)-1]
}

// all are the entries that there are now.
func (w *world) all() []ledger.Entry {
	w.t.Helper()
	time.Sleep(100 * time.Millisecond) // records are gathered for a moment
	synctest.Wait()
	entries, err := w.stream.Entries(context.Background(), 0, 100_000)
	if err != nil {
		w.t.Fatal(err)
	}
	return entries
}

// of are the events of one operation.
func (w *world) of(operation string) string {
	w.t.Helper()
	var its []ledger.Entry
	for _, entry := range w.all() {
		if entry.Operation == operation {
			its = append(its, entry)
		}
	}
	return events(its)
}

// write appends entries as an earlier run would have.
func (w *world) write(entries ...ledger.Entry) {
	w.t.Helper()
	for _, entry := range entries {
		if _, err := w.stream.Append(context.Background(), func(*ledger.State) ([]ledger.Entry, error) { return []ledger.Entry{entry}, nil }); err != nil {
			w.t.Fatal(err)
		}
	}
}

// tends lets what is open be looked at, until the test ends.
func (w *world) tends() {
	ctx, cancel := context.WithCancel(context.Background())
	w.t.Cleanup(cancel)
	go w.runner.Tend(ctx)
}

// adopts lets what nobody follows be gone on with, until the test ends.
func (w *world) adopts() {
	ctx, cancel := context.WithCancel(context.Background())
	w.t.Cleanup(cancel)
	go w.runner.Heed(ctx)
	go w.runner.Adopt(ctx, func() bool { return ctx.Err() == nil })
}

// lastingActions are actions that leave something behind, and one that fails.
func lastingActions() []Action {
	environment, service, maybe := Environment(), Service(), Service().Optional()
	duration, role := Word("duration", "how long", "2h", ParseDuration), Word("role", "the role", "operator", PlainText)
	why, all := Word("why", "why", "test", PlainText).Optional(), Switch("all", "everywhere")
	return []Action{
		{
			Name: "hold", Example: "hold staging 2h", Parameters: []Parameter{environment, maybe, duration, why, all},
			Changes: true, Free: true, Local: true, Lasts: LastsHold, All: all, AllAction: "hold-all",
			Run: func(_ context.Context, call Call) (Outcome, error) {
				if all.Of(call) {
					return Outcome{Message: Say(Warning, "all stopped")}, nil
				}
				return Outcome{Until: time.Now().Add(duration.Of(call)), Message: Say(Good, "held")}, nil
			},
		},
		{
			Name: "release", Example: "release staging", Parameters: []Parameter{environment, maybe, all},
			Changes: true, Free: true, Local: true, All: all, AllAction: "hold-all",
			Run: func(_ context.Context, call Call) (Outcome, error) {
				outcome := Outcome{Message: Say(Good, "released")}
				for _, hold := range call.Holds() {
					if hold.IsKillSwitch() == all.Of(call) && (all.Of(call) || hold.Environment == call.Environment()) {
						outcome.Release = append(outcome.Release, hold.Operation)
					}
				}
				for _, access := range call.Access() {
					if access.Environment == call.Environment() {
						outcome.Release = append(outcome.Release, access.Operation)
					}
				}
				return outcome, nil
			},
		},
		{
			Name: "request", Example: "request prod api operator 1h", Parameters: []Parameter{environment, service, role, duration},
			Changes: true, Local: true, Lasts: LastsAccess,
			Run: func(_ context.Context, call Call) (Outcome, error) {
				return Outcome{Until: time.Now().Add(duration.Of(call)), Message: Say(Good, "%v holds %v", PersonSpan(call.Person().Actor.User), role.Of(call))}, nil
			},
		},
		{
			Name: "rollback", Example: "rollback staging", Parameters: []Parameter{environment}, Changes: true, Local: true,
			Run: func(context.Context, Call) (Outcome, error) { return Outcome{}, errors.New("boom") },
		},
	}
}

// finish ends the deployment of a service, so that its operation ends.
func (w *world) finish(arn string) {
	w.fleet.mutex.Lock()
	service := w.fleet.services[arn]
	service.Deployments = slices.Clone(service.Deployments[:1]) // whoever read it keeps what they read
	done := service.Deployments[0]
	done.Rollout, done.Running = "COMPLETED", done.Desired
	service.Deployments[0] = done
	w.fleet.services[arn] = service
	w.fleet.mutex.Unlock()
	time.Sleep(2 * watchPause)
	synctest.Wait()
}

// buttons are the action IDs of a message's buttons.
func buttons(message Message) string {
	var ids []string
	for _, button := range message.Buttons {
		ids = append(ids, button.ID+"="+button.Value)
	}
	return fmt.Sprint(ids)
}
