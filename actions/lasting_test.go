package actions

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

func TestAHoldStopsOthersUntilItEnds(t *testing.T) {
	for _, test := range []struct {
		name, hold string
		end        func(*world)
		events     string
		told       string // to the holder; empty: nothing
	}{
		{"by itself", "hold staging 30m busy", func(*world) { time.Sleep(31 * time.Minute) }, "started accepted expired", "Hold on staging is over\nIts time is over."},
		{"on one service, by itself", "hold staging api 30m busy", func(*world) { time.Sleep(31 * time.Minute) }, "started accepted expired", "Hold on staging is over"},
		{"by its holder", "hold staging 30m busy", func(w *world) { w.says("ALICE", "release staging") }, "started accepted succeeded", ""},
		{"by somebody who may release it", "hold staging 30m busy", func(w *world) { w.says("BOB", "release staging") }, "started accepted succeeded", "Hold on staging is over\nReleased by BOB."},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := guardedWorld(t)
				w.tends()
				if got := w.says("ALICE", test.hold).last(); got != "held" {
					t.Fatalf("told %q", got)
				}
				id := w.newest().Operation
				if entry := w.newest(); entry.Event != ledger.Accepted || entry.Result != "until=2000-01-01T00:30:00Z" {
					t.Errorf("entry %+v", entry)
				}
				refused := w.says("BOB", "restart staging api")
				if got := refused.last(); !strings.Contains(got, "ALICE holds api in staging until 2000-01-01T00:30:00Z.\nReason: busy") || w.fleet.restarts > 0 {
					t.Errorf("told %q", got)
				}
				offered := refused.told[len(refused.told)-1]
				if buttons(offered) != "[follow="+id+" staging api]" {
					t.Errorf("buttons %s", buttons(offered))
				}
				if got := w.clicks("BOB", "follow", id).last(); got != "I will tell you when it is free, as long as I am not restarted before." {
					t.Errorf("told %q", got)
				}
				if w.says("ALICE", "restart staging api"); w.fleet.restarts != 1 {
					t.Error("the holder is stopped")
				}
				w.finish("arn:staging/api")
				test.end(w)
				synctest.Wait()
				if got := w.of(id); got != test.events {
					t.Errorf("events %s", got)
				}
				if got := w.slack.notice("ALICE"); !strings.Contains(got, test.told) || test.told == "" && got != "" {
					t.Errorf("the holder is told %q", got)
				}
				if got := w.slack.notice("BOB"); !strings.Contains(got, "is free again") || strings.Contains(test.hold, "api") != strings.Contains(got, "api in staging") {
					t.Errorf("who waits is told %q", got)
				}
				w.asks(Request{ID: "again", Actor: authz.Actor{Team: "T1", User: "BOB"}, Text: "restart staging api"})
				if w.fleet.restarts != 2 {
					t.Error("nobody is free to change it")
				}
			})
		})
	}
}

func TestTheKillSwitchHoldsEverythingOverRestartsUntilItIsReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		if got := w.says("ALICE", "hold --all").last(); got != "You may not hold everything." {
			t.Errorf("told %q", got)
		}
		waiting := w.asksFor("ALICE", "restart prod api")
		w.says("BOB", "hold --all")
		id := w.newest().Operation
		if entry := w.newest(); entry.Event != ledger.Accepted || entry.Result != "until=release" {
			t.Fatalf("entry %+v", entry)
		}
		for _, user := range []string{"ALICE", "BOB"} {
			if got := w.says(user, "restart staging api").last(); !strings.Contains(got, "BOB has stopped all changes, everywhere, until they are released.") {
				t.Errorf("%s is told %q", user, got)
			}
		}
		if got := w.clicks("ANN", "approve", waiting).last(); !strings.Contains(got, "BOB has stopped all changes") {
			t.Errorf("told %q", got)
		}
		if got := w.says("OLGA", "restart prod api --break-glass fire").last(); !strings.Contains(got, "BOB has stopped all changes") {
			t.Errorf("told %q", got)
		}
		time.Sleep(31 * 24 * time.Hour)
		operation, _ := w.stream.Operation(id)
		w.runner.tend(t.Context(), operation, nil)
		stream, err := ledger.Open(t.Context(), w.keeper, ledger.Options{Now: time.Now}) // the next run reads what stands there
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Close(t.Context())
		if holds := w.runner.Catalog.left(stream.Open()).holds; len(holds) != 1 || !holds[0].IsKillSwitch() || holds[0].Operation != id {
			t.Errorf("after a restart: %+v", holds)
		}
		w.clicks("ALICE", "follow", id)
		w.asks(Request{ID: "release", Actor: authz.Actor{Team: "T1", User: "BOB"}, Text: "release --all"})
		synctest.Wait()
		if got := w.of(id); got != "started accepted succeeded" {
			t.Errorf("events %s", got)
		}
		if got := w.slack.notice("ALICE"); got != "Everything is free again." {
			t.Errorf("who waits is told %q", got)
		}
		if w.asks(Request{ID: "again", Actor: authz.Actor{Team: "T1", User: "ALICE"}, Text: "restart staging api"}); w.fleet.restarts != 1 {
			t.Error("nobody can change anything")
		}
	})
}

func TestTimeBoundAccessIsApprovedOnceAndEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.tends()
		if got := w.says("RITA", "restart prod api").last(); !strings.Contains(got, "You may not restart api in prod.") {
			t.Errorf("told %q", got)
		}
		id := w.asksFor("RITA", `request prod api operator 1h --reason "deploy night"`)
		card := w.slack.last(id)
		for _, want := range []string{"Request api in prod wants approval", "Role: operator", "Duration: 1h", "Why: deploy night"} {
			if !strings.Contains(card, want) {
				t.Errorf("the card lacks %q:\n%s", want, card)
			}
		}
		if strings.Contains(card, "Tasks:") {
			t.Errorf("the card speaks of tasks:\n%s", card)
		}
		w.clicks("ANN", "approve", id)
		synctest.Wait()
		if got := w.of(id); got != "asked approved started accepted" {
			t.Fatalf("events %s", got)
		}
		if got := w.slack.last(id); !strings.Contains(got, "RITA holds operator") {
			t.Errorf("card %s", got)
		}
		if got := w.slack.notice("RITA"); !strings.Contains(got, "RITA holds operator") {
			t.Errorf("told %q", got)
		}
		w.asks(Request{ID: "1", Actor: authz.Actor{Team: "T1", User: "RITA"}, Text: "restart prod api"})
		if purpose := w.fleet.purposes[len(w.fleet.purposes)-1]; w.fleet.restarts != 1 || !purpose.Approved || purpose.ApprovedBy != "ANN" {
			t.Errorf("%d restarts, purpose %+v", w.fleet.restarts, purpose)
		}
		w.finish("arn:prod/api")
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := w.of(id); got != "asked approved started accepted expired" {
			t.Errorf("events %s", got)
		}
		if got := w.slack.notice("RITA"); got != "Your access as operator on prod is over\nIts time is over." {
			t.Errorf("told %q", got)
		}
		w.asks(Request{ID: "2", Actor: authz.Actor{Team: "T1", User: "RITA"}, Text: "restart prod api"})
		if w.fleet.restarts != 1 {
			t.Error("restarted after the end")
		}
	})
}

func TestAccessThatNobodyOffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		for text, want := range map[string]string{
			"request prod api operator 3h":        "You may not ask for that on prod.\nYou may ask for:\noperator in prod, for at most 2h: request prod api operator 1h",
			"request prod api admin 1h":           "You may not ask for that on prod.",
			"request vault api operator 1h":       "I know no environment vault.",
			"request prod api operator -1":        "a duration such as 5s, 30m, 2h or 7d, not \"-1\"",
			"request prod api operator 1h;rm":     "a duration such as",
			"request prod api operator 10000000h": "a duration such as",
		} {
			if got := w.says("RITA", text).last(); !strings.Contains(got, want) {
				t.Errorf("%s: told %q", text, got)
			}
		}
		if got := w.says("ALICE", "request prod api operator 1h").last(); got != "You may not ask for that on prod." {
			t.Errorf("told %q", got)
		}
		if got := events(w.all()); got != strings.TrimSpace(strings.Repeat("refused ", 7)) {
			t.Errorf("events %s", got)
		}
	})
}

func TestAccessIsReleasedEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		id := w.asksFor("RITA", "request prod api operator 1h")
		w.clicks("ANN", "approve", id)
		w.says("RITA", "release prod")
		if got := w.fleet.forgotten; len(got) != 1 || got[0] != "RITA" {
			t.Errorf("credentials dropped of %v", got)
		}
		if got := w.of(id); got != "asked approved started accepted succeeded" {
			t.Errorf("events %s", got)
		}
		if w.says("RITA", "restart prod api"); w.fleet.restarts > 0 {
			t.Error("restarted after the release")
		}
	})
}

func TestALocalActionThatFailsHasFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		if got := w.says("ALICE", "rollback staging").last(); !strings.Contains(got, "Something went wrong") {
			t.Errorf("told %q", got)
		}
		if entry := w.newest(); entry.Event != ledger.Failed || entry.Reason != "boom" {
			t.Errorf("entry %+v", entry)
		}
	})
}

func TestALocalActionThatLeavesNothingHasSucceeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		if got := w.says("ALICE", "release staging").last(); got != "released" {
			t.Errorf("told %q", got)
		}
		if got := events(w.all()); got != "started succeeded" {
			t.Errorf("events %s", got)
		}
	})
}

func TestWhatIsReleasedTwiceEndsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.says("ALICE", "hold staging 30m")
		operation, _ := w.stream.Operation(w.newest().Operation)
		w.runner.release(t.Context(), operation.First.Operation, authz.Actor{Team: "T1", User: "BOB"})
		w.runner.release(t.Context(), operation.First.Operation, authz.Actor{Team: "T1", User: "BOB"})
		w.runner.runOut(t.Context(), operation)
		if got := w.of(operation.First.Operation); got != "started accepted succeeded" {
			t.Errorf("events %s", got)
		}
		if len(w.slack.notices["ALICE"]) != 1 {
			t.Errorf("told %v", w.slack.notices["ALICE"])
		}
	})
}

func TestWhatAnEntrySaysOfItsEnd(t *testing.T) {
	for result, want := range map[string]string{
		"until=release": "0001-01-01T00:00:00Z", "until=2026-03-04T12:00:00Z": "2026-03-04T12:00:00Z", "until=soon": "", "deployment=x": "", "": "",
	} {
		end, lasts := until(ledger.Entry{Event: ledger.Accepted, Result: result})
		if got := end.Format(time.RFC3339); lasts != (want != "") || lasts && got != want {
			t.Errorf("%q ends %s, lasts %v", result, got, lasts)
		}
	}
	if _, lasts := until(ledger.Entry{Event: ledger.Succeeded, Result: "until=release"}); lasts {
		t.Error("it lasts though it has ended")
	}
	if got := untilResult(time.Date(2026, 3, 4, 13, 0, 0, 0, time.FixedZone("", 3600))); got != "until=2026-03-04T12:00:00Z" {
		t.Errorf("result %s", got)
	}
}

func TestWhatOpenOperationsLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		accepted := ledger.Entry{Event: ledger.Accepted, Result: "until=release"}
		by := authz.Actor{Team: "T1", User: "X"}
		left := w.runner.Catalog.left([]*ledger.Operation{
			{First: ledger.Entry{Operation: "1", Action: "hold", Actor: by, Environment: "prod", Service: "one/api", Arguments: map[string]string{"why": "w"}, Reason: "r"}, Last: accepted},
			{First: ledger.Entry{Operation: "2", Action: "hold", Environment: "prod", Reason: "r"}, Last: accepted},
			{First: ledger.Entry{Operation: "3", Action: "request", Actor: by, Environment: "prod", Service: "api", Arguments: map[string]string{"role": "admin"}}, Last: accepted, Approvals: []ledger.Entry{{Actor: authz.Actor{User: "A"}}, {Actor: authz.Actor{User: "B"}}}},
			{First: ledger.Entry{Operation: "4", Action: "request"}, Last: accepted},
			{First: ledger.Entry{Operation: "5", Action: "restart"}, Last: accepted},
			{First: ledger.Entry{Operation: "6", Action: "gone"}, Last: accepted},
			{First: ledger.Entry{Operation: "7", Action: "hold"}, Last: ledger.Entry{Event: ledger.Started}},
		})
		if len(left.holds) != 2 || left.holds[0] != (authz.Hold{Operation: "1", Actor: by, Environment: "prod", Service: "api", Reason: "w"}) || left.holds[1].Reason != "r" {
			t.Errorf("holds %+v", left.holds)
		}
		if len(left.access) != 2 || left.access[0] != (authz.Access{Operation: "3", Actor: by, Environment: "prod", Service: "api", Role: "admin", ApprovedBy: authz.Actor{User: "B"}}) || left.access[1].ApprovedBy.User != "" {
			t.Errorf("access %+v", left.access)
		}
	})
}

// The button is a claim: its value may come from a message that one was shown by somebody else.
func TestWhoMayNotKnowOfAHoldIsNotToldOfItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.tends()
		w.says("ALICE", "hold staging api 30m busy")
		id := w.newest().Operation
		for user, want := range map[string]string{
			"MALLORY": "I do not know this button any longer.",
			"EVE":     "I work for members of this company only",
			"BOB":     "I will tell you when it is free, as long as I am not restarted before.",
			"ALICE":   "I will tell you when it is free, as long as I am not restarted before.",
		} {
			if got := w.clicks(user, "follow", id).last(); !strings.Contains(got, want) {
				t.Errorf("%s is told %q", user, got)
			}
		}
		w.join("BOB") // leaves every group before it ends
		time.Sleep(31 * time.Minute)
		synctest.Wait()
		if got := w.slack.notice("BOB"); got != "" {
			t.Errorf("who has lost every right is told %q", got)
		}
		if got := w.slack.notice("ALICE"); !strings.Contains(got, "api in staging is free again") {
			t.Errorf("who waits is told %q", got)
		}
		if got := w.clicks("ALICE", "follow", id+" staging api").last(); got != "api in staging is free again." {
			t.Errorf("afterwards told %q", got)
		}
		w.people.err = errAway
		w.people.vanish()
		if got := w.clicks("ANN", "follow", id+" staging api").last(); !strings.Contains(got, "I cannot ask Slack") {
			t.Errorf("while Slack is away: told %q", got)
		}
	})
}

func TestWhoMayKnowOfAnEntry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		rules := w.runner.Rulebook()
		backend := authz.Person{Standing: authz.Insider, Groups: []string{"S0BACKEND"}}
		for _, row := range []struct {
			says                 string
			person               authz.Person
			environment, service string
			want                 bool
		}{
			{"everything, an insider", authz.Person{Standing: authz.Insider}, "", "", true},
			{"everything, an outsider", authz.Person{Standing: authz.External}, "", "", false},
			{"an environment of theirs", backend, "staging", "", true},
			{"a service of theirs, in its cluster", backend, "staging", "one/api", true},
			{"an environment, without a group", authz.Person{Standing: authz.Insider}, "staging", "", false},
			{"a service, without a group", authz.Person{Standing: authz.Insider}, "staging", "api", false},
		} {
			if got := rules.mayKnowOf(row.person, ledger.Entry{Environment: row.environment, Service: row.service}); got != row.want {
				t.Errorf("%s: %v", row.says, got)
			}
		}
	})
}

func TestAnEnvironmentIsHeldByWhoHoldsAllOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		rules := guarded(1)
		rules.Grants[0].Services = []string{"api"}
		w.rule(rules)
		if got := w.says("ALICE", "hold staging 1h").last(); got != "You hold roles on some services of staging only: name the service." {
			t.Errorf("told %q", got)
		}
		if entry := w.newest(); entry.Event != ledger.Refused || entry.Reason != "denied: no grant on the environment as a whole" {
			t.Errorf("entry %+v", entry)
		}
		if got := w.says("ALICE", "hold staging api 1h").last(); got != "held" {
			t.Errorf("told %q", got)
		}
		if got := w.says("ALICE", "hold staging api 1h --all").last(); !strings.Contains(got, "--all is about everything: it goes without any other word.") {
			t.Errorf("told %q", got)
		}
	})
}

// A hold stops a service however its cluster was written, in the hold and in what it stops: of
// two clusters that have it, it stops both.
func TestAHoldStopsAServiceHoweverItsClusterIsWritten(t *testing.T) {
	for _, test := range []struct {
		hold, change string
		stopped      bool
	}{
		{"api", "api", true},
		{"api", "staging/api", true},
		{"staging/api", "api", true},
		{"staging/api", "staging/api", true},
		{"one/twin", "two/twin", true},
		{"staging/worker", "api", false},
	} {
		t.Run(test.hold+" and "+test.change, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := guardedWorld(t)
				if got := w.says("ALICE", "hold staging "+test.hold+" 30m busy").last(); got != "held" {
					t.Fatalf("told %q", got)
				}
				if told := w.says("BOB", "restart staging "+test.change).last(); strings.Contains(told, "ALICE holds") != test.stopped || w.fleet.restarts > 0 == test.stopped {
					t.Errorf("told %q, %d restarts", told, w.fleet.restarts)
				}
			})
		})
	}
}

// A secret in a reason leaves by no card.
func TestAReasonIsShownWithoutSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.runner.Redact = func(text string) string { return strings.ReplaceAll(text, "hunter2", "[redacted]") }
		w.says("ALICE", `restart staging api --reason "try hunter2"`)
		w.finish("arn:staging/api")
		w.says("ALICE", `restart prod api --reason "it is hunter2"`)
		w.asks(Request{ID: "form", Actor: authz.Actor{Team: "T1", User: "ALICE"}, Text: "restart staging worker", Where: Where{Channel: "C1"}, Confirmed: true, Reason: "hunter2"})
		synctest.Wait()
		w.slack.mutex.Lock()
		defer w.slack.mutex.Unlock()
		shown := 0
		for operation, states := range w.slack.cards {
			for _, state := range states {
				if shown++; strings.Contains(plain(state), "hunter2") || !strings.Contains(plain(state), "[redacted]") {
					t.Errorf("the card of %s shows %q", operation, plain(state))
				}
			}
		}
		if shown < 3 {
			t.Errorf("%d cards", shown)
		}
	})
}
