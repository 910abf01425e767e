package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ecsbot/actions"
)

// A card that another process puts up between two looks is found by the second: what is
// missing in an older reading is looked for anew.
func TestACardThatWasPutUpMeanwhileIsFound(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		var standing []string
		bot.fake.on("conversations.history", func(_ call, w http.ResponseWriter) {
			fmt.Fprintf(w, `{"ok":true,"messages":[%s]}`, strings.Join(standing, ","))
		})
		where := actions.Where{Channel: "C1"}
		find := func(operation string) actions.Card {
			t.Helper()
			card, err := bot.Cards().Find(t.Context(), actions.Sought{Where: where, Actor: alice(), Operation: operation, Since: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			return card
		}
		time.Sleep(time.Second) // it knows who it is
		self, err := bot.identity.soon(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		stands := func(operation, at string) {
			standing = append(standing, fmt.Sprintf(
				`{"type":"message","user":%q,"ts":%q,"metadata":{"event_type":"ecsbot_card","event_payload":{"operation":%q}}}`, self.User, at, operation))
		}
		stands("op-1", "1.1")
		if card := find("op-1"); card != (actions.Card{Channel: "C1", Message: "1.1"}) {
			t.Errorf("found %v", card)
		}
		time.Sleep(2 * time.Second)
		stands("op-2", "2.2")
		if card := find("op-2"); card != (actions.Card{Channel: "C1", Message: "2.2"}) {
			t.Errorf("found %v of a card that was put up two seconds after the last look", card)
		}
		reads := len(bot.fake.made("conversations.history"))
		if find("op-1"); len(bot.fake.made("conversations.history")) != reads {
			t.Error("what is at hand was read again")
		}
	})
}

const (
	firstCard  = `{"user":"UBOT","ts":"7200.000001","metadata":{"event_type":"ecsbot_card","event_payload":{"operation":"op"}}}`
	secondCard = `{"user":"UBOT","ts":"7300.000001","metadata":{"event_type":"ecsbot_card","event_payload":{"operation":"op"}}}`
	thirdCard  = `{"user":"UBOT","ts":"7400.000001","metadata":{"event_type":"ecsbot_card","event_payload":{"operation":"another"}}}`
)

// Of two cards of one operation the first stays, in a channel, which Slack reads from its end,
// as in a thread, which it reads from its beginning. Nothing older than the operation is read.
func TestOfTwoCardsTheFirstStays(t *testing.T) {
	for name, test := range map[string]struct {
		method, thread string
		standing       []string
		put, stays     string
		deleted        string
	}{
		"second in a channel":  {"conversations.history", "", []string{thirdCard, secondCard, firstCard}, "7300.000001", "7200.000001", "7300.000001"},
		"first in a channel":   {"conversations.history", "", []string{thirdCard, secondCard, firstCard}, "7200.000001", "7200.000001", "7300.000001"},
		"second in a thread":   {"conversations.replies", "7100.000001", []string{firstCard, secondCard, thirdCard}, "7300.000001", "7200.000001", "7300.000001"},
		"first in a thread":    {"conversations.replies", "7100.000001", []string{firstCard, secondCard, thirdCard}, "7200.000001", "7200.000001", "7300.000001"},
		"not to be read back":  {"conversations.history", "", []string{thirdCard}, "7300.000001", "7300.000001", ""},
		"alone in its channel": {"conversations.history", "", []string{thirdCard, secondCard}, "7300.000001", "7300.000001", ""},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, nil, func(t *testing.T, bot running) {
				bot.fake.on(test.method, replies(test.standing...))
				bot.fake.on("chat.delete", says(`{"ok":true,"channel":"C1","ts":"1"}`))
				time.Sleep(time.Second) // it has learnt who it is
				sought := actions.Sought{Where: actions.Where{Channel: "C1", Thread: test.thread}, Actor: alice(), Operation: "op", Since: time.Unix(7201, 0)}
				card, err := bot.Cards().Settle(t.Context(), sought, actions.Card{Channel: "C1", Message: test.put})
				if err != nil || card != (actions.Card{Channel: "C1", Message: test.stays}) {
					t.Errorf("stays %v, %v", card, err)
				}
				if got := deleted(bot); got != test.deleted {
					t.Errorf("deleted %q", got)
				}
				if read := bot.fake.made(test.method); len(read) != 1 || read[0].values.Get("oldest") != "3600" {
					t.Errorf("read %v", read)
				}
			})
		})
	}
}

// What Slack says no to is not asked for again; what it could not answer may be.
func TestWhetherACardCanEverBeLookedFor(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		never  bool
	}{
		"the scope is missing": {`{"ok":false,"error":"missing_scope"}`, true},
		"Slack is in trouble":  {`{"ok":false,"error":"internal_error"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, nil, func(t *testing.T, bot running) {
				bot.fake.on("conversations.history", says(test.answer))
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				_, err := bot.Cards().Find(ctx, actions.Sought{Where: actions.Where{Channel: "C1"}, Actor: alice(), Operation: "op"})
				if err == nil || errors.Is(err, actions.ErrUnreadable) != test.never {
					t.Errorf("error %v", err)
				}
				time.Sleep(longestRead) // a reading outlives whoever asked for it
			})
		})
	}
}

// Where Slack says nothing of what stands there, or does not delete, the card stays, and it is told.
func TestACardThatCannotBeSettledStays(t *testing.T) {
	for name, methods := range map[string][]string{
		"what stands cannot be read": {"conversations.history"}, "the second cannot be deleted": {"chat.delete"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, nil, func(t *testing.T, bot running) {
				bot.fake.on("conversations.history", replies(secondCard, firstCard))
				for _, method := range methods {
					bot.fake.on(method, says(`{"ok":false,"error":"missing_scope"}`))
				}
				time.Sleep(time.Second)
				put := actions.Card{Channel: "C1", Message: "7300.000001"}
				card, err := bot.Cards().Settle(t.Context(), actions.Sought{Where: actions.Where{Channel: "C1"}, Operation: "op", Since: time.Unix(7201, 0)}, put)
				if err == nil || card != put {
					t.Errorf("stays %v, %v", card, err)
				}
			})
		})
	}
}
