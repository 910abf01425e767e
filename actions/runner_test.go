package actions

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

func TestWhatIsRefusedAndHowItIsTold(t *testing.T) {
	for _, test := range []struct {
		name, user, text string
		prepare          func(*world)
		told, reason     string
	}{
		{"a member without groups", "MALLORY", "restart staging api", nil, "I know no environment staging.", "unknown: no grant on environment staging"},
		{"an outsider, whatever the groups", "EVE", "restart staging api", nil, "I work for members of this company only", "nobody: the caller is from another company"},
		{"an outsider does not even get help", "EVE", "help", nil, "I work for members of this company only", "nobody: "},
		{"an environment of others", "ALICE", "restart dev api", nil, "I know no environment dev.", "unknown: no grant on environment dev"},
		{"an environment that is none", "ALICE", "restart qa api", nil, "I know no environment qa.", "unknown: no grant on environment qa"},
		{"a misspelt environment", "ALICE", "restart stagign api", nil, "Did you mean staging?", "unknown: "},
		{"a misspelt environment of others", "ALICE", "restart deev api", nil, "Yours: prod, staging", "unknown: "},
		{"a service of others", "ALICE", "restart staging secret", nil, "I know no service secret in staging.", "unknown: no grant covers the service"},
		{"a service that is none", "ALICE", "restart staging nothing", nil, "I know no service nothing in staging.", "unknown: no grant covers the service"},
		{"a service that is none, in scope", "BOB", "restart staging wrker", nil, "Did you mean worker?", "unknown: no such service"},
		{"a name that two clusters have", "ALICE", "restart staging twin", nil, "Several clusters of staging have a service twin", "conflict: "},
		{"an action that no role includes", "ALICE", "restart prod api", nil, "You may not restart api in prod.", "denied: no grant includes the action"},
		{"a protected environment in which nobody could approve", "BOB", "restart prod api", nil, "Nobody could approve that", "denied: nobody could approve"},
		{"a denial", "FRED", "restart staging api", nil, "is denied to S0FROZEN", "denied: denial of group S0FROZEN, line 13"},
		{"the bot itself", "BOB", "restart staging ecsbot", nil, "That is me, or it shares", "denied: the bot's own service, cluster or roles"},
		{"an unknown action", "ALICE", "restrat staging api", nil, "Did you mean restart?", "parse: There is no action restrat."},
		{"an unknown action, for somebody who may nothing", "MALLORY", "restrat staging api", nil, "You can: help", "parse: "},
		{"a missing word", "ALICE", "restart staging", nil, "Which service?", "parse: "},
		{"a word too many", "ALICE", "restart staging api now", nil, "now is one word too many.", "parse: "},
		{"an unknown flag", "ALICE", "restart staging api --force", nil, "has no flag --force", "parse: "},
		{"a flag twice", "ALICE", "logs staging api --lines 1 --lines 2", nil, "given twice", "parse: "},
		{"a flag without its value", "ALICE", "logs staging api --lines", nil, "wants a value", "parse: "},
		{"a count that is none", "ALICE", "logs staging api --lines ٣", nil, "--lines takes a whole number from 1 to 10", "parse: "},
		{"a count out of bounds", "ALICE", "logs staging api --lines=11", nil, "--lines takes a whole number from 1 to 10", "parse: "},
		{"a duration that is none", "ALICE", "logs staging api --since 1h;rm", nil, "takes a duration such as", "parse: "},
		{"a duration too long", "ALICE", "logs staging api --since 2h", nil, "takes at most 1h", "parse: "},
		{"an open quote", "ALICE", `restart "staging api`, nil, "a quote is not closed", "parse: "},
		{"a novel", "ALICE", strings.Repeat("x", 4000), nil, "too long", "parse: "},
		{"retagged since it was found", "ALICE", "restart staging api", func(w *world) {
			w.fleet.set("arn:staging/api", func(s *fleet.Service) { s.Environment = "prod" })
		}, "I know no service api in staging", "unknown: the service's tag names another environment now"},
		{"untagged since it was found", "BOB", "restart staging api", func(w *world) {
			w.fleet.set("arn:staging/api", func(s *fleet.Service) { s.Environment = "" })
		}, "I know no service api in staging", "unknown: the service's tag names another environment now"},
		{"contradicting tags", "ALICE", "restart staging api", func(w *world) {
			w.fleet.set("arn:staging/api", func(s *fleet.Service) { s.Conflict = "the cluster is tagged prod" })
		}, "contradicts itself", "conflict: tags or configuration contradict each other: the cluster is tagged prod"},
		{"gone since it was found", "ALICE", "restart staging api", func(w *world) { w.fleet.readErr = fleet.ErrUnknown }, "I know no service api in staging.\nAWS does not have it there any more.", "unknown: not on AWS any more"},
		{"AWS away", "ALICE", "restart staging api", func(w *world) { w.fleet.readErr = fleet.ErrUnavailable }, "AWS does not answer", "stale: "},
		{"AWS throttling", "ALICE", "status staging api", func(w *world) { w.fleet.readErr = fleet.ErrThrottled }, "too many requests", "stale: "},
		{"a role that cannot be assumed", "ALICE", "restart staging api", func(w *world) { w.fleet.assume = fleet.ErrDenied }, "AWS refused my credentials", "stale: "},
		{"something unforeseen", "ALICE", "status staging api", func(w *world) { w.runErr = errors.New("boom") }, "Something went wrong on my side", "stale: boom"},
		{"Slack away, never seen", "ALICE", "status staging api", func(w *world) { w.people.err = errAway }, "I cannot ask Slack", "stale: "},
		{"the ledger away", "ALICE", "restart staging api", func(w *world) { w.keeper.Break(errAway) }, "The ledger cannot be written", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				if test.prepare != nil {
					test.prepare(w)
				}
				reply := w.says(test.user, test.text)
				if got := reply.last(); !strings.Contains(got, test.told) {
					t.Errorf("told %q, want %q in it", got, test.told)
				}
				w.keeper.Break(nil)
				entry := w.entries(1)[0]
				if entry.Event != ledger.Refused || !strings.HasPrefix(entry.Reason, test.reason) {
					t.Errorf("entry %s %q, want %q", entry.Event, entry.Reason, test.reason)
				}
				if w.fleet.restarts > 0 || w.did() > 0 && w.runErr == nil {
					t.Error("something was carried out")
				}
			})
		})
	}
}

func TestOutOfScopeAndMissingAreToldAlikeAndCostNoAWSCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		said := func(text, word string) string { return strings.ReplaceAll(w.says("ALICE", text).last(), word, "X") }
		if one, other := said("restart dev api", "dev"), said("restart xyz api", "xyz"); one != other {
			t.Errorf("%q and %q", one, other)
		}
		if one, other := said("restart staging secret", "secret"), said("restart staging qqqqqq", "qqqqqq"); one != other {
			t.Errorf("%q and %q", one, other)
		}
		if len(w.fleet.purposes) > 0 {
			t.Errorf("asked AWS for %v", w.fleet.purposes)
		}
	})
}

func TestARestartIsWrittenBeforeItIsDoneAndFollowedToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		reply := w.says("ALICE", "restart staging api")
		if len(reply.told) == 0 || reply.told[0].Tone != Working {
			t.Errorf("first told %v", reply.told)
		}
		if got := events(w.entries(2)); got != "started accepted" {
			t.Errorf("entries: %s", got)
		}
		time.Sleep(2 * watchPause)
		synctest.Wait()
		if got := w.slack.last("op1"); !strings.Contains(got, "new tasks: 0 of 2 running · old tasks: 2 left") {
			t.Errorf("card: %s", got)
		}
		w.fleet.set("arn:staging/api", func(s *fleet.Service) {
			s.Deployments = []fleet.Deployment{{ID: "ecs-svc/new1", Status: "PRIMARY", Rollout: fleet.Completed, Desired: 2, Running: 2}}
		})
		entries := w.entries(3)
		if got := events(entries); got != "started accepted succeeded" {
			t.Errorf("entries: %s", got)
		}
		synctest.Wait()
		if got := w.slack.last("op1"); !strings.Contains(got, "Done: 2 tasks running, all new") {
			t.Errorf("card: %s", got)
		}
		start := entries[0]
		if start.Target != "arn:staging/api" || !strings.HasPrefix(start.Result, "before=ecs-svc/1 revision=arn:task-definition/api:7 desired=2 deadline=") || start.AWS.AccessKeyID != "ASIAFAKE" || start.Request == "" {
			t.Errorf("start: %+v", start)
		}
		if entries[1].AWS.RequestID != "aws-request" || entries[1].Result != "deployment=ecs-svc/new1" {
			t.Errorf("accepted: %+v", entries[1])
		}
		if got := w.fleet.purposes[0]; got.Operation != "restart" || got.Environment != "staging" || got.Role != "arn:role" || got.User != "ALICE" || got.Request != "op1" {
			t.Errorf("purpose: %+v", got)
		}
	})
}

func TestHowARestartEnds(t *testing.T) {
	for _, test := range []struct {
		name         string
		then         func(*world)
		after        time.Duration
		events, card string
	}{
		{"the circuit breaker", func(w *world) {
			code := 137
			w.fleet.stopped = []fleet.Task{
				{StartedBy: "ecs-svc/1", StopReason: "old"},
				{StartedBy: "ecs-svc/new1", Containers: []fleet.Container{{Name: "api", ExitCode: &code}}},
				{StartedBy: "ecs-svc/new1", Containers: []fleet.Container{{Name: "api", ExitCode: &code}}},
				{StartedBy: "ecs-svc/new1", StopReason: "Task failed ELB health checks"},
				{StartedBy: "ecs-svc/new1", Containers: []fleet.Container{{Name: "web", Reason: "CannotPullContainerError"}}},
			}
			w.fleet.set("arn:staging/api", func(s *fleet.Service) {
				s.Deployments[0].Rollout, s.Deployments[0].Reason = fleet.Failed, "circuit breaker"
			})
		}, time.Minute, "started accepted failed", "killed: out of memory"},
		{"somebody else's deployment", func(w *world) {
			w.fleet.set("arn:staging/api", func(s *fleet.Service) {
				s.Deployments = []fleet.Deployment{{ID: "ecs-svc/other", Status: "PRIMARY"}, {ID: "ecs-svc/new1", Status: "ACTIVE"}}
			})
		}, time.Minute, "started accepted failed", "Superseded"},
		{"rolled back by ECS", func(w *world) {
			w.fleet.set("arn:staging/api", func(s *fleet.Service) {
				s.Deployments = []fleet.Deployment{{ID: "ecs-svc/1", Status: "PRIMARY", Rollout: fleet.Completed, Desired: 2, Running: 2}}
			})
		}, 2 * time.Minute, "started accepted failed", "ECS went back to the deployment before"},
		{"never steady", nil, watchPatience + time.Minute, "started accepted failed", "Failed: not steady after 30m. ECS goes on with it; I do not follow it any longer."},
		{"not readable any more", func(w *world) { w.fleet.becomes(func(f *fakeFleet) { f.readErr = errAway }) }, watchPatience + time.Minute, "started accepted failed", "how it ended is not known"},
		{"a controller without rollout states", func(w *world) {
			w.fleet.set("arn:staging/api", func(s *fleet.Service) {
				s.Deployments = []fleet.Deployment{{ID: "ecs-svc/new1", Status: "PRIMARY", Desired: 2, Running: 2}}
			})
		}, time.Minute, "started accepted succeeded", "Done"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.says("ALICE", "restart staging api")
				if test.then != nil {
					test.then(w)
				}
				time.Sleep(test.after)
				synctest.Wait()
				if got := events(w.entries(3)); got != test.events {
					t.Errorf("entries: %s", got)
				}
				if got := w.slack.last("op1"); !strings.Contains(got, test.card) {
					t.Errorf("card: %s", got)
				}
			})
		})
	}
}

func TestAChangeWhoseFateIsUnknownIsReadAndNeverRepeated(t *testing.T) {
	for _, test := range []struct {
		name         string
		happened     bool
		isOvertaken  bool
		events, card string
	}{
		{"it happened", true, false, "started unknown accepted", "new tasks: 0 of 2 running"},
		{"it did not happen", false, false, "started unknown failed", "AWS has not carried it out"},
		{"it happened, and somebody else deployed after it", true, true, "started unknown accepted failed", "Superseded"},
		{"it did not happen, and somebody else deployed later", false, true, "started unknown failed", "cannot be told by reading"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.runErr = fleet.ErrFateUnknown
				w.says("ALICE", "restart staging api")
				if test.happened {
					w.fleet.restart(fleet.Service{Ref: fleet.Ref{ARN: "arn:staging/api"}})
				}
				if test.isOvertaken && test.happened {
					w.fleet.overtake("arn:task-definition/api:8")
				}
				if test.isOvertaken && !test.happened { // of the same revision, but not within the right to act
					time.Sleep(appearance)
					w.fleet.becomes(func(f *fakeFleet) { f.readErr = errAway })
					time.Sleep(appearance)
					w.fleet.overtake("arn:task-definition/api:7")
					w.fleet.becomes(func(f *fakeFleet) { f.readErr = nil })
				}
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				if got := events(w.entries(len(strings.Fields(test.events)))); got != test.events {
					t.Errorf("entries: %s", got)
				}
				if got := w.slack.last("op1"); !strings.Contains(got, test.card) {
					t.Errorf("card: %s", got)
				}
				if w.did() != 1 {
					t.Errorf("it was sent %d times", w.did())
				}
			})
		})
	}
}

func TestAChangeThatAWSRefusesHasFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.runErr = fleet.ErrRefused
		w.says("ALICE", "restart staging api")
		if got := events(w.entries(2)); got != "started failed" {
			t.Errorf("entries: %s", got)
		}
		synctest.Wait()
		if got := w.slack.last("op1"); !strings.Contains(got, "Not done: AWS refused") {
			t.Errorf("card: %s", got)
		}
	})
}

func TestARequestActsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() { w.says("ALICE", "restart staging api") })
		}
		group.Wait()
		if w.fleet.restarts != 1 {
			t.Errorf("restarted %d times", w.fleet.restarts)
		}
	})
}

func TestTwoChangesOfOneServiceDoNotRunTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.says("ALICE", "restart staging api")
		reply := w.says("BOB", "restart staging api")
		if !strings.Contains(reply.last(), "Another operation is changing this service") {
			t.Errorf("told %q", reply.last())
		}
		if entry := w.entries(3)[2]; entry.Event != ledger.Refused || !strings.HasPrefix(entry.Reason, "held: ") {
			t.Errorf("entry %+v", entry)
		}
		w.says("BOB", "restart staging worker")
		if w.fleet.restarts != 2 {
			t.Errorf("restarted %d services", w.fleet.restarts)
		}
	})
}

func TestNothingChangesOnStaleGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.says("ALICE", "status staging api")
		w.people.err = errAway
		if got := w.says("ALICE", "restart staging api").last(); !strings.Contains(got, "I cannot ask Slack") {
			t.Errorf("told %q", got)
		}
		if got := w.says("ALICE", "status staging api").last(); !strings.Contains(got, "stands") {
			t.Errorf("told %q", got)
		}
		if w.fleet.restarts > 0 {
			t.Error("restarted")
		}
	})
}

// TestTheReasonIsWhatWasTypedUnlessAFormAskedForIt: only a form that Slack sent has a reason
// beside the text.
func TestTheReasonIsWhatWasTypedUnlessAFormAskedForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for _, test := range []struct {
			service, form string
			isConfirmed   bool
			want          string
		}{{"api", "claimed", false, "typed"}, {"worker", "", true, "typed"}, {"secret", "asked", true, "asked"}} {
			w.asks(Request{
				ID: test.service, Actor: authz.Actor{Team: "T1", User: "BOB"}, Text: "restart staging " + test.service + " --reason typed",
				Reason: test.form, Confirmed: test.isConfirmed,
			})
			var got string
			for _, entry := range w.all() {
				if entry.Event == ledger.Started && entry.Service == test.service {
					got = entry.Reason
				}
			}
			if got != test.want {
				t.Errorf("%s: %q, want %q", test.service, got, test.want)
			}
		}
	})
}

func TestWhoeverLeftTheGroupASecondAgoIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.says("ALICE", "status staging api") // remembered with her groups
		w.people.people["ALICE"] = authz.Person{Actor: authz.Actor{Team: "T1", User: "ALICE"}, Standing: authz.Insider}
		if got := w.says("ALICE", "restart staging api").last(); !strings.Contains(got, "I know no environment staging") {
			t.Errorf("told %q", got)
		}
		if w.fleet.restarts > 0 {
			t.Error("restarted")
		}
	})
}

func TestAnswersGoWhereTheyShould(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		if got := w.says("ALICE", "").last(); got != "helped" {
			t.Errorf("nothing said: %q", got)
		}
		if reply := w.says("ALICE", "status staging api --share"); len(reply.shared) != 1 {
			t.Errorf("shared %v", reply.shared)
		}
		if reply := w.says("ALICE", "logs staging api --lines 5 --since 5m"); len(reply.pages) != 1 || len(reply.opened) != 1 || !reply.private {
			t.Errorf("pages %v in %v, private %v", reply.pages, reply.opened, reply.private)
		}
		if got := w.says("ALICE", "logs staging staging/api").last(); !strings.Contains(got, "logs staging/api in staging") {
			t.Errorf("qualified: %q", got)
		}
		if got := events(w.entries(4)); got != "read read read read" {
			t.Errorf("entries: %s", got)
		}
		w.keeper.Break(errAway)
		w.says("ALICE", "help")
		time.Sleep(time.Second) // records are gathered for a moment
		synctest.Wait()
		if got := w.says("ALICE", "status staging api").last(); !strings.Contains(got, "The ledger cannot be written at present") {
			t.Errorf("told %q", got)
		}
	})
}

// TestWhatHasTheBotsRolesIsOutOfReach: which task definition runs is only known once the
// service was read, so the second decision has to ask too.
func TestWhatHasTheBotsRolesIsOutOfReach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fleet.set("arn:staging/api", func(s *fleet.Service) { s.Revision = "arn:task-definition/ecsbot:7" })
		if got := w.says("ALICE", "restart staging api").last(); !strings.Contains(got, "That is me, or it shares") || w.fleet.restarts > 0 {
			t.Errorf("told %q", got)
		}
		if entry := w.newest(); entry.Event != ledger.Refused || !strings.HasPrefix(entry.Reason, "denied: the bot's own") {
			t.Errorf("entry %+v", entry)
		}
	})
}

func TestAnAnswerThatDoesNotArriveIsRecordedAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.runner.Do(t.Context(), Request{Actor: authz.Actor{Team: "T1", User: "ALICE"}, Text: "help"}, &fakeReply{err: errAway})
		if got := events(w.entries(1)); got != "read" {
			t.Errorf("entries: %s", got)
		}
	})
}

func TestARunnerWithoutAPartIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for name, remove := range map[string]func(*Settings){
			"catalog": func(s *Settings) { s.Catalog = nil }, "rules": func(s *Settings) { s.Rulebook = nil },
			"people": func(s *Settings) { s.People = nil }, "finder": func(s *Settings) { s.Finder = nil },
			"reader": func(s *Settings) { s.Reader = nil }, "assumer": func(s *Settings) { s.Assumer = nil },
			"ledger": func(s *Settings) { s.Ledger = nil }, "cards": func(s *Settings) { s.Cards = nil }, "eraser": func(s *Settings) { s.Eraser = nil },
			"tasks": func(s *Settings) { s.Tasks = nil }, "queue": func(s *Settings) { s.Queued = nil }, "redactor": func(s *Settings) { s.Redact = nil }, "own": func(s *Settings) { s.Own = nil },
			"IDs": func(s *Settings) { s.NewID = nil }, "log": func(s *Settings) { s.Log = nil },
			"places": func(s *Settings) { s.Parallel = 0 },
		} {
			settings := w.settings()
			remove(&settings)
			if _, err := NewRunner(settings); err == nil {
				t.Errorf("a runner without %s", name)
			}
		}
		settings := w.settings()
		settings.Parallel = 1
		if _, err := NewRunner(settings); err != nil {
			t.Errorf("one place is enough: %v", err)
		}
	})
}

func TestSlackBeingAwayDoesNotHoldAChangeUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.slack.err = errAway
		w.says("ALICE", "restart staging api")
		if got := events(w.entries(2)); got != "started accepted" {
			t.Errorf("entries: %s", got)
		}
	})
}

func TestWhatAnEarlierRunLeftOpenIsFollowedToItsEnd(t *testing.T) {
	left := func(event ...ledger.Event) func(w *world) {
		return func(w *world) {
			for _, each := range event {
				entry := ledger.Entry{
					Operation: "old", Event: each, Actor: authz.Actor{Team: "T1", User: "ALICE"}, Action: "restart",
					Environment: "staging", Service: "api", Target: "arn:staging/api", Request: "r",
				}
				entry.Result = map[ledger.Event]string{
					ledger.Started: "before=ecs-svc/1 deadline=x", ledger.Accepted: "deployment=ecs-svc/new1",
				}[each]
				if _, err := w.stream.Append(w.t.Context(), func(*ledger.State) ([]ledger.Entry, error) { return []ledger.Entry{entry}, nil }); err != nil {
					w.t.Fatal(err)
				}
			}
		}
	}
	for _, test := range []struct {
		name     string
		left     func(*world)
		happened bool
		events   string
	}{
		{"accepted", left(ledger.Started, ledger.Accepted), true, "started accepted succeeded"},
		{"started, and it happened", left(ledger.Started), true, "started accepted succeeded"},
		{"started, and it did not happen", left(ledger.Started), false, "started failed"},
		{"unknown, and it happened", left(ledger.Started, ledger.Unknown), true, "started unknown accepted succeeded"},
		{"of a service that is gone", func(w *world) { left(ledger.Started)(w); w.fleet.refs = nil }, false, "started failed"},
		{"only asked", func(w *world) { left(ledger.Asked)(w) }, false, "asked"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				test.left(w)
				if test.happened {
					w.fleet.restart(fleet.Service{Ref: fleet.Ref{ARN: "arn:staging/api"}})
				}
				w.adopts()
				time.Sleep(rightAge + 2*adoptPause)
				time.Sleep(time.Minute)
				w.fleet.set("arn:staging/api", func(s *fleet.Service) { s.Deployments[0].Rollout = fleet.Completed })
				time.Sleep(time.Minute)
				synctest.Wait()
				if got := events(w.entries(1)); got != test.events {
					t.Errorf("entries: %s", got)
				}
				if w.did() > 0 {
					t.Error("it was done again")
				}
			})
		})
	}
}
