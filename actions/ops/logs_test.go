package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/internal/redact"
)

// shore is a log of one service, in memory, that is read as CloudWatch has it be read: the
// newest lines of a time, and whether there were more.
type shore struct {
	lines []fleet.Line // by time
	reads []fleet.LogQuery
	notes []string
	err   error
	parts int // of a sweep
	tail  fleet.Tail
	tails []fleet.LogQuery // for which one was asked
}

func (s *shore) Logs(_ context.Context, _ fleet.Session, _ fleet.Service, query fleet.LogQuery) (fleet.Lines, error) {
	s.reads = append(s.reads, query)
	if s.err != nil {
		return fleet.Lines{}, s.err
	}
	fits := s.fitting(query)
	cut := max(0, len(fits)-query.Lines)
	return fleet.Lines{Lines: fits[cut:], More: cut > 0, Tasks: 2, Notes: s.notes, Secrets: []string{"correct horse"}}, nil
}

func (s *shore) fitting(query fleet.LogQuery) []fleet.Line {
	return slices.DeleteFunc(slices.Clone(s.lines), func(line fleet.Line) bool {
		isOut := line.Time.Before(query.From) || !query.To.IsZero() && line.Time.After(query.To)
		return isOut || !strings.Contains(line.Text, query.Grep) || query.Grep == "" && query.Errors && !fleet.LooksLikeTrouble(line.Text)
	})
}

// Tail is what a test says, else none.
func (s *shore) Tail(_ context.Context, _ fleet.Session, _ fleet.Service, query fleet.LogQuery) (fleet.Tail, error) {
	s.tails = append(s.tails, query)
	if s.tail == nil {
		return nil, fleet.ErrNoTail
	}
	return s.tail, nil
}

// Sweep gives everything away in two stretches, the newest half first.
func (s *shore) Sweep(
	_ context.Context, _ fleet.Session, _ fleet.Service, query fleet.LogQuery, take fleet.Take,
) (fleet.Swept, error) {
	swept := fleet.Swept{Stretches: 2, From: query.From, To: time.Now()}
	fits := s.fitting(query)
	half := len(fits) / 2
	for number, lines := range [][]fleet.Line{fits[half:], fits[:half]} {
		for end := len(lines); end > 0; end -= 100 {
			s.parts++
			more, err := take(number, fleet.Lines{Lines: lines[max(0, end-100):end]})
			if err != nil {
				return swept, err
			}
			if !more {
				break
			}
		}
		if s.err != nil {
			return swept, s.err
		}
		swept.Whole++
	}
	return swept, nil
}

// every makes lines: one each second, the last of them now.
func every(count int, text func(number int) string) []fleet.Line {
	var lines []fleet.Line
	for number := range count {
		lines = append(lines, fleet.Line{
			ID: fmt.Sprint("event", number), Time: time.Now().Add(time.Duration(number-count+1) * time.Second).Truncate(time.Millisecond),
			Task: "aaaaaaaabbbb", Container: "api", Text: text(number),
		})
	}
	return lines
}

func numbered(number int) string { return fmt.Sprintf("line %d", number) }

func newJournal(t testing.TB, aws LogReader) journal {
	t.Helper()
	redactor, err := redact.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return journal{aws: aws, redactor: redactor, traces: regexp.MustCompile(traceLine), shelf: &shelf{}, files: make(chan struct{}, filesAtOnce), room: 64 << 10}
}

// opened is what somebody gets who asks for lines.
func opened(t *testing.T, aws LogReader, query fleet.LogQuery) (*reading, actions.Outcome) {
	t.Helper()
	query.Lines = cmp.Or(query.Lines, fewLines)
	if query.From.IsZero() {
		query.From = time.Now().Add(-time.Hour)
	}
	r := &reading{journal: newJournal(t, aws), query: query, asked: query.Lines}
	if err := r.read(t.Context(), actions.Call{}); err != nil {
		t.Fatal(err)
	}
	r.view = r.rowsShown()
	return r, r.outcome(actions.Call{})
}

func press(t *testing.T, r *reading, button string) actions.Outcome {
	t.Helper()
	outcome, err := r.Press(t.Context(), actions.Call{}, button)
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

// shows is everything that a message says.
func shows(message *actions.Message) string {
	if message == nil {
		return ""
	}
	text := message.Title.Plain() + "\n"
	for _, block := range message.Body {
		switch block := block.(type) {
		case actions.Code:
			text += block.Text + "\n"
		case actions.Note:
			text += block.Text.Plain() + "\n"
		}
	}
	return text
}

func hasButton(message *actions.Message, id string) bool {
	return slices.ContainsFunc(message.Buttons, func(button actions.Button) bool { return button.ID == id })
}

func TestPagesGoBackAndForthWithoutReadingAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		aws := &shore{lines: every(100, numbered)}
		r, first := opened(t, aws, fleet.LogQuery{})
		if got := shows(first.Page); !strings.Contains(got, "Last 30 lines from 2 tasks") || !strings.Contains(got, "line 99") || strings.Contains(got, "line 69\n") {
			t.Errorf("first page:\n%s", got)
		}
		older := press(t, r, olderButton)
		if got := shows(older.Page); !strings.Contains(got, "Earlier 30 lines") || !strings.Contains(got, "line 69") || strings.Contains(got, "line 70") {
			t.Errorf("older page:\n%s", got)
		}
		newer := press(t, r, newerButton)
		if got := shows(newer.Page); !strings.Contains(got, "line 99") || len(aws.reads) != 1 {
			t.Errorf("after %d readings:\n%s", len(aws.reads), got)
		}
		for range 3 {
			press(t, r, olderButton)
		}
		if end := press(t, r, olderButton); !strings.Contains(end.Message.Title.Plain(), "no earlier lines") || end.Page != nil {
			t.Errorf("at the beginning: %v", end.Message.Title.Plain())
		}
	})
}

func TestOlderAndNewerReadOnWhereTheStockEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		aws := &shore{lines: every(1500, numbered)}
		r, _ := opened(t, aws, fleet.LogQuery{})
		r.view = view{0, 30} // the beginning of the thousand at hand
		older := press(t, r, olderButton)
		if got := shows(older.Page); !strings.Contains(got, "line 499") || strings.Contains(got, "line 500") || len(aws.reads) != 2 {
			t.Errorf("after %d readings:\n%s", len(aws.reads), got)
		}
		r.view = r.rowsShown()
		if none := press(t, r, newerButton); !strings.Contains(none.Message.Title.Plain(), "Nothing newer") {
			t.Errorf("nothing new: %v", none)
		}
		time.Sleep(10 * time.Second)
		aws.lines = append(aws.lines, fleet.Line{ID: "new", Time: time.Now(), Task: "cccc", Container: "api", Text: "brand new"})
		if got := shows(press(t, r, newerButton).Page); !strings.Contains(got, "brand new") {
			t.Errorf("newer page:\n%s", got)
		}
		time.Sleep(2 * time.Hour)
		if _, err := r.Press(t.Context(), actions.Call{}, olderButton); err == nil {
			t.Error("what was read is kept for ever")
		}
	})
}

func TestMoreThanIsKeptIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		aws := &shore{lines: every(10, numbered)}
		r, _ := opened(t, aws, fleet.LogQuery{})
		time.Sleep(time.Hour - time.Minute)
		aws.lines = every(3000, numbered)
		if got := shows(press(t, r, newerButton).Page); !strings.Contains(got, "lines are left out") {
			t.Errorf("newer page:\n%s", got)
		}
	})
}

func TestAReadingOfAPastTimeHasNothingNewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, first := opened(t, &shore{lines: every(10, numbered)}, fleet.LogQuery{To: time.Now()})
		if hasButton(first.Page, newerButton) || hasButton(first.Page, followButton) {
			t.Errorf("buttons %v", first.Page.Buttons)
		}
		if none := press(t, r, newerButton); !strings.Contains(none.Message.Title.Plain(), "no later lines") {
			t.Errorf("newer: %v", none.Message.Title.Plain())
		}
	})
}

func TestErrorsOnlyIsAFilterOfWhatWasRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		aws := &shore{lines: every(50, func(number int) string {
			if number%10 == 0 {
				return fmt.Sprintf("ERROR %d", number)
			}
			return numbered(number)
		})}
		r, _ := opened(t, aws, fleet.LogQuery{})
		got := shows(press(t, r, errorsButton).Page)
		if !strings.Contains(got, "Last 5 lines of trouble") || strings.Contains(got, "line 1") || len(aws.reads) != 1 {
			t.Errorf("after %d readings:\n%s", len(aws.reads), got)
		}
		if got := shows(press(t, r, errorsButton).Page); !strings.Contains(got, "Last 30 lines from") {
			t.Errorf("all again:\n%s", got)
		}
		_, both := opened(t, aws, fleet.LogQuery{Grep: "0", Errors: true})
		if got := shows(both.Page); !strings.Contains(got, "lines of trouble") || strings.Contains(got, "line 1") {
			t.Errorf("text and trouble:\n%s", got)
		}
	})
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, none := opened(t, &shore{notes: []string{"the log of correct horse is elsewhere"}}, fleet.LogQuery{Grep: "a+", To: time.Now()})
		got := shows(none.Page)
		for _, want := range []string{"No line", "No line fits between", "it takes no regular expression", "Ask for longer with --since", "the log of [redacted] is elsewhere"} {
			if !strings.Contains(got, want) {
				t.Errorf("%q is missing of\n%s", want, got)
			}
		}
		_, one := opened(t, &shore{lines: every(1, numbered)}, fleet.LogQuery{})
		if got := shows(one.Page); !strings.Contains(got, "Last 1 line from 2 tasks") {
			t.Errorf("one line:\n%s", got)
		}
		broken := &shore{err: errors.New("AWS is away")}
		r := &reading{journal: newJournal(t, broken)}
		if err := r.read(t.Context(), actions.Call{}); !errors.Is(err, broken.err) {
			t.Errorf("error %v", err)
		}
		r, _ = opened(t, &shore{lines: every(1500, numbered)}, fleet.LogQuery{})
		r.journal.aws = broken
		r.view = view{0, 1}
		for _, button := range []string{olderButton, fileButton} {
			if _, err := r.Press(t.Context(), actions.Call{}, button); !errors.Is(err, broken.err) {
				t.Errorf("%s: error %v", button, err)
			}
		}
		r.view = r.rowsShown()
		if _, err := r.Press(t.Context(), actions.Call{}, newerButton); !errors.Is(err, broken.err) {
			t.Errorf("newer: error %v", err)
		}
	})
}

func TestWhatIsNotThereIsToldAsUnknown(t *testing.T) {
	for _, absent := range []*fleet.NotThere{{What: "stopped task"}, {What: "task", Name: "beef", Known: []string{"aaaa", "bbbb"}}} {
		if err := notThere(actions.Call{}, fmt.Errorf("read: %w", absent)); !strings.Contains(err.Error(), absent.Error()) {
			t.Errorf("%v: %v", absent, err)
		}
	}
}

func TestTheLinesOfATraceStayTogether(t *testing.T) {
	now := time.Now()
	at := func(task, text string, after time.Duration) fleet.Line {
		return fleet.Line{Time: now.Add(after), Task: task, Container: "api", Text: text}
	}
	rows := newJournal(t, nil).rowsOf(fleet.Lines{Lines: []fleet.Line{
		at("one", "ERROR failed", 0), at("two", "GET /", time.Millisecond), at("one", "\tat Basket.total(Basket.java:7)", 2*time.Millisecond),
		at("two", "GET /cart", 3*time.Millisecond), at("one", "Caused by: x", 4*time.Millisecond), at("one", "  indented, but late", time.Minute),
	}}, "")
	var got []string
	for _, each := range rows {
		got = append(got, fmt.Sprint(each.text, each.trouble))
	}
	want := []string{"ERROR failedtrue", "\tat Basket.total(Basket.java:7)true", "Caused by: xtrue", "GET /false", "GET /cartfalse", "  indented, but latefalse"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestASecretOverSeveralLinesIsHidden(t *testing.T) {
	key := []string{"-----BEGIN RSA PRIVATE" + " KEY-----", "MIIEabcabcabcabcabcabcabc", "-----END RSA PRIVATE" + " KEY-----", "after"}
	var lines []fleet.Line
	for number, text := range key {
		lines = append(lines, fleet.Line{Time: time.Now().Add(time.Duration(number)), Task: "one", Text: text}, fleet.Line{Time: time.Now().Add(time.Duration(number)), Task: "two", Text: "password=hunter22 GET /\r\nsecond"})
	}
	rows := newJournal(t, nil).rowsOf(fleet.Lines{Lines: lines}, "")
	if hidden := hiddenIn(rows); hidden != 5 {
		t.Errorf("%d hidden", hidden)
	}
	all := text(rows)
	if strings.Contains(all, "MIIE") || strings.Contains(all, "hunter22") || !strings.Contains(all, "after") || !strings.Contains(all, "second") {
		t.Errorf("shown:\n%s", all)
	}
}

// Attack: a key that was logged line by line is looked for so that the line by which it would be
// recognised is left out.
func TestLinesOfAKeyAreHiddenWithoutItsBeginning(t *testing.T) {
	lines := fleet.Lines{Lines: []fleet.Line{
		{Text: strings.Repeat("MIIEowIBAAKCAQEAx7", 3) + "y/Zk+lQ2Ab"},
		{Text: strings.Repeat("b3BlbnNzaC1rZXk", 4) + "tdjEAAAAAB"},
		{Text: strings.Repeat("0a1b2c3d", 8)},
		{Text: strings.Repeat("GET/orders/1x/", 4) + "a b-cdefgh"},
		{Text: "Ab3" + strings.Repeat("d", 40)},
	}}
	rows := newJournal(t, nil).rowsOf(lines, "")
	if hidden := hiddenIn(rows); hidden != 2 || !strings.HasSuffix(rows[0].String(), redact.Mask) || !strings.HasSuffix(rows[1].String(), redact.Mask) {
		t.Errorf("%d hidden:\n%s", hidden, text(rows))
	}
	if rows := newJournal(t, nil).rowsOf(lines, "MIIE"); len(rows) > 0 {
		t.Errorf("found:\n%s", text(rows))
	}
}

// Attack: CloudWatch looks for the text in the line as it was written. Whoever guesses a secret, a
// letter at a time, is answered alike whether the guess is right or wrong.
func TestLookingForASecretTellsNothingOfIt(t *testing.T) {
	journal := newJournal(t, nil)
	lines := fleet.Lines{Lines: []fleet.Line{{Text: "user=bob password=hunter22"}, {Text: `{"message":"login","password":"hunter22"}`}}}
	for _, row := range []struct {
		grep   string
		rows   int
		hidden int
	}{
		{"password=hunt", 0, 0},
		{`password":"hunt`, 0, 0},
		{"hunter22", 0, 0}, // what CloudWatch finds
		{"password=xxxx", 0, 0},
		{"user=bob", 1, 1},
		{"password", 2, 2},
		{`"message":"login"`, 1, 1},
		{"", 2, 2},
	} {
		rows := journal.rowsOf(lines, row.grep)
		if hidden := hiddenIn(rows); len(rows) != row.rows || hidden != row.hidden {
			t.Errorf("%q: %d rows, %d hidden: %s", row.grep, len(rows), hidden, text(rows))
		}
	}
}

func TestHostileLinesAreShownReadably(t *testing.T) {
	rows := newJournal(t, nil).rowsOf(fleet.Lines{Lines: []fleet.Line{
		{Text: "\x1b[31mred\x1b[0m and \x00NUL and \xff\xfe"}, {Text: strings.Repeat("ä", 128<<10)}, {Text: strings.Repeat("b", 1001)}, {Text: "short"},
	}}, "")
	if rows[0].text != "red and NUL and \uFFFD" {
		t.Errorf("%q", rows[0].text)
	}
	if got := rows[1].String(); !strings.HasSuffix(got, "ä … (254 KB more)") || strings.Count(got, "ä") != longestRow {
		t.Errorf("256 KB: %d bytes, ending with %q", len(got), got[len(got)-30:])
	}
	if got := rows[2].String(); !strings.HasSuffix(got, "b … (1 bytes more)") {
		t.Errorf("1001 bytes end with %q", got[len(got)-30:])
	}
	if len(rows[1].text) != 256<<10 {
		t.Error("the file would not have it whole")
	}
}

func TestAMillionEqualLinesAreOne(t *testing.T) {
	rows := make([]row, 1_000_000)
	for number := range rows {
		rows[number] = row{at: time.Unix(int64(number), 0), text: "the same", times: 1}
	}
	if got := collapsed(rows); len(got) != 1 || !strings.Contains(got[0].String(), "the same 999999 times more, until 13:46:39.000") {
		t.Errorf("%d rows", len(got))
	}
}

func TestMoments(t *testing.T) {
	now := time.Date(2026, 1, 31, 14, 5, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"15m": now.Add(-15 * time.Minute), "7d": now.Add(-7 * 24 * time.Hour), "14:04": now.Add(-time.Minute), "14:05:01": now.Add(time.Second - 24*time.Hour),
		"2026-01-30T14:05:00Z": now.Add(-24 * time.Hour), "2026-01-31T14:05:00+01:00": now.Add(-time.Hour),
	} {
		read, err := parseMoment("since")(text)
		if err != nil || !read.at(now).Equal(want) {
			t.Errorf("%s is %v, %v", text, read.at(now), err)
		}
	}
	for _, text := range []string{"tomorrow", "8d", "25:00", "2026-01-31", "", "-5m"} {
		if read, err := parseMoment("since")(text); err == nil {
			t.Errorf("%q is taken as %v", text, read)
		}
	}
	for says, query := range map[string]fleet.LogQuery{
		"future.":      {From: now.Add(time.Minute)},
		"until lies":   {From: now.Add(-time.Hour), To: now.Add(time.Minute)},
		"come before":  {From: now.Add(-time.Hour), To: now.Add(-2 * time.Hour)},
		"7 days back ": {From: now.Add(-8 * 24 * time.Hour)},
	} {
		if err := isSound(query, now); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	if err := isSound(fleet.LogQuery{From: now.Add(-time.Hour), To: now}, now); err != nil {
		t.Error(err)
	}
	for _, text := range []string{"", " ", "a\nb", "a\x00b", strings.Repeat("x", longText+1)} {
		if _, err := someText(text); err == nil {
			t.Errorf("%q is taken as text", text)
		}
	}
	if text, err := someText(`a "quoted" \d+`); err != nil || text != `a "quoted" \d+` {
		t.Errorf("%q, %v", text, err)
	}
}

func TestTheShelfForgetsWhatWasReadLongestAgo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &shelf{}
		heavy := func() *reading {
			return &reading{journal: journal{shelf: kept}, at: time.Now(), rows: []row{{text: strings.Repeat("x", shelfMost/2)}}}
		}
		first, second, third := heavy(), heavy(), heavy()
		for _, each := range []*reading{first, second, first, third} {
			each.mutex.Lock()
			kept.keep(each)
			each.mutex.Unlock()
		}
		synctest.Wait()
		if !second.isForgotten || second.rows != nil || third.isForgotten {
			t.Errorf("forgotten: %v %v %v", first.isForgotten, second.isForgotten, third.isForgotten)
		}
		rows := make([]row, 100)
		for number := range rows {
			rows[number] = row{at: time.Unix(int64(number), 0), text: strings.Repeat("x", 10<<10)}
		}
		if newest := bounded(slices.Clone(rows), false); size(newest) > stockBytes || newest[len(newest)-1].at.Unix() != 99 {
			t.Errorf("%d of the newest", len(newest))
		}
		if oldest := bounded(slices.Clone(rows), true); size(oldest) > stockBytes || oldest[0].at.Unix() != 0 {
			t.Errorf("%d of the oldest", len(oldest))
		}
	})
}
