package page_test

import (
	"context"
	"strings"
	"testing"
)

func textFromOutside(t *testing.T, chromium context.Context) {
	b := open(t, chromium, newFixture(t, nil), 1400)
	all := b.text("#room")
	for _, want := range []string{"<img src=x onerror=alert(1)>", "<script>alert(1)</script> <!channel> *not bold*"} {
		if !strings.Contains(all, want) {
			t.Errorf("the channel does not show %q", want)
		}
	}
	if made := b.count(`#stage script, #stage img, #stage [onerror], a[href^="javascript" i]`); made != 0 {
		t.Errorf("text from outside made %d elements", made)
	}
	b.do(click(`[data-service="staging/api"] summary`), visible(`[data-service="staging/api"] .service-events`))
	if events := b.text(`[data-service="staging/api"] .service-events`); !strings.Contains(events, "<img src=x onerror=alert(1)>") {
		t.Errorf("the service's events read %q", events)
	}
}

func blocksAreShown(t *testing.T, chromium context.Context) {
	b := open(t, chromium, newFixture(t, nil), 1400)
	for kind, want := range map[string]string{
		"header": "Restart staging / api", "section": "2 of 3 new tasks", "context": "Asked by @alice in #ops",
		"rich_text": "Rich bold code @bob @sre #ops", "table": "Service", "data_visualization": "Errors per minute",
	} {
		if got := b.text(`#room [data-block="` + kind + `"]`); !strings.Contains(got, want) {
			t.Errorf("%s shows %q, want %q in it", kind, got, want)
		}
	}
	if unknown := b.count(`[data-testid=unknown-block]`); unknown != 1 {
		t.Errorf("%d blocks are unknown, want only the video", unknown)
	}
}

func messagesSayWho(t *testing.T, chromium context.Context) {
	b := open(t, chromium, newFixture(t, nil), 1400)
	if got := b.text(".message.is-ephemeral"); !strings.Contains(got, "Only visible to you") {
		t.Errorf("an ephemeral message reads %q", got)
	}
	if got := b.text(".message.is-bot .message-head"); !strings.Contains(got, "APP") {
		t.Errorf("the bot's message is headed %q", got)
	}
	if outsiders := b.count(".message .badge-external"); outsiders != 1 {
		t.Errorf("%d authors are marked as external, want eve alone", outsiders)
	}
}

func threadShowsReplies(t *testing.T, chromium context.Context) {
	b := open(t, chromium, newFixture(t, nil), 1400)
	b.do(click(`[data-testid=open-thread]`), visible(`#thread [data-testid=file-expand]`))
	if got := b.text("#thread .file-text"); strings.Count(got, "\n") != 7 {
		t.Errorf("the folded file shows %q", got)
	}
	b.do(click(`#thread [data-testid=file-expand]`))
	if got := b.text("#thread .file-text"); strings.Count(got, "\n") != 59 {
		t.Errorf("the unfolded file shows %d lines", strings.Count(got, "\n")+1)
	}
	b.do(click(`[data-testid=close-thread]`), hidden(`#thread`))
}

func fleetShowsOdd(t *testing.T, chromium context.Context) {
	b := open(t, chromium, newFixture(t, nil), 1400)
	b.do(visible(`[data-service="staging/api"] .flag`), visible(".call-name.is-change ~ .call-who")) // AWS comes by a stream of its own
	for service, want := range map[string]string{
		"staging/api": "deploying", "staging/web": "failed", "staging/worker": "will fail: exit",
		"staging/legacy": "untagged", "staging/reports": "Staging", "staging/ledger": "prod",
	} {
		if got := b.text(`[data-service="` + service + `"] .flag`); got != want {
			t.Errorf("%s is marked %q, want %q", service, got, want)
		}
	}
	if got := b.text(".call-name.is-change ~ .call-who"); got != "alice" {
		t.Errorf("the change is by %q, want alice", got)
	}
}

func narrowWindow(t *testing.T, chromium context.Context) {
	b := open(t, chromium, newFixture(t, nil), 390)
	b.do(hidden("#fleet"))
	for _, each := range []string{"slack", "fleet"} {
		b.do(click(`[data-tab=` + each + `]`))
		if wide := evaluate[int](b, `document.documentElement.scrollWidth`); wide > 390 {
			t.Errorf("%s is %d pixels wide in a window of 390", each, wide)
		}
	}
	b.do(visible("#fleet"), hidden("#slack"))
}
