package main

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/internal/config"
	sandboxaws "ecsbot/internal/sandbox/aws"
	sandboxslack "ecsbot/internal/sandbox/slack"
)

// posted are the messages of the audit channel, oldest first.
func (w *world) posted() []sandboxslack.Message {
	state, err := w.local.Slack.State("U0BOB")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, channel := range state.Channels {
		if channel.ID == "C02AUDIT" {
			return channel.Messages
		}
	}
	return nil
}

// callSlack calls the Web API as whoever has the bot's token.
func (w *world) callSlack(method string, form url.Values) {
	w.t.Helper()
	form.Set("token", sandboxslack.BotToken)
	answer, err := w.parts.awsHTTP.PostForm(w.parts.slack.APIURL+method, form)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(answer.Body); err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(body.String(), `"ok":true`) {
		w.t.Fatalf("%s: %s %v", method, body.String(), err)
	}
}

// compareChannel is what `audit verify --channel` prints.
func (w *world) compareChannel() (string, error) {
	head := int64(0)
	if err := ledger.Verify(w.t.Context(), w.program.keeper, nil, func(entry ledger.Entry, _ string) error { head = entry.Seq; return nil }); err != nil {
		return "", err
	}
	settings := w.parts.slack
	settings.AuditChannel, settings.Log = "C02AUDIT", w.parts.log
	var out bytes.Buffer
	err := channelCheck{slack: settings, keeper: w.program.keeper, head: head}.run(w.t.Context(), &out)
	return out.String(), err
}

func TestTheAuditChannelIsHeldAgainstTheLedger(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(w *world, messages []sandboxslack.Message)
		want   string
	}{
		{"nothing was changed", func(*world, []sandboxslack.Message) {}, ""},
		{"a message was deleted", func(w *world, messages []sandboxslack.Message) {
			w.callSlack("chat.delete", url.Values{"channel": {"C02AUDIT"}, "ts": {messages[1].TS}})
		}, "a message was deleted"},
		{"a message was edited", func(w *world, messages []sandboxslack.Message) {
			w.callSlack("chat.update", url.Values{"channel": {"C02AUDIT"}, "ts": {messages[1].TS}, "text": {"nothing happened"}})
		}, "reads differently from entry 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, demoConfig, sandboxaws.DemoFleet())
				for _, command := range []string{"/ecs help", "/ecs restart prod nothing", "/ecs status staging api"} {
					if err := w.local.Slack.Command("U0ALICE", "C01OPS", command); err != nil {
						t.Fatal(err)
					}
					time.Sleep(5 * time.Second)
				}
				synctest.Wait()
				messages := w.posted()
				if len(messages) != 3 {
					t.Fatalf("%d messages", len(messages))
				}
				test.change(w, messages)
				out, err := w.compareChannel()
				if test.want == "" && (err != nil || !strings.Contains(out, "shows 3 entries in 3 messages and 0 anchors; 0 are shown twice, 0 wait")) {
					t.Errorf("got %s, %v", out, err)
				}
				if test.want != "" && (err == nil || !strings.Contains(out, test.want)) {
					t.Errorf("got %s, %v", out, err)
				}
			})
		})
	}
}

func TestAnEmptyLedgerDoesNotStartWhileTheAuditChannelShowsAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, demoConfig, sandboxaws.DemoFleet())
		if err := w.local.Slack.Command("U0ALICE", "C01OPS", "/ecs help"); err != nil {
			t.Fatal(err)
		}
		w.await("the entry to be posted", func() bool { return len(w.posted()) == 1 })
		w.stop()
		file := placeOf(w.program.config.Load()).file
		paths, err := filepath.Glob(file + "*")
		if err != nil || len(paths) == 0 {
			t.Fatalf("no ledger: %v", err)
		}
		for _, path := range paths {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
		again := func(isNew bool) error {
			loaded, err := config.Parse(w.path, w.text)
			if err != nil {
				t.Fatal(err)
			}
			p := w.parts
			p.config, p.registry, p.newLedger = loaded, newRegistry(), isNew
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			program, err := newProgram(ctx, p)
			if err != nil {
				t.Fatal(err)
			}
			return program.Run(ctx)
		}
		if err := again(false); err == nil || !strings.Contains(err.Error(), "the ledger is empty, and the channel shows entries up to 1; start with --new-ledger") {
			t.Errorf("got %v", err)
		}
		if err := again(true); err != nil {
			t.Errorf("with --new-ledger: %v", err)
		}
		if err := again(false); err != nil { // it was said in the channel that a new one begins
			t.Errorf("the next start: %v", err)
		}
		if messages := w.posted(); !strings.Contains(textOf(messages[len(messages)-1]), "A new ledger begins here") {
			t.Errorf("the channel says %s", textOf(messages[len(messages)-1]))
		}
		w.start()
	})
}
