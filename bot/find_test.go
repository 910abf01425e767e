package bot

import (
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
			card, err := bot.Cards().Find(t.Context(), where, alice(), operation)
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
