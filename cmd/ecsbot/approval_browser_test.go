package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestApprovalsInABrowser plays every end of a request: approved from a phone, rejected with a
// reason, void since the service changed meanwhile, and expired.
func TestApprovalsInABrowser(t *testing.T) {
	t.Parallel() // deployments take the time that they take
	const dev, soon = "  dev:\n    protected: false\n", "  dev:\n    protected: true\n    approval: {from: [S0SRE], expires: 5s}\n"
	configuration := strings.Replace(string(demoConfig), dev, soon, 1)
	if !strings.Contains(configuration, soon) {
		t.Fatal("the demo's configuration has no dev to protect")
	}
	browser := newBrowser(t)
	address := startDemo(t, []byte(configuration))
	const apiCard, workerCard, devCard = "Restart api in prod", "Restart worker in prod", "Restart api in dev"
	alice, bob := become("U0ALICE"), become("U0BOB")
	walk(t, browser,
		chromedp.EmulateViewport(1280, 1000),
		chromedp.Navigate(address),
		click(`[data-channel="C01OPS"]`),
		say(`/ecs restart prod api --reason "connections are stuck"`),
		text(apiCard+" wants approval"),
		pictureOf(t, "approval-asked.png", card(apiCard+" wants approval")),
		bob,
		chromedp.EmulateViewport(390, 844),
		clickAtOnce(buttonOf(apiCard, "approve")),
		text("Approve this change?"),
		picture(t, "approval-phone.png"),
		click(`[data-testid="confirm-yes"]`),
		chromedp.EmulateViewport(1280, 1000),
		text("Done: 4 tasks running, all new"),
		pictureOf(t, "approval-done.png", card(apiCard)),

		alice,
		say("/ecs restart prod worker"),
		text(workerCard+" wants approval"),
		bob,
		clickAtOnce(buttonOf(workerCard, "reject")),
		click(`[data-testid="modal"] [data-action-id="reason"]`),
		chromedp.SendKeys(`[data-testid="modal"] [data-action-id="reason"]`, "not while the sale is on"),
		click(`[data-testid="modal-submit"]`),
		text("Rejected by @bob: not while the sale is on"),
		pictureOf(t, "approval-rejected.png", card(workerCard)),

		alice,
		say("/ecs restart prod api"),
		text(apiCard+" wants approval"),
		bob,
		say(`/ecs restart prod api --break-glass "payments are down"`),
		click(`[data-testid="modal-submit"]`),
		text("Why: payments are down"),
		chromedp.WaitVisible(card("payments are down")+`[contains(., "new tasks:") or contains(., "Done")]`), // ECS has the new deployment
		clickAtOnce(buttonOf(apiCard+" wants approval", "approve")),
		click(`[data-testid="confirm-yes"]`),
		text("Void: the service has changed since it was asked for"),
		pictureOf(t, "approval-void.png", card("Void: the service has changed")),

		alice,
		say("/ecs restart dev api"),
		text("Expired"),
		pictureOf(t, "approval-expired.png", card(devCard)),
	)
}
