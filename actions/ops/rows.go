package ops

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"ecsbot/actions/fleet"
	"ecsbot/internal/redact"
)

// row is one line as it is shown: redacted, readable, not yet escaped.
type row struct {
	id string // of the event
	at time.Time
	stream
	text    string
	hidden  int       // secrets in it
	times   int       // how often it came in a row
	last    time.Time // the last of these
	trouble bool      // or goes on from a line that is
}

// stream is where a line comes from.
type stream struct{ task, container string }

func streamOf(line fleet.Line) stream { return stream{line.Task, line.Container} }

// longestRow is how much of one line a block shows, in characters.
const longestRow = 1000

// String is the row in a block.
func (r row) String() string {
	text := fmt.Sprintf("%s %s  %s", r.at.UTC().Format("15:04:05.000"), mark(r.task), shortLine(r.text))
	if r.times > 1 {
		text += fmt.Sprintf("\n             …      the same %d times more, until %s", r.times-1, r.last.UTC().Format("15:04:05.000"))
	}
	return text
}

// shortLine cuts a line at a rune border and says how much is missing.
func shortLine(text string) string {
	if len(text) <= longestRow || utf8.RuneCountInString(text) <= longestRow {
		return text
	}
	cut := 0
	for range longestRow {
		_, size := utf8.DecodeRuneInString(text[cut:])
		cut += size
	}
	return fmt.Sprintf("%s … (%s more)", text[:cut], amount(len(text)-cut))
}

func amount(count int) string {
	if count < 1024 {
		return fmt.Sprintf("%d bytes", count)
	}
	return fmt.Sprintf("%d KB", count/1024)
}

// mark is a short name of a task.
func mark(task string) string { return task[:min(6, len(task))] }

// rowsOf makes rows of what was read, oldest first. Where a text was looked for, a line counts
// only if it has the text without its secrets as well: else whoever guesses a secret would be
// told whether the guess is right.
func (j journal) rowsOf(read fleet.Lines, grep string) []row {
	rows := make([]row, 0, len(read.Lines))
	clean := redacted(read, j.redactor)
	for position, line := range read.Lines {
		text, more := j.redactor.Redact(fleet.Readable(strings.TrimRight(clean[position], " \t\r\n")), read.Secrets)
		if grep != "" && (!strings.Contains(clean[position], grep) || more > 0 && !strings.Contains(text, grep)) {
			continue
		}
		rows = append(rows, row{
			id: line.ID, at: line.Time, last: line.Time, stream: streamOf(line),
			text: text, hidden: strings.Count(text, redact.Mask), times: 1, trouble: fleet.LooksLikeTrouble(text),
		})
	}
	return j.together(rows)
}

// hiddenIn is how many secrets were hidden in rows.
func hiddenIn(rows []row) int {
	hidden := 0
	for _, each := range rows {
		hidden += each.hidden
	}
	return hidden
}

// continues knows lines that go on from the one before: what is indented, and the lines of
// traces in Java, Python, Go, .NET and Node.
func (j journal) continues(text string) bool {
	if text == "" || text[0] == ' ' || text[0] == '\t' {
		return true
	}
	isNumber := text[0] >= '0' && text[0] <= '9' // most lines begin with a time or an address
	return (!isNumber || strings.HasSuffix(text, ")")) && j.traces.MatchString(text)
}

// traceLine matches the lines of traces that are not indented.
const traceLine = `^(?:at .|Caused by: |Suppressed: |\.\.\. \d+ more|goroutine \d+ \[|created by |exit status \d|Traceback \(|During handling of|The above exception|[A-Za-z_][\w.]*(?:Error|Exception)(?::|$)|[\w./*()-]+\([^ ]*(?:, [^ ]*)*\)$)`

// traceTime is how long after its first line a line of a trace may come.
const traceTime = 2 * time.Second

// together puts the lines of a trace below its first line, whatever other tasks wrote
// meanwhile: they get its time to be sorted by.
func (j journal) together(rows []row) []row {
	heads := map[stream]int{} // the position of the last first line
	keys := make([]int, len(rows))
	for position := range rows {
		each := &rows[position]
		head, found := heads[each.stream]
		if found && j.continues(each.text) && each.at.Sub(rows[head].at) <= traceTime {
			keys[position] = head
			each.trouble = each.trouble || rows[head].trouble
			continue
		}
		keys[position] = position
		heads[each.stream] = position
	}
	if slices.IsSorted(keys) {
		return rows
	}
	order := make([]int, len(rows))
	for position := range order {
		order[position] = position
	}
	slices.SortStableFunc(order, func(a, b int) int { return keys[a] - keys[b] })
	sorted := make([]row, 0, len(rows))
	for _, position := range order {
		sorted = append(sorted, rows[position])
	}
	return sorted
}

// collapsed shows equal lines in a row once.
func collapsed(rows []row) []row {
	var shorter []row
	for _, each := range rows {
		if count := len(shorter); count > 0 && shorter[count-1].text == each.text {
			shorter[count-1].times++
			shorter[count-1].last = each.at
			continue
		}
		shorter = append(shorter, each)
	}
	return shorter
}

// redacted is the text of each line without secrets. The lines of one container are read as
// one text: a secret may go over several of them.
func redacted(read fleet.Lines, redactor *redact.Redactor) []string {
	clean := make([]string, len(read.Lines))
	streams := map[stream][]int{}
	for position, line := range read.Lines {
		streams[streamOf(line)] = append(streams[streamOf(line)], position)
	}
	for _, positions := range streams {
		text, _ := redactor.Redact(oneText(read.Lines, positions), read.Secrets)
		for _, position := range positions {
			var each string
			each, text, _ = strings.Cut(text, "\n")
			clean[position] = strings.ReplaceAll(each, lineMark, "\n")
		}
	}
	return clean
}

// oneText is some of the events, a line each.
func oneText(lines []fleet.Line, positions []int) string {
	size := 0
	for _, position := range positions {
		size += len(lines[position].Text) + 1
	}
	var text strings.Builder
	text.Grow(size)
	for number, position := range positions {
		if number > 0 {
			text.WriteByte('\n')
		}
		text.WriteString(plainLine(lines[position].Text))
	}
	return text.String()
}

// plainLine is an event as one line of plain text.
func plainLine(text string) string {
	text = strings.ReplaceAll(redact.Plain(text), "\r", "\n")
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", lineMark)
}

// lineMark stands for a line break within one event, so that events can be told apart.
const lineMark = "\r"
