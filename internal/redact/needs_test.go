package redact

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestEveryBuiltInPatternIsRunOnlyWhereItCanMatch: each says something that a text must have.
func TestEveryBuiltInPatternIsRunOnlyWhereItCanMatch(t *testing.T) {
	redactor := mustNew(t)
	if redactor.scan.always != 0 {
		t.Errorf("patterns %b say nothing of what they need", redactor.scan.always)
	}
	line := `10.0.33.196 - - [25/Nov/2026:21:51:37 +0000] "GET /orders/48213?q=blue+shoes HTTP/1.1" 200 26854 325ms`
	if lines := redactor.scan.lines(line); len(lines) > 0 {
		t.Errorf("patterns %b are run on an ordinary line", lines[0].wanted)
	}
}

func TestNeeds(t *testing.T) {
	for _, row := range []struct {
		expression string
		text       string
		isWanted   bool
	}{
		{`customer-\d+`, "a customer", false},
		{`customer-\d+`, "for Customer-42", true},
		{`(?i)customer-\d+`, "for CUSTOMER-42", true},
		{`(?i)kunde`, "\u212aunde", true}, // U+212A is a k where case does not count
		{`(?i)passe`, "pa\u017f\u017fe", true},
		{`\d+`, "nothing", true}, // nothing can be said of it
		{`(?:ab|cd)?x`, "nothing", true},
		{`(?:abc|\d)`, "nothing", true},
		{`(abc|def)+`, "a def", true},
		{`(abc|def)+`, "a deg", false},
		{`(?:abc){2}`, "abcab", true},
		{`(?:abc){0,2}`, "nothing", true},
		{`[0-9a-f]{20}`, "3f786850e387550fdab8", true},
		{`[0-9a-f]{20}`, "3f786850e387550 fdab8", false},
		{`[^x]{20}`, "short", true},
		{`[x é]{20}`, "short", true},
		{`überall`, "nothing", true},
		{`[rs]k_(?:live|test)_\d`, "GET /products/test_1", false},
		{`[rs]k_(?:live|test)_\d`, "SK_TEST_1", true},
		{`(?i)a(?:pi|pp)[_-]?key=`, "the apikey=1", true},
		{`(?i)a(?:pi|pp)[_-]?key=`, "the key=1", false},
		{`(?i)sig[kx]y`, "SIG\u212ay", true},
	} {
		scan := newScanner()
		scan.add(3, needs(row.expression))
		if wanted := len(scan.lines(row.text)) == 1; wanted != row.isWanted {
			t.Errorf("%s in %q: wanted %v", row.expression, row.text, wanted)
		}
	}
	if needs("(") != nil || !crosses("(") {
		t.Error("a broken expression needs something")
	}
}

func TestCrosses(t *testing.T) {
	for expression, want := range map[string]bool{
		`abc`: false, `a.c`: false, `(?s:a.c)`: true, `a\sc`: true, `a[ \t]c`: false, `abc$`: true, `^abc`: true, `(?m:^abc)`: true, "a\nb": true, `a[^b]`: true,
	} {
		if crosses(expression) != want {
			t.Errorf("%s: %v", expression, !want)
		}
	}
}

// TestMorePatternsThanBits: those for which the scanner has no room are run always.
func TestMorePatternsThanBits(t *testing.T) {
	var patterns []string
	for range mostScanned {
		patterns = append(patterns, `never-there-\d`)
	}
	redactor, err := New(append(patterns, `customer-\d+`))
	if err != nil {
		t.Fatal(err)
	}
	if clean, count := redactor.Redact("for customer-42", nil); count != 1 || strings.Contains(clean, "42") {
		t.Errorf("%q", clean)
	}
}

// FuzzScanner: whatever a pattern hides in a line, the scanner has it run there.
func FuzzScanner(f *testing.F) {
	lines, _ := maker{rand.New(rand.NewPCG(4, 1))}.secretLines()
	for _, line := range lines {
		f.Add(line)
	}
	redactor, err := New(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var wanted uint64
		for _, each := range redactor.scan.lines(text) {
			wanted |= each.wanted
		}
		for number, each := range redactor.maskers {
			if _, count := each.hide(text); count > 0 && !isWanted(number, wanted) {
				t.Errorf("masker %d hides something in %q and is not run", number, text)
			}
		}
	})
}

// FuzzNextNamed: names and secrets are found where the expression alone would find them.
func FuzzNextNamed(f *testing.F) {
	m := maker{rand.New(rand.NewPCG(4, 1))}
	lines, _ := m.secretLines()
	for _, line := range append(lines, m.harmlessLines()...) {
		f.Add(line)
		f.Add("\u00e4" + line)
	}
	for _, line := range []string{"pa\u017fswd: abc token=x", "api\u212aey=abc", "unsharedkey=abc sharedkey=abc", "?sig=abc", "toke token=abc", "x"} {
		f.Add(line)
	}
	redactor, err := New(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if at, want := redactor.nextNamed(text), redactor.named.FindStringSubmatchIndex(text); !slices.Equal(at, want) {
			t.Errorf("%q: found at %v, not at %v", text, at, want)
		}
	})
}

func BenchmarkRedactOrdinaryLine(b *testing.B) {
	redactor, err := New(nil)
	if err != nil {
		b.Fatal(err)
	}
	line := `10.0.33.196 - - [25/Nov/2026:21:51:37 +0000] "GET /orders/48213 HTTP/1.1" 200 26854 325ms`
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		redactor.Redact(line, nil)
	}
}
