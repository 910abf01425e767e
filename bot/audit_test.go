package bot

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ecsbot/actions"
)

// A process that is stopped while it waits to post goes on when another fills the channel.
func TestNothingIsPostedToTheAuditChannelOnceItIsAnothers(t *testing.T) {
	page := actions.AuditPage{Entries: []actions.AuditEntry{{Seq: 1, Line: actions.Textf("x")}}}
	taken := says(`{"ok":true,"channel":"C02AUDIT","ts":"1.1"}`)
	for _, test := range []struct {
		says   string
		second reaction
		mine   time.Duration
	}{
		{"while it waits for its turn", taken, 500 * time.Millisecond},
		{"while Slack has it wait", inTurn(limits("4"), taken), 3 * time.Second},
	} {
		t.Run(test.says, func(t *testing.T) {
			inBubble(t, nil, nil, func(t *testing.T, bot running) {
				bot.fake.on("chat.postMessage", inTurn(taken, test.second))
				if _, err := bot.Audit().Post(t.Context(), page, always); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				mine := func() bool { return time.Since(began) < test.mine }
				if _, err := bot.Audit().Post(t.Context(), page, mine); !errors.Is(err, errNotAnyMore) {
					t.Errorf("posted with %v", err)
				}
			})
		})
	}
}

// One message a second is all that Slack takes: each has as many entries as fit.
func TestAFullMessageOfTheAuditChannelIsFull(t *testing.T) {
	line := actions.Textf("%v  %v %v by %v %v %v in %v · %v", 729, actions.MomentSpan(time.Unix(1795657891, 0)), actions.Bold("accepted"), actions.PersonSpan("U0ALICE"),
		actions.Named("restart"), actions.Named("service-00269"), actions.Named("prod"), actions.Named("ntlmafz4iwo6xuyp"))
	lines := slices.Repeat([]actions.Text{line}, 50)
	blocks, text, taken := auditBlocks(lines, 0)
	withinLimits(t, rendered{text: text, blocks: blocks})
	if weight := weigh(blocks); taken == len(lines) || weight < 11_000 {
		t.Errorf("%d lines weigh %d", taken, weight)
	}
}

func TestTheAuditChannelGoesAsFarAsItsFarthestMessage(t *testing.T) {
	shown := func(ledger string, first, last int) string {
		return fmt.Sprintf(`{"ts":"1.1","user":"UBOT","metadata":{"event_type":"ecsbot_audit","event_payload":{"ledger":%q,"first":%d,"last":%d,"hash":"h%d"}}}`, ledger, first, last, last)
	}
	for _, test := range []struct {
		says     string
		messages []string // the newest first
		want     int64
	}{
		{"none stands there", nil, 0},
		{"in order", []string{shown("a", 11, 20), shown("a", 1, 10)}, 20},
		{"an old one came again", []string{shown("a", 1, 10), shown("a", 11, 20), shown("a", 1, 10)}, 20},
		{"a new ledger began", []string{shown("", 1, 0), shown("a", 1, 90)}, 0},
		{"a new ledger has entries", []string{shown("b", 1, 3), shown("", 1, 0), shown("a", 1, 90)}, 3},
		{"somebody else's ledger", []string{shown("b", 1, 3), shown("a", 1, 90)}, 3},
	} {
		t.Run(test.says, func(t *testing.T) {
			inBubble(t, nil, nil, func(t *testing.T, bot running) {
				bot.fake.on("conversations.history", says(`{"ok":true,"messages":[`+strings.Join(test.messages, ",")+`]}`))
				newest, err := bot.Audit().Newest(t.Context())
				if err != nil || newest.Seq != test.want {
					t.Errorf("goes to %d, %v", newest.Seq, err)
				}
			})
		})
	}
}

func always() bool { return true }
