package actions

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
)

const registered8 = "arn:aws:ecs:eu-west-1:111122223333:task-definition/api:8"

// TestARevisionThatIsLeftBehindIsNamed: on the card and in the entry, and nobody is told that
// nothing was changed at all.
func TestARevisionThatIsLeftBehindIsNamed(t *testing.T) {
	for name, row := range map[string]struct {
		err    error
		events string
		card   string
	}{
		"refused":      {fmt.Errorf("deploy: %w", fleet.ErrDenied), "started failed", "AWS refused my credentials for this. The service was not changed."},
		"too many":     {fleet.ErrThrottled, "started failed", "The service was not changed; try again in a minute."},
		"never begun":  {fleet.ErrFateUnknown, "started unknown failed", "AWS has not carried it out: no deployment began."},
		"not possible": {fmt.Errorf("%w: no such role", fleet.ErrRefused), "started failed", "AWS refused: "},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				plan := Plan{Expect: Expect{Revision: NewRevision("api")}}
				w := newWorldWith(t, planned("deploy", plan, fleet.Change{}, &fleet.LeftBehind{Revision: registered8, Err: row.err}))
				w.says("BOB", "deploy staging api")
				time.Sleep(rightAge + 2*appearance)
				synctest.Wait()
				card := w.slack.last("op1")
				if w.of("op1") != row.events || !strings.Contains(card, row.card) || !strings.Contains(card, "Revision api:8 had been registered for it: it stays behind, and nothing uses it.") {
					t.Errorf("events %s, card %s", w.of("op1"), card)
				}
				if strings.Contains(card, "Nothing was changed") {
					t.Errorf("card %s", card)
				}
				if entry := w.all()[1]; entry.Result != "registered="+registered8 {
					t.Errorf("entry %+v", entry)
				}
			})
		})
	}
	if got := fleet.Registered(errors.New("another")); got != "" {
		t.Errorf("left behind %q", got)
	}
}

// TestADeploymentOfAnotherNewRevisionIsNotOurs: the one that was registered is known.
func TestADeploymentOfAnotherNewRevisionIsNotOurs(t *testing.T) {
	for revision, events := range map[string]string{
		registered8: "started unknown accepted", strings.TrimSuffix(registered8, "8") + "9": "started unknown failed",
	} {
		synctest.Test(t, func(t *testing.T) {
			plan := Plan{Expect: Expect{Revision: NewRevision("api")}}
			w := newWorldWith(t, planned("deploy", plan, fleet.Change{}, &fleet.LeftBehind{Revision: registered8, Err: fleet.ErrFateUnknown}))
			w.says("BOB", "deploy staging api")
			w.fleet.restart(fleet.Service{Ref: fleet.Ref{ARN: "arn:staging/api"}})
			stands(w, func(s *fleet.Service) { s.Deployments[0].Revision = revision })
			time.Sleep(rightAge + 2*appearance)
			synctest.Wait()
			if got := w.of("op1"); got != events {
				t.Errorf("%s: events %s", revision, got)
			}
		})
	}
}

// TestAnAnswerWithoutADeploymentIsNoSuccess: what becomes of it is read, and where nothing comes
// that is told, however long the old deployment has been steady.
func TestAnAnswerWithoutADeploymentIsNoSuccess(t *testing.T) {
	old := fleet.Deployment{ID: "ecs-svc/1", Status: "PRIMARY", Rollout: fleet.Completed}
	for name, deployments := range map[string][]fleet.Deployment{"the old one": {old}, "none": nil} {
		for comes, events := range map[bool]string{true: "started unknown accepted", false: "started unknown failed"} {
			t.Run(fmt.Sprint(name, comes), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					answer := fleet.Change{Service: fleet.Service{Ref: fleet.Ref{ARN: "arn:staging/api"}, Desired: 2, Revision: "arn:task-definition/api:7", Deployments: deployments}}
					w := newWorldWith(t, planned("deploy", Plan{}, answer, nil))
					w.says("BOB", "deploy staging api")
					synctest.Wait()
					if got := w.slack.last("op1"); !strings.Contains(got, "Whether a deployment begins is not known yet.") {
						t.Errorf("card %s", got)
					}
					if comes {
						w.fleet.restart(fleet.Service{Ref: fleet.Ref{ARN: "arn:staging/api"}})
					}
					time.Sleep(rightAge + 2*appearance)
					synctest.Wait()
					if got := w.of("op1"); got != events {
						t.Errorf("events %s", got)
					}
					if got := w.slack.last("op1"); !strings.Contains(got, "AWS answered otherwise than planned: no new deployment") {
						t.Errorf("card %s", got)
					}
					if entry := w.all()[1]; !strings.HasPrefix(entry.Reason, otherwiseMark+"no new deployment") || strings.Contains(entry.Result, "deployment=") {
						t.Errorf("entry %+v", entry)
					}
				})
			})
		}
	}
}
