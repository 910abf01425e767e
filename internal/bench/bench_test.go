package bench

import (
	"strings"
	"testing"
	"time"
)

func BenchmarkDecide(b *testing.B) {
	for name, environments := range map[string]int{"10 environments": fewPlaces, "1000 environments": manyPlaces} {
		questions, err := newInquiry(environments)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, questions.benchmark)
	}
}

func BenchmarkFind(b *testing.B) {
	services, err := newSearch(manyServices)
	if err != nil {
		b.Fatal(err)
	}
	services.benchmark(b)
}

func TestPercentilesAreOfWhatWasSeen(t *testing.T) {
	var times sample
	for i := 100; i > 0; i-- {
		times = append(times, time.Duration(i))
	}
	for percent, want := range map[int]time.Duration{0: 1, 50: 51, 99: 100, 100: 100} {
		if got := times.percentile(percent); got != want {
			t.Errorf("percentile %d is %d, want %d", percent, got, want)
		}
	}
	if got := (sample{}).percentile(99); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestTheFirstThingSeenAfterTheQuestionCounts(t *testing.T) {
	asked := time.UnixMicro(1_000_000_500)
	seen := []time.Time{stamped("1000.000499"), stamped("1000.000900"), stamped("1001.000000")}
	if at, found := firstAfter(seen, asked); !found || at.Sub(asked) != 400*time.Microsecond {
		t.Errorf("seen at %v, %v", at, found)
	}
	if _, found := firstAfter(seen[:1], asked); found {
		t.Error("what was seen before the question does not answer it")
	}
}

func TestAMessageIsAboutTheServiceThatItNames(t *testing.T) {
	blocks := []any{map[string]any{"text": "On it: status service-00042 in dev"}}
	for want, got := range map[string]string{
		"service-00042": serviceIn("", blocks),
		"service-00007": serviceIn("On it: service-00007", blocks),
		"":              serviceIn("I am too busy", nil),
	} {
		if got != want {
			t.Errorf("about %q, want %q", got, want)
		}
	}
}

func TestEveryLineOfTheTableHasItsCells(t *testing.T) {
	var out strings.Builder
	if err := printTable(&out, []line{{what: "a", measured: "b", held: held(false)}}); err != nil {
		t.Fatal(err)
	}
	if want := "| a | b | – | – | – | **no** |\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("%s does not end with %s", out.String(), want)
	}
}
