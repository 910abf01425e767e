package actions

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
)

// A change is not held up by what is only told beside it. Its entry and its card have that all
// the same, unless it takes too long or cannot be read.
func TestAChangeDoesNotWaitForWhatIsOnlyTold(t *testing.T) {
	for name, row := range map[string]struct {
		read func(context.Context) (Plan, error)
		told bool
		took time.Duration // from the change to its entry
	}{
		"read in time": {func(context.Context) (Plan, error) {
			time.Sleep(time.Second)
			return Plan{Lines: []Text{Textf("the tag has moved")}, Bound: []string{"image=sha256:2"}}, nil
		}, true, time.Second},
		"too slow": {func(ctx context.Context) (Plan, error) { <-ctx.Done(); return Plan{}, ctx.Err() }, false, asideLimit},
		"denied":   {func(context.Context) (Plan, error) { return Plan{}, errors.New("denied") }, false, 0},
		"broken":   {func(context.Context) (Plan, error) { panic("nil") }, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ran time.Time
				action := planned("deploy", Plan{Aside: row.read}, fleet.Change{}, nil)
				action.Run = func(context.Context, Call) (Outcome, error) {
					ran = time.Now()
					return Outcome{Change: &fleet.Change{}}, nil
				}
				w := newWorldWith(t, action)
				began := time.Now()
				w.says("BOB", "deploy staging api")
				if waited := ran.Sub(began); waited != 0 {
					t.Errorf("the change waited %v", waited)
				}
				if took := time.Since(ran); took != row.took {
					t.Errorf("the record waited %v, want %v", took, row.took)
				}
				synctest.Wait()
				accepted, card := w.entries(2)[1], w.slack.last("op1")
				if strings.Contains(accepted.Result, "image=sha256:2") != row.told {
					t.Errorf("the entry says %q", accepted.Result)
				}
				if strings.Contains(card, "the tag has moved") != row.told {
					t.Errorf("the card says %q", card)
				}
			})
		})
	}
}

// Where nothing is done, telling is what it is about: everything is read first.
func TestAPreviewShowsWhatIsReadBesideAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldWith(t, planned("deploy", Plan{Aside: func(context.Context) (Plan, error) {
			return Plan{Lines: []Text{Textf("the tag has moved")}}, nil
		}}, fleet.Change{}, nil))
		for _, text := range []string{"deploy staging api --plan", "deploy prod api --plan"} {
			if got := w.says("BOB", text).last(); !strings.Contains(got, "the tag has moved") {
				t.Errorf("%s: %q", text, got)
			}
		}
	})
}
