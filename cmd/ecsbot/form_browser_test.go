package main

import (
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
		pick(environment, "staging"),
		chromedp.Sleep(500*time.Millisecond), // the form is filled anew
		chromedp.Click(service),
		chromedp.SendKeys(service, "wor"),
		click(`[role="option"][data-value="worker"]`),
		chromedp.EmulateViewport(390, 844),
		picture(t, "form.png"),
		chromedp.EmulateViewport(1400, 900),
		click(`[data-testid="modal-submit"]`),
		text("Restart worker in staging"),
		say("/ecs"),
		chromedp.WaitVisible(environment),
		pick(`[data-testid="modal"] [data-action-id="_action"]`, "diff"),
		text("Compare two revisions"),
		pick(environment, "staging"),
		chromedp.Sleep(500*time.Millisecond),
		chromedp.Click(service),
		click(`[role="option"][data-value="api"]`),
		chromedp.SendKeys(`[data-testid="modal"] [data-action-id="revision"]`, "latest"),
		click(`[data-testid="modal-submit"]`),
		text("a revision is a number such as 42"),
		click(`[data-testid="modal-close"]`),
		click(`#room [data-testid="shortcut"]`), // which comes from no channel: the answer is in the direct message
		chromedp.WaitVisible(environment),
		pick(`[data-testid="modal"] [data-action-id="_action"]`, "tasks"),
		text("List a service's tasks"),
		pick(environment, "staging"),
		chromedp.Sleep(500*time.Millisecond),
		chromedp.Click(service),
		click(`[role="option"][data-value="api"]`),
		click(`[data-testid="modal-submit"]`),
		click(`[data-channel^="D"]`),
		text("Tasks of api in staging"),
	)
}
