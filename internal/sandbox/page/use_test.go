package page_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

func want(t *testing.T, got post, path string, body map[string]any) {
	t.Helper()
	if diff := cmp.Diff(post{path, body}, got, cmp.AllowUnexported(post{})); diff != "" {
		t.Errorf("the page asked for something else (-want +got):\n%s", diff)
	}
}

func TestEnterSendsWhatWasTyped(t *testing.T) {
	f := newFixture(t, nil)
	b := open(t, f, 1400, chromedp.SendKeys(`[data-testid=composer]`, "/ecs restart staging api"+kb.Enter))
	want(t, b.next(f), "/sandbox/slack/command", map[string]any{"user": "U0ALICE", "channel": "C01OPS", "text": "/ecs restart staging api"})
	if left := evaluate[string](b, `document.querySelector("[data-testid=composer]").value`); left != "" {
		t.Errorf("%q is left in the composer", left)
	}
}

func TestWhatSlackRefusesIsSaidAndKept(t *testing.T) {
	f := newFixture(t, nil)
	b := open(t, f, 1400, chromedp.SendKeys(`[data-testid=composer]`, "/refused"+kb.Enter), chromedp.WaitVisible(`[data-testid=toast]`))
	if got := b.text(`[data-testid=toast]`); got != "You cannot do that here." {
		t.Errorf("the toast reads %q", got)
	}
	if left := evaluate[string](b, `document.querySelector("[data-testid=composer]").value`); left != "/refused" {
		t.Errorf("%q is left in the composer", left)
	}
}

func TestButtonTellsTheBot(t *testing.T) {
	f := newFixture(t, nil)
	b := open(t, f, 1400, chromedp.Click(`[data-action-id=approve]`))
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

func TestConfirmAsksFirst(t *testing.T) {
	f := newFixture(t, nil)
	b := open(t, f, 1400, chromedp.Click(`#room [data-action-id=rollback]`), chromedp.WaitVisible(`[data-testid=confirm]`))
	if got := b.text(`[data-testid=confirm]`); !strings.Contains(got, "Roll back staging / api?") {
		t.Errorf("the question reads %q", got)
	}
	b.do(chromedp.Click(`[data-testid=confirm-no]`), chromedp.WaitNotPresent(`[data-testid=confirm]`))
	b.do(chromedp.Click(`#room [data-action-id=follow]`))
	if got := b.next(f); got.body["action_id"] != "follow" {
		t.Errorf("after a no the page asked for %v", got.body)
	}
	b.do(chromedp.Click(`#room [data-action-id=rollback]`), chromedp.Click(`[data-testid=confirm-yes]`))
	if got := b.next(f); got.body["action_id"] != "rollback" {
		t.Errorf("after a yes the page asked for %v", got.body)
	}
}

func TestFormIsFilledInAndSent(t *testing.T) {
	f := newFixture(t, func(state map[string]any) { state["views"] = []any{testdata(t, "view.json")} })
	b := open(t, f, 1400, chromedp.WaitVisible(`[data-testid=modal]`), chromedp.Click(`[data-testid=modal-submit]`), chromedp.WaitVisible(`[data-testid=field-error]`))
	b.do(chromedp.Click(`[data-action-id=service]`), chromedp.Click(`[role=option][data-value=api]`))
	want(t, b.next(f), "/sandbox/slack/options", map[string]any{"user": "U0ALICE", "view_id": "V1", "block_id": "svc", "action_id": "service", "type": "external_select", "value": ""})
	b.do(chromedp.SendKeys(`[data-action-id=reason]`, "stuck"), chromedp.Click(`[data-testid=modal-submit]`))
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

func TestErrorsStandAtTheirFieldsAndKeepWhatWasTyped(t *testing.T) {
	view := testdata(t, "view.json")
	f := newFixture(t, func(state map[string]any) { state["views"] = []any{view} })
	b := open(t, f, 1400, chromedp.WaitVisible(`[data-testid=modal]`), chromedp.SendKeys(`[data-action-id=reason]`, "stuck"))
	view["errors"] = map[string]any{"reason": "Say a little more."}
	f.slack <- f.state
	b.do(chromedp.WaitVisible(`[data-block-id=reason] [data-testid=field-error]`))
	if got := b.text(`[data-block-id=reason] [data-testid=field-error]`); got != "Say a little more." {
		t.Errorf("the error reads %q", got)
	}
	if kept := evaluate[string](b, `document.querySelector("[data-action-id=reason]").value`); kept != "stuck" {
		t.Errorf("the field holds %q", kept)
	}
}

func TestAnotherPersonIsOneClickAway(t *testing.T) {
	f := newFixture(t, nil)
	b := open(t, f, 1400, chromedp.Click(`[data-person=U0MALLORY]`), chromedp.WaitVisible(`[data-person=U0MALLORY][aria-checked=true]`))
	for _, want := range []string{"U0ALICE", "U0MALLORY"} {
		if got := <-f.users; got != want {
			t.Errorf("the page follows %s, want %s", got, want)
		}
	}
	b.do(chromedp.WaitVisible(`[data-channel=C01OPS][data-current]`))
}

func TestNextDeploymentCanBeMadeToFail(t *testing.T) {
	f := newFixture(t, nil)
	choice := `[data-service="prod/api"] [data-testid=fail-next]`
	b := open(t, f, 1400, chromedp.Click(`[data-service="prod/api"] summary`), chromedp.WaitVisible(choice), chromedp.SendKeys(choice, "exits"))
	want(t, b.next(f), "/sandbox/aws/fail", map[string]any{"cluster": "prod", "service": "api", "kind": "exit"})
}
