package actions

import (
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// TestAPlanIsReadBackFromItsEntry: word by word, with the looks of its names and times.
func TestAPlanIsReadBackFromItsEntry(t *testing.T) {
	at := time.Date(2026, 11, 3, 4, 5, 6, 0, time.UTC)
	lines := []Text{
		Textf("%v, running, since %v", Named("task one"), MomentSpan(at)), Textf("100 %% of it: %v → %v", Named("a=b"), Named("x`y<z>")),
	}
	kept := keptPlan(lines)
	if strings.ContainsAny(kept, " \n") {
		t.Errorf("kept as %q", kept)
	}
	want := Text{
		Named("task one"), {Value: ", running, since "}, MomentSpan(at), {Value: "; 100 %% of it: "}, Named("a=b"), {Value: " → "}, Named("x'y(z)"),
	}
	if got := planOf("before=ecs-svc/1 " + kept + " x=y"); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Errorf("read back as %+v", got)
	}
	if got := withoutPlan("deployment=it " + kept); got != "deployment=it" {
		t.Errorf("people see %q", got)
	}
	for _, result := range []string{"", "before=x", "plan=", "plan=%zz"} {
		if got := planOf(result); got != nil {
			t.Errorf("%q: %+v", result, got)
		}
	}
	if long := keptPlan([]Text{Textf("%v", strings.Repeat("x", 5000))}); len(long) > 2*keptMost {
		t.Errorf("%d characters are kept", len(long))
	}
}

// TestWhoeverGoesOnShowsThePlan: as it was when it began, or with what was read beside the change.
func TestWhoeverGoesOnShowsThePlan(t *testing.T) {
	began := keptPlan([]Text{Textf("2 tasks replaced")})
	for result, want := range map[string]string{
		"deployment=ecs-svc/new1": "2 tasks replaced",
		"deployment=ecs-svc/new1 " + keptPlan([]Text{Textf("2 tasks replaced"), Textf("the tag has moved")}): "2 tasks replaced; the tag has moved",
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			entry := ledger.Entry{
				Operation: "op", Event: ledger.Started, Actor: authz.Actor{Team: "T1", User: "ALICE"}, Action: "restart", Environment: "staging",
				Service: "api", Target: "arn:staging/api", Request: "r", Result: "before=ecs-svc/1 deadline=x " + began,
			}
			w.write(entry)
			entry.Event, entry.Result = ledger.Accepted, result
			w.write(entry)
			w.fleet.restart(fleet.Service{Ref: fleet.Ref{ARN: "arn:staging/api"}})
			w.adopts()
			time.Sleep(rightAge + 2*watchPause)
			synctest.Wait()
			if got := w.slack.last("op"); !strings.Contains(got, "Plan: "+want+"\n") {
				t.Errorf("card %s", got)
			}
		})
	}
}
