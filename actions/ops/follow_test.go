package ops

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
)

// torrent is a service of many streams that write ten lines each millisecond, which are made
// up when they are read.
type torrent struct {
	shore
	streams int
}

func (s *torrent) Logs(_ context.Context, _ fleet.Session, _ fleet.Service, query fleet.LogQuery) (fleet.Lines, error) {
	s.reads = append(s.reads, query)
	lines := make([]fleet.Line, query.Lines)
	now := time.Now().Truncate(time.Millisecond)
	for back := range lines {
		number := back / s.streams // of its stream, from the newest
		at := now.Add(-time.Duration(number/10) * time.Millisecond)
		count := at.UnixMilli()*10 + int64(9-number%10)
		task := fmt.Sprintf("%04dtask", back%s.streams)
		lines[len(lines)-1-back] = fleet.Line{ID: fmt.Sprint(task, count), Time: at, Task: task, Container: "api", Text: fmt.Sprintf("number %d of %s", count, task)}
	}
	return fleet.Lines{Lines: lines, More: true, Tasks: s.streams}, nil
}

// TestAFastLogIsFollowedInOrderWithinBounds: 20 streams of 10,000 lines a second.
func TestAFastLogIsFollowedInOrderWithinBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		aws := &torrent{streams: 20}
		live := newJournal(t, aws).follow(fleet.LogQuery{}, time.Now())
		last, began, most := map[string]int64{}, memory(), int64(0)
		for round := range 20 {
			time.Sleep(3 * time.Second)
			page, _, err := live.Next(t.Context(), actions.Call{})
			if err != nil {
				t.Fatal(err)
			}
			text := shows(&page)
			if round > 0 && !strings.Contains(text, "left out: it is written faster than it can be shown") {
				t.Fatalf("nothing is left out:\n%s", text)
			}
			for line := range strings.Lines(text) {
				var clock, task, word string
				var number int64
				if _, err := fmt.Sscan(line, &clock, &task, &word, &number); err != nil || word != "number" {
					continue
				}
				if number < last[task] {
					t.Fatalf("%s: %d after %d", task, number, last[task])
				}
				last[task] = number
			}
			most = max(most, memory()-began)
		}
		if len(last) != 20 || len(aws.reads) != 20 {
			t.Errorf("%d streams were shown in %d readings", len(last), len(aws.reads))
		}
		if most > 8<<20 {
			t.Errorf("memory grew by %d bytes", most)
		}
		held := live
		if ends := len(held.streams[stream{"0000task", "api"}].ids); ends > 100 || len(held.rows) > blockRows || held.left < 20*20*10_000*2 {
			t.Errorf("%d events and %d rows are held, %d lines left out", ends, len(held.rows), held.left)
		}
	})
}

func memory() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func TestAFollowedLogShowsEachLineOnceAndBeginsANewPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		aws := &shore{notes: []string{"side: its log is elsewhere"}}
		live := newJournal(t, aws).follow(fleet.LogQuery{}, time.Now())
		shown := map[string]int{}
		pages := 0
		time.Sleep(time.Second)
		for round := range 30 {
			for each := range 5 {
				aws.lines = append(aws.lines, fleet.Line{
					ID: fmt.Sprint(round, "/", each), Time: time.Now().Add(time.Duration(each) * time.Millisecond), Task: "task", Container: "api", Text: fmt.Sprintf("%d/%d done token=abcdef123", round, each),
				})
			}
			time.Sleep(3 * time.Second)
			page, full, err := live.Next(t.Context(), actions.Call{})
			if err != nil {
				t.Fatal(err)
			}
			if full == hasButton(&page, "stop") {
				t.Errorf("round %d: full %v, buttons %v", round, full, page.Buttons)
			}
			if !full {
				continue
			}
			pages++
			for line := range strings.Lines(shows(&page)) {
				if _, text, found := strings.Cut(line, "  "); found {
					shown[text]++
				}
			}
		}
		last := live.Last(actions.Textf("its time is over"))
		for line := range strings.Lines(shows(&last)) {
			if _, text, found := strings.Cut(line, "  "); found {
				shown[text]++
			}
		}
		if len(shown) != 150 || pages != 3 {
			t.Errorf("%d lines on %d full pages", len(shown), pages)
		}
		for text, count := range shown {
			if count != 1 {
				t.Errorf("%s is shown %d times", text, count)
			}
		}
		if got := shows(&last); !strings.Contains(got, "Not followed any more: its time is over") || !strings.Contains(got, "30 secrets redacted") || !strings.Contains(got, "side: its log is elsewhere") {
			t.Errorf("last:\n%s", got)
		}
	})
}

// What comes at once and is more than a page leaves lines out, and says exactly how many.
func TestABurstIsCountedExactly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		aws := &shore{}
		live := newJournal(t, aws).follow(fleet.LogQuery{Grep: "o", Errors: true}, time.Now())
		time.Sleep(3 * time.Second)
		aws.lines = append(every(200, func(number int) string { return fmt.Sprint("ERROR o ", number) }), every(1, func(int) string { return "o" })...)
		for number := range aws.lines {
			aws.lines[number].Time = time.Now()
		}
		page, _, err := live.Next(t.Context(), actions.Call{})
		if got := shows(&page); err != nil || !strings.Contains(got, "160 lines left out") || strings.Contains(got, "about") || !strings.Contains(got, "ERROR o 199") {
			t.Errorf("%v:\n%s", err, got)
		}
		aws.err = errors.New("away")
		if _, _, err := live.Next(t.Context(), actions.Call{}); err == nil {
			t.Error("AWS is away, and nobody is told")
		}
	})
}
