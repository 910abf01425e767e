package actions

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

func TestWhatCannotBeReadForAWhileIsFollowedAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldWith(t, planned("stop", Plan{Follow: FollowStop, Task: taskARN}, fleet.Change{Task: fleet.Task{ARN: taskARN}}, nil))
		w.says("BOB", "stop staging api")
		w.task(func(*fleet.Task) {})
		w.fleet.becomes(func(f *fakeFleet) { f.taskErr = errAway })
		time.Sleep(4 * watchPause)
		synctest.Wait()
		if got := w.of("op1"); got != "started accepted" || !w.notes.has("tasks cannot be read; trying again") {
			t.Errorf("events %s", got)
		}
		w.fleet.becomes(func(f *fakeFleet) { f.taskErr = nil })
		w.task(exited(143))
		time.Sleep(2 * watchPause)
		synctest.Wait()
		if got := w.of("op1"); got != "started accepted succeeded" {
			t.Errorf("events %s", got)
		}
	})
}

// TestWhetherACommandRunsIsAskedUntilItIsKnown: it is never run again meanwhile.
func TestWhetherACommandRunsIsAskedUntilItIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldWith(t, planned("run", Plan{Follow: FollowRun}, fleet.Change{}, fleet.ErrFateUnknown))
		w.says("BOB", "run staging api")
		w.fleet.becomes(func(f *fakeFleet) { f.taskErr = errAway })
		time.Sleep(4 * watchPause)
		synctest.Wait()
		if got := w.of("op1"); got != "started unknown" || !w.notes.has("whether a task was started cannot be read; trying again") {
			t.Errorf("events %s", got)
		}
		w.task(func(t *fleet.Task) { exited(0)(t); t.StartedBy = "op1" })
		w.fleet.becomes(func(f *fakeFleet) { f.taskErr = nil })
		time.Sleep(4 * watchPause)
		synctest.Wait()
		if got := w.of("op1"); got != "started unknown accepted succeeded" {
			t.Errorf("events %s", got)
		}
	})
}

// TestWhatReadingDoesNotFindWasNotDone, where it would have left something behind; where not,
// nobody is told that it is safe to ask again.
func TestWhatReadingDoesNotFindWasNotDone(t *testing.T) {
	nine := 9
	for follow, told := range map[Follow]string{
		FollowDeployment: "AWS has not carried it out: no deployment began. It is safe to ask again.",
		FollowCount:      "AWS has not carried it out: the count is as it was. It is safe to ask again.",
		FollowReturn:     "AWS has not carried it out: the deployment was not stopped. It is safe to ask again.",
		FollowStop:       "AWS has not carried it out: the task still runs. It is safe to ask again.",
		FollowRun:        "AWS has not carried it out: no task was started. It is safe to ask again.",
		FollowNothing:    "Whether AWS has carried it out cannot be told by reading. Look at the service before you ask again.",
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorldWith(t, planned("stop", Plan{Follow: follow, Expect: Expect{Desired: &nine}}, fleet.Change{}, fleet.ErrFateUnknown))
			w.says("BOB", "stop staging api")
			time.Sleep(rightAge + 2*appearance)
			synctest.Wait()
			if got := w.of("op1"); got != "started unknown failed" || !strings.Contains(w.slack.last("op1"), told) {
				t.Errorf("%q: events %s, told %s", follow, got, w.slack.last("op1"))
			}
		})
	}
}

// TestARevisionThatWasToBeRegisteredIsKnownByItsFamily: it had no number before.
func TestARevisionThatWasToBeRegisteredIsKnownByItsFamily(t *testing.T) {
	for revision, ours := range map[string]bool{
		"arn:aws:ecs:eu-west-1:111122223333:task-definition/api:8":   true,
		"arn:aws:ecs:eu-west-1:111122223333:task-definition/api:7":   false, // which ran before
		"arn:aws:ecs:eu-west-1:111122223333:task-definition/other:8": false,
	} {
		t.Run(revision, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				plan := Plan{Follow: FollowDeployment, Expect: Expect{Revision: NewRevision("api")}}
				w := newWorldWith(t, planned("deploy", plan, fleet.Change{}, fleet.ErrFateUnknown))
				stands(w, func(s *fleet.Service) { s.Revision = "arn:aws:ecs:eu-west-1:111122223333:task-definition/api:7" })
				w.says("BOB", "deploy staging api")
				w.fleet.restart(fleet.Service{Ref: fleet.Ref{ARN: "arn:staging/api"}})
				stands(w, func(s *fleet.Service) { s.Deployments[0].Revision = revision })
				time.Sleep(rightAge + 2*appearance)
				synctest.Wait()
				want := "started unknown failed"
				if ours {
					want = "started unknown accepted"
				}
				if got := w.of("op1"); got != want {
					t.Errorf("events %s, want %s", got, want)
				}
			})
		})
	}
}

// TestOutputThatCannotBeReadIsSaid: how it ended is told all the same.
func TestOutputThatCannotBeReadIsSaid(t *testing.T) {
	for name, trouble := range map[string]func(*fakeFleet){"the log": unreadableLog, "no credentials for it": noLogs} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorldWith(t, planned("run", Plan{Follow: FollowRun}, fleet.Change{Task: fleet.Task{ARN: taskARN}}, nil))
				w.fleet.becomes(trouble)
				w.says("BOB", "run staging api")
				w.task(exited(3))
				time.Sleep(4 * watchPause)
				synctest.Wait()
				if got := w.slack.last("op1"); !strings.Contains(got, "Its output cannot be read. Reference: op1") || w.of("op1") != "started accepted failed" {
					t.Errorf("events %s, card %s", w.of("op1"), got)
				}
				if !w.notes.has("the output of a task cannot be read", "operation=op1") {
					t.Errorf("log %q", w.notes.lines)
				}
			})
		})
	}
}

func unreadableLog(f *fakeFleet) { f.logErr = errAway }

// noLogs gives no credentials for logs.
func noLogs(f *fakeFleet) {
	f.refuses = func(purpose fleet.Purpose) error {
		if purpose.Operation == logsClass {
			return errAway
		}
		return nil
	}
}

// TestTheLastWordsOfATaskThatFailedGoWhereLogsGo: of one that had begun, and did something wrong,
// to whoever may still read logs there.
func TestTheLastWordsOfATaskThatFailedGoWhereLogsGo(t *testing.T) {
	code := 1
	failed := []fleet.Container{{Name: "api", ExitCode: &code}}
	inThread := func(w *world) { w.places = map[string]Place{"staging": {OperatorRole: "arn:role", LogsInThread: true}} }
	for _, test := range []struct {
		name   string
		before func(*world)
		then   func(*world)
		shown  bool // on the card
		noted  string
	}{
		{"on the card", inThread, func(*world) {}, true, ""},
		{"not where they cannot be read", inThread, func(w *world) { w.fleet.becomes(unreadableLog) }, false, "the last lines of a task cannot be read"},
		{"not without credentials", inThread, func(w *world) { w.fleet.becomes(noLogs) }, false, "the last lines of a task cannot be read"},
		{"not to whoever has left the group", inThread, func(w *world) { w.join("ALICE", "S0NONE") }, false, ""},
		{"not where nobody knows who asks", inThread, func(w *world) { w.people.vanish() }, false, "who asked cannot be read"},
		{"not where logs are the requester's alone", func(*world) {}, func(*world) {}, false, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				test.before(w)
				w.says("ALICE", "restart staging api")
				w.fleet.becomes(func(f *fakeFleet) {
					f.stopped = []fleet.Task{
						{StartedBy: "ecs-svc/new1", Started: time.Now(), StopReason: scalingIn + " (deployment ecs-svc/new1)"},
						{StartedBy: "ecs-svc/new1", StopReason: "no room"},
						{StartedBy: "ecs-svc/new1", Started: time.Now(), Containers: failed},
					}
					f.ending = fleet.Lines{Lines: []fleet.Line{{Text: "panic: no database\r\n"}}}
				})
				test.then(w)
				stands(w, func(s *fleet.Service) {
					s.Deployments[0].Rollout, s.Deployments[0].Reason = fleet.Failed, "tasks failed to start"
				})
				time.Sleep(4 * watchPause)
				synctest.Wait()
				got := w.slack.last("op1")
				if w.of("op1") != "started accepted failed" || strings.Contains(got, scalingIn) || !strings.Contains(got, "api ended with exit code 1") {
					t.Errorf("events %s, card %s", w.of("op1"), got)
				}
				if shown := strings.Contains(got, "Its last lines:\npanic: no database"); shown != test.shown || test.noted != "" && !w.notes.has(test.noted, "operation=op1") {
					t.Errorf("card %s, log %q", got, w.notes.lines)
				}
			})
		})
	}
}

// Lines come some seconds late: where the newest task that failed has none yet, those of one that
// failed alike are shown, and no more than three logs are read for it.
func TestTheLastLinesAreOfATaskThatHasSome(t *testing.T) {
	oom := func(arn, reason string) fleet.Task {
		return fleet.Task{ARN: arn, StartedBy: "ecs-svc/new1", Started: time.Now(), Containers: []fleet.Container{{Name: "api", Reason: reason}}}
	}
	for name, test := range map[string]struct {
		silent []string
		read   string
		shown  bool
	}{
		"the newest has some":         {nil, "one", true},
		"the one before it has some":  {[]string{"one"}, "one three", true},
		"the fourth is not asked for": {[]string{"one", "three", "four"}, "one three four", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.places = map[string]Place{"staging": {OperatorRole: "arn:role", LogsInThread: true}}
				w.says("ALICE", "restart staging api")
				w.fleet.becomes(func(f *fakeFleet) {
					f.stopped = []fleet.Task{oom("one", "OutOfMemoryError"), oom("two", "another"), oom("three", "OutOfMemoryError"), oom("four", "OutOfMemoryError"), oom("five", "OutOfMemoryError")}
					f.ending, f.silent = fleet.Lines{Lines: []fleet.Line{{Text: "heap grows"}}}, map[string]bool{}
					for _, arn := range test.silent {
						f.silent[arn] = true
					}
				})
				stands(w, func(s *fleet.Service) {
					s.Deployments[0].Rollout, s.Deployments[0].Reason = fleet.Failed, "tasks failed to start"
				})
				time.Sleep(4 * watchPause)
				synctest.Wait()
				var read string
				w.fleet.becomes(func(f *fakeFleet) { read = strings.Join(f.ends, " ") })
				if got := w.slack.last("op1"); read != test.read || strings.Contains(got, "Its last lines:\nheap grows") != test.shown {
					t.Errorf("read of %q, card %s", read, got)
				}
			})
		})
	}
}

// TestARegisteredRevisionIsWhatIsExpected: its number came with the answer.
func TestARegisteredRevisionIsWhatIsExpected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := "arn:task-definition/api:8"
		answer := fleet.Change{Revision: made, Service: fleet.Service{
			Ref: fleet.Ref{ARN: "arn:staging/api"}, Desired: 2, Revision: made, Deployments: []fleet.Deployment{{ID: "ecs-svc/2", Status: "PRIMARY", Revision: made}},
		}}
		w := newWorldWith(t, planned("deploy", Plan{Expect: Expect{Revision: NewRevision("api")}}, answer, nil))
		w.says("BOB", "deploy staging api")
		synctest.Wait()
		if entry := w.newest(); entry.Event != ledger.Accepted || entry.Reason != "" || !strings.HasSuffix(entry.Result, " registered="+made) {
			t.Errorf("entry %+v", entry)
		}
	})
}

// TestWhatIsFollowedAlreadyIsNotTakenOver: nor is a card shown again that stands.
func TestWhatIsFollowedAlreadyIsNotTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.adopts()
		w.says("ALICE", "restart staging api")
		waiting := w.asksFor("ALICE", "restart prod api")
		time.Sleep(2 * rightAge)
		w.finish("arn:staging/api")
		if got := w.of("op1"); got != "started accepted succeeded" || w.notes.has("going on with an operation of an earlier run") {
			t.Errorf("events %s, log %q", got, w.notes.lines)
		}
		if cards := w.slack.places[waiting]; len(cards) != 1 {
			t.Errorf("posted at %v", cards)
		}
	})
}

// TestAServiceThatCouldPauseAndDoesNotIsFollowedAsAlways, with how long it usually takes.
func TestAServiceThatCouldPauseAndDoesNotIsFollowedAsAlways(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := fleet.Change{Service: fleet.Service{
			Ref: fleet.Ref{ARN: "arn:staging/api"}, Desired: 1, Revision: "arn:task-definition/api:7", Deployments: []fleet.Deployment{{ID: "ecs-svc/new1", Status: "PRIMARY"}},
		}}
		w := newWorldWith(t, planned("deploy", Plan{Usual: 90 * time.Second}, answer, nil))
		stands(w, func(s *fleet.Service) { s.Pauses, s.Desired, s.Running = true, 1, 1 })
		w.says("BOB", "deploy staging api")
		w.fleet.restart(fleet.Service{Ref: fleet.Ref{ARN: "arn:staging/api"}})
		time.Sleep(4 * watchPause)
		synctest.Wait()
		if got := w.slack.last("op1"); !strings.Contains(got, "(usually 1m30s)") || strings.Contains(got, "Paused") {
			t.Errorf("card %s", got)
		}
		stands(w, func(s *fleet.Service) { s.Deployments[0].Desired = 1 })
		w.finish("arn:staging/api")
		if got := w.slack.last("op1"); !strings.Contains(got, "Done: 1 task running") {
			t.Errorf("card %s", got)
		}
	})
}

// TestWhatWasAskedInAThreadIsToldThere, and a button on a card is no message below it.
func TestWhatWasAskedInAThreadIsToldThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldWith(t, planned("rollback", Plan{Follow: FollowNothing}, fleet.Change{}, nil))
		thread := Where{Channel: "C1", Thread: "5.5"}
		w.asks(Request{ID: "r", Actor: authz.Actor{Team: "T1", User: "ALICE"}, Text: "restart staging api", Where: thread})
		synctest.Wait()
		click := func(button string) *fakeReply {
			reply := &fakeReply{}
			w.runner.Click(t.Context(), Click{
				ID: button, Actor: authz.Actor{Team: "T1", User: "BOB"}, Button: button, Value: "op1", Card: Card{Channel: "C1", Message: "7.7"}, Where: Where{Channel: "C1", Thread: "7.7"},
			}, reply)
			return reply
		}
		if got := click("continue").last(); !strings.Contains(got, "I do not know this button any longer.") {
			t.Errorf("told %q", got)
		}
		click("rollback") // of what is still under way
		synctest.Wait()
		w.finish("arn:staging/api")
		if places := w.slack.places[w.all()[2].Operation]; len(places) > 0 && places[0].Thread != "" {
			t.Errorf("posted at %v", places)
		}
		if len(w.slack.threads) == 0 || w.slack.threads[0] != thread && w.slack.threads[len(w.slack.threads)-1] != thread {
			t.Errorf("told in %v", w.slack.threads)
		}
	})
}

// TestASnippetIsPrivateWhereLinesAre, and what was read of AWS is recorded with its credentials.
func TestASnippetIsPrivateWhereLinesAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldWith(t, Action{
			Name: "tasks", Example: "tasks staging api", Parameters: []Parameter{Environment(), Service()}, AWS: []string{"ecs:ListTasks"},
			Run: func(context.Context, Call) (Outcome, error) {
				return Outcome{Message: Say(Plain, "tasks"), Snippet: &Snippet{Text: "x"}}, nil
			},
		})
		for inThread, private := range map[bool]bool{true: false, false: true} {
			w.places["staging"] = Place{LogsInThread: inThread}
			if reply := w.says("ALICE", "tasks staging api"); len(reply.threads) != 1 || reply.threads[0].Private != private {
				t.Errorf("shown %v", reply.threads)
			}
		}
		if entry := w.newest(); entry.AWS == nil || entry.AWS.AccessKeyID != "ASIAFAKE" {
			t.Errorf("entry %+v", entry)
		}
	})
}

func TestACallKnowsItsPlanAndItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen Call
		w := newWorldWith(t, Action{
			Name: "scale", Example: "scale staging api", Parameters: []Parameter{Environment(), Service()}, Changes: true, AWS: []string{"ecs:UpdateService"},
			Plan: func(_ context.Context, call Call) (Plan, error) {
				if call.Reader() == nil {
					t.Error("a plan is made without credentials to read")
				}
				return Plan{Follow: FollowNothing, Task: "it"}, nil
			},
			Run: func(_ context.Context, call Call) (Outcome, error) {
				seen = call
				return Outcome{Change: &fleet.Change{}}, nil
			},
		})
		w.says("ALICE", "scale staging api")
		if seen.Plan().Task != "it" || seen.Protected() || !seen.ProtectedThere("prod") || seen.Place().OperatorRole != "arn:role" || len(seen.Reserved()) > 0 {
			t.Errorf("the call knows %+v", seen)
		}
		if !seen.Allows("restart") || seen.Allows("deploy") {
			t.Error("the call does not know what its caller may do")
		}
	})
}

func TestWhoeverCannotBeToldInTheThreadIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.says("ALICE", "restart staging api")
		synctest.Wait()
		w.slack.err = errAway
		w.finish("arn:staging/api")
		if got := w.of("op1"); got != "started accepted succeeded" || !w.notes.has("the requester could not be told in the thread", "operation=op1") {
			t.Errorf("events %s, log %q", got, w.notes.lines)
		}
	})
}
