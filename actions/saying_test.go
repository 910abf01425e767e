package actions

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

func TestAnEnvironmentIsTalkedAboutWhereItMayBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.places["staging"] = Place{Channels: []string{"C0STAGING", "C0OPS"}}
		ask := func(channel string) string {
			return w.asks(Request{ID: channel, Actor: authz.Actor{Team: "T1", User: "ALICE"}, Text: "status staging api", Where: Where{Channel: channel}}).last()
		}
		if got := ask("C1"); got != "staging is not talked about here.\nAsk in one of these, or in your direct messages with me:\nC0STAGING\nC0OPS" {
			t.Errorf("told %q", got)
		}
		if entry := w.newest(); entry.Reason != "denied: not in this channel" {
			t.Errorf("entry %+v", entry)
		}
		for _, channel := range []string{"C0OPS", "C0STAGING", "D0ALICE"} {
			if got := ask(channel); got != "stands" {
				t.Errorf("in %s told %q", channel, got)
			}
		}
		if got := w.says("ALICE", "status prod api").last(); got != "stands" {
			t.Errorf("another environment: told %q", got)
		}
	})
}

func TestBeforeTheFirstDiscoveryNobodyIsToldThatSomethingDoesNotExist(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fleet.refs, w.fleet.unready = nil, true
		if got := w.says("ALICE", "restart staging api").last(); !strings.Contains(got, "I have not been able to read the fleet from AWS yet") {
			t.Errorf("told %q", got)
		}
		w.fleet.unready = false
		if got := w.asks(Request{ID: "2", Actor: authz.Actor{Team: "T1", User: "BOB"}, Text: "restart staging api"}).last(); !strings.Contains(got, "I know no service api in staging") {
			t.Errorf("told %q", got)
		}
	})
}

func TestAYesThatBecomesANoBeforeItIsWrittenIsANo(t *testing.T) {
	for _, test := range []struct {
		name, user, text string
		before           func(*world)
		meanwhile        func(*world)
		told, reason     string
	}{
		{"a hold", "ALICE", "restart staging api", nil, func(w *world) {
			w.write(
				ledger.Entry{Operation: "h", Event: ledger.Started, Action: "hold", Environment: "staging", Actor: authz.Actor{Team: "T1", User: "BOB"}},
				ledger.Entry{Operation: "h", Event: ledger.Accepted, Action: "hold", Result: untilResult(time.Now().Add(time.Hour))})
		}, "BOB holds api in staging", "held: hold h"},
		{"the end of an access", "ALICE", "restart prod api", func(w *world) {
			w.write(
				ledger.Entry{Operation: "a", Event: ledger.Started, Action: "request", Environment: "prod", Actor: authz.Actor{Team: "T1", User: "ALICE"}, Arguments: map[string]string{"role": "operator"}},
				ledger.Entry{Operation: "a", Event: ledger.Accepted, Action: "request", Result: untilResult(time.Now().Add(time.Hour))})
		}, func(w *world) {
			w.write(ledger.Entry{Operation: "a", Event: ledger.Succeeded, Action: "request"})
		}, "Needs approval: prod is protected", "denied: needs approval; allowed otherwise by the grant of line 10"},
		{"another access in its place", "ALICE", "restart prod api", func(w *world) {
			w.write(
				ledger.Entry{Operation: "a", Event: ledger.Asked, Action: "request", Environment: "prod", Actor: authz.Actor{Team: "T1", User: "ALICE"}, Arguments: map[string]string{"role": "operator"}},
				ledger.Entry{Operation: "a", Event: ledger.Approved, Action: "request", Actor: authz.Actor{Team: "T1", User: "ANN"}},
				ledger.Entry{Operation: "a", Event: ledger.Started, Action: "request"},
				ledger.Entry{Operation: "a", Event: ledger.Accepted, Action: "request", Result: untilResult(time.Now().Add(time.Hour))})
		}, func(w *world) {
			w.write(
				ledger.Entry{Operation: "a", Event: ledger.Succeeded, Action: "request"},
				ledger.Entry{Operation: "b", Event: ledger.Asked, Action: "request", Environment: "prod", Actor: authz.Actor{Team: "T1", User: "ALICE"}, Arguments: map[string]string{"role": "operator"}},
				ledger.Entry{Operation: "b", Event: ledger.Approved, Action: "request", Actor: authz.Actor{Team: "T1", User: "ABE"}},
				ledger.Entry{Operation: "b", Event: ledger.Started, Action: "request"},
				ledger.Entry{Operation: "b", Event: ledger.Accepted, Action: "request", Result: untilResult(time.Now().Add(time.Hour))})
		}, "What allows this has changed in this very moment.", "stale: what allows it has changed meanwhile"},
		{"another operation", "ALICE", "restart staging api", nil, func(w *world) {
			w.write(ledger.Entry{Operation: "o", Event: ledger.Started, Action: "restart", Target: "arn:staging/api"})
		}, "Another operation is changing this service", "held: another operation changes this service: operation o"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := guardedWorld(t)
				if test.before != nil {
					test.before(w)
				}
				done := false
				w.fleet.signing = func() {
					if !done {
						done = true
						test.meanwhile(w)
					}
				}
				if got := w.says(test.user, test.text).last(); !strings.Contains(got, test.told) {
					t.Errorf("told %q", got)
				}
				if entry := w.newest(); entry.Event != ledger.Refused || entry.Reason != test.reason || w.fleet.restarts > 0 {
					t.Errorf("entry %+v, %d restarts", entry, w.fleet.restarts)
				}
			})
		})
	}
	if got := (&overtaken{}).Error(); got != "what was decided does not hold any more" {
		t.Errorf("error %q", got)
	}
}

func TestWhatFailsIsToldInWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		task := &task{runner: w.runner, rules: w.runner.Rulebook(), id: "op9", command: parsed{action: &Action{Name: "restart"}, environment: "staging", service: "api"}}
		for _, test := range []struct {
			err          error
			told, reason string
			ours         bool
		}{
			{errSettled, "Somebody was faster: this request is settled already.", "unknown: ", true},
			{errBusy, "Another operation is changing this service", "held: ", true},
			{&repeated{}, "You have asked for the same already", "limit: the same request waits for approval already", true},
			{&repeated{ledger.Entry{Actor: authz.Actor{User: "ANN"}}}, "ANN has asked for the same already", "limit: ", true},
			{errLimit, "That is too much for one person at a time", "limit: ", true},
			{errStopping, "I am being restarted.", "stale: the program is stopping", false},
			{errFleet, "I have not been able to read the fleet", "stale: ", false},
			{ledger.ErrUnavailable, "The ledger cannot be written", "stale: ", false},
			{ledger.ErrClosed, "The ledger cannot be written", "stale: ", false},
			{fleet.ErrUnknown, "I know no service api in staging", "unknown: not on AWS any more", true},
			{fleet.ErrThrottled, "AWS has too many requests", "stale: ", false},
			{fleet.ErrDenied, "Reference for whoever keeps the platform: op9", "stale: ", false},
			{fleet.ErrRefused, "AWS refused: ", "stale: ", false},
			{fleet.ErrUnavailable, "AWS does not answer at the moment.", "stale: ", false},
			{errors.New("x"), "Something went wrong on my side. Nothing more is being done. Reference: op9", "stale: x", false},
		} {
			got := failure(task, fmt.Errorf("doing: %w", test.err))
			if !strings.Contains(plain(got.message), test.told) || !strings.HasPrefix(strings.Replace(got.reason, "doing: ", "", 1), test.reason) || got.ours != test.ours {
				t.Errorf("%v: told %q, reason %q, ours %v", test.err, plain(got.message), got.reason, got.ours)
			}
		}
	})
}

func TestHelpShowsWhatSomebodyMayDoSomewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		for user, want := range map[string]string{
			"MALLORY": "help", "RITA": "help services status logs request", "ALICE": "help services status logs restart hold release rollback",
		} {
			var names []string
			for _, action := range Offered(w.runner.Catalog, w.policy, w.people.people[user]) {
				names = append(names, action.Name)
			}
			if got := strings.Join(names, " "); got != want {
				t.Errorf("%s is offered %s", user, got)
			}
		}
	})
}

func TestWhoCouldIsNamedToWhoHoldsSomethingThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		if got := w.says("RITA", "restart prod api").last(); !strings.Contains(got, "Those who may are in S0BACKEND, S0ONCALL, S0SRE") {
			t.Errorf("told %q", got)
		}
		rules := guarded(1)
		rules.Grants, rules.Requestable = rules.Grants[3:], nil // readers alone
		w.rule(rules)
		if got := w.asks(Request{ID: "2", Actor: authz.Actor{Team: "T1", User: "RITA"}, Text: "restart prod api"}).last(); !strings.Contains(got, "Nobody may: no grant includes it.") {
			t.Errorf("told %q", got)
		}
	})
}

func TestWhatACardSaysWhileItGoesOn(t *testing.T) {
	for _, test := range []struct {
		name    string
		prepare func(*world)
		then    func(*fleet.Service)
		want    []string
	}{
		{"AWS's own throttle", func(w *world) { w.queue = 5 * time.Second }, nil, []string{"Waiting about 5s: AWS takes only so many changes"}},
		{"tasks that fail", nil, func(s *fleet.Service) { s.Deployments[0].Failed = 3 }, []string{"3 tasks failed to start so far."}},
		{"what ECS says", nil, func(s *fleet.Service) {
			s.Events = []fleet.Event{{Time: s.ReadAt.Add(time.Second), Text: "secret unable to place a task"}}
		}, []string{"*** unable to place a task"}},
		{"more new than old", nil, func(s *fleet.Service) { s.Running, s.Deployments[0].Running = 1, 2 }, []string{"old tasks: 0 left", "▰▰▰▰▰▰▰▰▰▰"}},
		{"half of it", nil, func(s *fleet.Service) { s.Running, s.Deployments[0].Running = 3, 1 }, []string{"new tasks: 1 of 2 running · old tasks: 2 left", "▰▰▰▰▰▱▱▱▱▱"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.runner.Redact = func(text string) string { return strings.ReplaceAll(text, "secret", "***") }
				if test.prepare != nil {
					test.prepare(w)
				}
				w.says("ALICE", "restart staging api")
				if test.then != nil {
					w.fleet.set("arn:staging/api", test.then)
					time.Sleep(2 * watchPause)
				}
				synctest.Wait()
				for _, want := range test.want {
					if got := w.slack.last("op1"); !strings.Contains(got, want) {
						t.Errorf("the card lacks %q:\n%s", want, got)
					}
				}
			})
		})
	}
}

func TestAShortWaitForAWSIsNotSpokenOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.queue = time.Second
		w.says("ALICE", "restart staging api")
		synctest.Wait()
		if got := w.slack.last("op1"); strings.Contains(got, "Waiting about") || strings.Contains(got, "desired count") || strings.Contains(got, "short outage") {
			t.Errorf("card %s", got)
		}
	})
}

func TestExitCodesInWords(t *testing.T) {
	code := func(code int) fleet.Container { return fleet.Container{Name: "api", ExitCode: &code} }
	for want, stopped := range map[string]fleet.Task{
		"api ended with exit code 137 (killed: out of memory, or too slow to stop)": {Containers: []fleet.Container{code(0), code(137)}},
		"api ended with exit code 139 (crashed: segmentation fault)":                {Containers: []fleet.Container{code(139)}},
		"api ended with exit code 143 (asked to stop)":                              {Containers: []fleet.Container{code(143)}},
		"api ended with exit code 1":                                                {Containers: []fleet.Container{code(1)}},
		"Scaling activity":                                                          {StopReason: "Scaling activity", Containers: []fleet.Container{{Name: "api"}, code(0)}},
	} {
		if got := cause(stopped); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	var many []fleet.Task
	for _, reason := range []string{"a", "", "a", "b", "c", "d"} {
		many = append(many, fleet.Task{StartedBy: "d1", StopReason: reason})
	}
	if got := fmt.Sprint(causes(append(many, fleet.Task{StartedBy: "d2", StopReason: "x"}), "d1")); got != "[a b c]" {
		t.Errorf("causes %s", got)
	}
}

func TestTextsAreBuiltOfSpans(t *testing.T) {
	text := Textf("%v in %v by %v at %v: %v, %v and %v", Named("api"), Bold("prod"), PersonSpan("U1"), MomentSpan(time.Unix(0, 0)), Textf("%v", GroupSpan("S1")), ChannelSpan("C1"), 7)
	if got := text.Plain(); got != "api in prod by U1 at 1970-01-01T00:00:00Z: S1, C1 and 7" {
		t.Errorf("text %s", got)
	}
	if got := Textf("%v and %v", "%v").Plain(); got != "%v and " {
		t.Errorf("text %s", got)
	}
}

func TestGroupsInWords(t *testing.T) {
	for want, groups := range map[string][]string{"nobody": nil, "S1": {"S1"}, "S1, S2": {"S1", "S2"}} {
		if got := groupList(groups).Plain(); got != want {
			t.Errorf("%v is %q", groups, got)
		}
	}
}

func TestDriftInWords(t *testing.T) {
	for _, test := range []struct {
		approved, now []string
		want          string
	}{
		{[]string{"a=1", "b=2"}, []string{"a=1", "b=2"}, "[]"},
		{nil, nil, "[]"},
		{[]string{"a=1", "b=2"}, []string{"a=1", "b=3"}, "[b=2 → 3]"},
		{[]string{"a=1"}, []string{"a=1", "b=3"}, "[- → 3]"},
		{[]string{"a=1", "b=2"}, []string{"a=1"}, "[b=2 → ]"},
	} {
		if got := fmt.Sprint(drift(test.approved, test.now)); got != test.want {
			t.Errorf("from %v to %v is %s", test.approved, test.now, got)
		}
	}
	expires := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	read := parseTerms(terms{expires: expires, facts: []string{"a=1", "b=2"}}.String())
	if !read.expires.Equal(expires) || strings.Join(read.facts, " ") != "a=1 b=2" {
		t.Errorf("reads back as %+v", read)
	}
	if broken := parseTerms("expires=soon a=1"); broken.expires.After(time.Time{}) || len(broken.facts) != 1 {
		t.Errorf("a plan without an end: %+v", broken)
	}
}
