package slack_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"ecsbot/internal/sandbox/slack"
)

func decode(text string) map[string]any {
	var out map[string]any
	_ = json.Unmarshal([]byte(text), &out)
	return out
}

const form = `{"type":"modal","callback_id":"restart","notify_on_close":true,
 "title":{"type":"plain_text","text":"Restart"},"submit":{"type":"plain_text","text":"Go"},
 "blocks":[
  {"type":"input","block_id":"environment","label":{"type":"plain_text","text":"Environment"},
   "element":{"type":"static_select","action_id":"environment","options":[
    {"text":{"type":"plain_text","text":"staging"},"value":"staging"},
    {"text":{"type":"plain_text","text":"dev"},"value":"dev"}]}},
  {"type":"input","block_id":"service","label":{"type":"plain_text","text":"Service"},
   "element":{"type":"external_select","action_id":"service","min_query_length":0}},
  {"type":"input","block_id":"reason","optional":true,"label":{"type":"plain_text","text":"Reason"},
   "element":{"type":"plain_text_input","action_id":"reason","max_length":10}}]}`

func view(t *testing.T, text string) slackgo.ModalViewRequest {
	t.Helper()
	var out slackgo.ModalViewRequest
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// formApp opens the form on a command, offers services, and answers the form.
func formApp(t *testing.T, w *world, answer func(slackgo.View) any) {
	w.run(func(a app, e socketmode.Event) {
		switch data := e.Data.(type) {
		case slackgo.SlashCommand:
			_, err := a.OpenViewContext(t.Context(), data.TriggerID, view(t, form))
			w.must(err)
			_ = a.socket.Ack(*e.Request)
		case slackgo.InteractionCallback:
			switch data.Type {
			case slackgo.InteractionTypeBlockSuggestion:
				text := slackgo.NewTextBlockObject("plain_text", data.Value+"-api", false, false)
				_ = a.socket.Ack(*e.Request, slackgo.OptionsResponse{Options: []*slackgo.OptionBlockObject{slackgo.NewOptionBlockObject("api", text, nil)}})
			case slackgo.InteractionTypeViewSubmission:
				_ = a.socket.Ack(*e.Request, answer(data.View))
			default:
				_ = a.socket.Ack(*e.Request)
			}
		}
	})
}

func TestAFormIsFilledInAndSubmitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		submitted := make(chan slackgo.View, 5)
		var reply any
		formApp(t, w, func(v slackgo.View) any { submitted <- v; return reply })
		w.must(w.Command("alice", "#ops", "/ecs"))
		views := w.Views("alice")
		if len(views) != 1 || views[0].Title() != "Restart" || len(w.Views("bob")) != 0 {
			t.Fatalf("views %v", views)
		}
		id := views[0].ID()
		offered, err := w.Suggest("alice", slack.Click{ViewID: id, ActionID: "service", Value: "staging"})
		w.must(err)
		options := offered["options"].([]any)
		if err := w.Submit("alice", id, nil); err == nil || len(submitted) != 0 {
			t.Errorf("an empty form went to the app: %v", err)
		}
		values := map[string]map[string]any{"environment": {"environment": "staging"}, "service": {"service": options[0]}}
		reply = slackgo.NewErrorsViewSubmissionResponse(map[string]string{"service": "no such service"})
		if err := w.Submit("alice", id, values); err == nil || err.Error() != "no such service" {
			t.Errorf("the app's error: %v", err)
		}
		if got := w.Views("alice")[0]["errors"].(map[string]string)["service"]; got != "no such service" {
			t.Errorf("shown at the field: %q", got)
		}
		reply = nil
		w.must(w.Submit("alice", id, map[string]map[string]any{"reason": {"reason": "stuck"}}))
		<-submitted
		got := (<-submitted).State.Values
		if got["environment"]["environment"].SelectedOption.Value != "staging" || got["service"]["service"].SelectedOption.Value != "api" || got["reason"]["reason"].Value != "stuck" {
			t.Errorf("submitted %+v", got)
		}
		if len(w.Views("alice")) != 0 {
			t.Error("the form is still open")
		}
	})
}

func TestWhatAFormMayAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		var reply any
		formApp(t, w, func(slackgo.View) any { return reply })
		fill := map[string]map[string]any{"environment": {"environment": "dev"}, "service": {"service": "api"}}
		open := func() string {
			w.must(w.Command("alice", "#ops", "/ecs"))
			return w.Views("alice")[0].ID()
		}
		next := view(t, strings.Replace(form, "Restart", "Next", 1))
		id := open()
		reply = slackgo.NewUpdateViewSubmissionResponse(&next)
		w.must(w.Submit("alice", id, fill))
		if v := w.Views("alice"); len(v) != 1 || v[0].ID() != id || v[0].Title() != "Next" {
			t.Errorf("after update: %v", v)
		}
		reply = slackgo.NewPushViewSubmissionResponse(&next)
		w.must(w.Submit("alice", id, fill))
		w.must(w.Submit("alice", w.Views("alice")[1].ID(), fill))
		if err := w.Submit("alice", w.Views("alice")[2].ID(), fill); err == nil || len(w.Views("alice")) != 3 {
			t.Error("a fourth view was pushed")
		}
		reply = slackgo.NewErrorsViewSubmissionResponse(map[string]string{"nowhere": "x"})
		if err := w.Submit("alice", w.Views("alice")[2].ID(), fill); err == nil || err.Error() != "We had some trouble connecting. Try again?" {
			t.Errorf("an error at no field: %v", err)
		}
		reply = slackgo.NewClearViewSubmissionResponse()
		w.must(w.Submit("alice", w.Views("alice")[2].ID(), fill))
		if len(w.Views("alice")) != 0 {
			t.Error("clear left views")
		}
		w.must(w.CloseView("alice", open()))
		w.await(func() bool { e := w.Envelopes(); return !e[len(e)-1].Acked.IsZero() })
	})
}

func TestATriggerIsForOneUseInThreeSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		c := dial(t, w)
		c.next(t)
		go func() { _ = w.Command("alice", "#ops", "/ecs") }()
		trigger := c.next(t)["payload"].(map[string]any)["trigger_id"].(string)
		if out := w.bot("views.open", "trigger_id", trigger, "view", form); out["ok"] != true {
			t.Fatalf("in time: %v", out)
		}
		if out := w.bot("views.open", "trigger_id", trigger, "view", form); out["error"] != "exchanged_trigger_id" {
			t.Errorf("again: %v", out)
		}
		go func() { _ = w.Command("alice", "#ops", "/ecs") }()
		late := c.next(t)["payload"].(map[string]any)["trigger_id"].(string)
		time.Sleep(3*time.Second + time.Millisecond)
		if out := w.bot("views.open", "trigger_id", late, "view", form); out["error"] != "expired_trigger_id" {
			t.Errorf("late: %v", out)
		}
	})
}

func TestAViewIsUpdatedOnlyAsItWasSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		formApp(t, w, func(slackgo.View) any { return nil })
		w.must(w.Command("alice", "#ops", "/ecs"))
		v := w.Views("alice")[0]
		id, hash := v.ID(), v["hash"].(string)
		if out := w.bot("views.update", "view_id", id, "hash", hash, "view", form); out["ok"] != true {
			t.Fatalf("with the hash: %v", out)
		}
		if out := w.bot("views.update", "view_id", id, "hash", hash, "view", form); out["error"] != "hash_conflict" {
			t.Errorf("with an old hash: %v", out)
		}
	})
}

func TestTheHomeTab(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		published := make(chan error, 1)
		w.run(func(a app, e socketmode.Event) {
			if e.Type == socketmode.EventTypeEventsAPI {
				_ = a.socket.Ack(*e.Request)
				_, err := a.PublishViewContext(t.Context(), slackgo.PublishViewContextRequest{
					UserID: "U0ALICE", View: slackgo.HomeTabViewRequest{Type: "home", Blocks: slackgo.Blocks{BlockSet: []slackgo.Block{slackgo.NewDividerBlock()}}},
				})
				published <- err
			}
		})
		w.must(w.OpenHome("alice"))
		w.must(<-published)
		if w.Home("alice") == nil {
			t.Error("alice has no home tab")
		}
		if w.Home("bob") != nil {
			t.Error("bob sees alice's home tab")
		}
	})
}
