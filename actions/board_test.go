package actions

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"

	"ecsbot/authz"
)

// queue is a Slack whose edits wait for their turn until they are let go, or replaced.
type queue struct {
	fakeSlack
	waiting chan error
	states  []Tone
}

func (q *queue) Edit(_ context.Context, _ Card, message Message) <-chan error {
	if q.waiting != nil {
		q.waiting <- nil
	}
	q.waiting = make(chan error, 1)
	q.states = append(q.states, message.Tone)
	return q.waiting
}

// The last state is not kept waiting by one that waits for its turn itself, and what is to be
// said below the card is not said before the last state stands.
func TestAStateThatWaitsIsReplacedByTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slack := &queue{}
		told := false
		board := newBoard(&task{id: "op-1", runner: &Runner{Settings: Settings{Cards: slack, Log: slog.New(slog.DiscardHandler)}}, request: Request{Actor: authz.Actor{User: "U0ALICE"}}}, Where{Channel: "C01OPS"})
		board.show(Say(Working, "asked for"))
		go board.run(t.Context())
		synctest.Wait()
		board.show(Say(Working, "one of three"))
		synctest.Wait()
		board.endWith(Say(Good, "done"), func(context.Context, Where) { told = true })
		synctest.Wait()
		if len(slack.states) != 2 || slack.states[1] != Good {
			t.Fatalf("while an edit waited, these were handed over: %v", slack.states)
		}
		if told {
			t.Error("told below the card before its last state stands")
		}
		slack.waiting <- nil
		synctest.Wait()
		if !told {
			t.Error("nothing was told below the card")
		}
	})
}
