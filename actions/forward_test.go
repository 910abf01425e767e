package actions

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/authz"
)

// TestARefusalNamesTheWayForward to whoever holds a role on the environment or may ask for one,
// and to nobody else; and it says no more of what exists.
func TestARefusalNamesTheWayForward(t *testing.T) {
	const ask = "\nYou may ask for:\noperator in prod, for at most 2h: request prod "
	for _, test := range []struct{ sentence, user, text, told string }{
		{"a role that does not include it", "RITA", "restart prod api", "You may not restart api in prod.\nThose who may are in S0BACKEND, S0ONCALL, S0PART, S0SRE" + ask + "api operator 1h"},
		{"in the words that were typed", "RITA", "restart prod prod/api", "You may not restart prod/api in prod.\nThose who may are in S0BACKEND, S0ONCALL, S0PART, S0SRE" + ask + "prod/api operator 1h"},
		{"no role, but one may be asked for", "NINA", "restart prod api", "You may not restart api in prod.\nThose who may are in S0BACKEND, S0ONCALL, S0PART, S0SRE" + ask + "SERVICE operator 1h"},
		{"whether the service exists or not", "NINA", "restart prod nothing", "You may not restart nothing in prod.\nThose who may are in S0BACKEND, S0ONCALL, S0PART, S0SRE" + ask + "SERVICE operator 1h"},
		{"nothing that includes it may be asked for", "NINA", "deploy prod api", "You may not deploy api in prod.\nThose who may are in S0SRE"},
		{"an offer of another environment is none here", "NINA", "restart vault api", "I know no environment vault.\nYou hold no role"},
		{"what there is not is told alike", "NINA", "restart nowhere api", "I know no environment nowhere.\nYou hold no role"},
		{"a service that no grant covers", "PIA", "restart prod worker", "I know no service worker in prod.\nSee services prod." + ask + "SERVICE operator 1h"},
		{"a service that there is not", "PIA", "restart prod nothing", "I know no service nothing in prod.\nSee services prod." + ask + "SERVICE operator 1h"},
		{"what nobody may", "ALICE", "nobodys prod api", "You may not nobodys api in prod.\nNobody may: no grant includes it."},
	} {
		t.Run(test.sentence, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorldWith(t, append(lastingActions(), named("deploy"), named("nobodys"))...)
				rules := guarded(1)
				rules.Grants = append(rules.Grants, authz.Grant{Group: "S0PART", Role: "operator", Environments: []string{"prod"}, Services: []string{"api"}})
				rules.Requestable = append(rules.Requestable,
					authz.Requestable{Group: "S0NEWCOMERS", Role: "operator", Environments: []string{"prod"}, Longest: 2 * time.Hour},
					authz.Requestable{Group: "S0PART", Role: "operator", Environments: []string{"prod"}, Longest: 2 * time.Hour})
				w.rule(rules)
				w.join("RITA", "S0READERS")
				w.join("NINA", "S0NEWCOMERS")
				w.join("PIA", "S0PART")
				if got := w.says(test.user, test.text).last(); !strings.HasPrefix(got, test.told) {
					t.Errorf("told %q", got)
				}
				if len(w.fleet.purposes) > 0 || w.newest().Event != "refused" {
					t.Errorf("AWS was asked for %v; entry %+v", w.fleet.purposes, w.newest())
				}
			})
		})
	}
}

// TestWhatIsAskedForIsNoLongerThanItIsOffered, and an hour where it is offered for longer.
func TestWhatIsAskedForIsNoLongerThanItIsOffered(t *testing.T) {
	for longest, want := range map[time.Duration]string{30 * time.Minute: "30m", time.Hour: "1h", 8 * time.Hour: "1h"} {
		got := Asking(authz.Offer{Environment: "prod", Role: "operator", Longest: longest}, "").Plain()
		if !strings.HasSuffix(got, ": request prod SERVICE operator "+want) {
			t.Errorf("offered for %v: %s", longest, got)
		}
	}
}

// named is an action of that name, of which nothing comes.
func named(name string) Action {
	return Action{
		Name: name, Example: name + " staging api", Parameters: []Parameter{Environment(), Service()}, Changes: true,
		Run: func(context.Context, Call) (Outcome, error) { return Outcome{}, nil },
	}
}
