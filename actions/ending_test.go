package actions

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// worldWith is a world in which stop does as it is told.
func worldWith(t *testing.T, run func(context.Context, Call) (Outcome, error)) *world {
	t.Helper()
	return newWorldWith(t, Action{
		Name: "stop", Example: "stop staging api", Parameters: []Parameter{Environment(), Service()}, Changes: true, AWS: []string{"ecs:StopTask"}, Run: run,
	})
}

func TestAChangeOfWhichNobodyKnowsWhatBecameIsFoundOutByReading(t *testing.T) {
	for name, test := range map[string]struct {
		run    func(context.Context, Call) (Outcome, error)
		reason string
	}{
		"it panics":        {func(context.Context, Call) (Outcome, error) { panic("boom") }, "sent to AWS, fate unknown: boom"},
		"it says nothing":  {nothing, "AWS answered without a deployment"},
		"it was cut short": {func(context.Context, Call) (Outcome, error) { return Outcome{}, fleet.ErrFateUnknown }, "sent to AWS, fate unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := worldWith(t, test.run)
				w.says("ALICE", "stop staging api")
				if entry := w.newest(); entry.Event != ledger.Unknown || entry.Reason != test.reason || entry.Target != "arn:staging/api" {
					t.Errorf("entry %+v", entry)
				}
				if got := w.slack.last("op1"); !strings.Contains(got, "whether it was carried out is not known yet") {
					t.Errorf("card %s", got)
				}
				time.Sleep(rightAge + appearance + 2*watchPause)
				synctest.Wait()
				if got := w.of("op1"); got != "started unknown failed" {
					t.Errorf("events %s", got)
				}
				if got := w.slack.last("op1"); !strings.Contains(got, "It is safe to ask again.") {
					t.Errorf("card %s", got)
				}
			})
		})
	}
}

func TestADeploymentOfOthersIsNotTakenForOurs(t *testing.T) {
	for name, change := range map[string]func(*fleet.Deployment){
		"of another revision": func(d *fleet.Deployment) { d.Revision = "arn:task-definition/api:8" },
		"from before":         func(d *fleet.Deployment) { d.Created = time.Now().Add(-time.Minute) },
		"that was there":      func(d *fleet.Deployment) { d.ID = "ecs-svc/1" },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := worldWith(t, nothing)
				w.says("ALICE", "stop staging api")
				w.fleet.set("arn:staging/api", func(s *fleet.Service) {
					made := fleet.Deployment{ID: "ecs-svc/9", Status: "PRIMARY", Revision: s.Revision, Created: time.Now(), Rollout: fleet.Completed}
					change(&made)
					s.Deployments = []fleet.Deployment{made}
				})
				time.Sleep(2 * time.Minute)
				if got := w.of("op1"); got != "started unknown failed" {
					t.Errorf("events %s", got)
				}
			})
		})
	}
}

func TestTheRightToActExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := worldWith(t, func(ctx context.Context, _ Call) (Outcome, error) {
			deadline, bounded := ctx.Deadline()
			if !bounded || time.Until(deadline) != rightAge {
				return Outcome{}, errors.New("not bounded")
			}
			<-ctx.Done()
			return Outcome{}, fleet.ErrFateUnknown
		})
		began := time.Now()
		w.says("ALICE", "stop staging api")
		if took := time.Since(began); took != rightAge || w.of("op1") != "started unknown" {
			t.Errorf("took %v, events %s", took, w.of("op1"))
		}
	})
}

func TestWhatHappenedIsWrittenAsSoonAsItCanBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w *world
		w = worldWith(t, func(context.Context, Call) (Outcome, error) {
			w.keeper.Break(errAway)
			return Outcome{}, fleet.ErrRefused
		})
		w.says("ALICE", "stop staging api")
		if !w.notes.has("an entry has to wait", "event=failed") {
			t.Error("nothing is logged")
		}
		w.keeper.Break(nil)
		time.Sleep(time.Minute)
		if got := w.of("op1"); got != "started failed" {
			t.Errorf("events %s", got)
		}
	})
}

func TestWhileTheProgramStopsNothingBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.runner.Stop(t.Context())
		w.runner.Stop(t.Context()) // twice is once
		if got := w.says("ALICE", "restart staging api").last(); !strings.Contains(got, "I am being restarted. Nothing was done") || w.fleet.restarts > 0 {
			t.Errorf("told %q", got)
		}
	})
}

func TestStoppingWaitsForWhatHasBegunAndFollowsNothingMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var w *world
		w = worldWith(t, func(_ context.Context, call Call) (Outcome, error) {
			<-release
			change := w.fleet.restart(call.Service())
			return Outcome{Change: &change}, nil
		})
		go w.says("ALICE", "stop staging api")
		synctest.Wait()
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		w.runner.Stop(impatient) // does not wait for ever
		if time.Since(began) != time.Second || w.of("op1") != "started" {
			t.Errorf("stopped after %v, events %s", time.Since(began), w.of("op1"))
		}
		close(release)
		w.runner.Stop(t.Context())
		if got := w.of("op1"); got != "started accepted" {
			t.Errorf("events %s", got)
		}
		reads := len(w.fleet.purposes)
		w.finish("arn:staging/api")
		if got := w.of("op1"); got != "started accepted" || len(w.fleet.purposes) != reads {
			t.Errorf("events %s", got)
		}
		if got := w.slack.last("op1"); !strings.Contains(got, "Asking AWS") {
			t.Errorf("card %s", got)
		}
	})
}

func TestStoppingWhileADeploymentIsFollowedEndsTheReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.says("ALICE", "restart staging api")
		time.Sleep(2 * watchPause)
		w.runner.Stop(t.Context())
		w.finish("arn:staging/api")
		if got := w.of("op1"); got != "started accepted" {
			t.Errorf("events %s", got)
		}
		if got := w.slack.last("op1"); !strings.Contains(got, "new tasks: 0 of 2") {
			t.Errorf("card %s", got)
		}
	})
}

func TestACardThatPanicsOrFailsHoldsNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.slack.panics = true
		w.says("ALICE", "restart staging api")
		synctest.Wait()
		if !w.notes.has("a card could not be shown", "panic: slack") {
			t.Error("nothing is logged")
		}
		w.slack.panics = false
		w.finish("arn:staging/api")
		if got := w.of("op1"); got != "started accepted succeeded" || !strings.Contains(w.slack.last("op1"), "Done") {
			t.Errorf("events %s, card %s", got, w.slack.last("op1"))
		}
	})
}

func TestARoundThatFailsOrPanicsIsFollowedByAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.says("ALICE", "restart staging api")
		w.fleet.mutex.Lock()
		w.fleet.readErr = fleet.ErrThrottled
		w.fleet.mutex.Unlock()
		w.fleet.set("arn:staging/api", func(s *fleet.Service) { s.ARN = "gone" })
		time.Sleep(2 * watchPause)
		if !w.notes.has("deployments cannot be read; trying again") {
			t.Error("nothing is logged")
		}
		w.fleet.mutex.Lock()
		w.fleet.readErr = nil
		w.fleet.mutex.Unlock()
		w.runner.watcher.mutex.Lock()
		w.runner.watcher.open["broken"] = &watched{began: time.Now().Add(-time.Hour), grasp: func() Grasp { return Firm }} // nobody's, so that telling its end panics
		w.runner.watcher.mutex.Unlock()
		time.Sleep(2 * watchPause)
		if !w.notes.has("a round of the watcher panicked") {
			t.Error("nothing is logged")
		}
		w.runner.watcher.mutex.Lock()
		delete(w.runner.watcher.open, "broken")
		w.runner.watcher.mutex.Unlock()
		w.fleet.set("arn:staging/api", func(s *fleet.Service) { s.ARN = "arn:staging/api" })
		w.finish("arn:staging/api")
		if got := w.of("op1"); got != "started accepted succeeded" {
			t.Errorf("events %s", got)
		}
	})
}

func TestWhyTasksStoppedMayNotBeReadable(t *testing.T) {
	for name, away := range map[string]func(*fakeFleet){
		"credentials": func(f *fakeFleet) { f.assume = errAway }, "the tasks": func(f *fakeFleet) { f.taskErr = errAway },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.says("ALICE", "restart staging api")
				w.fleet.mutex.Lock()
				away(w.fleet)
				w.fleet.mutex.Unlock()
				w.fleet.set("arn:staging/api", func(s *fleet.Service) { s.Deployments[0].Rollout = fleet.Failed })
				time.Sleep(2 * watchPause)
				synctest.Wait()
				if got := w.slack.last("op1"); !strings.Contains(got, "Why its tasks stopped cannot be read. Reference: op1") || strings.Contains(got, "away") {
					t.Errorf("card %s", got)
				}
				if !w.notes.has("stopped tasks cannot be read", "away") {
					t.Error("nothing is logged")
				}
			})
		})
	}
}

func TestWhatIsReadOfStoppedTasksIsReadAsOneWhoReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.runner.Redact = func(text string) string { return strings.ReplaceAll(text, "hunter2", "***") }
		w.fleet.stopped = []fleet.Task{{StartedBy: "ecs-svc/new1", StopReason: "password hunter2"}}
		w.says("ALICE", "restart staging api")
		w.fleet.set("arn:staging/api", func(s *fleet.Service) { s.Deployments[0].Rollout = fleet.Failed })
		time.Sleep(2 * watchPause)
		synctest.Wait()
		if purpose := w.fleet.purposes[len(w.fleet.purposes)-1]; purpose.Operation != "status" || purpose.Changes || purpose.Approved {
			t.Errorf("purpose %+v", purpose)
		}
		if got := w.slack.last("op1"); !strings.Contains(got, "password ***") {
			t.Errorf("card %s", got)
		}
	})
}

func TestAnEarlierRunLeavesWhatNobodyCanGoOnWith(t *testing.T) {
	started := ledger.Entry{Operation: "old", Event: ledger.Started, Actor: authz.Actor{Team: "T1", User: "ALICE"}, Action: "restart", Environment: "staging", Service: "api", Target: "arn:staging/api"}
	t.Run("an action that is no more", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			gone := started
			gone.Action = "gone"
			w.write(gone)
			w.adopts()
			time.Sleep(rightAge + 2*adoptPause)
			if !w.notes.has("an operation of an earlier run cannot be gone on with", "old") || w.of("old") != "started" {
				t.Errorf("events %s", w.of("old"))
			}
		})
	})
	t.Run("a hold that lasts", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := guardedWorld(t)
			w.says("BOB", "hold --all")
			w.adopts()
			time.Sleep(rightAge + 2*adoptPause)
			if got := events(w.all()); got != "started accepted" {
				t.Errorf("events %s", got)
			}
		})
	})
	t.Run("a service that is discovered later", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.write(started)
			refs := w.fleet.refs
			w.fleet.refs, w.fleet.unready = nil, true
			time.AfterFunc(10*time.Second, func() {
				w.fleet.mutex.Lock()
				defer w.fleet.mutex.Unlock()
				w.fleet.refs, w.fleet.unready = refs, false
			})
			w.adopts()
			time.Sleep(rightAge + 2*adoptPause)
			time.Sleep(2 * time.Minute)
			if got := w.of("old"); got != "started failed" || !strings.Contains(w.slack.last("old"), "AWS has not carried it out") {
				t.Errorf("events %s, card %s", got, w.slack.last("old"))
			}
		})
	})
	t.Run("a service that is never discovered", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.write(started)
			w.fleet.refs, w.fleet.unready = nil, true
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			w.adopts()
			<-ctx.Done()
			if got := w.of("old"); got != "started" {
				t.Errorf("events %s", got)
			}
		})
	})
	t.Run("a deployment of another revision since", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			before := started
			before.Result = "before=ecs-svc/0,ecs-svc/1 revision=arn:task-definition/api:6 deadline=x"
			w.write(before)
			w.fleet.restart(fleet.Service{Ref: fleet.Ref{ARN: "arn:staging/api"}}) // of revision 7
			w.adopts()
			time.Sleep(rightAge + 2*adoptPause)
			time.Sleep(2 * time.Minute)
			if got := w.of("old"); got != "started failed" {
				t.Errorf("events %s", got)
			}
		})
	})
	t.Run("a service that is gone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.write(started)
			w.fleet.refs = nil
			w.adopts()
			time.Sleep(rightAge + 2*adoptPause)
			if entry := w.newest(); entry.Event != ledger.Failed || entry.Target != "arn:staging/api" || !strings.Contains(entry.Reason, "its service is not found any more") {
				t.Errorf("entry %+v", entry)
			}
			if got := w.slack.notice("ALICE"); !strings.Contains(got, "how it ended is not known") {
				t.Errorf("told %q", got)
			}
		})
	})
}

func TestWhatCannotBeEndedOrShownIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		id := w.asksFor("ALICE", "restart prod api")
		operation, _ := w.stream.Operation(id)
		delete(w.runner.Catalog.byName, "restart")
		w.runner.expire(t.Context(), operation)
		w.runner.remind(t.Context(), operation)
		if !w.notes.has("a request cannot be ended", id) || !w.notes.has("a review cannot be asked for", id) {
			t.Error("nothing is logged")
		}
	})
}

func TestARequestEndsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		id := w.asksFor("ALICE", "restart prod api")
		operation, _ := w.stream.Operation(id)
		w.runner.expire(t.Context(), operation)
		w.runner.expire(t.Context(), operation)
		if got := w.of(id); got != "asked expired" || len(w.slack.notices["ALICE"]) != 1 {
			t.Errorf("events %s, told %v", got, w.slack.notices["ALICE"])
		}
	})
}

func TestWhoIsNotThereIsWrittenTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		to := notice{&task{runner: w.runner, id: "op", request: Request{Actor: authz.Actor{User: "UALICE"}}}}
		if to.Tell(t.Context(), Say(Plain, "a")) != nil || to.Share(t.Context(), Say(Plain, "b")) != nil || to.Thread(t.Context(), Say(Plain, "c"), Snippet{Text: "secret"}) != nil {
			t.Error("not written")
		}
		if got := len(w.slack.notices["UALICE"]); got != 3 || w.slack.notice("UALICE") != "c" {
			t.Errorf("%d notices", got)
		}
		if _, err := to.Open(t.Context(), Say(Plain, "c"), true); err == nil {
			t.Error("somebody who is not there is shown lines")
		}
		if to.Ask(t.Context(), Form{}) == nil {
			t.Error("somebody who is not there is shown a form")
		}
		w.slack.err = errAway
		if to.Tell(t.Context(), Say(Plain, "d")) == nil || !w.notes.has("a notice did not reach the requester", "op") {
			t.Error("a notice is lost in silence")
		}
	})
}

func TestApprovedAccessThatFailsIsToldToWhoAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldWith(t, Action{
			Name: "rollback", Example: "rollback prod", Parameters: []Parameter{Environment()}, Changes: true, Local: true,
			Run: func(context.Context, Call) (Outcome, error) { return Outcome{}, errors.New("boom") },
		})
		w.rule(guarded(1))
		w.join("ANN", "S0APPROVERS")
		id := w.asksFor("ALICE", "rollback prod")
		w.clicks("ANN", "approve", id)
		if got := w.of(id); got != "asked approved started failed" || !strings.Contains(w.slack.notice("ALICE"), "Something went wrong") {
			t.Errorf("events %s, told %q", got, w.slack.notice("ALICE"))
		}
	})
}

func TestASlowAWSMakesThePersonBeReadAgain(t *testing.T) {
	for _, test := range []struct {
		name      string
		meanwhile func(*world)
		restarts  int
		told      string
	}{
		{"who is still in the group", func(*world) {}, 1, ""},
		{"who has left the group", func(w *world) { w.join("ALICE") }, 0, "I know no environment staging."},
		{"who cannot be read again", func(w *world) {
			w.people.mutex.Lock()
			defer w.people.mutex.Unlock()
			w.people.err = errAway
		}, 0, "I cannot ask Slack"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.fleet.reading = func() { time.Sleep(10 * time.Second); test.meanwhile(w) }
				reply := w.says("ALICE", "restart staging api")
				if w.fleet.restarts != test.restarts || !strings.Contains(reply.last(), test.told) {
					t.Errorf("%d restarts, told %q", w.fleet.restarts, reply.last())
				}
				w.fleet.reading = nil
			})
		})
	}
}

func TestAnEntryThatIsLostIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.stream.Close(t.Context())
		w.says("ALICE", "help")
		if !w.notes.has("an entry is lost", "event=read") {
			t.Error("nothing is logged")
		}
		if got := w.says("ALICE", "restart staging api").last(); !strings.Contains(got, "The ledger cannot be written") || w.fleet.restarts > 0 {
			t.Errorf("told %q", got)
		}
	})
}
