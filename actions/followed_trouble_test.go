package actions

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
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

// TestWhatLeavesNothingBehindIsNotTakenForDone where nobody knows whether AWS took it.
func TestWhatLeavesNothingBehindIsNotTakenForDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldWith(t, planned("stop", Plan{Follow: FollowNothing}, fleet.Change{}, fleet.ErrFateUnknown))
		w.says("BOB", "stop staging api")
		time.Sleep(rightAge + 2*appearance)
		synctest.Wait()
		if got := w.of("op1"); got != "started unknown failed" {
			t.Errorf("events %s", got)
		}
	})
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
	for name, trouble := range map[string]func(*fakeFleet){
		"the log": func(f *fakeFleet) { f.logErr = errAway }, "no credentials": func(f *fakeFleet) { f.assume = errAway },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorldWith(t, planned("run", Plan{Follow: FollowRun}, fleet.Change{Task: fleet.Task{ARN: taskARN}}, nil))
				w.says("BOB", "run staging api")
				w.task(exited(3))
				time.Sleep(100 * time.Millisecond)
				w.fleet.becomes(func(f *fakeFleet) { f.ending = fleet.Lines{Lines: []fleet.Line{{Text: "secret"}}}; trouble(f) })
				time.Sleep(4 * watchPause)
				synctest.Wait()
				if name == "no credentials" { // without any, the task cannot be read either
					if got := w.of("op1"); got != "started accepted" {
						t.Errorf("events %s", got)
					}
					return
				}
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
