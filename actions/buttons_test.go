package actions

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/authz"
)

// lastWords is an action that offers itself where a change has failed.
func lastWords(ran func(Call)) Action {
	return Action{
		Name: "why", Example: "why staging api", Parameters: []Parameter{Environment(), Service()},
		AfterFailure: &Offer{Button: "errors", Label: "Show its logs", Command: func(environment, service string) string {
			return "why " + environment + " " + service
		}},
		Run: func(_ context.Context, call Call) (Outcome, error) {
			ran(call)
			return Outcome{Message: Say(Plain, "its last words")}, nil
		},
	}
}

func TestAFailedChangeOffersWhatWhoeverPressesMayDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ran []Call
		w := newWorldWith(t, lastWords(func(call Call) { ran = append(ran, call) }))
		w.says("ALICE", "restart staging api")
		w.fleet.set("arn:staging/api", func(s *fleet.Service) { s.Deployments[0].Rollout = fleet.Failed })
		time.Sleep(time.Minute)
		synctest.Wait()
		buttons := w.slack.newest("op1").Buttons
		if len(buttons) != 1 || buttons[0].ID != "errors" || buttons[0].Label != "Show its logs" {
			t.Fatalf("buttons %+v", buttons)
		}
		click := func(user string) string {
			reply := &fakeReply{}
			w.runner.Click(t.Context(), Click{
				ID: "click of " + user, Actor: authz.Actor{Team: "T1", User: user}, Button: "errors", Value: buttons[0].Value,
				Card: Card{Channel: "C1", Message: "1.2"}, Where: Where{Channel: "C1"},
			}, reply)
			return reply.last()
		}
		if said := click("MALLORY"); !strings.Contains(said, "no role") || len(ran) != 0 {
			t.Errorf("who holds nothing is told %q, %d ran", said, len(ran))
		}
		if said := click("BOB"); said != "its last words" || len(ran) != 1 || ran[0].Person().Actor.User != "BOB" || ran[0].Service().Name != "api" {
			t.Errorf("who may is told %q, %d ran", said, len(ran))
		}
		time.Sleep(claimAge)
		if said := click("BOB"); !strings.Contains(said, "do not know this button") {
			t.Errorf("a day later: %q", said)
		}
	})
}

func TestARequestByButtonStandsBelowItsMessage(t *testing.T) {
	for _, row := range []struct {
		says  string
		click Click
		want  Where
	}{
		{"a message", Click{Where: Where{Channel: "C1"}, Card: Card{Channel: "C1", Message: "1.2"}}, Where{Channel: "C1", Thread: "1.2"}},
		{"one in a thread", Click{Where: Where{Channel: "C1", Thread: "1.1"}, Card: Card{Channel: "C1", Message: "1.2"}}, Where{Channel: "C1", Thread: "1.1"}},
		{"one that a person sees alone", Click{Where: Where{Channel: "C1"}}, Where{Channel: "C1"}},
	} {
		if got := row.click.thread(); got != row.want {
			t.Errorf("%s: %+v", row.says, got)
		}
	}
}

func TestClaimsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all claims
		nothing := func(context.Context, Click, Reply) {}
		for i := range claimsMost {
			all.put("file", fmt.Sprint(i), nothing)
		}
		all.put("file", "one more", nothing)
		if _, known := all.find("file", "one more"); !known || len(all.all) != claimsMost {
			t.Errorf("%d are kept, the newest known: %v", len(all.all), known)
		}
		time.Sleep(claimAge)
		all.put("file", "much later", nothing)
		if len(all.all) != 1 {
			t.Errorf("%d are kept of which all but one have run out", len(all.all))
		}
	})
}
