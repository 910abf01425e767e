package page_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func want(t *testing.T, got post, path string, body map[string]any) {
	t.Helper()
	if diff := cmp.Diff(post{path, body}, got, cmp.AllowUnexported(post{})); diff != "" {
		t.Errorf("the page asked for something else (-want +got):\n%s", diff)
	}
}

func enterSends(t *testing.T, chromium context.Context) {
	f := newFixture(t, nil)
	b := open(t, chromium, f, 1400)
	b.do(keys(`[data-testid=composer]`, "/ecs restart staging api"), enter())
	want(t, b.next(f), "/sandbox/slack/command", map[string]any{"user": "U0ALICE", "channel": "C01OPS", "text": "/ecs restart staging api"})
	if left := b.value(`[data-testid=composer]`); left != "" {
		t.Errorf("%q is left in the composer", left)
	}
}

func shortcutIsUsed(t *testing.T, chromium context.Context) {
	f := newFixture(t, nil)
	b := open(t, chromium, f, 1400)
	b.do(click(`#room [data-testid=shortcut]`))
	want(t, b.next(f), "/sandbox/slack/shortcut", map[string]any{"user": "U0ALICE", "id": "form"})
}

func refusedIsKept(t *testing.T, chromium context.Context) {
	f := newFixture(t, nil)
	b := open(t, chromium, f, 1400)
	b.do(keys(`[data-testid=composer]`, "/refused"), enter(), visible(`[data-testid=toast]`))
	if got := b.text(`[data-testid=toast]`); got != "You cannot do that here." {
		t.Errorf("the toast reads %q", got)
	}
	if left := b.value(`[data-testid=composer]`); left != "/refused" {
		t.Errorf("%q is left in the composer", left)
	}
}

func buttonTells(t *testing.T, chromium context.Context) {
	f := newFixture(t, nil)
	b := open(t, chromium, f, 1400)
	b.do(click(`[data-action-id=approve]`))
	want(t, b.next(f), "/sandbox/slack/action", map[string]any{
		"user": "U0ALICE", "channel": "C01OPS", "message_ts": message(f, "approve"), "block_id": "a", "action_id": "approve", "type": "button", "value": "op-1",
	})
}

// message is the timestamp of the message with a text.
func message(f *fixture, text string) string {
	channel := f.state["channels"].([]any)[0].(map[string]any)
	for _, each := range channel["messages"].([]any) {
		if each.(map[string]any)["text"] == text {
			return each.(map[string]any)["ts"].(string)
		}
	}
	return ""
}

func confirmAsks(t *testing.T, chromium context.Context) {
	f := newFixture(t, nil)
	b := open(t, chromium, f, 1400)
	b.do(click(`#room [data-action-id=rollback]`), visible(`[data-testid=confirm]`))
	if got := b.text(`[data-testid=confirm]`); !strings.Contains(got, "Roll back staging / api?") {
		t.Errorf("the question reads %q", got)
	}
	b.do(click(`[data-testid=confirm-no]`), gone(`[data-testid=confirm]`))
	b.do(click(`#room [data-action-id=follow]`))
	if got := b.next(f); got.body["action_id"] != "follow" {
		t.Errorf("after a no the page asked for %v", got.body)
	}
	b.do(click(`#room [data-action-id=rollback]`), click(`[data-testid=confirm-yes]`))
	if got := b.next(f); got.body["action_id"] != "rollback" {
		t.Errorf("after a yes the page asked for %v", got.body)
	}
}

func formIsSent(t *testing.T, chromium context.Context) {
	f := newFixture(t, func(state map[string]any) { state["views"] = []any{testdata(t, "view.json")} })
	b := open(t, chromium, f, 1400)
	b.do(visible(`[data-testid=modal]`), click(`[data-testid=modal-submit]`), visible(`[data-testid=field-error]`))
	b.do(click(`[data-action-id=service]`), click(`[role=option][data-value=api]`))
	want(t, b.next(f), "/sandbox/slack/options", map[string]any{"user": "U0ALICE", "view_id": "V1", "block_id": "svc", "action_id": "service", "type": "external_select", "value": ""})
	b.do(keys(`[data-action-id=reason]`, "stuck"), click(`[data-testid=modal-submit]`))
	sent := b.next(f)
	values := sent.body["values"].(map[string]any)
	got := map[string]any{"env": values["env"], "svc": values["svc"], "reason": values["reason"]}
	option := func(name string) map[string]any {
		return map[string]any{"text": map[string]any{"type": "plain_text", "text": name}, "value": name}
	}
	if diff := cmp.Diff(map[string]any{
		"env":    map[string]any{"environment": map[string]any{"type": "static_select", "selected_option": option("staging")}},
		"svc":    map[string]any{"service": map[string]any{"type": "external_select", "selected_option": option("api")}},
		"reason": map[string]any{"reason": map[string]any{"type": "plain_text_input", "value": "stuck"}},
	}, got); sent.path != "/sandbox/slack/submit" || diff != "" {
		t.Errorf("%s was asked for (-want +got):\n%s", sent.path, diff)
	}
}

func errorsAtFields(t *testing.T, chromium context.Context) {
	view := testdata(t, "view.json")
	f := newFixture(t, func(state map[string]any) { state["views"] = []any{view} })
	b := open(t, chromium, f, 1400)
	b.do(visible(`[data-testid=modal]`), keys(`[data-action-id=reason]`, "stuck"))
	view["errors"] = map[string]any{"reason": "Say a little more."}
	f.slack <- f.state
	b.do(visible(`[data-block-id=reason] [data-testid=field-error]`))
	if got := b.text(`[data-block-id=reason] [data-testid=field-error]`); got != "Say a little more." {
		t.Errorf("the error reads %q", got)
	}
	if kept := b.value(`[data-action-id=reason]`); kept != "stuck" {
		t.Errorf("the field holds %q", kept)
	}
}

func anotherPerson(t *testing.T, chromium context.Context) {
	f := newFixture(t, nil)
	b := open(t, chromium, f, 1400)
	b.do(click(`[data-person=U0MALLORY]`), visible(`[data-person=U0MALLORY][aria-checked=true]`))
	for _, want := range []string{"U0ALICE", "U0MALLORY"} {
		if got := <-f.users; got != want {
			t.Errorf("the page follows %s, want %s", got, want)
		}
	}
	b.do(visible(`[data-channel=C01OPS][data-current]`))
}

func nextDeploymentFails(t *testing.T, chromium context.Context) {
	f := newFixture(t, nil)
	choice := `[data-service="prod/api"] [data-testid=fail-next]`
	b := open(t, chromium, f, 1400)
	b.do(click(`[data-service="prod/api"] summary`), visible(choice), keys(choice, "exits"))
	want(t, b.next(f), "/sandbox/aws/fail", map[string]any{"cluster": "prod", "service": "api", "kind": "exit"})
}
