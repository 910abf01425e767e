package actions

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
)

// away takes the service from AWS, as deleting it does.
func away(w *world) {
	w.fleet.becomes(func(f *fakeFleet) { delete(f.services, "arn:staging/api") })
}

// TestAServiceThatIsDeletedMeanwhileEndsItsChange, whatever is followed of it, and never as done.
func TestAServiceThatIsDeletedMeanwhileEndsItsChange(t *testing.T) {
	count := Plan{Follow: FollowCount, Expect: Expect{Desired: number(0)}}
	for _, test := range []struct {
		name   string
		plan   Plan
		then   func(*world)
		events string
		card   string
		reason string
	}{
		{"a deployment of what drains", Plan{}, drains, "started accepted failed", "api is being deleted (DRAINING)", "the service is DRAINING"},
		{"a count of what drains", count, drains, "started accepted failed", "api is being deleted (DRAINING)", "the service is DRAINING"},
		{"a way back of what drains", Plan{Follow: FollowReturn}, drains, "started accepted failed", "api is being deleted (DRAINING)", "the service is DRAINING"},
		{"a deployment of what is gone", Plan{}, gone, "started accepted failed", "api is not there any more", "the service is not there any more"},
		{"a way back of what is gone", Plan{Follow: FollowReturn}, gone, "started accepted failed", "api is not there any more", "the service is not there any more"},
		{"what AWS does not show for a moment", Plan{Follow: FollowReturn}, func(w *world) {
			before := w.fleet.services["arn:staging/api"]
			away(w)
			time.Sleep(appearance - 2*watchPause)
			w.fleet.becomes(func(f *fakeFleet) { f.services["arn:staging/api"] = before })
			time.Sleep(2 * watchPause)
			away(w)
			time.Sleep(appearance - 4*watchPause)
		}, "started accepted", "ECS is turning the deployment back", ""},
		{"a task of what drains", Plan{Follow: FollowStop, Task: taskARN}, func(w *world) {
			drains(w)
			w.task(exited(143))
		}, "started accepted succeeded", "has stopped", ""},
		{"a task of what is gone", Plan{Follow: FollowStop, Task: taskARN}, func(w *world) {
			w.task(func(*fleet.Task) {})
			gone(w)
		}, "started accepted", "Task 1f3a9c02 is running", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answer := fleet.Change{Service: fleet.Service{
					Ref: fleet.Ref{ARN: "arn:staging/api"}, Desired: 2, Revision: "arn:task-definition/api:7", Deployments: []fleet.Deployment{{ID: "ecs-svc/2", Status: "PRIMARY"}},
				}, Task: fleet.Task{ARN: taskARN}}
				w := newWorldWith(t, planned("deploy", test.plan, answer, nil))
				w.says("BOB", "deploy staging api")
				test.then(w)
				time.Sleep(2 * watchPause)
				synctest.Wait()
				if got := w.of("op1"); got != test.events || w.newest().Reason != test.reason {
					t.Errorf("events %s, reason %q", got, w.newest().Reason)
				}
				if got := w.slack.last("op1"); !strings.Contains(got, test.card) {
					t.Errorf("card lacks %q:\n%s", test.card, got)
				}
			})
		})
	}
}

// drains is what DescribeServices shows once a service is being deleted: steady, with no task.
func drains(w *world) {
	stands(w, func(s *fleet.Service) {
		s.Status, s.Desired, s.Running = "DRAINING", 0, 0
		s.Deployments = []fleet.Deployment{{ID: "ecs-svc/2", Status: "PRIMARY", Rollout: fleet.Completed}}
	})
}

func gone(w *world) {
	away(w)
	time.Sleep(appearance)
}

// TestWhatCannotBeReadIsNotShownAsIfItWere: the card says so, and goes on once it can be read.
func TestWhatCannotBeReadIsNotShownAsIfItWere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.says("ALICE", "restart staging api")
		time.Sleep(2 * watchPause)
		w.fleet.becomes(func(f *fakeFleet) { f.readErr = errAway })
		time.Sleep(blindness - watchPause)
		synctest.Wait()
		if got := w.slack.last("op1"); !strings.Contains(got, "new tasks: ") {
			t.Errorf("after a moment: %s", got)
		}
		time.Sleep(2 * watchPause)
		synctest.Wait()
		shown := len(w.slack.cards["op1"])
		if got := w.slack.last("op1"); !strings.Contains(got, "api cannot be read at the moment, since ") || strings.Contains(got, "new tasks: ") {
			t.Errorf("later: %s", got)
		}
		time.Sleep(watchPatience - time.Minute)
		synctest.Wait()
		if more := len(w.slack.cards["op1"]) - shown; more > 0 {
			t.Errorf("%d more edits while nothing is known", more)
		}
		w.fleet.becomes(func(f *fakeFleet) { f.readErr = nil })
		time.Sleep(2 * watchPause)
		w.fleet.becomes(func(f *fakeFleet) { f.readErr = errAway }) // beyond the patience from the beginning
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := w.of("op1"); got != "started accepted" {
			t.Errorf("it was given up after two minutes: %s", got)
		}
	})
}
