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
	waiting func(error)
	states  []Tone
}

func (q *queue) Edit(_ context.Context, _ Card, message Message, told func(error)) {
	if q.waiting != nil {
		q.waiting(nil)
	}
	q.waiting, q.states = told, append(q.states, message.Tone)
}

// The last state is not kept waiting by one that waits for its turn itself, and what is to be
// said below the card is not said before the last state stands.
func TestAStateThatWaitsIsReplacedByTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slack := &queue{}
		told := false
		board := newBoard(&task{id: "op-1", runner: &Runner{Settings: Settings{Cards: slack, Log: slog.New(slog.DiscardHandler)}}, request: Request{Actor: authz.Actor{User: "U0ALICE"}}}, Where{Channel: "C01OPS"})
		board.show(Say(Working, "asked for"))
		board.open(t.Context(), func() {})
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
		slack.waiting(nil)
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
		board.open(t.Context(), func() {})
		board.end(Say(Plain, "the second page"))
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(slack.cards["op"]) != 1 {
			t.Errorf("shown %v", slack.cards)
		}
	})
}

// Where two processes may both have put up a card, it is settled which one stays, at once and
// again at the end, when whatever was on its way has arrived; and the state goes there. Nothing
// more is asked of Slack where only one process can have done so.
func TestOfTwoCardsOfAnOperationOneStays(t *testing.T) {
	other := Card{Channel: "C01OPS", Message: "of another process"}
	stays := func(int, Card) (Card, error) { return other, nil }
	for name, test := range map[string]struct {
		takes   time.Duration
		revived time.Time
		settle  func(times int, card Card) (Card, error)
		asked   int
		edits   []Card
	}{
		"its own, at once":                     {settle: stays},
		"its own, but it stood still":          {takes: leaseGrip, settle: stays, asked: 2, edits: []Card{other}},
		"taken over":                           {revived: time.Unix(1, 0), settle: stays, asked: 2, edits: []Card{other}},
		"taken over, and the other stands":     {revived: time.Unix(1, 0), settle: func(_ int, card Card) (Card, error) { return card, nil }, asked: 2},
		"taken over, and it cannot be settled": {revived: time.Unix(1, 0), settle: func(_ int, card Card) (Card, error) { return card, errAway }, asked: 2},
		"taken over, and the other comes late": {revived: time.Unix(1, 0), settle: func(times int, card Card) (Card, error) {
			if times == 1 {
				return card, nil
			}
			return other, nil
		}, asked: 2, edits: []Card{other}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slack, asked := &slow{takes: test.takes}, 0
				slack.settle = func(card Card) (Card, error) { asked++; return test.settle(asked, card) }
				w := newWorld(t)
				w.runner.Cards = slack
				task := &task{runner: w.runner, id: "op", revived: test.revived, request: Request{Actor: authz.Actor{User: "ALICE"}, Where: Where{Channel: "C01OPS"}}}
				w.runner.boards.of(t.Context(), task).end(Say(Good, "done"))
				time.Sleep(time.Minute)
				synctest.Wait()
				if asked != test.asked || !slices.Equal(slack.edits, test.edits) {
					t.Errorf("settled %d times, edits %v", asked, slack.edits)
				}
			})
		})
	}
}

// A card that was found is settled at the end too; one that a process lets go of before its
// operation has ended is not: whoever goes on with it sees to it.
func TestACardIsSettledByWhoeverEndsIt(t *testing.T) {
	for name, finish := range map[string]struct {
		with  func(*board)
		asked int
	}{
		"ended":     {func(b *board) { b.end(Say(Good, "done")) }, 1},
		"let go of": {func(b *board) { b.show(Say(Working, "under way")); b.close() }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				w := newWorld(t)
				w.slack.places = map[string][]Where{"op": {{Channel: "C01OPS"}}}
				w.slack.settle = func(card Card) (Card, error) { asked++; return card, nil }
				task := &task{runner: w.runner, id: "op", revived: time.Unix(1, 0), request: Request{Actor: authz.Actor{User: "ALICE"}, Where: Where{Channel: "C01OPS"}}}
				finish.with(w.runner.boards.of(t.Context(), task))
				time.Sleep(time.Minute)
				synctest.Wait()
				if asked != finish.asked || len(w.slack.edits) != 1 {
					t.Errorf("settled %d times, edits %v", asked, w.slack.edits)
				}
			})
		})
	}
}

// What breaks while a card is settled at its end is logged, and ends nothing else.
func TestWhatBreaksWhileACardIsSettledIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.slack.places = map[string][]Where{"op": {{Channel: "C01OPS"}}}
		w.slack.settle = func(Card) (Card, error) { panic("a nil map") }
		task := &task{runner: w.runner, id: "op", revived: time.Unix(1, 0), request: Request{Actor: authz.Actor{User: "ALICE"}, Where: Where{Channel: "C01OPS"}}}
		w.runner.boards.of(t.Context(), task).end(Say(Good, "done"))
		time.Sleep(time.Minute)
		synctest.Wait()
		if !w.notes.has("a card could not be shown", "panic: a nil map") {
			t.Errorf("log %q", w.notes.lines)
		}
	})
}

// breaking is a Slack whose edits break.
type breaking struct{ fakeSlack }

func (*breaking) Edit(context.Context, Card, Message, func(error)) { panic("a nil map") }

func TestAnEditThatBreaksEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := false
		board := newBoard(&task{id: "op", runner: &Runner{Settings: Settings{Cards: &breaking{}, Log: slog.New(slog.DiscardHandler)}}}, Where{Channel: "C01OPS"})
		board.card = Card{Channel: "C01OPS", Message: "1.1"}
		board.open(t.Context(), func() { over = true })
		board.end(Say(Good, "done"))
		synctest.Wait()
		if !over {
			t.Error("the board never ends")
		}
	})
}
