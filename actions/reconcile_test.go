package actions

import (
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
)

// TestAReadingThatBeganTooEarlyDoesNotTellThatNothingHappened: AWS may have carried the change
// out while the answer was on its way.
func TestAReadingThatBeganTooEarlyDoesNotTellThatNothingHappened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.runErr = fleet.ErrFateUnknown
		w.says("ALICE", "restart staging api")
		time.Sleep(rightAge + appearance - 5*time.Second)
		w.fleet.becomes(func(f *fakeFleet) { f.slow = 9 * time.Second })
		time.Sleep(4 * time.Second)
		w.fleet.restart(fleet.Service{Ref: fleet.Ref{ARN: "arn:staging/api"}})
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := events(w.entries(3)); got != "started unknown accepted" {
			t.Errorf("entries: %s", got)
		}
	})
}
