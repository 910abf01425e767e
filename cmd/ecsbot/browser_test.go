package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestTheDemoInABrowser uses the demo as a newcomer does: alice restarts a service, mallory is
// refused, and the audit channel shows both.
func TestTheDemoInABrowser(t *testing.T) {
	browser := newBrowser(t)
	address := startDemo(t)
	steps := []step{
		chromedp.EmulateViewport(1400, 900),
		chromedp.Navigate(address),
		click(`[data-channel="C01OPS"]`),
		say("/ecs restart staging api"),
		text("Done: 3 tasks running, all new"),
		picture(t, "restart.png"),
		click(`[data-person="U0MALLORY"]`),
		say("/ecs restart staging api"),
		text("I know no environment staging."),
		click(`[data-person="U0BOB"]`),
		click(`[data-channel="C02AUDIT"]`),
		text("succeeded"),
		text("unknown: no grant on environment staging"),
	}
	for number, each := range steps {
		ctx, cancel := browser, context.CancelFunc(func() {})
		if number > 0 { // a limit on the first would end the browser with it
			ctx, cancel = context.WithTimeout(browser, time.Minute)
		}
		err := chromedp.Do(ctx, each)
		cancel()
		if err != nil {
			t.Fatalf("step %d: %v", number+1, err)
		}
	}
}

// step is one thing done in the browser.
type step = chromedp.Action[chromedp.Void]

// newBrowser starts Chromium. Where it is missing the test is skipped, but never in CI.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is required in CI")
		}
		t.Skip("chromium is not installed: the demo is not tried in a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	browser, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	return browser
}

// startDemo runs the command as a user does, and returns the address that it prints.
func startDemo(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, errors := &safeBuffer{}, &safeBuffer{}
	ended := make(chan int, 1)
	go func() {
		ended <- execute(surroundings{ctx: ctx, stdout: out, stderr: errors, getenv: os.Getenv}, []string{"demo", "--listen", "127.0.0.1:0"})
	}()
	t.Cleanup(func() {
		cancel()
		if status := <-ended; status != 0 {
			t.Errorf("the demo ended with %d: %s", status, errors.String())
		}
	})
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		for _, word := range strings.Fields(out.String()) {
			if strings.HasPrefix(word, "http://127.0.0.1:") {
				return word
			}
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("no address was printed: %s %s", out.String(), errors.String())
		}
	}
}

// click waits for something and clicks it.
func click(selector string) step {
	return chromedp.Steps(chromedp.WaitVisible(selector), chromedp.Click(selector))
}

// say types into the composer and sends.
func say(words string) step {
	const composer = `[data-testid="composer"]`
	return chromedp.Steps(chromedp.WaitVisible(composer), chromedp.SendKeys(composer, words), chromedp.Click(`[data-testid="send"]`))
}

// text waits until the page shows words.
func text(words string) step {
	return chromedp.Poll[chromedp.Void](fmt.Sprintf("document.body.innerText.includes(%q)", words), chromedp.WithPollingTimeout(40*time.Second))
}

// picture keeps a screenshot where ECSBOT_PICTURES names a folder.
func picture(t *testing.T, name string) step {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		folder := os.Getenv("ECSBOT_PICTURES")
		if folder == "" {
			return nil
		}
		png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err != nil {
			return err
		}
		t.Logf("kept %s", name)
		return os.WriteFile(filepath.Join(folder, name), png, 0o600)
	})
}
