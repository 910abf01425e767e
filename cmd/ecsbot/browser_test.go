package main

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestTheDemoInABrowser uses the demo as a newcomer does: alice restarts a service, mallory is
// refused, a deployment of bob's fails and is rolled back from its card, and the audit channel
// shows it all.
func TestTheDemoInABrowser(t *testing.T) {
	t.Parallel() // deployments take the time that they take
	browser := newBrowser(t)
	address := startDemo(t, demoConfig)
	walk(t, browser,
		chromedp.EmulateViewport(1400, 900),
		chromedp.Navigate(address),
		click(`[data-channel="C01OPS"]`),
		say("/ecs restart staging api"),
		text("Done: 3 tasks running, all new"),
		picture(t, "demo.png"),
		become("U0MALLORY"),
		say("/ecs restart staging api"),
		text("I know no environment staging."),
		click(`[data-service="staging/billing"] summary`),
		pick(`[data-service="staging/billing"] [data-testid="fail-next"]`, "exit"),
		text("will fail: exit"),
		become("U0BOB"),
		say("/ecs deploy staging billing 4.3.0"),
		text("billing ended with exit code 1"),
		chromedp.EmulateViewport(1400, 1300),
		pictureOf(t, "failed.png", card("Deploy billing in staging")),
		chromedp.EmulateViewport(1400, 900),
		clickAtOnce(buttonOf("Deploy billing in staging", "rollback")),
		click(`[data-testid="confirm-yes"]`),
		text("staging-billing:43 → staging-billing:42"),
		text("Done: 2 tasks running, all new"),
		say("/ecs deploy staging checkout 5.2.0"),
		text("Paused at POST_TEST_TRAFFIC_SHIFT"),
		clickAtOnce(buttonOf("Deploy checkout in staging", "continue")),
		text("staging-checkout:42 → staging-checkout:43"),
		click(`[data-channel="C02AUDIT"]`),
		text("succeeded"),
		text("unknown: no grant on environment staging"),
	)
}

// TestLogsInABrowser reads a log in its thread, without the secret that stands in it, and follows it.
func TestLogsInABrowser(t *testing.T) {
	t.Parallel() // deployments take the time that they take
	browser := newBrowser(t)
	address := startDemo(t, demoConfig)
	walk(t, browser,
		chromedp.EmulateViewport(1400, 1100),
		chromedp.Navigate(address),
		click(`[data-channel="C01OPS"]`),
		say("/ecs logs staging api --grep postgres --lines 8"),
		clickAtOnce(`[data-testid="open-thread"]`),
		text("postgres://api:[redacted]@"),
		pictureOf(t, "logs-redacted.png", `#thread .message:last-child`),
		click(`[data-testid="close-thread"]`),
		say("/ecs logs staging worker --lines 6 --follow 10m"),
		text("Logs of worker in staging"),
		clickAtOnce(`#room [data-testid="message"]:last-child [data-testid="open-thread"]`),
		text("Following"),
		text("Stop following"),
		chromedp.Poll[chromedp.Void](`document.querySelector("#thread .message:last-child .code-block")?.innerText.split("\n").length > 5`, chromedp.WithPollingTimeout(100*time.Second)),
		pictureOf(t, "logs-followed.png", `#thread .message:last-child`),
		clickAtOnce(`#thread [data-action-id="stop"]`),
		text("Not followed any more: stopped by @alice"),
	)
}

// walk takes the steps, each within two minutes.
func walk(t *testing.T, browser context.Context, steps ...step) {
	t.Helper()
	for number, each := range steps {
		ctx, cancel := browser, context.CancelFunc(func() {})
		if number > 0 { // a limit on the first would end the browser with it
			ctx, cancel = context.WithTimeout(browser, 2*time.Minute)
		}
		err := chromedp.Do(ctx, each)
		cancel()
		if err != nil {
			t.Fatalf("step %d: %v", number+1, err)
		}
	}
}
