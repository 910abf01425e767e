package actions

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
)

// A button on an operation's card is for the deployment that the operation began: while that is the
// service's newest it does what it says, also for another process, and afterwards nothing.
func TestAButtonIsForItsOwnDeployment(t *testing.T) {
	for name, test := range map[string]struct {
		since func(*fleet.Service)
		done  int
		told  string
	}{
		"it failed, and stands":          {func(*fleet.Service) {}, 1, ""},
		"somebody has deployed since":    {func(s *fleet.Service) { s.Deployments[0].ID = "ecs-svc/another" }, 0, "api runs another deployment by now, so this is over. If you mean what runs, type rollback staging api."},
		"it was rolled back, by whoever": {func(s *fleet.Service) { s.Deployments = s.Deployments[1:] }, 0, "api runs another deployment by now"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				done := 0
				back := planned("rollback", Plan{}, fleet.Change{}, nil)
				back.Run = func(context.Context, Call) (Outcome, error) { done++; return Outcome{}, errAway }
				w := newWorldWith(t, back)
				w.says("BOB", "restart staging api")
				id := w.newest().Operation
				stands(w, func(s *fleet.Service) { s.Deployments[0].Rollout = fleet.Failed })
				time.Sleep(time.Minute)
				synctest.Wait()
				if w.of(id) != "started accepted failed" {
					t.Fatalf("events %s", w.of(id))
				}
				stands(w, test.since)
				w.runner, w.people.ages = w.another(), nil
				if told := w.clicks("BOB", rollbackButton, id).last(); done != test.done || test.told != "" && !strings.Contains(told, test.told) {
					t.Errorf("done %d times, told %q", done, told)
				}
				if !slices.Contains(w.people.ages, 0) {
					t.Errorf("whoever pressed was read at age %v", w.people.ages)
				}
			})
		})
	}
}
