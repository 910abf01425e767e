package actions

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The limit is that of whoever asked: whoever approves is not told that they have changed too much.
func TestWhoApprovesIsToldWhoseLimitIsReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.limits = Limits{Changes: 1, Window: time.Hour}
		id := w.asksFor("ALICE", "restart prod api")
		w.says("ALICE", "restart staging api")
		w.finish("arn:staging/api")
		if got := w.clicks("ANN", "approve", id).last(); !strings.HasPrefix(got, "That is too much for ALICE, who asked for it: the limit per person is reached: ") || w.fleet.restarts != 1 {
			t.Errorf("told %q, %d restarts", got, w.fleet.restarts)
		}
	})
}

func TestHowManyInWords(t *testing.T) {
	for want, count := range map[string]int{"1 change": 1, "2 changes": 2, "0 changes": 0} {
		if got := Counted(count, "change"); got != want {
			t.Errorf("%d is %q", count, got)
		}
	}
}

func TestWhatACommandIsAbout(t *testing.T) {
	for want, command := range map[string]parsed{
		"": {}, "everything": {everywhere: true}, "staging": {environment: "staging"}, "api in staging": {environment: "staging", service: "api"},
	} {
		if got := (&task{command: command}).subject().Plain(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
