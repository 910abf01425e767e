package ops

import (
	"context"
	"fmt"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
)

// How a log is followed: how long CloudWatch may take to show a line that others overtake,
// and how much one reading may bring.
const (
	livePatience = 5 * time.Second
	liveLines    = 1000
)

// follower is a log that is followed. It keeps the page that it shows and the last moment of
// each stream, however fast the log is.
type follower struct {
	journal journal
	query   fleet.LogQuery
	start   time.Time // lines until then were shown before
	from    time.Time // the newest line that was read
	streams map[string]*streamEnd
	rows    []row
	rest    []row // of the next page
	left    int   // lines that were not shown
	about   bool  // of which some could only be estimated
	notes   []string
	tail    fleet.Tail // nil while the log is read
	retry   time.Time  // when a Live Tail may be asked for again
}

// streamEnd is how far one stream was shown: its last millisecond, and the events in it, by ID
// and by text.
type streamEnd struct {
	at  time.Time
	ids map[string]bool
	all map[string]bool // texts
	raw map[string]bool // texts of lines without an ID
}

// has says whether a line of that millisecond was shown. A line that was sent has no ID.
func (e *streamEnd) has(line fleet.Line) bool {
	if line.ID == "" {
		return e.all[line.Text]
	}
	return e.ids[line.ID] || e.raw[line.Text]
}

func (e *streamEnd) add(line fleet.Line) {
	if line.Time.After(e.at) {
		e.at, e.ids, e.all, e.raw = line.Time, map[string]bool{}, map[string]bool{}, map[string]bool{}
	}
	e.ids[line.ID], e.all[line.Text] = true, true
	if line.ID == "" {
		e.raw[line.Text] = true
	}
}

// follow goes on after a moment.
func (j journal) follow(query fleet.LogQuery, from time.Time) actions.Live {
	return &follower{journal: j, query: query, start: from, from: from, streams: map[string]*streamEnd{}}
}

// Next reads what was written since and shows as much of it as a page holds.
func (f *follower) Next(ctx context.Context, call actions.Call) (page actions.Message, full bool, err error) {
	read, err := f.read(ctx, call)
	if err != nil {
		return actions.Message{}, false, err
	}
	f.left += read.Left
	fresh := f.fresh(read)
	f.estimate(read, len(fresh.Lines))
	rows := f.journal.rowsOf(fresh, f.query.Grep)
	f.notes = nil
	for _, note := range read.Notes {
		clean, _ := f.journal.redactor.Redact(note, read.Secrets)
		f.notes = append(f.notes, clean)
	}
	if f.query.Grep != "" && f.query.Errors {
		rows = troubled(rows)
	}
	f.advance(fresh)
	full = f.add(collapsed(rows))
	page = f.page()
	page.Buttons = []actions.Button{{ID: "stop", Label: "Stop following", Value: call.Operation(), Style: "danger"}}
	if full {
		page.Buttons = nil
		f.rows, f.rest = f.rest, nil
	}
	return page, full, nil
}

// tailPause is how long the log is read before a Live Tail is asked for again.
const tailPause = time.Minute

// read is what CloudWatch has sent; else what is there to be read. A Live Tail begins before
// that, so that nothing falls between.
func (f *follower) read(ctx context.Context, call actions.Call) (fleet.Lines, error) {
	query := f.query
	query.Previous = false
	query.From, query.To, query.Lines, query.Enough = f.from.Add(-livePatience), time.Time{}, liveLines, 1
	if f.tail != nil {
		if sent, goesOn := f.tail.Take(call.Service()); goesOn {
			return sent, nil
		}
		f.Close()
	}
	if now := time.Now(); !now.Before(f.retry) {
		var err error
		if f.tail, err = f.journal.aws.Tail(ctx, call.Session(), call.Service(), query); err != nil {
			f.tail, f.retry = nil, now.Add(tailPause)
		}
	}
	return f.journal.aws.Logs(ctx, call.Session(), call.Service(), query)
}

// Close ends what CloudWatch sends.
func (f *follower) Close() {
	if f.tail != nil {
		f.tail.Close()
		f.tail = nil
	}
}

// fresh leaves out what was shown, and what comes after its successor in the same stream.
func (f *follower) fresh(read fleet.Lines) fleet.Lines {
	var lines []fleet.Line
	for _, line := range read.Lines {
		end := f.streams[line.Task+"/"+line.Container]
		switch {
		case end == nil && !line.Time.After(f.start):
			continue
		case end != nil && (line.Time.Before(end.at) || line.Time.Equal(end.at) && end.has(line)):
			continue
		}
		lines = append(lines, line)
	}
	read.Lines = lines
	return read
}

// advance notes how far each stream was read.
func (f *follower) advance(read fleet.Lines) {
	for _, line := range read.Lines {
		key := line.Task + "/" + line.Container
		end := f.streams[key]
		if end == nil {
			end = &streamEnd{}
			f.streams[key] = end
		}
		end.add(line)
		if line.Time.After(f.from) {
			f.from = line.Time
		}
	}
}

// estimate counts what was written between the last reading and the first line of this one,
// by how close the lines of this one are.
func (f *follower) estimate(read fleet.Lines, fresh int) {
	if !read.More || fresh == 0 || fresh < len(read.Lines) {
		return
	}
	first, last := read.Lines[0].Time, read.Lines[len(read.Lines)-1].Time
	gap, span := first.Sub(f.from), last.Sub(first)
	if gap <= 0 {
		return
	}
	f.about = true
	f.left += int(float64(len(read.Lines)) * float64(gap) / float64(max(span, time.Millisecond)))
}

// add puts rows on the page. What it cannot take begins the next one; of more than a whole
// page only the newest are shown, in place of the rest.
func (f *follower) add(rows []row) (full bool) {
	switch room := blockRows - len(f.rows); {
	case len(rows) <= room:
		f.rows = append(f.rows, rows...)
		return len(f.rows) == blockRows
	case len(rows) < blockRows:
		f.rows, f.rest = append(f.rows, rows[:room]...), rows[room:]
		return true
	}
	for _, each := range rows[:len(rows)-blockRows] {
		f.left += each.times
	}
	f.rows = rows[len(rows)-blockRows:]
	return false
}

func (f *follower) page() actions.Message {
	message := actions.Message{Tone: actions.Working, Title: actions.Textf("Following")}
	return f.with(message)
}

func (f *follower) with(message actions.Message) actions.Message {
	message.Lines = true
	if len(f.rows) > 0 {
		message.Body = append(message.Body, actions.Code{Text: text(f.rows)})
	}
	var notes []string
	switch {
	case f.left > 0 && f.about:
		notes = append(notes, fmt.Sprintf("about %s left out: it is written faster than it can be shown", counted(f.left, "line")))
	case f.left > 0:
		notes = append(notes, counted(f.left, "line")+" left out: it is written faster than it can be shown")
	}
	if hidden := hiddenIn(f.rows); hidden > 0 {
		notes = append(notes, counted(hidden, "secret")+" redacted")
	}
	for _, note := range append(notes, f.notes...) {
		message.Body = append(message.Body, actions.Note{Text: actions.Textf("%v", note)})
	}
	return message
}

// Last is the page as it stands when following ends.
func (f *follower) Last(why actions.Text) actions.Message {
	return f.with(actions.Message{Tone: actions.Plain, Title: append(actions.Textf("Not followed any more: "), why...)})
}
