package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions"
	"ecsbot/authz"
)

func TestFirstAnswerIsTheAcknowledgement(t *testing.T) {
	var got actions.Request
	core := func(ctx context.Context, request actions.Request, reply actions.Reply) {
		got = request
		_ = reply.Tell(ctx, actions.Say(actions.Good, "all is well"))
	}
	inBubble(t, nil, core, func(t *testing.T, bot running) {
		socket := bot.socket()
		began := time.Now()
		socket.command(1, "status &lt;a&gt; &amp;amp; <@U9|bob>")
		ack := <-socket.acks
		if ack.ID != "e1" || !strings.Contains(string(ack.Payload), "all is well") || !strings.Contains(string(ack.Payload), `"response_type":"ephemeral"`) {
			t.Errorf("acknowledged by %s %s", ack.ID, ack.Payload)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("the acknowledgement waited for %s", took)
		}
		want := actions.Request{ID: "t1", Actor: authz.Actor{Team: "T1", User: "U1"}, Text: "status <a> &amp; <@U9|bob>", Where: actions.Where{Channel: "C1"}}
		if got != want {
			t.Errorf("the request was %+v", got)
		}
	})
}

// What takes long is acknowledged in time, and answered by response_url; later answers replace
// the first, and where Slack takes no more by it, they go as ephemeral messages.
func TestLaterAnswers(t *testing.T) {
	core := func(ctx context.Context, _ actions.Request, reply actions.Reply) {
		time.Sleep(2 * time.Second)
		for range 7 {
			_ = reply.Tell(ctx, actions.Say(actions.Working, "going on"))
		}
	}
	inBubble(t, nil, core, func(t *testing.T, bot running) {
		socket := bot.socket()
		began := time.Now()
		socket.command(1, "status")
		ack := <-socket.acks
		if took := time.Since(began); took > ackWithin || len(ack.Payload) > 0 {
			t.Errorf("acknowledged after %s by %s", took, ack.Payload)
		}
		time.Sleep(10 * time.Second)
		posts := bot.fake.made("/response/bearer-1")
		if len(posts) != 5 {
			t.Fatalf("the response_url was used %d times", len(posts))
		}
		if !strings.Contains(posts[0].body, `"replace_original":false`) || !strings.Contains(posts[1].body, `"replace_original":true`) {
			t.Errorf("first %s, then %s", posts[0].body, posts[1].body)
		}
		if late := bot.fake.made("chat.postEphemeral"); len(late) != 2 || late[0].values.Get("user") != "U1" {
			t.Errorf("then %v", late)
		}
	})
}

func TestAnswerTooLargeForTheAcknowledgement(t *testing.T) {
	message := actions.Message{Title: actions.Textf("large"), Body: []actions.Block{actions.Code{Text: strings.Repeat("ü\n", 3000)}, actions.Paragraph{Text: actions.Textf("%v", strings.Repeat("ü", 900))}}}
	core := func(ctx context.Context, _ actions.Request, reply actions.Reply) { _ = reply.Tell(ctx, message) }
	inBubble(t, nil, core, func(t *testing.T, bot running) {
		if weigh(answerWith(render(message), nil)) <= maxAck {
			t.Skip("the message is small enough")
		}
		socket := bot.socket()
		socket.command(1, "status")
		if ack := <-socket.acks; len(ack.Payload) > 0 {
			t.Errorf("acknowledged with %d bytes", len(ack.Payload))
		}
		synctest.Wait()
		if said := bot.fake.made("/response/bearer-1"); len(said) != 1 {
			t.Errorf("%d answers by response_url", len(said))
		}
	})
}

func TestPanicIsToldAndSurvived(t *testing.T) {
	core := func(ctx context.Context, request actions.Request, reply actions.Reply) {
		if request.Text == "break" {
			panic("a bug")
		}
		_ = reply.Tell(ctx, actions.Say(actions.Good, "still here"))
	}
	inBubble(t, nil, core, func(t *testing.T, bot running) {
		socket := bot.socket()
		socket.command(1, "break")
		if ack := <-socket.acks; !strings.Contains(string(ack.Payload), "REF1") {
			t.Errorf("the caller was told %s", ack.Payload)
		}
		socket.command(2, "status")
		if ack := <-socket.acks; !strings.Contains(string(ack.Payload), "still here") {
			t.Errorf("the next caller was told %s", ack.Payload)
		}
		if bot.count("panics_total") != 1 {
			t.Error("the panic was not counted")
		}
		_ = bot.stop()
		if log := bot.log.String(); !strings.Contains(log, "REF1") || !strings.Contains(log, "answers_test.go") {
			t.Errorf("the log lacks reference or stack:\n%s", log)
		}
	})
}

func TestMentions(t *testing.T) {
	var got []actions.Request
	core := func(ctx context.Context, request actions.Request, reply actions.Reply) {
		got = append(got, request)
		_ = reply.Tell(ctx, actions.Say(actions.Good, "done"))
	}
	inBubble(t, nil, core, func(t *testing.T, bot running) {
		socket := bot.socket()
		for number, inner := range []string{
			`{"type":"app_mention","user":"U1","text":"<@UBOT> restart staging api","ts":"1.1","channel":"C1"}`,
			`{"type":"app_mention","user":"U1","text":"please <@UBOT|ecsbot>  status &amp; more","ts":"2.2","thread_ts":"1.1","channel":"C1"}`,
			`{"type":"app_mention","user":"U7","user_team":"T2","text":"help <@UBOT>","ts":"3.3","channel":"C1"}`,
			`{"type":"app_mention","user":"U8","bot_id":"B1","text":"<@UBOT> restart prod api","ts":"4.4","channel":"C1"}`,
			`{"type":"app_mention","user":"UBOT","text":"<@UBOT> help","ts":"5.5","channel":"C1"}`,
		} {
			socket.event(number, inner)
			<-socket.acks
			synctest.Wait()
		}
		want := []actions.Request{
			{ID: "C1/1.1", Actor: authz.Actor{Team: "T1", User: "U1"}, Text: "restart staging api", Where: actions.Where{Channel: "C1", Thread: "1.1"}},
			{ID: "C1/2.2", Actor: authz.Actor{Team: "T1", User: "U1"}, Text: "status & more", Where: actions.Where{Channel: "C1", Thread: "1.1"}},
			{ID: "C1/3.3", Actor: authz.Actor{Team: "T2", User: "U7"}, Text: "help", Where: actions.Where{Channel: "C1", Thread: "3.3"}},
		}
		if len(got) != len(want) {
			t.Fatalf("the requests were %+v", got)
		}
		for number := range want {
			if got[number] != want[number] {
				t.Errorf("request %d was %+v", number, got[number])
			}
		}
		if bot.count("bot_mentions_total") != 2 {
			t.Error("mentions by bots were not counted")
		}
		answers := bot.fake.made("chat.postEphemeral")
		if len(answers) != 3 || answers[1].values.Get("thread_ts") != "1.1" {
			t.Errorf("the answers were %v", answers)
		}
	})
}

func TestMentionAnsweredDirectlyWhereEphemeralIsRefused(t *testing.T) {
	inBubble(t, nil, tell("done"), func(t *testing.T, bot running) {
		bot.fake.on("chat.postEphemeral", refuses("user_not_in_channel"))
		bot.socket().event(1, `{"type":"app_mention","user":"U1","text":"<@UBOT> help","ts":"1.1","channel":"C1"}`)
		time.Sleep(time.Second)
		said := bot.fake.made("chat.postMessage")
		if len(said) != 1 || said[0].values.Get("channel") != "D1" || !strings.Contains(said[0].blocks(), "answer you here") {
			t.Errorf("said %v", said)
		}
	})
}

// A click on what is not known is acknowledged, and never met with silence.
func TestUnknownClicks(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		socket := bot.socket()
		socket.send(`{"envelope_id":"b1","type":"interactive","payload":{"type":"block_actions","trigger_id":"x1","user":{"id":"U1"},
			"channel":{"id":"C1"},"response_url":"http://slack.test/response/bearer-9","actions":[{"action_id":"approve","type":"button"}]}}`)
		<-socket.acks
		socket.send(`{"envelope_id":"b2","type":"interactive","accepts_response_payload":true,"payload":{"type":"view_submission","trigger_id":"x2","user":{"id":"U1"},"view":{"id":"V1","type":"modal"}}}`)
		submitted := <-socket.acks
		socket.send(`{"envelope_id":"b3","type":"interactive","payload":{"type":"shortcut","trigger_id":"x3","user":{"id":"U1"},"callback_id":"old"}}`)
		<-socket.acks
		synctest.Wait()
		if said := bot.fake.made("/response/bearer-9"); len(said) != 1 || !strings.Contains(said[0].body, "nothing was done") || strings.Contains(said[0].body, `"replace_original":true`) {
			t.Errorf("the button was answered by %v", said)
		}
		if !strings.Contains(string(submitted.Payload), `"response_action":"update"`) {
			t.Errorf("the form was answered by %s", submitted.Payload)
		}
		if said := bot.fake.made("chat.postMessage"); len(said) != 1 || said[0].values.Get("channel") != "D1" {
			t.Errorf("the shortcut was answered by %v", said)
		}
	})
}

func TestHomeTab(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		socket := bot.socket()
		socket.event(1, `{"type":"app_home_opened","user":"U1","channel":"D1","tab":"home"}`)
		socket.event(2, `{"type":"app_home_opened","user":"U1","channel":"D1","tab":"messages"}`)
		time.Sleep(time.Second)
		views := bot.fake.made("views.publish")
		if len(views) != 1 || !strings.Contains(views[0].body, "/ecs help") || !strings.Contains(views[0].body, `"user_id":"U1"`) {
			t.Errorf("published %v", views)
		}
	})
}

// A first run where Slack is down, and a look that Slack refuses: the answer gets through.
func TestAnswersGetThrough(t *testing.T) {
	core := func(ctx context.Context, _ actions.Request, reply actions.Reply) {
		_ = reply.Share(ctx, actions.Say(actions.Good, "shared"))
	}
	inBubble(t, nil, core, func(t *testing.T, bot running) {
		fails := func(_ call, w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) }
		bot.fake.on("chat.postMessage", inTurn(fails, limits("3"), refuses("invalid_blocks"), says(`{"ok":true,"channel":"C1","ts":"1.1"}`)))
		bot.socket().command(1, "status")
		time.Sleep(20 * time.Second)
		posts := bot.fake.made("chat.postMessage")
		if len(posts) != 4 {
			t.Fatalf("posted %d times", len(posts))
		}
		if waited := posts[2].at.Sub(posts[1].at); waited != 3*time.Second {
			t.Errorf("a 429 was waited out for %s", waited)
		}
		if posts[3].values.Get("blocks") != "" || !strings.Contains(posts[3].values.Get("text"), "shared") {
			t.Errorf("at last %v was posted", posts[3].values)
		}
	})
}

// Stopping takes no more, says so, and lets what is open come to its end.
func TestShutdownFinishesWhatIsOpen(t *testing.T) {
	var finished bool
	core := func(ctx context.Context, _ actions.Request, reply actions.Reply) {
		time.Sleep(8 * time.Second)
		finished = reply.Tell(ctx, actions.Say(actions.Good, "done")) == nil
	}
	inBubble(t, nil, core, func(t *testing.T, bot running) {
		socket := bot.socket()
		socket.command(1, "restart staging api")
		synctest.Wait()
		began := time.Now()
		go func() {
			time.Sleep(100 * time.Millisecond)
			socket.command(2, "restart staging api")
		}()
		if err := bot.stop(); err != nil {
			t.Errorf("Run ended with %v", err)
		}
		if took := time.Since(began); took > 10*time.Second || !finished {
			t.Errorf("after %s, finished %v", took, finished)
		}
		var said string
		for range len(socket.acks) {
			ack := <-socket.acks
			said += string(ack.Payload)
		}
		if !strings.Contains(said, "being restarted") {
			t.Errorf("the late caller was told %q", said)
		}
	})
}

func TestShutdownDoesNotWaitForEver(t *testing.T) {
	hang := func(ctx context.Context, _ actions.Request, _ actions.Reply) { <-ctx.Done() }
	inBubble(t, nil, hang, func(t *testing.T, bot running) {
		bot.socket().command(1, "logs staging api")
		synctest.Wait()
		began := time.Now()
		_ = bot.stop()
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("stopping took %s", took)
		}
	})
}

func TestStartWaitsForSlack(t *testing.T) {
	prepare := func(fake *fakeSlack, _ *Settings) {
		down := func(_ call, w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }
		fake.on("auth.test", inTurn(down, down, down, says(`{"ok":true,"team_id":"T1","user_id":"UBOT"}`)))
	}
	inBubble(t, prepare, tell("done"), func(t *testing.T, bot running) {
		socket := bot.socket()
		socket.command(1, "status")
		if ack := <-socket.acks; len(ack.Payload) > 0 {
			t.Errorf("answered by %s", ack.Payload)
		}
		time.Sleep(time.Minute)
		if err := bot.Ready(); err != nil {
			t.Error(err)
		}
		if said := bot.fake.made("/response/bearer-1"); len(said) != 1 {
			t.Errorf("said %v", said)
		}
	})
}

func TestTwoConnections(t *testing.T) {
	inBubble(t, func(_ *fakeSlack, s *Settings) { s.Connections = 0 }, tell("done"), func(t *testing.T, bot running) {
		first, second := bot.socket(), bot.socket()
		for _, socket := range []*fakeSocket{first, second} {
			socket.send(`{"type":"hello","num_connections":2}`)
		}
		second.command(1, "status")
		<-second.acks
		synctest.Wait() // both hellos are taken
		_ = first.conn.Close()
		synctest.Wait()
		if err := bot.Ready(); err != nil {
			t.Errorf("with one connection of two: %v", err)
		}
	})
}

func TestForeignConnectionsAreAnAlarmOnceTheyAreCountedTwice(t *testing.T) {
	for _, row := range []struct {
		says  string
		again int // what Slack counts when it is asked again
		want  float64
	}{
		{"a socket that was just lost", 1, 0},
		{"somebody else's", 2, 1},
	} {
		inBubble(t, func(_ *fakeSlack, s *Settings) { s.Connections = 1 }, tell("done"), func(t *testing.T, bot running) {
			bot.socket().send(`{"type":"hello","num_connections":2}`)
			began := time.Now()
			again := bot.socket()
			if waited := time.Since(began); waited < recountPause {
				t.Errorf("%s: counted again after %v", row.says, waited)
			}
			if got := float64(bot.count("foreign_connections_total")); got != 0 {
				t.Errorf("%s: an alarm on one count", row.says)
			}
			again.send(fmt.Sprintf(`{"type":"hello","num_connections":%d}`, row.again))
			again.command(1, "status")
			<-again.acks
			synctest.Wait()
			if got := float64(bot.count("foreign_connections_total")); got != row.want {
				t.Errorf("%s: %v alarms, want %v", row.says, got, row.want)
			}
		})
	}
}

func TestTokensOfTheWrongKind(t *testing.T) {
	bot, app, user := "xoxb-"+"1", "xapp-"+"1", "xoxp-"+"1"
	for _, test := range []struct{ bot, app, want string }{
		{"", app, "SLACK_BOT_TOKEN is not set"},
		{bot, "", "SLACK_APP_TOKEN is not set"},
		{app, app, "SLACK_BOT_TOKEN holds a token that begins with xapp-"},
		{bot, bot, "SLACK_APP_TOKEN holds a token that begins with xoxb-"},
		{user, app, "SLACK_BOT_TOKEN holds a token that begins with xoxp-"},
	} {
		if _, err := New(Settings{BotToken: test.bot, AppToken: test.app}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
	made, err := New(Settings{BotToken: bot, AppToken: app})
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Run(t.Context(), nil); err == nil {
		t.Error("a bot ran without anybody to carry requests out")
	}
}

func TestAPIAddress(t *testing.T) {
	for given, want := range map[string]string{
		"": "https://slack.com/api/", "http://127.0.0.1:1/slack/api": "http://127.0.0.1:1/slack/api/", "http://127.0.0.1:1/api/": "http://127.0.0.1:1/api/",
	} {
		if got := apiAddress(given); got != want {
			t.Errorf("%q became %q", given, got)
		}
	}
}

func TestSeenForgetsLateAndBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := newSeen()
		if !seen.first("a", "") || seen.first("b", "a") || !seen.first("c", "") {
			t.Error("a name was not remembered, or an empty one was")
		}
		time.Sleep(14 * time.Minute)
		if seen.first("b") {
			t.Error("forgotten after 14 minutes")
		}
		time.Sleep(seenFor)
		_ = seen.first("x")
		time.Sleep(seenFor)
		_ = seen.first("y")
		if !seen.first("a") {
			t.Error("remembered for ever")
		}
	})
}

func TestErrorsKeepTheirCause(t *testing.T) {
	if !errors.Is(redacted(context.Canceled), context.Canceled) {
		t.Error("lost")
	}
}
