package page_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestTextFromOutsideIsShownAndRunsNothing(t *testing.T) {
	b := open(t, newFixture(t, nil), 1400)
	all := b.text("#room")
	for _, want := range []string{"<img src=x onerror=alert(1)>", "<script>alert(1)</script> <!channel> *not bold*"} {
		if !strings.Contains(all, want) {
			t.Errorf("the channel does not show %q", want)
		}
	}
	if made := evaluate[int](b, `document.querySelectorAll("#stage script, #stage img, #stage [onerror], a[href^='javascript' i]").length`); made != 0 {
		t.Errorf("text from outside made %d elements", made)
	}
	b.do(chromedp.Click(`[data-service="staging/api"] summary`), chromedp.WaitVisible(`[data-service="staging/api"] .service-events`))
	if events := b.text(`[data-service="staging/api"] .service-events`); !strings.Contains(events, "<img src=x onerror=alert(1)>") {
		t.Errorf("the service's events read %q", events)
	}
}

func TestBlocksAreShown(t *testing.T) {
	b := open(t, newFixture(t, nil), 1400)
	for kind, want := range map[string]string{
		"header": "Restart staging / api", "section": "2 of 3 new tasks", "context": "Asked by @alice in #ops",
		"rich_text": "Rich bold code @bob @sre #ops", "table": "Service", "data_visualization": "Errors per minute",
	} {
		if got := b.text(`#room [data-block="` + kind + `"]`); !strings.Contains(got, want) {
			t.Errorf("%s shows %q, want %q in it", kind, got, want)
		}
	}
	if unknown := evaluate[int](b, `document.querySelectorAll("[data-testid=unknown-block]").length`); unknown != 1 {
		t.Errorf("%d blocks are unknown, want only the video", unknown)
	}
}

func TestMessagesSayWhoSeesThemAndWhoWroteThem(t *testing.T) {
	b := open(t, newFixture(t, nil), 1400)
	if got := b.text(".message.is-ephemeral"); !strings.Contains(got, "Only visible to you") {
		t.Errorf("an ephemeral message reads %q", got)
	}
	if got := b.text(".message.is-bot .message-head"); !strings.Contains(got, "APP") {
		t.Errorf("the bot's message is headed %q", got)
	}
	if outsiders := evaluate[int](b, `document.querySelectorAll(".badge-external").length`); outsiders != 1 {
		t.Errorf("%d authors are marked as external, want eve alone", outsiders)
	}
}

func TestThreadShowsRepliesAndFiles(t *testing.T) {
	b := open(t, newFixture(t, nil), 1400,
		chromedp.Click(`[data-testid=open-thread]`), chromedp.WaitVisible(`#thread [data-testid=file-expand]`))
	if got := b.text("#thread .file-text"); strings.Count(got, "\n") != 7 {
		t.Errorf("the folded file shows %q", got)
	}
	b.do(chromedp.Click(`#thread [data-testid=file-expand]`))
	if got := b.text("#thread .file-text"); strings.Count(got, "\n") != 59 {
		t.Errorf("the unfolded file shows %d lines", strings.Count(got, "\n")+1)
	}
	b.do(chromedp.Click(`[data-testid=close-thread]`), chromedp.WaitNotVisible(`#thread`))
}

func TestFleetShowsWhatIsOdd(t *testing.T) {
	b := open(t, newFixture(t, nil), 1400)
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

func TestNarrowWindowShowsOneOfTheTwo(t *testing.T) {
	b := open(t, newFixture(t, nil), 390, chromedp.WaitNotVisible("#fleet"),
		chromedp.Click(`[data-tab=fleet]`), chromedp.WaitVisible("#fleet"), chromedp.WaitNotVisible("#slack"))
	if wide := evaluate[int](b, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the page is %d pixels wide in a window of 390", wide)
	}
}
