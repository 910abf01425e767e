package slack_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"ecsbot/internal/sandbox/slack"
)

func TestACommandIsAnsweredInItsAcknowledgement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		commands := make(chan slackgo.SlashCommand, 1)
		w.run(func(a app, e socketmode.Event) {
			if command, ok := e.Data.(slackgo.SlashCommand); ok {
				_ = a.socket.Ack(*e.Request, map[string]any{"text": "restarting *api*"})
				commands <- command
			}
		})
		w.must(w.Command("alice", "#ops", "/ecs restart staging api <@U0BOB> & @bob"))
		got := <-commands
		want := slackgo.SlashCommand{
			Token: "sandbox", TeamID: "T0SANDBOX", TeamDomain: "acme", ChannelID: "C01OPS", ChannelName: "ops",
			UserID: "U0ALICE", UserName: "alice", Command: "/ecs", APIAppID: "A0ECSBOT",
			Text:        "restart staging api &lt;@U0BOB&gt; &amp; <@U0BOB|bob>",
			ResponseURL: got.ResponseURL, TriggerID: got.TriggerID,
		}
		if got != want {
			t.Errorf("command %+v, want %+v", got, want)
		}
		if m := w.messages("C01OPS", "alice"); len(m) != 1 || !m[0].Ephemeral || m[0].Text != "restarting *api*" {
			t.Errorf("alice sees %+v", m)
		}
		if m := w.messages("C01OPS", "bob"); len(m) != 0 {
			t.Errorf("bob sees what was for alice: %+v", m)
		}
		if e := w.Envelopes(); len(e) != 1 || e[0].Acked.IsZero() || e[0].IsLate {
			t.Errorf("envelopes %+v", e)
		}
	})
}

func TestWhatSlackSaysWhenTheAppDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		refused := func(want, person, channel, thread, text string) {
			t.Helper()
			if _, err := w.Say(person, channel, thread, text); err == nil || err.Error() != want {
				t.Errorf("%s: %v, want %s", text, err, want)
			}
			if got := w.Notice(person); got != want && person != "gone" {
				t.Errorf("notice %q, want %q", got, want)
			}
		}
		refused(`/ecs failed with the error "dispatch_failed"`, "alice", "#ops", "", "/ecs help")
		w.run(func(app, socketmode.Event) {})
		begin := time.Now()
		refused(`/ecs failed with the error "operation_timeout"`, "alice", "#ops", "", "/ecs help")
		if waited := time.Since(begin); waited != 3*time.Second {
			t.Errorf("waited %s, want 3s", waited)
		}
		ts, err := w.Say("alice", "#ops", "", "hello")
		w.must(err)
		refused("/ecs is not supported in threads. Sorry!", "alice", "#ops", ts, "/ecs help")
		refused("/ecs is not a valid command.", "eve", "#with-evil", "", "/ecs help")
		refused("/unknown is not a valid command.", "alice", "#ops", "", "/unknown")
		refused("You mentioned @ecsbot, but they're not in this channel.", "alice", "#random", "", "@ecsbot help")
	})
}

func TestAnAcknowledgementOfTwentyKilobytesIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		c := dial(t, w)
		c.next(t) // hello
		for size, isTaken := range map[int]bool{20*1024 - 1: true, 20 * 1024: false} {
			done := make(chan error)
			go func() { done <- w.Command("alice", "#ops", "/ecs help") }()
			ack := fmt.Sprintf(`{"envelope_id":%q,"payload":{"text":""}}`, c.next(t)["envelope_id"])
			ack = strings.Replace(ack, `""`, `"`+strings.Repeat("x", size-len(ack))+`"`, 1)
			w.must(c.conn.WriteMessage(websocket.TextMessage, []byte(ack)))
			if err := <-done; (err == nil) != isTaken {
				t.Errorf("%d bytes: %v", len(ack), err)
			}
		}
	})
}

func TestAnEnvelopeGoesToOneConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		seen := make(chan int, 100)
		for i := range 3 {
			w.run(func(a app, e socketmode.Event) {
				if e.Type == socketmode.EventTypeSlashCommand {
					_ = a.socket.Ack(*e.Request)
					seen <- i
				}
			})
		}
		w.await(func() bool { return w.Connections() == 3 })
		for range 30 {
			w.must(w.Command("alice", "#ops", "/ecs help"))
		}
		synctest.Wait()
		if len(seen) != 30 {
			t.Fatalf("%d deliveries of 30 commands", len(seen))
		}
		by := map[int]int{}
		for range 30 {
			by[<-seen]++
		}
		if len(by) != 3 {
			t.Errorf("not every connection got its part: %v", by)
		}
	})
}

func TestConnectionsStayOpenAreRefreshedAndAreTen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		w.run(func(app, socketmode.Event) {})
		time.Sleep(58 * time.Minute)
		if c := w.Counters(); c.Opens != 1 {
			t.Fatalf("%d connections within the hour, want 1: pings must keep it open", c.Opens)
		}
		time.Sleep(3 * time.Minute)
		if c := w.Counters(); c.Opens != 2 || w.Connections() != 1 {
			t.Errorf("after an hour: %d opened, %d open", c.Opens, w.Connections())
		}
		w.Disconnect("refresh_requested")
		w.await(func() bool { return w.Counters().Sockets == 3 && w.Connections() == 1 })
		for range 9 {
			w.run(func(app, socketmode.Event) {})
		}
		w.await(func() bool { return w.Connections() == 10 })
		eleventh := dial(t, w)
		if frame := eleventh.next(t); frame["type"] != "disconnect" || frame["reason"] != "too_many_websockets" {
			t.Errorf("the eleventh connection got %v", frame)
		}
	})
}

func TestTicketsAreForOneUse(t *testing.T) {
	w := served(t)
	url := openSocket(t, w)
	if hello := connect(t, w, url).next(t); hello["type"] != "hello" || hello["num_connections"] != 1.0 {
		t.Errorf("greeted with %v", hello)
	}
	if _, err := tryConnect(w, url); err == nil {
		t.Error("a ticket was taken twice")
	}
}

func TestAnEventIsRetriedThreeTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		c := dial(t, w)
		c.next(t) // hello
		begin := time.Now()
		_, err := w.Mention("alice", "#ops", "", "help")
		w.must(err)
		wants := []time.Duration{0, 3 * time.Second, 66 * time.Second, 369 * time.Second}
		var id any
		for attempt, want := range wants {
			frame := c.next(t)
			if at := time.Since(begin); at != want || frame["retry_attempt"] != float64(attempt) {
				t.Errorf("attempt %v after %s, want %d after %s", frame["retry_attempt"], at, attempt, want)
			}
			payload := frame["payload"].(map[string]any)
			if id == nil {
				id = payload["event_id"]
			}
			if payload["event_id"] != id {
				t.Error("a retry has another event_id")
			}
		}
		if e := w.Envelopes(); len(e) != 4 {
			t.Errorf("%d envelopes", len(e))
		}
	})
}

func TestAMentionReachesTheApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		mentions := make(chan *slackevents.AppMentionEvent, 1)
		w.run(func(a app, e socketmode.Event) {
			if event, ok := e.Data.(slackevents.EventsAPIEvent); ok {
				_ = a.socket.Ack(*e.Request)
				mentions <- event.InnerEvent.Data.(*slackevents.AppMentionEvent)
			}
		})
		parent, err := w.Say("bob", "#ops", "", "api is slow")
		w.must(err)
		_, err = w.Mention("alice", "#ops", parent, "restart staging api")
		w.must(err)
		got := <-mentions
		if got.User != "U0ALICE" || got.Text != "<@U0ECSBOT> restart staging api" || got.ThreadTimeStamp != parent {
			t.Errorf("mention %+v", got)
		}
	})
}

func TestFaultsOfTheSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		got := make(chan string, 10)
		w.run(func(a app, e socketmode.Event) {
			if e.Type == socketmode.EventTypeSlashCommand {
				got <- e.Request.EnvelopeID
				_ = a.socket.Ack(*e.Request)
			}
		})
		w.must(w.Fault(slack.FaultSpec{Method: "socket", Kind: slack.FaultDuplicate, Count: 1}))
		w.must(w.Command("alice", "#ops", "/ecs help"))
		if first, second := <-got, <-got; first != second {
			t.Error("the duplicate has another envelope_id")
		}
		w.must(w.Fault(slack.FaultSpec{Method: "socket", Kind: slack.FaultDrop, Count: 1}))
		if err := w.Command("alice", "#ops", "/ecs help"); err == nil {
			t.Error("a dropped envelope was acknowledged")
		}
		w.must(w.Fault(slack.FaultSpec{Method: "socket", Kind: slack.FaultLatency, Count: 1, Duration: 2 * time.Second}))
		begin := time.Now()
		w.must(w.Command("alice", "#ops", "/ecs help"))
		if waited := time.Since(begin); waited < 2*time.Second {
			t.Errorf("the envelope was held back for %s", waited)
		}
		if err := w.Fault(slack.FaultSpec{Method: "socket", Kind: slack.FaultError}); err == nil {
			t.Error("a fault that does not exist was ordered")
		}
	})
}
