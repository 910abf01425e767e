package actions

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
)

// However many changes are followed, a round is one reading of them all, each service once; and
// a card that is edited costs no call of AWS of its own.
func TestAllThatIsFollowedIsReadTogetherAndCardsCostNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		const many, rounds = 40, 5
		for i := range many {
			name := fmt.Sprintf("s%02d", i)
			w.fleet.add("staging", fmt.Sprintf("c%d", i%4), name)
			w.says("BOB", "restart staging "+name)
		}
		time.Sleep(watchPause / 2)
		readings, assumed, edits := len(w.fleet.readings), len(w.fleet.purposes), len(w.slack.edits)
		for round := range rounds {
			for _, ref := range w.fleet.refs[len(w.fleet.refs)-many:] { // each card changes with each round
				w.fleet.set(ref.ARN, func(s *fleet.Service) {
					s.Events = []fleet.Event{{Time: time.Now(), Text: fmt.Sprint("round ", round)}}
				})
			}
			time.Sleep(watchPause)
			synctest.Wait()
		}
		w.fleet.mutex.Lock()
		defer w.fleet.mutex.Unlock()
		made := w.fleet.readings[readings:]
		if len(made) != rounds || made[0] != many {
			t.Errorf("%d readings of %v services in %d rounds", len(made), made, rounds)
		}
		if more := len(w.fleet.purposes) - assumed; more != 0 {
			t.Errorf("%d more credentials were asked for", more)
		}
		if edited := len(w.slack.edits) - edits; edited < many {
			t.Errorf("only %d cards were edited: the test sees nothing", edited)
		}
	})
}
