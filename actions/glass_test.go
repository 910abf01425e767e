package actions

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// breaks breaks the glass as OLGA: a command, a form, and the form sent.
func (w *world) breaks() (operation, review string) {
	w.t.Helper()
	asked := w.says("OLGA", "restart prod api --break-glass fire")
	if len(asked.forms) != 1 {
		w.t.Fatalf("forms %+v, told %q", asked.forms, asked.last())
	}
	w.submits("OLGA", asked.forms[0].ID, asked.forms[0].Value, "the house is on fire")
	for _, entry := range w.all() {
		switch {
		case entry.Event == ledger.Started:
			operation = entry.Operation
		case entry.Action == reviewAction && entry.Event == ledger.Asked:
			review = entry.Operation
		}
	}
	return operation, review
}

func TestBreakingTheGlassIsConfirmedMarkedAndReviewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		asked := w.says("OLGA", "restart prod api --break-glass fire")
		form := asked.forms[0]
		if form.ID != "restart" || form.Value != "restart prod api --break-glass fire" || form.Reason != "fire" || !form.Danger || !strings.HasPrefix(form.Text.Plain(), "Restart api in prod without a second person.") || w.fleet.restarts > 0 {
			t.Errorf("form %+v, %d restarts", form, w.fleet.restarts)
		}
		operation, review := w.breaks()
		if w.fleet.restarts != 1 {
			t.Fatalf("%d restarts", w.fleet.restarts)
		}
		for _, entry := range w.all() {
			switch {
			case entry.Event == ledger.Started && entry.Reason != "break-glass: the house is on fire":
				t.Errorf("started %+v", entry)
			case entry.Event == ledger.Asked && (entry.Reason != "break-glass: the house is on fire" || entry.Arguments["operation"] != operation || entry.Arguments["action"] != "restart" || entry.Target != "arn:prod/api" || entry.Actor.User != "OLGA"):
				t.Errorf("review %+v", entry)
			}
		}
		if purpose := w.fleet.purposes[len(w.fleet.purposes)-1]; !purpose.BreakGlass || purpose.Approved || purpose.ApprovedBy != "" {
			t.Errorf("purpose %+v", purpose)
		}
		card := w.slack.newest(review)
		if got := plain(card); !strings.Contains(got, "Break-glass: restart api in prod wants a review") || !strings.Contains(got, "By: OLGA") || card.Tone != Bad || buttons(card) != "[approve="+review+"]" || w.slack.places[review][0].Channel != "C0AUDIT" {
			t.Errorf("card %s at %v", got, w.slack.places[review])
		}

		w.finish("arn:prod/api")
		if got := w.clicks("OLGA", "approve", review).last(); !strings.Contains(got, "somebody else has to approve it") {
			t.Errorf("told %q", got)
		}
		if got := w.clicks("BOB", "approve", review).last(); !strings.Contains(got, "You are not among those who may approve") {
			t.Errorf("told %q", got)
		}
		if got := w.submits("ANN", "reject", review, "no").last(); !strings.Contains(got, "A review ends when somebody signs it off.") {
			t.Errorf("told %q", got)
		}
		if got := w.clicks("ANN", "approve", review).last(); got != "Signed off." {
			t.Errorf("told %q", got)
		}
		synctest.Wait()
		if got := w.of(review); got != "asked approved succeeded" {
			t.Errorf("events %s", got)
		}
		if done := w.newest(); done.Result != "reviewed" || done.Action != reviewAction {
			t.Errorf("entry %+v", done)
		}
		for _, entry := range w.all() {
			if entry.Event == ledger.Approved && (entry.Actor.User != "ANN" || entry.Action != reviewAction || !strings.Contains(entry.Request, "click of ANN")) {
				t.Errorf("signed off: %+v", entry)
			}
		}
		if got := w.slack.last(review); !strings.Contains(got, "Broken glass of prod reviewed\nSigned off by ANN.") {
			t.Errorf("card %s", got)
		}
		if got := w.clicks("ABE", "approve", review).last(); !strings.Contains(got, "settled already") {
			t.Errorf("told %q", got)
		}
	})
}

func TestAReviewIsAskedForEveryDayUntilItIsSignedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.approvals = "C0OPS"
		w.tends()
		_, review := w.breaks()
		posts := func() int {
			synctest.Wait()
			w.slack.mutex.Lock()
			defer w.slack.mutex.Unlock()
			return len(w.slack.places[review])
		}
		for day, want := range []int{1, 2} {
			if got := posts(); got != want {
				t.Errorf("day %d: asked %d times, want %d", day, got, want)
			}
			time.Sleep(reviewPause + time.Second)
		}
		w.slack.mutex.Lock()
		first := w.slack.places[review][0].Channel
		w.slack.mutex.Unlock()
		if first != "C0OPS" {
			t.Errorf("asked in %s", first)
		}
		w.clicks("ANN", "approve", review)
		asked := posts()
		time.Sleep(reviewPause + time.Second)
		if got := posts(); got != asked {
			t.Errorf("asked %d times more after it was signed off", got-asked)
		}
	})
}

func TestAReviewThatCannotBeShownOrSignedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		_, review := w.breaks()
		operation, _ := w.stream.Operation(review)
		w.slack.err = errAway
		w.runner.remind(t.Context(), operation)
		if !w.notes.has("a review could not be shown", review) {
			t.Error("nothing is logged")
		}
		w.slack.err = nil
		w.keeper.Break(errAway)
		if w.notes.has("a notice did not reach") {
			t.Error("notices that arrived are said not to have")
		}
		if got := w.clicks("ANN", "approve", review).last(); !strings.Contains(got, "The ledger cannot be written") {
			t.Errorf("told %q", got)
		}
	})
}

func TestWhoMayNotBreakTheGlass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		if reply := w.says("ALICE", "restart prod api --break-glass fire"); !strings.Contains(reply.last(), "You are not among those who may break the glass of prod") || len(reply.forms) > 0 {
			t.Errorf("told %q, forms %v", reply.last(), reply.forms)
		}
		if got := w.submits("ALICE", "restart", "restart prod api --break-glass fire", "fire").last(); !strings.Contains(got, "You are not among those who may break the glass") || w.fleet.restarts > 0 {
			t.Errorf("told %q", got)
		}
		reply := &fakeReply{askErr: errAway}
		w.runner.Do(t.Context(), Request{ID: "mention", Actor: authz.Actor{Team: "T1", User: "OLGA"}, Text: "restart prod api --break-glass fire"}, reply)
		if got := reply.last(); !strings.Contains(got, "which a mention cannot open") {
			t.Errorf("told %q", got)
		}
		if entry := w.newest(); entry.Reason != "parse: no form could be opened: away" {
			t.Errorf("entry %+v", entry)
		}
	})
}

func TestTheReasonOfAFormIsKeptToItsLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.submits("OLGA", "restart", "restart prod api --break-glass fire", strings.Repeat("<!channel>", 1000))
		for _, entry := range w.all() {
			if entry.Event == ledger.Started && len([]rune(entry.Reason)) != len("break-glass: ")+longestReason {
				t.Errorf("%d characters", len([]rune(entry.Reason)))
			}
		}
		if w.fleet.restarts != 1 {
			t.Error("not restarted")
		}
	})
}

// A broken glass is signed off by those who could have approved the permission that was used,
// whatever the action is called.
func TestAReviewIsOfTheRightThatWasUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		var rest [][]string
		w.others = append(w.others, runner(&rest))
		var err error
		if w.runner, err = NewRunner(w.settings()); err != nil {
			t.Fatal(err)
		}
		rules := guarded(1)
		rules.Environments[1].Approval = authz.Approval{} // whoever else holds the action there
		rules.Grants = append(rules.Grants, authz.Grant{Group: "S0ONCALL", Role: "admin", Environments: []string{"prod"}, Line: 40})
		w.rule(rules)

		asked := w.says("OLGA", "run prod api --break-glass fire -- id")
		if len(asked.forms) != 1 {
			t.Fatalf("told %q", asked.last())
		}
		w.submits("OLGA", asked.forms[0].ID, asked.forms[0].Value, "fire")
		review := ""
		for _, entry := range w.all() {
			if entry.Action == reviewAction && entry.Event == ledger.Asked {
				review = entry.Operation
				if entry.Arguments["right"] != "run-command" {
					t.Errorf("the review is of %q", entry.Arguments["right"])
				}
			}
		}
		if got := w.clicks("ALICE", "approve", review).last(); !strings.Contains(got, "not among those who may approve") || w.of(review) != "asked" {
			t.Errorf("an operator is told %q: %s", got, w.of(review))
		}
		w.clicks("BOB", "approve", review)
		if got := w.of(review); !strings.HasPrefix(got, "asked approved") {
			t.Errorf("an admin signs it off: %s", got)
		}
	})
}
