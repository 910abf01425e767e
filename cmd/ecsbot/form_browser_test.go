package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestTheFormInABrowser fills the guided form in with mouse and keyboard: a service is found as
// one types, a mistake stands at its field, and what is sent becomes a card.
func TestTheFormInABrowser(t *testing.T) {
	t.Parallel() // deployments take the time that they take
	browser := newBrowser(t)
	address := startDemo(t, demoConfig)
	const environment, service = `[data-testid="modal"] [data-action-id="environment"]`, `[data-testid="modal"] [data-action-id="service"]`
	walk(t, browser,
		chromedp.EmulateViewport(1400, 900),
		chromedp.Navigate(address),
		click(`[data-channel="C01OPS"]`),
		say("/ecs"),
		chromedp.WaitVisible(environment),
		pick(`[data-testid="modal"] [data-action-id="_action"]`, "restart"),
		text("for whoever approves it"),
		pickAnew(environment, "staging"),
		chromedp.Click(service),
		chromedp.SendKeys(service, "wor"),
		clickAtOnce(`[role="option"][data-value="worker"]:only-child`), // the list that these letters bring, not the whole one before it
		chromedp.EmulateViewport(390, 844),
		picture(t, "form.png"),
		chromedp.EmulateViewport(1400, 900),
		click(`[data-testid="modal-submit"]`),
		text("Restart worker in staging"),
		say("/ecs"),
		chromedp.WaitVisible(environment),
		pick(`[data-testid="modal"] [data-action-id="_action"]`, "diff"),
		text("Compare two revisions"),
		pickAnew(environment, "staging"),
		chromedp.Click(service),
		click(`[role="option"][data-value="api"]`),
		chromedp.SendKeys(`[data-testid="modal"] [data-action-id="revision"]`, "latest"),
		click(`[data-testid="modal-submit"]`),
		text("a revision is a number such as 42"),
		click(`[data-testid="modal-close"]`),
		chromedp.WaitNotPresent(`[data-testid="modal"]`), // it lies above what is clicked next
		click(`#room [data-testid="shortcut"]`),          // which comes from no channel: the answer is in the direct message
		chromedp.WaitVisible(environment),
		pick(`[data-testid="modal"] [data-action-id="_action"]`, "tasks"),
		text("List a service's tasks"),
		pickAnew(environment, "staging"),
		chromedp.Click(service),
		click(`[role="option"][data-value="api"]`),
		click(`[data-testid="modal-submit"]`),
		chromedp.WaitNotPresent(`[data-testid="modal"]`),
		click(`[data-channel^="D"]`),
		text("Tasks of api in staging"),
	)
}

// pickAnew is pick, for a choice upon which the bot fills the form anew.
func pickAnew(menu, value string) step {
	const hash = `document.querySelector('[data-testid="modal"]')?.dataset.hash`
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		before, err := chromedp.Run(ctx, chromedp.Evaluate[string](hash))
		if err != nil {
			return err
		}
		if err := chromedp.Do(ctx, pick(menu, value)); err != nil {
			return err
		}
		return chromedp.Do(ctx, chromedp.Poll[chromedp.Void](fmt.Sprintf("%s !== %q", hash, before), chromedp.WithPollingTimeout(100*time.Second)))
	})
}
