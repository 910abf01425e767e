package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

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
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("force-prefers-reduced-motion", true))
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	browser, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	return browser
}

// startDemo runs the demo with a configuration, and returns the address that it prints.
func startDemo(t *testing.T, configuration []byte) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, errors := &safeBuffer{}, &safeBuffer{}
	var ending error
	alive, ended := context.WithCancel(context.WithoutCancel(ctx)) // until the demo has ended
	go func() {
		defer ended()
		command := demoCommand{Listen: "127.0.0.1:0", slack: patient()}
		ending = command.serve(surroundings{ctx: ctx, stdout: out, stderr: errors, getenv: os.Getenv}, configuration)
	}()
	t.Cleanup(func() {
		cancel()
		if <-alive.Done(); ending != nil {
			t.Errorf("the demo ended with %v: %s", ending, errors.String())
		}
	})
	if !out.await(alive, "Stop with Ctrl-C") {
		t.Fatalf("no address was printed: %s %s", out.String(), errors.String())
	}
	for _, word := range strings.Fields(out.String()) {
		if strings.HasPrefix(word, "http://127.0.0.1:") {
			return word
		}
	}
	t.Fatalf("no address was printed: %s", out.String())
	return ""
}

// click waits for something and clicks it.
func click(selector string) step {
	return chromedp.Steps(chromedp.WaitVisible(selector), chromedp.Click(selector))
}

// become chooses somebody, and waits until what is done next is done by them.
func become(person string) step {
	chosen := fmt.Sprintf(`[data-person=%q]`, person)
	return chromedp.Steps(click(chosen), chromedp.WaitVisible(chosen+`[data-current]`))
}

// clickAtOnce is click in one breath, for what the page may put another element in the place of:
// cards are drawn anew when they are edited.
func clickAtOnce(selector string) step {
	find := fmt.Sprintf("document.querySelector(%q)", selector)
	if strings.HasPrefix(selector, "(") || strings.HasPrefix(selector, "/") {
		find = fmt.Sprintf("document.evaluate(%q, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE).singleNodeValue", selector)
	}
	return chromedp.Poll[chromedp.Void](`((found) => {
		if (!found || !found.checkVisibility()) return false;
		found.click();
		return true;
	})(`+find+`)`, chromedp.WithPollingTimeout(100*time.Second))
}

// say types into the channel and sends.
func say(words string) step {
	const composer = `#room [data-testid="composer"]`
	return chromedp.Steps(chromedp.WaitVisible(composer), chromedp.SendKeys(composer, words), chromedp.Click(`#room [data-testid="send"]`))
}

// text waits until the page shows words.
func text(words string) step {
	return chromedp.Poll[chromedp.Void](fmt.Sprintf("document.body.innerText.includes(%q)", words), chromedp.WithPollingTimeout(100*time.Second))
}

// pick chooses an option of a menu by its value, as Slack's own client reports it.
func pick(menu, value string) step {
	return chromedp.Steps(chromedp.WaitVisible(menu), chromedp.Poll[chromedp.Void](`(() => {
		const menu = document.querySelector('`+menu+`');
		const option = menu && [...menu.options].find((each) => (each.dataset.value ?? each.value) === '`+value+`');
		if (!option) return false;
		menu.value = option.value;
		menu.dispatchEvent(new Event("change", { bubbles: true }));
		return true;
	})()`, chromedp.WithPollingTimeout(100*time.Second)))
}

// card is the message whose title has words, the last of them.
func card(title string) string {
	return fmt.Sprintf(`//article[contains(@class, "is-bot")][contains(., %q)][last()]`, title)
}

// buttonOf is a button of such a card.
func buttonOf(title, action string) string {
	return fmt.Sprintf(`(%s//button[@data-action-id=%q])[last()]`, card(title), action)
}

// picture keeps a screenshot of the page where ECSBOT_PICTURES names a folder.
func picture(t *testing.T, name string) step {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		return keep(ctx, t, name, chromedp.CaptureScreenshot())
	})
}

// pictureOf keeps one of an element.
func pictureOf(t *testing.T, name, selector string) step {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if os.Getenv("ECSBOT_PICTURES") == "" {
			return nil
		}
		if err := chromedp.Do(ctx, chromedp.ScrollIntoView(selector)); err != nil {
			return err
		}
		return keep(ctx, t, name, chromedp.Screenshot(selector))
	})
}

func keep(ctx context.Context, t *testing.T, name string, shot chromedp.Action[[]byte]) error {
	folder := os.Getenv("ECSBOT_PICTURES")
	if folder == "" {
		return nil
	}
	shown, err := chromedp.Run(ctx, shot)
	if err != nil {
		return err
	}
	small, err := fewColours(shown)
	if err != nil {
		return err
	}
	t.Logf("kept %s", name)
	return os.WriteFile(filepath.Join(folder, name), small, 0o644)
}

// fewColours is a picture in the 256 colours that it has most of: a page has hardly more.
func fewColours(shown []byte) ([]byte, error) {
	whole, err := png.Decode(bytes.NewReader(shown))
	if err != nil {
		return nil, err
	}
	counts := map[color.Color]int{}
	bounds := whole.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[whole.At(x, y)]++
		}
	}
	common := slices.SortedFunc(maps.Keys(counts), func(a, b color.Color) int { return counts[b] - counts[a] })
	palette := color.Palette(common[:min(len(common), 256)])
	nearest := map[color.Color]uint8{}
	for each := range counts {
		nearest[each] = uint8(palette.Index(each))
	}
	small := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			small.SetColorIndex(x, y, nearest[whole.At(x, y)])
		}
	}
	var packed bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&packed, small)
	return packed.Bytes(), err
}
