package ops

import (
	"context"
	"fmt"
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

// handedOver is a followed log that CloudWatch sends, and is not read any more.
func handedOver(t *testing.T, aws *shore, query fleet.LogQuery) *follower {
	t.Helper()
	live := newJournal(t, aws).follow(query, time.Now())
	for range 5 {
		next(t, live)
	}
	if len(aws.reads) != 5 || len(aws.tails) != 1 {
		t.Fatalf("%d readings, asked for %d Live Tails", len(aws.reads), len(aws.tails))
	}
	return live
}

func TestWhatIsSentIsShownLikeWhatIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tail := &sender{}
		aws := &shore{tail: tail}
		live := handedOver(t, aws, fleet.LogQuery{Grep: "o"})
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
		tail.sent = []fleet.Line{sentLine(at, "late"), sentLine(at.Add(time.Second), "three o")}
		if shown = next(t, live); strings.Contains(shown, "late") || !strings.Contains(shown, "three o") {
			t.Errorf("then:\n%s", shown)
		}
		if len(aws.reads) != 5 || len(aws.tails) != 1 {
			t.Errorf("%d readings, asked for %d Live Tails", len(aws.reads), len(aws.tails))
		}
	})
}

// lagging is a log whose lines can be read only some time after they were written, and are sent
// at once: those alone that are written while somebody listens.
type lagging struct {
	shore
	lag   time.Duration
	heard *sender // of the session that is open
}

func (l *lagging) Logs(ctx context.Context, session fleet.Session, service fleet.Service, query fleet.LogQuery) (fleet.Lines, error) {
	query.To = time.Now().Add(-l.lag)
	return l.shore.Logs(ctx, session, service, query)
}

func (l *lagging) Tail(context.Context, fleet.Session, fleet.Service, fleet.LogQuery) (fleet.Tail, error) {
	l.heard = &sender{}
	return l.heard, nil
}

func (l *lagging) write(task, text string) {
	line := fleet.Line{ID: fmt.Sprint(len(l.lines)), Time: time.Now(), Task: task, Container: "api", Text: text}
	l.lines = append(l.lines, line)
	if l.heard != nil {
		line.ID = ""
		l.heard.sent = append(l.heard.sent, line)
	}
}

// However often the one takes over from the other, each line is shown once: also one that was
// taken in before the session and can be read only later, and equal ones of one millisecond.
func TestSendingAndReadingMeetWithoutAGap(t *testing.T) {
	for _, lag := range []time.Duration{0, 400 * time.Millisecond, 3 * time.Second, 8 * time.Second} {
		t.Run(lag.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				aws := &lagging{lag: lag}
				live := newJournal(t, aws).follow(fleet.LogQuery{}, time.Now().Add(-time.Second))
				shown, ends := map[string]int{}, 0
				for second := range 300 {
					if second < 280 {
						aws.write("first", fmt.Sprint("first ", second))
						aws.write("second", fmt.Sprint("second ", second))
						aws.write("second", fmt.Sprint("second ", second))
					}
					if second%23 == 22 {
						aws.heard.ended, aws.heard, ends = true, nil, ends+1
					}
					time.Sleep(time.Second)
					if second%3 != 0 {
						continue
					}
					news, err := live.news(t.Context(), actions.Call{})
					if err != nil {
						t.Fatal(err)
					}
					for _, line := range news.Lines {
						shown[line.Text]++
					}
				}
				for second := range 280 {
					if first, both := shown[fmt.Sprint("first ", second)], shown[fmt.Sprint("second ", second)]; first != 1 || both != 2 {
						t.Errorf("of second %d one line is shown %d times, and two equal ones %d times", second, first, both)
					}
				}
				if ends != 13 || live.left != 0 {
					t.Errorf("sending ended %d times, %d lines left out", ends, live.left)
				}
			})
		})
	}
}

// Streams of tasks that came after the log began to be followed are read from its start on, once.
func TestWhereTheTasksChangedStreamsAreReadFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		aws := &shore{}
		start := time.Now()
		live := newJournal(t, aws).follow(fleet.LogQuery{}, start)
		time.Sleep(time.Minute)
		aws.lines = []fleet.Line{{ID: "1", Time: time.Now(), Task: "task", Container: "api", Text: "here"}}
		next(t, live)
		for running, want := range []time.Time{aws.lines[0].Time.Add(-livePatience), start} {
			if asked := live.reading(fleet.Service{Running: running}); !asked.From.Equal(want) {
				t.Errorf("with %d tasks lines are read from %v, want %v", running, asked.From, want)
			}
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
