package main

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestTheFormInABrowser fills the guided form in with mouse and keyboard: a service is found as
// one types, a mistake stands at its field, and what is sent becomes a card.
func TestTheFormInABrowser(t *testing.T) {
	browser := newBrowser(t)
	address := startDemo(t)
	const environment, service = `[data-testid="modal"] [data-action-id="environment"]`, `[data-testid="modal"] [data-action-id="service"]`
	steps := []step{
		chromedp.EmulateViewport(1400, 900),
		chromedp.Navigate(address),
		click(`[data-channel="C01OPS"]`),
		say("/ecs"),
		chromedp.WaitVisible(environment),
		picture(t, "form.png"),
		pick(`[data-testid="modal"] [data-action-id="_action"]`, "restart"),
		text("for whoever approves it"),
		pick(environment, "staging"),
		chromedp.Sleep(500 * time.Millisecond), // the form is filled anew
		chromedp.Click(service),
		chromedp.SendKeys(service, "wor"),
		click(`[role="option"][data-value="worker"]`),
		picture(t, "form-restart.png"),
		chromedp.EmulateViewport(390, 844),
		picture(t, "form-phone.png"),
		chromedp.EmulateViewport(1400, 900),
		click(`[data-testid="modal-submit"]`),
		text("Restart worker in staging"),
		say("/ecs"),
		chromedp.WaitVisible(environment),
		pick(`[data-testid="modal"] [data-action-id="_action"]`, "diff"),
		text("Compare two revisions"),
		pick(environment, "staging"),
		chromedp.Sleep(500 * time.Millisecond),
		chromedp.Click(service),
		click(`[role="option"][data-value="api"]`),
		chromedp.SendKeys(`[data-testid="modal"] [data-action-id="revision"]`, "latest"),
		click(`[data-testid="modal-submit"]`),
		text("a revision is a number such as 42"),
		picture(t, "form-mistake.png"),
	}
	for number, each := range steps {
		ctx, cancel := browser, context.CancelFunc(func() {})
		if number > 0 {
			ctx, cancel = context.WithTimeout(browser, time.Minute)
		}
		err := chromedp.Do(ctx, each)
		cancel()
		if err != nil {
			t.Fatalf("step %d: %v", number+1, err)
		}
	}
}

// pick chooses an option of a menu by its value, as Slack's own client reports it.
func pick(menu, value string) step {
	return chromedp.Steps(chromedp.WaitVisible(menu), chromedp.Poll[chromedp.Void](`(() => {
		const menu = document.querySelector('`+menu+`');
		const option = menu && [...menu.options].find((each) => each.dataset.value === '`+value+`');
		if (!option) return false;
		menu.value = option.value;
		menu.dispatchEvent(new Event("change", { bubbles: true }));
		return true;
	})()`, chromedp.WithPollingTimeout(20*time.Second)))
}
