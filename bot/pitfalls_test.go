package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack/socketmode"

	"ecsbot/actions"
)

// The guards against what slack-go v0.35.0 does by itself in Socket Mode; each test fails
// without its guard.

// Slack takes every connection and ends it at once: slack-go alone opens thousands a second.
func TestReconnectStormIsHeldBack(t *testing.T) {
	const opensAllowed = 400
	var opens atomic.Int64
	prepare := func(fake *fakeSlack, _ *Settings) {
		fake.onSocket = func(socket *fakeSocket) {
			if opens.Add(1) > opensAllowed { // time stands still while the storm goes on
				t.Errorf("%d connections were opened", opens.Load())
				select {}
			}
			socket.send(`{"type":"disconnect","reason":"too_many_websockets"}`)
			socket.serve()
		}
	}
	inBubble(t, prepare, nil, func(t *testing.T, bot running) {
		time.Sleep(30 * time.Minute)
		if stormed := bot.count("reconnect_storms_total"); stormed < 2 {
			t.Errorf("%v storms were counted", stormed)
		}
		if opened := opens.Load(); opened > 150 {
			t.Errorf("%d connections were opened in half an hour", opened)
		}
		if bot.Ready() == nil {
			t.Error("a bot without a connection calls itself ready")
		}
	})
}

// When Slack takes connections again, the bot comes back by itself.
func TestStormEnds(t *testing.T) {
	calm := time.Now()
	prepare := func(fake *fakeSlack, _ *Settings) {
		calm = time.Now().Add(3 * time.Minute)
		fake.onSocket = func(socket *fakeSocket) {
			if time.Now().Before(calm) {
				socket.send(`{"type":"disconnect","reason":"link_disabled"}`)
			} else {
				socket.hello()
			}
			socket.serve()
		}
	}
	inBubble(t, prepare, nil, func(t *testing.T, bot running) {
		time.Sleep(20 * time.Minute)
		if err := bot.Ready(); err != nil {
			t.Errorf("after the storm: %v", err)
		}
	})
}

// Nothing takes slack-go's events: after 50 it never reconnects.
func TestBusyBotStillReconnects(t *testing.T) {
	release := make(chan struct{})
	hang := func(ctx context.Context, _ actions.Request, _ actions.Reply) {
		select {
		case <-release:
		case <-ctx.Done():
		}
	}
	inBubble(t, func(_ *fakeSlack, s *Settings) { s.OpenRequests = 500 }, hang, func(t *testing.T, bot running) {
		release = make(chan struct{})
		first := bot.socket()
		for number := range 200 {
			first.command(number, "status staging api")
		}
		synctest.Wait()
		_ = first.conn.Close()
		second := bot.socket()
		second.command(1000, "status staging api")
		time.Sleep(2 * time.Second)
		if len(second.acks) == 0 {
			t.Error("the command on the second connection was not acknowledged")
		}
		close(release)
	})
}

// Too many requests are open: the caller is told, and the connection does not wait.
func TestTooBusyIsSaid(t *testing.T) {
	hang := func(ctx context.Context, _ actions.Request, _ actions.Reply) { <-ctx.Done() }
	prepare := func(_ *fakeSlack, s *Settings) { s.OpenRequests, s.Grace = 2, time.Second }
	inBubble(t, prepare, hang, func(t *testing.T, bot running) {
		socket := bot.socket()
		for number := range 3 {
			socket.command(number, "status staging api")
		}
		synctest.Wait()
		ack := <-socket.acks
		if ack.ID != "e2" || !strings.Contains(string(ack.Payload), "nothing was done") {
			t.Errorf("the third command was acknowledged by %s %s", ack.ID, ack.Payload)
		}
		if shed := bot.count("shed_total"); shed != 1 {
			t.Errorf("%v requests were counted as turned away", shed)
		}
	})
}

// slack-go takes 20 acknowledgements without a connection, and then blocks for good.
func TestAcknowledgementsDoNotBlockWithoutConnection(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		first := bot.socket()
		bot.fake.on("apps.connections.open", says(`{"ok":false,"error":"internal_error"}`))
		acker := bot.ackerOf(t, first)
		_ = first.conn.Close()
		synctest.Wait()
		var failed int
		for number := range 25 {
			began := time.Now()
			if err := acker.ack(t.Context(), fmt.Sprint("late", number), nil); err != nil {
				failed++
			}
			if took := time.Since(began); took > ackTimeout {
				t.Errorf("an acknowledgement without a connection took %s", took)
			}
		}
		if failed != 25 {
			t.Errorf("%d of 25 acknowledgements without a connection were called failed", failed)
		}
	})
}

// ackerOf catches what acknowledges on the connection, by a delivery that is only kept.
func (r running) ackerOf(t *testing.T, socket *fakeSocket) acker {
	t.Helper()
	caught := make(chan acker, 1)
	r.requests = requests(func(_ context.Context, _ actions.Request, reply actions.Reply) {
		caught <- reply.(*command).envelope.acker
	})
	socket.command(999, "status")
	return <-caught
}

// The connection is gone before the answer is there: slack-go writes the acknowledgement to
// the next connection, of which Slack takes no notice. The answer goes by response_url.
func TestAnswerAfterReconnectGoesByResponseURL(t *testing.T) {
	reconnected := make(chan struct{})
	core := func(ctx context.Context, _ actions.Request, reply actions.Reply) {
		<-reconnected
		_ = reply.Tell(ctx, actions.Say(actions.Good, "here it is"))
	}
	inBubble(t, nil, core, func(t *testing.T, bot running) {
		reconnected = make(chan struct{})
		first := bot.socket()
		first.command(1, "status staging api")
		synctest.Wait()
		first.send(`{"type":"disconnect","reason":"warning"}`)
		bot.socket()
		close(reconnected)
		synctest.Wait()
		if said := bot.fake.made("/response/bearer-1"); len(said) != 1 || !strings.Contains(said[0].body, "here it is") {
			t.Errorf("by response_url: %v", said)
		}
	})
}

// slack-go could not write an acknowledgement: what was in it is said by response_url.
func TestUnwrittenAnswerIsSaidAgain(t *testing.T) {
	inBubble(t, nil, tell("here it is"), func(t *testing.T, bot running) {
		socket := bot.socket()
		socket.command(1, "status")
		<-socket.acks
		taken, err := bot.newCommand(envelope{ID: "e2", Payload: []byte(`{"user_id":"U1","response_url":"http://slack.test/response/bearer-2"}`)})
		if err != nil {
			t.Fatal(err)
		}
		message := actions.Say(actions.Good, "here it is")
		payload := answerWith(render(message), func(ctx context.Context) { taken.again(ctx, message) })
		failure := socketmode.Event{Type: socketmode.EventTypeErrorWriteFailed, Data: &socketmode.ErrorWriteFailed{
			Cause: errors.New("broken pipe"), Response: &socketmode.Response{EnvelopeID: "e2", Payload: payload},
		}}
		if err := bot.connection(t.Context(), 0).event(nil, failure); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if said := bot.fake.made("/response/bearer-2"); len(said) != 1 || !strings.Contains(said[0].body, "here it is") {
			t.Errorf("said %v", said)
		}
		if bot.count("ack_failures_total") != 1 {
			t.Error("it was not counted")
		}
	})
}

// Slack delivers again what was lost or not acknowledged: it is carried out once.
func TestDuplicatesAreDropped(t *testing.T) {
	var done atomic.Int64
	core := func(ctx context.Context, _ actions.Request, reply actions.Reply) {
		done.Add(1)
		_ = reply.Tell(ctx, actions.Say(actions.Good, "done"))
	}
	inBubble(t, nil, core, func(t *testing.T, bot running) {
		first := bot.socket()
		first.command(1, "restart staging api")
		first.command(1, "restart staging api")
		synctest.Wait()
		first.send(`{"type":"disconnect","reason":"refresh_requested"}`)
		second := bot.socket()
		second.command(1, "restart staging api")
		second.send(`{"envelope_id":"other","type":"slash_commands","payload":{"team_id":"T1","user_id":"U1","trigger_id":"t1"}}`)
		time.Sleep(6 * time.Minute)
		second.event(1, `{"type":"app_mention","user":"U1","text":"<@UBOT> status","ts":"1.1","channel":"C1"}`)
		time.Sleep(time.Minute)
		second.event(1, `{"type":"app_mention","user":"U1","text":"<@UBOT> status","ts":"1.1","channel":"C1"}`)
		time.Sleep(5 * time.Minute)
		second.event(1, `{"type":"app_mention","user":"U1","text":"<@UBOT> status","ts":"1.1","channel":"C1"}`)
		time.Sleep(2 * time.Second)
		if times := done.Load(); times != 2 {
			t.Errorf("a command and a mention were carried out %d times", times)
		}
		if dropped := bot.count("duplicates_total"); dropped != 5 {
			t.Errorf("%v duplicates were counted", dropped)
		}
		acked := map[string]bool{}
		for range len(second.acks) {
			acked[(<-second.acks).ID] = true
		}
		if !acked["e1"] || !acked["other"] || !acked["v1"] {
			t.Errorf("on the second connection were acknowledged: %v", acked)
		}
	})
}

// slack-go repeats these for ever; they end Run with a line that says what to do.
func TestRefusedTokensEndRun(t *testing.T) {
	tests := []struct{ method, code, answer, want string }{
		{"apps.connections.open", "invalid_auth", "", "SLACK_APP_TOKEN: Slack says invalid_auth; create an app-level token"},
		{"apps.connections.open", "token_revoked", "", "SLACK_APP_TOKEN"},
		{"apps.connections.open", "token_expired", "", "SLACK_APP_TOKEN"},
		{"apps.connections.open", "not_allowed_token_type", "", "SLACK_APP_TOKEN"},
		{"apps.connections.open", "missing_scope", `{"ok":false,"error":"missing_scope","needed":"connections:write"}`, "missing_scope: connections:write"},
		{"auth.test", "invalid_auth", "", "SLACK_BOT_TOKEN: Slack says invalid_auth; copy the Bot User OAuth Token"},
		{"auth.test", "account_inactive", "", "SLACK_BOT_TOKEN"},
	}
	for _, test := range tests {
		t.Run(test.method+" "+test.code, func(t *testing.T) {
			prepare := func(fake *fakeSlack, _ *Settings) {
				answer := refuses(test.code)
				if test.answer != "" {
					answer = says(test.answer)
				}
				fake.on(test.method, answer)
			}
			inBubble(t, prepare, nil, func(t *testing.T, bot running) {
				time.Sleep(time.Minute)
				err := bot.stop()
				if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("Run ended with %v", err)
				}
				if asked := len(bot.fake.made(test.method)); asked > 3 {
					t.Errorf("a refused token was tried %d times", asked)
				}
			})
		})
	}
}

// A missing scope is named at the start, not found out later.
func TestMissingBotScopeEndsRun(t *testing.T) {
	prepare := func(fake *fakeSlack, _ *Settings) {
		fake.on("auth.test", func(call call, w http.ResponseWriter) {
			w.Header().Set("X-OAuth-Scopes", "chat:write,commands,users:read")
			says(`{"ok":true,"team_id":"T1","user_id":"UBOT"}`)(call, w)
		})
	}
	inBubble(t, prepare, nil, func(t *testing.T, bot running) {
		time.Sleep(time.Second)
		if err := bot.stop(); err == nil || !strings.Contains(err.Error(), "lacks the scope usergroups:read") {
			t.Errorf("Run ended with %v", err)
		}
	})
}

// A call that hangs must not hang the bot: slack-go's own HTTP client waits for ever.
func TestHangingCallTimesOut(t *testing.T) {
	prepare := func(fake *fakeSlack, _ *Settings) {
		hang := func(_ call, _ http.ResponseWriter) { time.Sleep(time.Hour) }
		trickle := func(_ call, w http.ResponseWriter) {
			_ = http.NewResponseController(w).Flush()
			time.Sleep(time.Hour)
		}
		fake.on("apps.connections.open", inTurn(hang, trickle, says(`{"ok":true,"url":"ws://slack.test/socket"}`)))
	}
	inBubble(t, prepare, nil, func(t *testing.T, bot running) {
		time.Sleep(2 * time.Minute)
		if err := bot.Ready(); err != nil {
			t.Errorf("two minutes after calls that hang: %v", err)
		}
		time.Sleep(time.Hour)
	})
}

// What slack-go cannot read is acknowledged all the same, and its text is not logged.
func TestUnreadableIsAcknowledged(t *testing.T) {
	var asked atomic.Int64
	core := func(ctx context.Context, _ actions.Request, reply actions.Reply) {
		asked.Add(1)
		_ = reply.Tell(ctx, actions.Say(actions.Good, "done"))
	}
	inBubble(t, nil, core, func(t *testing.T, bot running) {
		socket := bot.socket()
		socket.send(`{"envelope_id":"n1","type":"telepathy","payload":{"text":"hush-hush"}}`)
		socket.event(2, `{"type":"not_invented_yet","text":"hush-hush"}`)
		socket.send(`{"envelope_id":"n3","type":"slash_commands","accepts_response_payload":true,"payload":{"text":["hush-hush"]}}`)
		socket.send(`{"envelope_id":"n4","type":"slash_commands","accepts_response_payload":true,"payload":{"is_enterprise_install":"perhaps","text":"status","user_id":"U1"}}`)
		socket.send(`{"envelope_id":"n5","type":7}`)
		socket.send(`{"type":"slash_commands"}`)
		socket.send(`[]`)
		time.Sleep(2 * time.Second)
		got := map[string]string{}
		for range len(socket.acks) {
			ack := <-socket.acks
			got[ack.ID] = string(ack.Payload)
		}
		for _, id := range []string{"n1", "v2", "n3", "n4", "n5"} {
			if _, ok := got[id]; !ok {
				t.Errorf("%s was not acknowledged", id)
			}
		}
		if !strings.Contains(got["n3"], "nothing was done") || !strings.Contains(got["n4"], "done") || asked.Load() != 1 {
			t.Errorf("the callers were told %q and %q, %d requests", got["n3"], got["n4"], asked.Load())
		}
		if unknown := bot.count("unknown_envelopes_total"); unknown < 4 {
			t.Errorf("%v were counted", unknown)
		}
		_ = bot.stop()
		if strings.Contains(bot.log.String(), "hush-hush") {
			t.Errorf("the log holds what somebody wrote:\n%s", bot.log)
		}
	})
}

// The documented example of subteam_members_changed, in which counts are strings, does not
// decode in slack-go; the groups are read again all the same.
func TestMembersChangedWithStringCounts(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		socket := bot.socket()
		time.Sleep(10 * time.Second)
		before := len(bot.fake.made("usergroups.list"))
		socket.event(1, `{"type":"subteam_members_changed","subteam_id":"S1","team_id":"T1","added_users":["U2"],"added_users_count":"1"}`)
		time.Sleep(refreshSpacing + time.Second)
		if after := len(bot.fake.made("usergroups.list")); after != before+1 {
			t.Errorf("the groups were read %d times before and %d times after", before, after)
		}
		if len(socket.acks) != 1 {
			t.Error("the event was not acknowledged")
		}
	})
}

// slack-go's errors carry the response_url, which lets anybody speak as the bot.
func TestResponseURLIsNotLogged(t *testing.T) {
	var told chan error
	core := func(ctx context.Context, _ actions.Request, reply actions.Reply) {
		_ = reply.Tell(ctx, actions.Say(actions.Working, "one moment"))
		told <- reply.Tell(ctx, actions.Say(actions.Good, "done"))
	}
	inBubble(t, nil, core, func(t *testing.T, bot running) {
		told = make(chan error, 1)
		hangUp := func(_ call, w http.ResponseWriter) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			_ = conn.Close()
		}
		bot.fake.on("/response/bearer-1", hangUp)
		bot.socket().command(1, "status")
		err := <-told
		if err == nil {
			t.Fatal("an answer that could not be given was called given")
		}
		noSecrets(t, err.Error())
		if !strings.Contains(err.Error(), "http://slack.test/…") {
			t.Errorf("told %v", err)
		}
	})
}

func TestRedaction(t *testing.T) {
	secret := "xox" + "b-1-2-abc"
	err := fmt.Errorf("Post %q: token %s at wss://user:pw@wss.slack.com/link?ticket=1", "https://hooks.slack.com/commands/T1/2/3", secret)
	want := `Post "https://hooks.slack.com/…": token xoxb-… at wss://wss.slack.com/…`
	if got := redacted(err).Error(); got != want {
		t.Errorf("got %s", got)
	}
	if !errors.Is(redacted(err), err) {
		t.Error("the cause is lost")
	}
	if redacted(nil) != nil {
		t.Error("no error became one")
	}
}

// It is told once when many requests are under way, and once when few are again.
func TestARushIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []bool
		in := newIntake(Settings{Rush: func(isOn bool) { told = append(told, isOn) }}.withDefaults())
		release := make(chan struct{})
		change := func(by int, want ...bool) {
			t.Helper()
			for range by {
				in.spawn(in.open, func() { <-release })
			}
			for range -by {
				release <- struct{}{}
			}
			synctest.Wait()
			if !slices.Equal(told, want) {
				t.Errorf("told %v, want %v", told, want)
			}
		}
		change(rushBegins - 1)
		change(1, true)
		change(10, true)
		change(-(rushBegins + 10 - rushEnds - 1), true)
		change(rushBegins, true)
		change(-rushBegins, true)
		change(-1, true, false)
		change(-rushEnds, true, false)
		change(rushBegins, true, false, true)
		change(-rushBegins, true, false, true, false)
	})
}
