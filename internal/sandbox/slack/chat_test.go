package slack_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"ecsbot/internal/sandbox/slack"
)

// postJSON posts JSON as the bot and returns the answer, which may be plain text.
func (w *world) postJSON(path, body string) map[string]any {
	w.t.Helper()
	status, text := w.post("http://sandbox"+path, body, "Authorization", "Bearer "+slack.BotToken)
	return map[string]any{"status": status, "error": field(text, "error"), "ok": field(text, "ok"), "text": text}
}

func (w *world) post(link, body string, headers ...string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequest(http.MethodPost, link, strings.NewReader(body))
	w.must(err)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := w.client.Do(r)
	w.must(err)
	defer response.Body.Close()
	return response.StatusCode, read(response.Body)
}

func TestACardIsPostedAndEdited(t *testing.T) {
	w := served(t)
	api, ctx := w.api(), t.Context()
	block := slackgo.NewSectionBlock(slackgo.NewTextBlockObject("mrkdwn", "*restarting*", false, false), nil, nil)
	channel, ts, err := api.PostMessageContext(ctx, "C01OPS", slackgo.MsgOptionText("restarting", false), slackgo.MsgOptionBlocks(block),
		slackgo.MsgOptionMetadata(slackgo.SlackMetadata{EventType: "card", EventPayload: map[string]any{"operation": "op1"}}))
	w.must(err)
	_, _, _, err = api.UpdateMessageContext(ctx, channel, ts, slackgo.MsgOptionText("done", false), slackgo.MsgOptionBlocks(block))
	w.must(err)
	m := w.messages("C01OPS", "bob")[0]
	if m.Text != "done" || len(m.Blocks) != 1 || m.Edited || m.Metadata["event_type"] != "card" {
		t.Errorf("after an edit with blocks: %+v", m)
	}
	_, _, _, err = api.UpdateMessageContext(ctx, channel, ts, slackgo.MsgOptionText("plain", false))
	w.must(err)
	if m = w.messages("C01OPS", "bob")[0]; len(m.Blocks) != 0 || !m.Edited {
		t.Errorf("an edit without blocks keeps them: %+v", m)
	}
	history, err := api.GetConversationHistoryContext(ctx, &slackgo.GetConversationHistoryParameters{
		ChannelID: channel, IncludeAllMetadata: true, Oldest: ts, Inclusive: true,
	})
	w.must(err)
	if len(history.Messages) != 1 || history.Messages[0].Metadata.EventPayload["operation"] != "op1" {
		t.Errorf("found again: %+v", history.Messages)
	}
	_, _, err = api.DeleteMessageContext(ctx, channel, ts)
	w.must(err)
	if m := w.messages("C01OPS", "bob"); len(m) != 0 {
		t.Errorf("after the deletion: %+v", m)
	}
}

func TestThreadsAndPagesOfHistory(t *testing.T) {
	w := served(t)
	parent := w.bot("chat.postMessage", "channel", "C01OPS", "text", "parent")["ts"].(string)
	for range 5 {
		w.bot("chat.postMessage", "channel", "C01OPS", "text", "reply", "thread_ts", parent)
		w.bot("chat.postMessage", "channel", "C01OPS", "text", "other")
	}
	replies, _, _, err := w.api().GetConversationRepliesContext(t.Context(), &slackgo.GetConversationRepliesParameters{ChannelID: "C01OPS", Timestamp: parent})
	w.must(err)
	if len(replies) != 6 || replies[0].Timestamp != parent || replies[0].ReplyCount != 5 {
		t.Errorf("%d in the thread, the first %+v", len(replies), replies[0])
	}
	pages, cursor := 0, ""
	for seen := 0; seen < 6; pages++ {
		page, err := w.api().GetConversationHistoryContext(t.Context(), &slackgo.GetConversationHistoryParameters{ChannelID: "C01OPS", Limit: 4, Cursor: cursor})
		w.must(err)
		seen, cursor = seen+len(page.Messages), page.ResponseMetaData.NextCursor
		if page.HasMore != (seen < 6) {
			t.Errorf("has_more is %v after %d of 6", page.HasMore, seen)
		}
	}
	if pages != 2 {
		t.Errorf("%d pages, want 2", pages)
	}
	if m := w.messages("C01OPS", "alice")[0]; m.ReplyCount != 5 || len(m.Replies) != 5 {
		t.Errorf("alice sees %d replies", len(m.Replies))
	}
}

func TestASnippetIsSharedAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		parent := w.bot("chat.postMessage", "channel", "C01OPS", "text", "logs")["ts"].(string)
		content := "line 1\nline 2\n"
		file, err := w.api().UploadFileContext(t.Context(), slackgo.UploadFileParameters{
			Content: content, FileSize: len(content), Filename: "api.log", Title: "api", Channel: "C01OPS",
			ThreadTimestamp: parent, SnippetType: "text", InitialComment: "the last lines",
		})
		w.must(err)
		if m := w.messages("C01OPS", "alice"); len(m[0].Replies) != 0 {
			t.Error("the file is shared before its time")
		}
		w.await(func() bool { return len(w.messages("C01OPS", "alice")[0].Replies) == 1 })
		reply := w.messages("C01OPS", "alice")[0].Replies[0]
		if len(reply.Files) != 1 || reply.Files[0].Content != content || reply.Files[0].Mode != "snippet" || reply.Text != "the last lines" {
			t.Errorf("shared as %+v", reply)
		}
		response, err := w.client.Get("http://sandbox" + reply.Files[0].URL)
		w.must(err)
		defer response.Body.Close()
		if got := read(response.Body); got != content {
			t.Errorf("the page reads %q", got)
		}
		if out := w.bot("files.completeUploadExternal", "files", `[{"id":"`+file.ID+`"}]`); out["error"] != "file_not_found" {
			t.Errorf("completed twice: %v", out)
		}
		if out := w.bot("files.delete", "file", file.ID); out["ok"] != true {
			t.Errorf("deleted: %v", out)
		}
		if out := w.bot("files.delete", "file", file.ID); out["error"] != "file_deleted" {
			t.Errorf("deleted twice: %v", out)
		}
		reply = w.messages("C01OPS", "alice")[0].Replies[0]
		if reply.Files[0].Content != "" || reply.Files[0].Mode != "tombstone" || reply.Text != "the last lines" {
			t.Errorf("after its deletion: %+v", reply)
		}
		gone, err := w.client.Get("http://sandbox" + reply.Files[0].URL)
		w.must(err)
		defer gone.Body.Close()
		if gone.StatusCode != http.StatusNotFound {
			t.Errorf("the page still reads it: %d", gone.StatusCode)
		}
	})
}

func TestResponseURLsWorkFiveTimesInThirtyMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		links := make(chan string, 2)
		w.run(func(a app, e socketmode.Event) {
			if command, ok := e.Data.(slackgo.SlashCommand); ok {
				_ = a.socket.Ack(*e.Request)
				links <- command.ResponseURL
			}
		})
		w.must(w.Command("alice", "#random", "/ecs help"))
		link := <-links
		for i := range 5 {
			kind := "ephemeral"
			if i == 4 {
				kind = "in_channel"
			}
			if status, body := w.post(link, `{"text":"answer","response_type":"`+kind+`"}`); status != http.StatusOK || body != "ok" {
				t.Fatalf("use %d: %d %s", i+1, status, body)
			}
		}
		if status, body := w.post(link, `{"text":"answer"}`); status != http.StatusNotFound || !strings.Contains(body, "used_url") {
			t.Errorf("use 6: %d %s", status, body)
		}
		if a, b := w.messages("C03RANDOM", "alice"), w.messages("C03RANDOM", "bob"); len(a) != 5 || len(b) != 1 {
			t.Errorf("alice sees %d, bob sees %d", len(a), len(b))
		}
		w.must(w.Command("alice", "#random", "/ecs help"))
		link = <-links
		time.Sleep(30*time.Minute + time.Second)
		if status, body := w.post(link, `{"text":"answer"}`); status != http.StatusNotFound || !strings.Contains(body, "expired_url") {
			t.Errorf("after 30 minutes: %d %s", status, body)
		}
	})
}

func TestRateLimitsAreSlacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slack.Options{BaseURL: func() string { return address }})
		api := w.api()
		ts := w.bot("chat.postMessage", "channel", "C01OPS", "text", "card")["ts"].(string)
		for range 50 {
			_, _, _, err := api.UpdateMessageContext(t.Context(), "C01OPS", ts, slackgo.MsgOptionText("x", false))
			w.must(err)
		}
		_, _, _, err := api.UpdateMessageContext(t.Context(), "C01OPS", ts, slackgo.MsgOptionText("x", false))
		limited, ok := err.(*slackgo.RateLimitedError) //nolint:errorlint // slack-go returns it as it is
		if !ok || limited.RetryAfter != time.Minute {
			t.Fatalf("the 51st update: %v", err)
		}
		time.Sleep(limited.RetryAfter)
		_, _, _, err = api.UpdateMessageContext(t.Context(), "C01OPS", ts, slackgo.MsgOptionText("x", false))
		w.must(err)
		refused := 0
		for range 10 {
			if _, _, err := api.PostMessageContext(t.Context(), "C02AUDIT", slackgo.MsgOptionText("x", false)); err != nil {
				refused++
			}
		}
		if refused != 6 {
			t.Errorf("%d of 10 messages at once refused, want 6", refused)
		}
	})
}

func TestLimitsPrintThemselves(t *testing.T) {
	if got := slack.Unlimited().String(); got != "calls without limit, 10 sockets" {
		t.Error(got)
	}
	got := slack.DefaultLimits().String()
	for _, want := range []string{"chat.update 50/min", "usergroups.list 20/min", "chat.postMessage 1/s a channel (burst 4)"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}

func TestFaultsOfTheWebAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		post := func() error {
			_, _, err := w.api().PostMessageContext(t.Context(), "C01OPS", slackgo.MsgOptionText("x", false))
			return err
		}
		for kind, isExecuted := range map[string]bool{
			slack.FaultThrottle: false, slack.FaultError: false, slack.FaultDisconnect: false, slack.FaultCut: true,
		} {
			before := len(w.messages("C01OPS", "alice"))
			w.must(w.Fault(slack.FaultSpec{Method: "chat.postMessage", Kind: kind, Count: 1, Duration: 7 * time.Second}))
			if err := post(); err == nil {
				t.Errorf("%s did not strike", kind)
			}
			if after := len(w.messages("C01OPS", "alice")); (after > before) != isExecuted {
				t.Errorf("%s: executed is %v, want %v", kind, after > before, isExecuted)
			}
			w.must(post())
		}
		w.must(w.Fault(slack.FaultSpec{Method: "*", Kind: slack.FaultLatency, Duration: 5 * time.Second}))
		begin := time.Now()
		w.must(post())
		if waited := time.Since(begin); waited != 5*time.Second {
			t.Errorf("waited %s", waited)
		}
		w.ClearFaults()
		w.must(w.Fault(slack.FaultSpec{Method: "chat.postMessage", Kind: slack.FaultHang, Count: 1}))
		client := &http.Client{Transport: w.client.Transport, Timeout: time.Minute}
		api := slackgo.New(slack.BotToken, slackgo.OptionAPIURL(address+"/api/"), slackgo.OptionHTTPClient(client))
		begin = time.Now()
		if _, _, err := api.PostMessageContext(t.Context(), "C01OPS", slackgo.MsgOptionText("x", false)); err == nil || time.Since(begin) != time.Minute {
			t.Errorf("a hanging call ended after %s with %v", time.Since(begin), err)
		}
	})
}

func field(text, name string) any {
	if !bytes.HasPrefix([]byte(text), []byte("{")) {
		return nil
	}
	return decode(text)[name]
}
