package page_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// TestInABrowser opens the page in Chromium, once for each thing that people can rely on.
func TestInABrowser(t *testing.T) {
	chromium := startChromium(t)
	for what, test := range map[string]func(*testing.T, context.Context){
		"text from outside is shown and runs nothing": textFromOutside,
		"blocks are shown": blocksAreShown,
		"messages say who sees them and who wrote them":   messagesSayWho,
		"a thread shows replies and files":                threadShowsReplies,
		"the fleet shows what is odd":                     fleetShowsOdd,
		"a narrow window shows one of the two":            narrowWindow,
		"a shortcut is used":                              shortcutIsUsed,
		"enter sends what was typed":                      enterSends,
		"what Slack refuses is said and kept":             refusedIsKept,
		"a button tells the bot":                          buttonTells,
		"a confirmation is asked for first":               confirmAsks,
		"a form is filled in and sent":                    formIsSent,
		"errors stand at their fields, which keep theirs": errorsAtFields,
		"another person is one click away":                anotherPerson,
		"the next deployment can be made to fail":         nextDeploymentFails,
	} {
		t.Run(what, func(t *testing.T) { test(t, chromium) })
	}
}

// startChromium starts one browser for all. Where it is missing the test is skipped, but never in CI.
func startChromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is required in CI")
		}
		t.Skip("chromium is not installed: the page is not tried in a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	browser, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	if err := chromedp.Do(browser, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return browser
}

// step is one thing done in the browser.
type step = chromedp.Action[chromedp.Void]

// tab is the page in a tab of its own; complaints are what the browser wrote about it.
type tab struct {
	*testing.T
	ctx context.Context //nolint:containedctx // chromedp keeps a tab in a context

	mu         sync.Mutex
	complaints []string
}

// open shows the fixture's page in a window of a width; the test fails if the browser complains of anything.
func open(t *testing.T, chromium context.Context, f *fixture, width int64) *tab {
	t.Helper()
	ctx, end := chromedp.NewContext(chromium)
	t.Cleanup(end)
	b := &tab{T: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.complaints) > 0 {
			t.Errorf("the browser complained:\n%s", strings.Join(b.complaints, "\n"))
		}
	})
	b.do(chromedp.EmulateViewport(width, 900), chromedp.Navigate(f.URL), visible(`[data-testid=message]`))
	return b
}

func (b *tab) hear(event any) {
	complaint := ""
	switch event := event.(type) {
	case *runtime.EventExceptionThrown:
		complaint = event.ExceptionDetails.Text
	case *log.EventEntryAdded:
		if event.Entry.Level == log.EntryLevelError {
			complaint = event.Entry.Text + " " + event.Entry.URL
		}
	case *page.EventJavascriptDialogOpening:
		complaint = "a dialog opened: " + event.Message
	}
	if complaint == "" {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complaints = append(b.complaints, complaint)
}

func (b *tab) do(steps ...step) {
	b.Helper()
	for number, each := range steps {
		ctx, end := context.WithTimeout(b.ctx, 2*time.Minute)
		err := chromedp.Do(ctx, each)
		end()
		if err != nil {
			b.Fatalf("step %d: %v", number+1, err)
		}
	}
}

func visible(selector string) step { return chromedp.WaitVisible(chromedp.CSS(selector)) }
func hidden(selector string) step  { return chromedp.WaitNotVisible(chromedp.CSS(selector)) }
func gone(selector string) step    { return chromedp.WaitNotPresent(chromedp.CSS(selector)) }
func click(selector string) step   { return chromedp.Click(chromedp.CSS(selector)) }
func keys(selector, s string) step { return chromedp.SendKeys(chromedp.CSS(selector), s) }

// enter presses the key as a keyboard does; chromedp's own keys send its letter apart, which a page cannot prevent.
func enter() step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, input.DispatchKeyEventParams{
			Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13,
		})
		return err
	})
}

// text is what a person reads in an element.
func (b *tab) text(selector string) string {
	b.Helper()
	return evaluate[string](b, `document.querySelector(`+quoted(selector)+`)?.innerText.trim() ?? "(nothing)"`)
}

// value is what a field holds.
func (b *tab) value(selector string) string {
	b.Helper()
	return evaluate[string](b, `document.querySelector(`+quoted(selector)+`).value`)
}

// count is how many elements there are.
func (b *tab) count(selector string) int {
	b.Helper()
	return evaluate[int](b, `document.querySelectorAll(`+quoted(selector)+`).length`)
}

func quoted(selector string) string { return "`" + selector + "`" }

func evaluate[T any](b *tab, expression string) T {
	b.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return value
}

// next is what the page asks for next.
func (b *tab) next(f *fixture) post {
	b.Helper()
	select {
	case p := <-f.posts:
		return p
	case <-b.ctx.Done():
		b.Fatal("the page asked for nothing")
		return post{}
	}
}
