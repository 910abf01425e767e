package ops

import (
	"context"
	"fmt"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
)

// liveLines is how much one reading may bring.
const liveLines = 1000

// follower is a log that is followed. It keeps the page that it shows and the last moment of
// each stream, however fast the log is.
type follower struct {
	journal journal
	query   fleet.LogQuery
	start   time.Time // of a stream of which nothing was shown: its lines from then on are new
	from    time.Time // the newest line that was read
	look    string    // of the service
	streams map[stream]*streamEnd
	rows    []row
	rest    []row // of the next page
	left    int   // lines that were not shown
	about   bool  // of which some could only be estimated
	notes   []string
	resumed time.Time // from when on the first page after a restart has lines
	tailed  tailed
}

// follow goes on after a moment, and after the rows that were shown before.
func (j journal) follow(query fleet.LogQuery, from time.Time, shown ...row) *follower {
	made := &follower{journal: j, query: query, start: from, from: from, streams: map[stream]*streamEnd{}}
	for _, each := range shown {
		made.end(each.stream).add(fleet.Line{ID: each.id, Time: each.at})
	}
	return made
}

// takeUp goes on with a log that another run of the bot followed. How far that had come nobody
// knows, so the page says from when on it has lines.
func (j journal) takeUp(query fleet.LogQuery, from time.Time) *follower {
	made := j.follow(query, from)
	made.resumed = from
	return made
}

// Next reads what was written since and shows as much of it as a page holds.
func (f *follower) Next(ctx context.Context, call actions.Call) (page actions.Message, full bool, err error) {
	fresh, err := f.news(ctx, call)
	if err != nil {
		return actions.Message{}, false, err
	}
	rows := f.journal.rowsOf(fresh, f.query.Grep)
	f.notes = nil
	for _, note := range fresh.Notes {
		clean, _ := f.journal.redactor.Redact(note, fresh.Secrets)
		f.notes = append(f.notes, clean)
	}
	if f.query.Grep != "" && f.query.Errors {
		rows = troubled(rows)
	}
	full = f.add(collapsed(rows))
	page = f.page()
	page.Buttons = []actions.Button{{ID: "stop", Label: "Stop following", Value: call.Operation(), Style: "danger"}}
	if full {
		page.Buttons = nil
		f.rows, f.rest, f.resumed = f.rest, nil, time.Time{}
	}
	return page, full, nil
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
	if !f.resumed.IsZero() {
		notes = append(notes, fmt.Sprintf("I was restarted: this goes on from %s UTC; lines from before that may be missing here, --since shows them", f.resumed.UTC().Format("15:04:05")))
	}
	switch {
	case f.left > 0 && f.about:
		notes = append(notes, fmt.Sprintf("about %s left out: it is written faster than it can be shown", actions.Counted(f.left, "line")))
	case f.left > 0:
		notes = append(notes, actions.Counted(f.left, "line")+" left out: it is written faster than it can be shown")
	}
	if hidden := hiddenIn(f.rows); hidden > 0 {
		notes = append(notes, actions.Counted(hidden, "secret")+" redacted")
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
