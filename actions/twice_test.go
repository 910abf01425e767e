package actions

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// TestOfManyApprovalsAtOnceTheLastThatIsWantedCarriesItOut: where two are wanted and three
// come at the same moment, none gets lost and it is done once.
func TestOfManyApprovalsAtOnceTheLastThatIsWantedCarriesItOut(t *testing.T) {
	for round := range 50 {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			var problems []authz.Problem
			w.policy, problems = authz.Compile(authz.Rules{
				Environments: []authz.Environment{{Name: "prod", Protected: true, Approval: authz.Approval{From: []string{"S0APPROVERS"}, Count: 2}}},
				Grants:       []authz.Grant{{Group: "S0BACKEND", Role: "operator", Environments: []string{"prod"}}},
			})
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			for number := range 3 {
				user := fmt.Sprint("APPROVER", number)
				w.people.people[user] = authz.Person{Actor: authz.Actor{Team: "T1", User: user}, Standing: authz.Insider, Groups: []string{"S0APPROVERS"}}
			}
			if got := w.says("ALICE", "restart prod api").last(); !strings.Contains(got, "Asked for approval") {
				t.Fatalf("told %q", got)
			}
			var group sync.WaitGroup
			for number := range 3 {
				group.Go(func() {
					w.runner.Click(t.Context(), Click{
						ID: fmt.Sprint("click", number), Actor: authz.Actor{Team: "T1", User: fmt.Sprint("APPROVER", number)}, Button: "approve", Value: "op1",
					}, &fakeReply{})
				})
			}
			group.Wait()
			synctest.Wait()
			approvals := 0
			for _, entry := range w.entries(4) {
				if entry.Event == "approved" {
					approvals++
				}
			}
			if w.fleet.restarts != 1 || approvals != 2 {
				t.Errorf("round %d: %d restarts, %d approvals: %s", round, w.fleet.restarts, approvals, events(w.entries(4)))
			}
		})
	}
}

// What another process has written about an operation's end stands: a later word is no entry,
// and is loud where it says the contrary.
func TestWhatAnotherProcessHasWrittenStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.runErr = fleet.ErrRefused
		w.says("ALICE", "restart staging api")
		if got := events(w.entries(2)); got != "started failed" {
			t.Fatalf("entries: %s", got)
		}
		late := &task{runner: w.runner, id: "op1", command: parsed{action: &Action{Name: "restart"}}}
		for event, level := range map[ledger.Event]string{ledger.Failed: "INFO", ledger.Accepted: "ERROR"} {
			late.append(t.Context(), late.entry(event))
			if !w.notes.has("another process has written how it ended", "level="+level, "event="+string(event)) {
				t.Errorf("%s is not told at level %s", event, level)
			}
		}
		synctest.Wait()
		if got := events(w.entries(2)); got != "started failed" {
			t.Errorf("entries: %s", got)
		}
	})
}
