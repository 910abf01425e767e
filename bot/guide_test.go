package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"ecsbot/actions"
)

// guidedView is a payload about a guided form, as Slack sends it.
func guidedView(kind, rest string) string {
	view := `{"id":"V1","hash":"h1","callback_id":"restart","private_metadata":"{\"value\":\"\",\"guided\":true,\"channel\":\"C1\"}","state":{"values":{
		"_action":{"_action":{"type":"static_select","selected_option":{"value":"restart"}}},
		"environment":{"environment":{"type":"static_select","selected_option":{"value":"staging"}}},
		"service":{"service":{"type":"multi_external_select","selected_options":[{"value":"api"},{"value":"worker"}]}},
		"user":{"user":{"type":"users_select","selected_user":"U2"}},
		"reason":{"reason":{"type":"plain_text_input","value":"stuck"}}}}}`
	return fmt.Sprintf(`{"type":%q,"user":{"id":"U1","team_id":"T1"},"trigger_id":"t1","view":%s%s}`, kind, view, rest)
}

func (s *fakeSocket) interactive(number int, payload string) {
	s.send(fmt.Sprintf(`{"envelope_id":"i%d","type":"interactive","accepts_response_payload":true,"payload":%s}`, number, payload))
}

func TestSuggestionsKeepToOneAcknowledgement(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		socket := bot.socket()
		socket.interactive(1, guidedView("block_suggestion", `,"action_id":"service","value":"ap"`))
		var answered struct {
			Options []struct {
				Value string `json:"value"`
			} `json:"options"`
		}
		acked := (<-socket.acks).Payload
		if err := json.Unmarshal(acked, &answered); err != nil {
			t.Fatal(err)
		}
		if count := len(answered.Options); len(acked) >= maxAck || count == 0 || count > 100 || !strings.HasPrefix(answered.Options[0].Value, "ap-000") {
			t.Errorf("%d options in %d bytes", count, len(acked))
		}
	})
}

func TestAGuidedFormComesBackWhole(t *testing.T) {
	sent := make(chan actions.Request, 1)
	core := func(_ context.Context, request actions.Request, _ actions.Reply) { sent <- request }
	inBubble(t, nil, core, func(t *testing.T, bot running) {
		socket := bot.socket()
		socket.interactive(1, guidedView("view_submission", ""))
		if acked := (<-socket.acks).Payload; strings.Contains(string(acked), "errors") {
			t.Errorf("acknowledged with %s", acked)
		}
		want := map[string]string{"_action": "restart", "environment": "staging", "service": "api,worker", "user": "U2", "reason": "stuck"}
		if request := <-sent; request.Text != fmt.Sprint("restart", want) || request.Where.Channel != "C1" || request.Actor.User != "U1" {
			t.Errorf("sent %+v", request)
		}
	})
}

func TestAFirstNoStandsAtItsField(t *testing.T) {
	for name, test := range map[string]struct {
		message actions.Message
		want    string
	}{
		"at its field":      {actions.Message{Tone: actions.Refusal, Title: actions.Textf("no such service"), Field: "service", Body: []actions.Block{actions.Paragraph{Text: actions.Textf("Did you mean api?")}}}, `{"service":"no such service Did you mean api?"}`},
		"at no field of it": {actions.Message{Tone: actions.Refusal, Title: actions.Textf("not now"), Field: "lines"}, `{"_action":"not now"}`},
	} {
		core := func(ctx context.Context, _ actions.Request, reply actions.Reply) { _ = reply.Tell(ctx, test.message) }
		inBubble(t, nil, core, func(t *testing.T, bot running) {
			socket := bot.socket()
			socket.interactive(1, guidedView("view_submission", ""))
			if acked := string((<-socket.acks).Payload); !strings.Contains(acked, test.want) || !strings.Contains(acked, `"response_action":"errors"`) {
				t.Errorf("%s: acknowledged with %s", name, acked)
			}
		})
	}
}

func TestAFormThatWasClosedMeanwhileIsNoTrouble(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		bot.fake.on("views.update", inTurn(refuses("not_found")))
		view := &window{voice: bot.voice, view: "V1", hash: "h1"}
		if err := view.Show(t.Context(), actions.Sheet{}); err != nil {
			t.Error(err)
		}
		bot.fake.on("views.open", inTurn(refuses("expired_trigger_id")))
		unopened := &window{voice: bot.voice, trigger: "t1"}
		if err := unopened.Show(t.Context(), actions.Sheet{}); err == nil {
			t.Error("no error for a trigger that has expired")
		}
	})
}
