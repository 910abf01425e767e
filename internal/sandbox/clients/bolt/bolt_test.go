package bolt_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"ecsbot/internal/sandbox/slack"
)

// bot starts the app on node against a sandbox and waits until it is connected.
func bot(ctx context.Context, t *testing.T) *slack.Server {
	t.Helper()
	if _, err := os.Stat("node_modules/@slack/bolt"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("the Bolt client is not installed: npm ci --prefix internal/sandbox/clients/bolt")
		}
		t.Skip("skipped: the Bolt client is not installed (npm ci --prefix internal/sandbox/clients/bolt)")
	}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	s := slack.New(slack.Options{BaseURL: func() string { return server.URL + "/slack" }, Patience: time.Minute})
	mux.Handle("/slack/", http.StripPrefix("/slack", s))
	t.Cleanup(func() { s.Close(); server.Close() })
	run(ctx, t, server.URL+"/slack/api/")
	return s
}

// run starts node and ends it with the test.
func run(ctx context.Context, t *testing.T, apiURL string) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	node := exec.CommandContext(ctx, "node", "bot.mjs")
	node.Stderr = os.Stderr
	node.Env = append(os.Environ(), "SLACK_API_URL="+apiURL, "SLACK_BOT_TOKEN="+slack.BotToken, "SLACK_APP_TOKEN="+slack.AppToken)
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatalf("starting node: %v", err)
	}
	t.Cleanup(func() { cancel(); _ = node.Wait() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "connected" {
			return
		}
	}
	t.Fatal("the Bolt client ended before it was connected")
}

func TestAProgramOnBoltWorksAgainstTheSandbox(t *testing.T) {
	ctx := t.Context()
	s := bot(ctx, t)
	await := func(what string, holds func() bool) {
		t.Helper()
		if err := s.Await(ctx, holds); err != nil {
			t.Fatalf("waiting for %s: %v", what, err)
		}
	}
	has := func(text string) bool {
		messages, err := s.Messages("C01OPS", "alice")
		return err == nil && strings.Contains(flat(messages), text)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	await("hello", func() bool { return s.Connections() == 1 })
	must(s.Command("alice", "#ops", "/ecs restart staging api"))
	for _, text := range []string{"ack: restart staging api", "card", "respond"} {
		await(text, func() bool { return has(text) })
	}
	_, err := s.Mention("alice", "#ops", "", "status")
	must(err)
	await("the answer to a mention", func() bool { return has("mention: <@U0ECSBOT> status") })

	must(s.Click("alice", slack.Click{Channel: "#ops", MessageTS: cardOf(t, s), ActionID: "form"}))
	await("the form", func() bool { return len(s.Views("alice")) == 1 })
	form := s.Views("alice")[0].ID()
	service := func(name string) map[string]map[string]any {
		return map[string]map[string]any{"service": {"service": name}}
	}
	if err := s.Submit("alice", form, service("web")); err == nil || err.Error() != "no such service" {
		t.Errorf("a wrong service: %v", err)
	}
	must(s.Submit("alice", form, service("api")))
	await("the file", func() bool { return has("a line") })
}

// cardOf is the message that the app has posted for all.
func cardOf(t *testing.T, s *slack.Server) string {
	t.Helper()
	messages, err := s.Messages("C01OPS", "alice")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if m.Text == "card" {
			return m.TS
		}
	}
	t.Fatal("there is no card")
	return ""
}

func flat(messages []slack.Message) string {
	var all []string
	for _, m := range messages {
		all = append(all, m.Text, flat(m.Replies))
		for _, f := range m.Files {
			all = append(all, f.Content)
		}
	}
	return strings.Join(all, "\n")
}
