package actions

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

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

// slow is a Slack that takes its time for a new message.
type slow struct {
	fakeSlack
	takes time.Duration
}

func (s *slow) Post(ctx context.Context, where Where, actor authz.Actor, operation string, message Message) (Card, error) {
	time.Sleep(s.takes)
	return s.fakeSlack.Post(ctx, where, actor, operation, message)
}

// A page of several is never taken for a second card, however long Slack took for it.
func TestAPageIsNoSecondCard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slack := &slow{takes: leaseGrip}
		slack.settle = func(card Card) (Card, error) {
			t.Error("it is held against the pages before")
			return card, nil
		}
		board := newBoard(&task{id: "op", runner: &Runner{Settings: Settings{Cards: slack, Log: slog.New(slog.DiscardHandler)}}}, Where{Channel: "C01OPS", Thread: "1.1"})
		go board.run(t.Context())
		board.end(Say(Plain, "the second page"))
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(slack.cards["op"]) != 1 {
			t.Errorf("shown %v", slack.cards)
		}
	})
}

// Where two processes may both have put up a card, it is settled which one stays, and the state
// goes there. Nothing more is asked of Slack where only one process can have done so.
func TestOfTwoCardsOfAnOperationOneStays(t *testing.T) {
	other := Card{Channel: "C01OPS", Message: "of another process"}
	stays := func(Card) (Card, error) { return other, nil }
	for name, test := range map[string]struct {
		takes   time.Duration
		revived time.Time
		settle  func(Card) (Card, error)
		asked   bool
		edits   []Card
	}{
		"its own, at once":                     {settle: stays},
		"its own, but it stood still":          {takes: leaseGrip, settle: stays, asked: true, edits: []Card{other}},
		"taken over":                           {revived: time.Unix(1, 0), settle: stays, asked: true, edits: []Card{other}},
		"taken over, and the other stands":     {revived: time.Unix(1, 0), settle: func(card Card) (Card, error) { return card, nil }, asked: true},
		"taken over, and it cannot be settled": {revived: time.Unix(1, 0), settle: func(card Card) (Card, error) { return card, errAway }, asked: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slack, asked := &slow{takes: test.takes}, false
				slack.settle = func(card Card) (Card, error) { asked = true; return test.settle(card) }
				w := newWorld(t)
				w.runner.Cards = slack
				task := &task{runner: w.runner, id: "op", revived: test.revived, request: Request{Actor: authz.Actor{User: "ALICE"}, Where: Where{Channel: "C01OPS"}}}
				w.runner.boards.of(t.Context(), task).end(Say(Good, "done"))
				time.Sleep(time.Minute)
				synctest.Wait()
				if asked != test.asked || !slices.Equal(slack.edits, test.edits) {
					t.Errorf("settled %v, edits %v", asked, slack.edits)
				}
			})
		})
	}
}
