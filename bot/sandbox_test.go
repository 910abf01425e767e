package bot

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions"
	"ecsbot/authz"
	sandbox "ecsbot/internal/sandbox/slack"
)

// inWorkspace runs a test with a bot in the sandbox's workspace, as strict as Slack.
func inWorkspace(t *testing.T, core func(*Bot) requests, test func(*testing.T, *Bot, *sandbox.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		listener := newPipes()
		workspace := sandbox.New(sandbox.Options{BaseURL: func() string { return "http://sandbox/slack" }})
		server := &http.Server{Handler: http.StripPrefix("/slack", workspace)}
		go func() { _ = server.Serve(listener) }()
		bot, err := New(Settings{
			BotToken: sandbox.BotToken, AppToken: sandbox.AppToken, APIURL: "http://sandbox/slack/api/",
			Dial: listener.dial, AuditChannel: "C02AUDIT", Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- bot.Run(ctx, core(bot)) }()
		time.Sleep(5 * time.Second)
		if err := bot.Ready(); err != nil {
			t.Fatal(err)
		}
		test(t, bot, workspace)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		workspace.Close()
		_ = server.Close()
	})
}

// seen is everything that a person sees in a channel, as JSON.
func seenBy(t *testing.T, workspace *sandbox.Server, channel, person string) string {
	t.Helper()
	messages, err := workspace.Messages(channel, person)
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range messages {
		if message.Error != "" {
			t.Errorf("Slack says: %s", message.Error)
		}
	}
	encoded, err := json.Marshal(messages)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// refusedCalls is every call that the workspace refused.
func refusedCalls(workspace *sandbox.Server) []string {
	var refused []string
	for _, call := range workspace.Calls() {
		if call.Error != "" {
			refused = append(refused, call.Method+": "+call.Error)
		}
	}
	return refused
}

// Everything that render makes is taken by a Slack as strict as the documented one.
func TestEveryLookIsTaken(t *testing.T) {
	looks := samples()
	for name, message := range huge() {
		looks[name] = message
	}
	core := func(*Bot) requests {
		return func(ctx context.Context, request actions.Request, reply actions.Reply) {
			_ = reply.Tell(ctx, looks[request.Text])
		}
	}
	inWorkspace(t, core, func(t *testing.T, bot *Bot, workspace *sandbox.Server) {
		alice := authz.Actor{Team: "T0SANDBOX", User: "U0ALICE"}
		for name, message := range looks {
			if err := workspace.Command("U0ALICE", "C01OPS", "/ecs "+name); err != nil {
				t.Errorf("%s: the caller was shown %v", name, err)
			}
			card, err := bot.Cards().Post(t.Context(), actions.Where{Channel: "C01OPS"}, alice, "op-1", actions.Say(actions.Working, "one moment"))
			if err != nil {
				t.Fatal(err)
			}
			if err := edited(t.Context(), bot.Cards(), card, message); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			time.Sleep(2 * time.Second)
		}
		for _, refused := range refusedCalls(workspace) {
			t.Error(refused)
		}
		for _, envelope := range workspace.Envelopes() {
			if envelope.Acked.IsZero() || envelope.IsLate {
				t.Errorf("%s %s was not acknowledged in time", envelope.Type, envelope.ID)
			}
		}
		if dropped := workspace.Counters().Dropped; dropped > 0 {
			t.Errorf("%d acknowledgements were dropped", dropped)
		}
		if !strings.Contains(seenBy(t, workspace, "C01OPS", "U0ALICE"), "You may not") {
			t.Error("the answer in the acknowledgement is not shown")
		}
	})
}

func TestLogsInTheSandbox(t *testing.T) {
	core := func(*Bot) requests {
		return func(ctx context.Context, request actions.Request, reply actions.Reply) {
			lines := 10
			if strings.Contains(request.Text, "many") {
				lines = 3000
			}
			if err := inThread(ctx, t, reply, lines); err != nil {
				t.Error(err)
			}
		}
	}
	inWorkspace(t, core, func(t *testing.T, _ *Bot, workspace *sandbox.Server) {
		for _, text := range []string{"/ecs logs few", "/ecs logs many"} {
			if err := workspace.Command("U0ALICE", "C01OPS", text); err != nil {
				t.Error(err)
			}
			time.Sleep(10 * time.Second)
		}
		messages, err := workspace.Messages("C01OPS", "U0BOB")
		if err != nil || len(messages) != 2 {
			t.Fatalf("bob sees %v, %v", messages, err)
		}
		if few := messages[0].Replies; len(few) != 1 || len(few[0].Files) != 0 {
			t.Errorf("the short one is %v", few)
		}
		if many := messages[1].Replies; len(many) != 1 || len(many[0].Files) != 1 || strings.Count(many[0].Files[0].Content, "\n") != 3000 {
			t.Errorf("the long one is %v", many)
		}
		if err := workspace.Command("U0ALICE", "C03RANDOM", "/ecs logs few"); err != nil {
			t.Error(err)
		}
		time.Sleep(5 * time.Second)
		state, err := workspace.State("U0ALICE")
		if err != nil {
			t.Fatal(err)
		}
		encoded, _ := json.Marshal(state)
		if !strings.Contains(string(encoded), "I answer you here") {
			t.Error("where the bot is no member, the person is not answered")
		}
	})
}

// People as the sandbox has them, and a change of a group that counts at once.
func TestPeopleInTheSandbox(t *testing.T) {
	inWorkspace(t, func(*Bot) requests { return tell("x") }, func(t *testing.T, bot *Bot, workspace *sandbox.Server) {
		for user, want := range map[string]authz.Standing{
			"U0ALICE": authz.Insider, "U0MALLORY": authz.Insider, "U0EVE": authz.External, "U0GUEST": authz.Guest, "U0ECSBOT": authz.Automaton, "U404": authz.Nobody,
		} {
			team := "T0SANDBOX"
			if user == "U0EVE" {
				team = "T0EVIL"
			}
			person, err := bot.People().Read(t.Context(), authz.Actor{Team: team, User: user}, time.Minute)
			if err != nil || person.Standing != want {
				t.Errorf("%s is %s, %v", user, person.Standing, err)
			}
		}
		alice := authz.Actor{Team: "T0SANDBOX", User: "U0ALICE"}
		if err := workspace.SetGroup("S0BACKEND"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		person, err := bot.People().Read(t.Context(), alice, time.Minute)
		if err != nil || len(person.Groups) != 0 {
			t.Errorf("after the group changed: %v, %v", person.Groups, err)
		}
	})
}

// Everybody who touches the bot is answered: outsiders, and whoever clicks on something old.
func TestEverybodyIsAnsweredInTheSandbox(t *testing.T) {
	core := func(*Bot) requests {
		return func(ctx context.Context, request actions.Request, reply actions.Reply) {
			_ = reply.Tell(ctx, actions.Say(actions.Refusal, "answer to %v of %v", request.Actor.User, request.Actor.Team))
		}
	}
	inWorkspace(t, core, func(t *testing.T, bot *Bot, workspace *sandbox.Server) {
		if _, err := workspace.Mention("U0EVE", "C04SHARED", "", "restart staging api"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if !strings.Contains(seenBy(t, workspace, "C04SHARED", "U0EVE"), "answer to U0EVE of T0EVIL") {
			t.Error("eve is not answered, or taken for somebody else")
		}
		if strings.Contains(seenBy(t, workspace, "C04SHARED", "U0BOB"), "answer to U0EVE") {
			t.Error("bob sees the answer to eve")
		}
		card, err := bot.Cards().Post(t.Context(), actions.Where{Channel: "C01OPS"}, authz.Actor{Team: "T0SANDBOX", User: "U0ALICE"}, "op-1", samples()["card"])
		if err != nil {
			t.Fatal(err)
		}
		if err := workspace.Click("U0BOB", sandbox.Click{Channel: card.Channel, MessageTS: card.Message, ActionID: "approve"}); err != nil {
			t.Errorf("bob was shown %v", err)
		}
		time.Sleep(2 * time.Second)
		if !strings.Contains(seenBy(t, workspace, "C01OPS", "U0BOB"), "answer to U0BOB of T0SANDBOX") {
			t.Error("bob's click met silence")
		}
		if err := workspace.OpenHome("U0CAROL"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		home, _ := json.Marshal(workspace.Home("U0CAROL"))
		if !strings.Contains(string(home), "/ecs help") {
			t.Errorf("the home tab is %s", home)
		}
		for _, refused := range refusedCalls(workspace) {
			t.Error(refused)
		}
	})
}

// The workspace is disturbed as the sandbox can: nothing is done twice, and all are answered.
func TestTroubleInTheSandbox(t *testing.T) {
	core := func(*Bot) requests {
		return func(ctx context.Context, request actions.Request, reply actions.Reply) {
			time.Sleep(1500 * time.Millisecond)
			_ = reply.Tell(ctx, actions.Say(actions.Good, "answer to %v", request.Text))
		}
	}
	inWorkspace(t, core, func(t *testing.T, bot *Bot, workspace *sandbox.Server) {
		for _, fault := range []sandbox.FaultSpec{
			{Method: "chat.postEphemeral", Kind: "429", Count: 1},
			{Method: "chat.postEphemeral", Kind: "500", Count: 1},
			{Method: "usergroups.list", Kind: "500", Count: 2},
		} {
			if err := workspace.Fault(fault); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := workspace.Mention("U0ALICE", "C01OPS", "", "status"); err != nil {
			t.Fatal(err)
		}
		workspace.Disconnect("warning")
		time.Sleep(90 * time.Second)
		if seen := seenBy(t, workspace, "C01OPS", "U0ALICE"); strings.Count(seen, `"name":"white_check_mark"`) != 1 {
			t.Errorf("alice sees %s", seen)
		}
		if err := bot.Ready(); err != nil {
			t.Error(err)
		}
	})
}
