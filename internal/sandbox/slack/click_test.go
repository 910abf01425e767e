package slack_test

import (
	"testing"
	"testing/synctest"

	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"ecsbot/internal/sandbox/slack"
)

const buttons = `[{"type":"actions","block_id":"decide","elements":[
 {"type":"button","action_id":"approve","value":"op1","style":"primary","text":{"type":"plain_text","text":"Approve"}},
 {"type":"overflow","action_id":"more","options":[{"text":{"type":"plain_text","text":"Logs"},"value":"logs"}]}]}]`

// clicks runs an app that acknowledges clicks and hands them over.
func clicks(w *world) chan slackgo.InteractionCallback {
	seen := make(chan slackgo.InteractionCallback, 5)
	w.run(func(a app, e socketmode.Event) {
		if data, ok := e.Data.(slackgo.InteractionCallback); ok {
			_ = a.socket.Ack(*e.Request)
			seen <- data
		}
	})
	return seen
}

func TestAClickCarriesWhoWhereAndWhat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		seen := clicks(w)
		ts := w.bot("chat.postMessage", "channel", "C04SHARED", "text", "approve?", "blocks", buttons)["ts"].(string)
		w.must(w.Click("eve", slack.Click{Channel: "C04SHARED", MessageTS: ts, ActionID: "approve"}))
		got := <-seen
		if got.User.ID != "U0EVE" || got.User.TeamID != "T0EVIL" || got.Team.ID != "T0SANDBOX" {
			t.Errorf("who: %+v of %+v", got.User, got.Team)
		}
		if got.Container.MessageTs != ts || got.Channel.ID != "C04SHARED" || got.Message.Timestamp != ts || got.Container.IsEphemeral {
			t.Errorf("where: %+v", got.Container)
		}
		action := got.ActionCallback.BlockActions[0]
		if action.ActionID != "approve" || action.BlockID != "decide" || action.Value != "op1" || action.Type != "button" {
			t.Errorf("what: %+v", action)
		}
		w.must(w.Click("bob", slack.Click{Channel: "#with-evil", MessageTS: ts, ActionID: "more", Value: "logs"}))
		if got := (<-seen).ActionCallback.BlockActions[0].SelectedOption.Value; got != "logs" {
			t.Errorf("chosen: %q", got)
		}
		for what, click := range map[string]slack.Click{
			"an option that is not offered": {Channel: "C04SHARED", MessageTS: ts, ActionID: "more", Value: "other"},
			"a button that is not there":    {Channel: "C04SHARED", MessageTS: ts, ActionID: "reject"},
			"a channel that she is not in":  {Channel: "C01OPS", MessageTS: ts, ActionID: "approve"},
		} {
			if err := w.Click("eve", click); err == nil {
				t.Errorf("eve clicked %s", what)
			}
		}
	})
}

func TestAnEphemeralMessageIsReplacedByItsResponseURL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		seen := clicks(w)
		ts := w.bot("chat.postEphemeral", "channel", "C01OPS", "user", "U0ALICE", "text", "sure?", "blocks", buttons)["message_ts"].(string)
		if err := w.Click("bob", slack.Click{Channel: "C01OPS", MessageTS: ts, ActionID: "approve"}); err == nil {
			t.Error("bob clicked on what only alice sees")
		}
		w.must(w.Click("alice", slack.Click{Channel: "C01OPS", MessageTS: ts, ActionID: "approve"}))
		got := <-seen
		if !got.Container.IsEphemeral || got.Message.Timestamp != "" {
			t.Errorf("ephemeral: %+v, message %q", got.Container, got.Message.Timestamp)
		}
		_, _, err := w.api().PostMessageContext(t.Context(), "", slackgo.MsgOptionText("done", false), slackgo.MsgOptionReplaceOriginal(got.ResponseURL))
		w.must(err)
		if m := w.messages("C01OPS", "alice"); len(m) != 1 || m[0].Text != "done" || !m[0].Ephemeral {
			t.Errorf("alice sees %+v", m)
		}
		_, _, err = w.api().PostMessageContext(t.Context(), "", slackgo.MsgOptionDeleteOriginal(got.ResponseURL))
		w.must(err)
		if m := w.messages("C01OPS", "alice"); len(m) != 0 {
			t.Errorf("alice still sees %+v", m)
		}
	})
}

func TestAClickThatIsNotAnsweredIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		ts := w.bot("chat.postMessage", "channel", "C01OPS", "text", "approve?", "blocks", buttons)["ts"].(string)
		if err := w.Click("bob", slack.Click{Channel: "C01OPS", MessageTS: ts, ActionID: "approve"}); err == nil {
			t.Fatal("a click without an app went well")
		}
		if m := w.messages("C01OPS", "bob")[0]; m.Error == "" || w.messages("C01OPS", "alice")[0].Error != "" {
			t.Errorf("bob sees %q", m.Error)
		}
	})
}
