package ops

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
)

// sender is a Live Tail as a test wants it.
type sender struct {
	sent   []fleet.Line
	notes  []string
	left   int
	ended  bool
	closed int
}

func (s *sender) Take(fleet.Service) (fleet.Lines, bool) {
	if s.ended {
		return fleet.Lines{}, false
	}
	taken := fleet.Lines{Lines: s.sent, Left: s.left, Notes: s.notes, Secrets: []string{"correct horse"}}
	s.sent, s.left = nil, 0
	return taken, true
}

func (s *sender) Close() { s.closed++ }

// next is what a followed log shows after its next reading.
func next(t *testing.T, live actions.Live) string {
	t.Helper()
	time.Sleep(3 * time.Second)
	page, _, err := live.Next(t.Context(), actions.Call{})
	if err != nil {
		t.Fatal(err)
	}
	return shows(&page)
}

func sentLine(at time.Time, text string) fleet.Line {
	return fleet.Line{Time: at, Task: "8b2d9a55", Container: "api", Text: text}
}

func TestWhatIsSentIsShownLikeWhatIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tail := &sender{}
		aws := &shore{tail: tail}
		began := time.Now()
		live := newJournal(t, aws).follow(fleet.LogQuery{Grep: "o"}, began)
		next(t, live)
		at := time.Now()
		tail.sent, tail.left, tail.notes = []fleet.Line{
			sentLine(at, "one password=hunter22 correct horse"), sentLine(at.Add(time.Second), "two"), sentLine(at.Add(time.Second), "two"), sentLine(at.Add(time.Second), "left"),
		}, 7, []string{"sampled"}
		shown := next(t, live)
		for _, want := range []string{"one password=[redacted]", "two", "the same 1 times more", "7 lines left out", "sampled", "2 secrets redacted"} {
			if !strings.Contains(shown, want) {
				t.Errorf("no %q in\n%s", want, shown)
			}
		}
		if strings.Contains(shown, "left\n") || strings.Contains(shown, "horse") {
			t.Errorf("shown:\n%s", shown)
		}
		tail.sent = []fleet.Line{sentLine(at, "late"), sentLine(at.Add(time.Second), "two"), sentLine(at.Add(time.Second), "three o")}
		if shown = next(t, live); strings.Contains(shown, "late") || strings.Count(shown, "two") != 1 || !strings.Contains(shown, "three o") {
			t.Errorf("then:\n%s", shown)
		}
		if len(aws.reads) != 1 || len(aws.tails) != 1 {
			t.Errorf("%d readings, asked for %d Live Tails", len(aws.reads), len(aws.tails))
		}
	})
}

// From one to the other no line is lost, and none is shown twice, though sent lines have no ID.
func TestSendingAndReadingMeetWithoutAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tail := &sender{}
		aws := &shore{tail: tail}
		live := newJournal(t, aws).follow(fleet.LogQuery{}, time.Now())
		next(t, live)
		at := time.Now()
		tail.sent = []fleet.Line{sentLine(at, "sent")}
		next(t, live)
		missed := at.Add(time.Second)
		for id, line := range map[string]fleet.Line{"1": sentLine(at, "sent"), "2": sentLine(missed, "missed")} {
			line.ID = id
			aws.lines = append(aws.lines, line)
		}
		tail.ended = true
		shown := next(t, live)
		if strings.Count(shown, "sent") != 1 || strings.Count(shown, "missed") != 1 || tail.closed != 1 || len(aws.tails) != 2 {
			t.Errorf("closed %d, asked %d times:\n%s", tail.closed, len(aws.tails), shown)
		}
		tail.ended, tail.sent = false, []fleet.Line{sentLine(missed, "missed"), sentLine(missed, "after it")}
		if shown = next(t, live); strings.Count(shown, "missed") != 1 || !strings.Contains(shown, "after it") {
			t.Errorf("sent again:\n%s", shown)
		}
		live.Close()
		live.Close()
		if tail.closed != 2 {
			t.Errorf("closed %d times", tail.closed)
		}
	})
}

func TestWithoutALiveTailTheLogIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		aws := &shore{}
		live := newJournal(t, aws).follow(fleet.LogQuery{}, time.Now())
		for range 30 {
			next(t, live)
		}
		if len(aws.reads) != 30 || len(aws.tails) != 2 {
			t.Errorf("%d readings in 90 s, asked for %d Live Tails", len(aws.reads), len(aws.tails))
		}
	})
}
