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

const taskARN = "arn:task/staging/1f3a9c02"

// planned is an action with a plan of one kind, whose call to AWS fails with err.
func planned(name string, plan Plan, change fleet.Change, err error) Action {
	return Action{
		Name: name, Example: name + " staging api", Parameters: []Parameter{Environment(), Service()}, Changes: true, Undo: true,
		AWS: []string{"ecs:UpdateService"}, Beside: plan.Follow == FollowRun,
		Plan: func(context.Context, Call) (Plan, error) { return plan, nil },
		Run:  func(context.Context, Call) (Outcome, error) { return Outcome{Change: &change}, err },
	}
}

func number(count int) *int { return &count }

// stands is the service as AWS has it, with something changed.
func stands(w *world, change func(*fleet.Service)) { w.fleet.set("arn:staging/api", change) }

// task puts up a task as AWS has it.
func (w *world) task(change func(*fleet.Task)) {
	w.fleet.mutex.Lock()
	defer w.fleet.mutex.Unlock()
	if w.fleet.tasks == nil {
		w.fleet.tasks = map[string]fleet.Task{}
	}
	task := fleet.Task{ARN: taskARN, ID: "1f3a9c02", Status: "RUNNING", Desired: "RUNNING"}
	change(&task)
	w.fleet.tasks[taskARN] = task
}

func exited(code int) func(*fleet.Task) {
	return func(t *fleet.Task) {
		t.Status, t.Desired = "STOPPED", "STOPPED"
		t.Containers = []fleet.Container{{Name: "api", ExitCode: &code}}
	}
}

// kinds are changes of every kind with what AWS shows of them.
func kinds() []struct {
	name   string
	action string
	plan   Plan
	answer fleet.Change
	then   func(*world)
	events string
	reason string
	card   string
} {
	scale := Plan{Follow: FollowCount, Expect: Expect{Desired: number(3)}}
	back := Plan{Follow: FollowReturn, Expect: Expect{Revision: "arn:task-definition/api:6"}}
	stop := Plan{Follow: FollowStop, Task: taskARN}
	run := Plan{Follow: FollowRun, Argv: []string{"bin/job"}}
	toThree := fleet.Change{Service: fleet.Service{Ref: fleet.Ref{ARN: "arn:staging/api"}, Desired: 3, Revision: "arn:task-definition/api:7"}}
	toNone := fleet.Change{Service: fleet.Service{Ref: toThree.Service.Ref, Revision: toThree.Service.Revision, Deployments: []fleet.Deployment{{ID: "ecs-svc/2", Status: "PRIMARY"}}}}
	aTask := fleet.Change{Task: fleet.Task{ARN: taskARN}}
	nothing := func(*world) {}
	return []struct {
		name   string
		action string
		plan   Plan
		answer fleet.Change
		then   func(*world)
		events string
		reason string
		card   string
	}{
		{"a count that is reached", "scale", scale, toThree, func(w *world) { stands(w, func(s *fleet.Service) { s.Desired, s.Running = 3, 3 }) }, "started accepted succeeded", "", "Done: 2 → 3 tasks, all running"},
		{"a count of none", "scale", Plan{Follow: FollowCount, Expect: Expect{Desired: number(0)}}, toNone, func(w *world) { stands(w, func(s *fleet.Service) { s.Desired, s.Running = 0, 0 }) }, "started accepted succeeded", "", "Done: 2 → 0 tasks, none runs any more after "},
		{"a deployment where none is wanted", "deploy", Plan{}, toNone, func(w *world) {
			stands(w, func(s *fleet.Service) {
				s.Desired, s.Running, s.Deployments = 0, 0, []fleet.Deployment{{ID: "ecs-svc/2", Status: "PRIMARY", Rollout: fleet.Completed}}
			})
		}, "started accepted succeeded", "", "Done: no task is wanted, and none runs, steady after "},
		{"a count that comes", "scale", scale, toThree, func(w *world) { stands(w, func(s *fleet.Service) { s.Desired, s.Pending = 3, 1 }) }, "started accepted", "", "2 of 3 tasks running, 1 coming"},
		{"a count that somebody else changed", "scale", scale, toThree, func(w *world) { stands(w, func(s *fleet.Service) { s.Desired = 9 }) }, "started accepted failed", "superseded: 9 tasks are wanted now", "Superseded: somebody else, or Auto Scaling, wants 9 tasks now."},
		{"a count that never comes", "scale", scale, toThree, func(w *world) {
			stands(w, func(s *fleet.Service) { s.Desired = 3 })
			time.Sleep(watchPatience)
		}, "started accepted failed", "not steady after 30m", "I do not follow it any longer.\n2 tasks running now, 3 wanted."},
		{"a count that is not shown yet", "scale", scale, toThree, nothing, "started accepted", "", "Asking AWS"},
		{"a way back", "rollback", back, fleet.Change{}, func(w *world) {
			stands(w, func(s *fleet.Service) {
				s.Deployments = []fleet.Deployment{{ID: "ecs-svc/0", Status: "PRIMARY", Rollout: fleet.Completed, Revision: "arn:task-definition/api:6"}}
			})
		}, "started accepted succeeded", "", "Done: back on revision api:6"},
		{"a way back that goes on", "rollback", back, fleet.Change{}, func(w *world) {
			stands(w, func(s *fleet.Service) {
				s.Deployments = []fleet.Deployment{{ID: "ecs-svc/0", Status: "PRIMARY", Rollout: fleet.InProgress, Desired: 2, Running: 1}}
			})
		}, "started accepted", "", "new tasks: 1 of 2 running"},
		{"a way back that fails", "rollback", back, fleet.Change{}, func(w *world) {
			stands(w, func(s *fleet.Service) {
				s.Deployments = []fleet.Deployment{{ID: "ecs-svc/0", Status: "PRIMARY", Rollout: fleet.Failed, Reason: "no room"}}
			})
		}, "started accepted failed", "no room", "Failed: no room"},
		{"a way back that ECS has not taken up", "rollback", back, fleet.Change{}, nothing, "started accepted", "", "ECS is turning the deployment back"},
		{"a way back that never ends", "rollback", back, fleet.Change{}, func(w *world) {
			stands(w, func(s *fleet.Service) {
				s.Deployments = []fleet.Deployment{{ID: "ecs-svc/0", Status: "PRIMARY", Rollout: fleet.InProgress, Desired: 2, Running: 1}}
			})
			time.Sleep(watchPatience)
		}, "started accepted failed", "not steady after 30m", "Failed: not steady after 30m. ECS goes on with it"},
		{"a way back that ECS takes its time for", "rollback", back, fleet.Change{}, func(*world) { time.Sleep(20 * time.Minute) }, "started accepted", "", "ECS is turning the deployment back"},
		{"a way back that never begins", "rollback", back, fleet.Change{}, func(*world) { time.Sleep(watchPatience) }, "started accepted failed", "not turned back after 30m", "Failed: not turned back after 30m, though ECS has taken it"},
		{"a task that stops", "stop", stop, aTask, func(w *world) { w.task(exited(143)) }, "started accepted succeeded", "", "Done: task 1f3a9c02 has stopped"},
		{"a task that drains", "stop", stop, aTask, func(w *world) { w.task(func(t *fleet.Task) { t.Status = "DEACTIVATING" }) }, "started accepted", "", "Task 1f3a9c02 is deactivating"},
		{"a task that does not stop", "stop", stop, aTask, func(w *world) {
			w.task(func(*fleet.Task) {})
			time.Sleep(watchPatience)
		}, "started accepted failed", "not stopped after 30m", "is still RUNNING after 30m."},
		{"a task that ECS forgets", "stop", stop, aTask, func(*world) { time.Sleep(appearance) }, "started accepted failed", "ECS does not show the task any more", "how it ended is not known"},
		{"a command that succeeds", "run", run, aTask, func(w *world) { w.task(exited(0)) }, "started accepted succeeded", "", "Done: exit code 0"},
		{"a command that fails", "run", run, aTask, func(w *world) { w.task(exited(3)) }, "started accepted failed", "api ended with exit code 3", "Exit of api: 3"},
		{"a command that is killed", "run", run, aTask, func(w *world) { w.task(exited(137)) }, "started accepted failed", "api ended with exit code 137 (killed: out of memory, or too slow to stop)", "137"},
		{"a command that never ran", "run", run, aTask, func(w *world) {
			w.task(func(t *fleet.Task) { t.Status, t.StopReason = "STOPPED", "no room" })
		}, "started accepted failed", "no room", "Failed after"},
		{"a command that ended nobody knows how", "run", run, aTask, func(w *world) { w.task(func(t *fleet.Task) { t.Status = "STOPPED" }) }, "started accepted failed", "it stopped without an exit code", "Failed after"},
		{"a command that runs for hours", "run", run, aTask, func(w *world) {
			w.task(func(*fleet.Task) {})
			time.Sleep(runPatience)
		}, "started accepted failed", "not stopped after 6h", "I do not follow it any longer."},
		{"what is done when AWS has taken it", "stop", Plan{Follow: FollowNothing}, fleet.Change{}, nothing, "started accepted succeeded", "", "Done."},
		{"the same of what is done beside the service's own changes", "run", Plan{Follow: FollowNothing}, fleet.Change{}, nothing, "started accepted succeeded", "", "Done."},
	}
}

func TestEveryKindOfChangeIsFollowedToItsEnd(t *testing.T) {
	for _, test := range kinds() {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorldWith(t, planned(test.action, test.plan, test.answer, nil))
				w.says("BOB", test.action+" staging api")
				test.then(w)
				time.Sleep(2 * watchPause)
				synctest.Wait()
				if got := w.of("op1"); got != test.events {
					t.Errorf("events %s", got)
				}
				if entry := w.newest(); test.reason != "" && entry.Reason != test.reason {
					t.Errorf("reason %q", entry.Reason)
				}
				if got := w.slack.last("op1"); !strings.Contains(got, test.card) {
					t.Errorf("card lacks %q:\n%s", test.card, got)
				}
			})
		})
	}
}

// TestAFateThatIsUnknownIsFoundByReadingWhateverTheKind: what a change leaves behind is looked
// for, in this run and in the next, and it is never made again.
func TestAFateThatIsUnknownIsFoundByReadingWhateverTheKind(t *testing.T) {
	happened := map[string]func(*world){
		"scale": func(w *world) { stands(w, func(s *fleet.Service) { s.Desired, s.Running = 3, 3 }) },
		"rollback": func(w *world) {
			stands(w, func(s *fleet.Service) {
				s.Deployments = []fleet.Deployment{{ID: "ecs-svc/0", Status: "PRIMARY", Rollout: fleet.Completed}}
			})
		},
		"stop": func(w *world) { w.task(exited(143)) },
		"run": func(w *world) {
			w.task(func(t *fleet.Task) {
				exited(0)(t)
				t.StartedBy = "op1"
			})
		},
	}
	plans := map[string]Plan{
		"scale": {Follow: FollowCount, Expect: Expect{Desired: number(3)}}, "rollback": {Follow: FollowReturn},
		"stop": {Follow: FollowStop, Task: taskARN}, "run": {Follow: FollowRun},
	}
	for name, plan := range plans {
		for _, did := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorldWith(t, planned(name, plan, fleet.Change{}, fleet.ErrFateUnknown))
					w.says("BOB", name+" staging api")
					want := "started unknown failed"
					if did {
						happened[name](w)
						want = "started unknown accepted succeeded"
					}
					time.Sleep(rightAge + 2*appearance)
					synctest.Wait()
					if got := w.of("op1"); got != want {
						t.Errorf("happened %v: events %s", did, got)
					}
				})
			})
		}
	}
}

// TestWhatStandsInAnEntryIsEnoughToGoOn: everything that following needs is read back from it.
func TestWhatStandsInAnEntryIsEnoughToGoOn(t *testing.T) {
	call := Call{
		action: &Action{}, service: fleet.Service{
			Ref: fleet.Ref{ARN: "arn:staging/api"}, Revision: "arn:td/api:7", Desired: 2,
			Deployments: []fleet.Deployment{{ID: "ecs-svc/2", Status: "PRIMARY"}, {ID: "ecs-svc/1", Status: "ACTIVE"}},
		},
		plan: Plan{Follow: FollowReturn, Expect: Expect{Revision: "arn:td/api:6", Desired: number(4)}, Task: taskARN, Usual: 95 * time.Second, Bound: []string{"x=y"}},
	}
	entry := ledger.Entry{Event: ledger.Started, Result: startResult(call, time.Now())}
	plan, service := planBefore(entry), serviceBefore(call.service.Ref, entry)
	if plan.Follow != FollowReturn || plan.Expect.Revision != "arn:td/api:6" || *plan.Expect.Desired != 4 || plan.Task != taskARN || plan.Usual != 95*time.Second {
		t.Errorf("plan %+v", plan)
	}
	if service.Desired != 2 || service.Revision != "arn:td/api:7" || service.Primary().ID != "ecs-svc/2" || len(service.Deployments) != 2 {
		t.Errorf("service %+v", service)
	}
	for follow, name := range map[Follow]string{FollowDeployment: "deployment", FollowReturn: "stopped", FollowStop: "task", FollowRun: "task"} {
		mark, accepted := markFrom(ledger.Entry{Event: ledger.Accepted, Result: markResult(follow, "it") + " registered=x"}, follow)
		if mark != "it" || !accepted || !strings.HasPrefix(markResult(follow, "it"), name+"=") {
			t.Errorf("%q: mark %q", follow, mark)
		}
	}
	if _, accepted := markFrom(ledger.Entry{Event: ledger.Accepted, Result: "registered=x"}, FollowDeployment); accepted {
		t.Error("an entry without a mark was taken for one with")
	}
	if _, accepted := markFrom(ledger.Entry{Event: ledger.Unknown, Result: "deployment=it"}, FollowDeployment); accepted {
		t.Error("an unknown fate was taken for accepted")
	}
}

func TestAnAnswerThatDiffersIsLoud(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := fleet.Change{Service: fleet.Service{
			Ref: fleet.Ref{ARN: "arn:staging/api"}, Desired: 7, Revision: "arn:task-definition/api:9",
			Deployments: []fleet.Deployment{{ID: "ecs-svc/1", Status: "PRIMARY"}},
		}}
		w := newWorldWith(t, planned("deploy", Plan{}, answer, nil))
		w.says("BOB", "deploy staging api")
		time.Sleep(2 * watchPause)
		synctest.Wait()
		for _, want := range []string{"AWS answered otherwise than planned: ", "revision api:9 instead of api:7", "7 tasks wanted instead of 2", "no new deployment"} {
			if got := w.slack.last("op1"); !strings.Contains(got, want) {
				t.Errorf("card lacks %q:\n%s", want, got)
			}
		}
		if entry := w.all()[1]; !strings.HasPrefix(entry.Reason, "AWS answered otherwise than planned: ") {
			t.Errorf("entry %+v", entry)
		}
		if !w.notes.has("level=ERROR", "AWS answered otherwise than planned") {
			t.Error("the log does not say so")
		}
	})
}

// TestWhatDiffersIsLoudToTheEnd: whoever goes on with it says so as well, however it ends.
func TestWhatDiffersIsLoudToTheEnd(t *testing.T) {
	for _, test := range []struct {
		name string
		plan Plan
		then func(*world)
		card string
	}{
		{"another count", Plan{Follow: FollowCount, Expect: Expect{Desired: number(3)}}, func(w *world) { stands(w, func(s *fleet.Service) { s.Desired = 7 }) }, "Superseded: somebody else"},
		{"another deployment", Plan{}, func(w *world) {
			stands(w, func(s *fleet.Service) { s.Deployments = []fleet.Deployment{{ID: "ecs-svc/9", Status: "PRIMARY"}} })
			time.Sleep(appearance)
		}, "Superseded: another deployment"},
		{"a service that cannot be read", Plan{}, func(w *world) {
			w.fleet.becomes(func(f *fakeFleet) { f.readErr = errAway })
			time.Sleep(watchPatience)
		}, "could not be read for 30m"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answer := fleet.Change{Service: fleet.Service{
					Ref: fleet.Ref{ARN: "arn:staging/api"}, Desired: 7, Revision: "arn:task-definition/api:7",
					Deployments: []fleet.Deployment{{ID: "ecs-svc/2", Status: "PRIMARY"}},
				}}
				w := newWorldWith(t, planned("deploy", test.plan, answer, nil))
				w.says("BOB", "deploy staging api")
				test.then(w)
				time.Sleep(2 * watchPause)
				synctest.Wait()
				for _, want := range []string{"AWS answered otherwise than planned: 7 tasks wanted instead of ", test.card} {
					if got := w.slack.last("op1"); !strings.Contains(got, want) {
						t.Errorf("card lacks %q:\n%s", want, got)
					}
				}
			})
		})
	}
}

func TestAPauseIsShownOnceAndOffersBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		stands(w, func(s *fleet.Service) { s.Pauses = true })
		w.fleet.pauses = []fleet.Pause{{Deployment: "arn:d", Hook: "h", Stage: "POST_SCALE_UP", Expires: time.Now().Add(time.Hour), Then: "ROLLBACK"}}
		w.says("ALICE", "restart staging api")
		time.Sleep(4 * watchPause)
		synctest.Wait()
		if got := w.slack.last("op1"); !strings.Contains(got, "Paused at POST_SCALE_UP") || !strings.Contains(got, "AWS will roll it back") {
			t.Errorf("card %s", got)
		}
		shown := len(w.slack.cards["op1"])
		time.Sleep(watchPatience)
		synctest.Wait()
		if got := w.of("op1"); got != "started accepted" || len(w.slack.cards["op1"]) != shown {
			t.Errorf("events %s, %d more edits", got, len(w.slack.cards["op1"])-shown)
		}
		w.fleet.becomes(func(f *fakeFleet) { f.taskErr = errAway }) // what cannot be read is not over
		time.Sleep(2 * watchPause)
		w.fleet.becomes(func(f *fakeFleet) { f.taskErr, f.pauses = nil, nil })
		w.finish("arn:staging/api")
		if got := w.of("op1"); got != "started accepted succeeded" {
			t.Errorf("events %s", got)
		}
	})
}

// TestAButtonIsACommandOfWhoeverPressesIt: the operation that it stands on lends them nothing.
func TestAButtonIsACommandOfWhoeverPressesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldWith(t, planned("rollback", Plan{Follow: FollowNothing}, fleet.Change{}, nil))
		w.says("ALICE", "restart staging api")
		stands(w, func(s *fleet.Service) { s.Deployments[0].Rollout, s.Deployments[0].Reason = fleet.Failed, "no" })
		time.Sleep(2 * watchPause)
		synctest.Wait()
		cards := w.slack.cards["op1"]
		if last := cards[len(cards)-1]; len(last.Buttons) != 0 { // restart of the small catalog offers none
			t.Errorf("buttons %v", last.Buttons)
		}
		if got := w.clicks("MALLORY", "rollback", "op1").last(); !strings.Contains(got, "I know no environment staging") {
			t.Errorf("mallory is told %q", got)
		}
		w.clicks("BOB", "rollback", "op1")
		time.Sleep(2 * watchPause)
		synctest.Wait()
		if entry := w.newest(); entry.Action != "rollback" || entry.Actor.User != "BOB" || entry.Service != "api" || entry.Event != ledger.Succeeded {
			t.Errorf("entry %+v", entry)
		}
		if got := w.clicks("BOB", "rollback", "nothing").last(); !strings.Contains(got, "I do not know any more what this is about.") {
			t.Errorf("told %q", got)
		}
	})
}

func TestATurningBackOvertakesWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldWith(t, planned("rollback", Plan{Follow: FollowReturn}, fleet.Change{}, nil), planned("scale", Plan{Follow: FollowCount, Expect: Expect{Desired: number(3)}}, fleet.Change{}, nil))
		w.says("ALICE", "restart staging api")
		if got := w.says("BOB", "scale staging api").last(); !strings.Contains(got, "restart by ALICE") {
			t.Errorf("the second is told %q", got)
		}
		w.says("BOB", "rollback staging api")
		again := Request{ID: "2", Actor: authz.Actor{Team: "T1", User: "BOB"}, Text: "rollback staging api"}
		if got := w.asks(again).last(); !strings.Contains(got, "rollback by BOB") {
			t.Errorf("the second way back is told %q", got)
		}
	})
}

func TestAPreviewDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := Plan{Lines: []Text{Textf("2 → 3")}, Argv: []string{"a\u201d"}, Warnings: []Text{Textf("short")}, Usual: time.Minute, Command: "aws it", Bound: []string{"x=y"}}
		w := newWorldWith(t, planned("deploy", plan, fleet.Change{}, nil))
		got := w.says("BOB", "deploy prod api --plan").last()
		for _, want := range []string{"Plan: Deploy api in prod", "2 → 3", `0  "a\u201d"`, "Mind: short", "Usually takes 1m.", "aws it", "It would want approval by a second person.", "Nothing was done."} {
			if !strings.Contains(got, want) {
				t.Errorf("lacks %q:\n%s", want, got)
			}
		}
		entries := w.all()
		if events(entries) != "read" || !strings.Contains(entries[0].Result, "x=y") || len(w.slack.cards) != 0 {
			t.Errorf("entries %v", entries)
		}
		for _, purpose := range w.fleet.purposes {
			if purpose.Changes {
				t.Errorf("credentials were obtained for %+v", purpose)
			}
		}
	})
}
