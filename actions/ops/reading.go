package ops

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
)

// Action IDs of the buttons below lines (DESIGN chapter 5).
const (
	olderButton  = "older"
	newerButton  = "newer"
	errorsButton = "errors"
	followButton = "follow"
	fileButton   = "file"
)

// reading is the rows that were read, all of them redacted, and which of them are shown.
type reading struct {
	journal journal
	flags   logFlags
	query   fleet.LogQuery
	asked   int // lines

	mutex sync.Mutex
	rows  []row // oldest first
	at    time.Time
	tasks int
	notes []string
	more  bool // AWS may have earlier lines
	view  view
	only  bool // rows that look like trouble

	isForgotten bool
}

// view is the part of the rows that a page shows.
type view struct{ from, end int }

// pageWeight is how much text a page holds, in bytes as Slack counts them.
const pageWeight = 8000

// back is the page that ends there.
func back(rows []row, end, most int) view {
	from, left := end, pageWeight
	for from > 0 && end-from < most {
		if left -= rows[from-1].weight(); left < 0 && from < end {
			break
		}
		from--
	}
	return view{from, end}
}

// forward is the page that begins there.
func forward(rows []row, from, most int) view {
	end, left := from, pageWeight
	for end < len(rows) && end-from < most {
		if left -= rows[end].weight(); left < 0 && end > from {
			break
		}
		end++
	}
	return view{from, end}
}

// weight is about what a row costs of a message, in which some characters are escaped.
func (r row) weight() int {
	weight := 2
	for _, char := range r.String() {
		switch {
		case char == '"', char == '\\', char == '\t', char == '\n':
			weight += 2
		case char == '<', char == '>', char == '&', char >= utf8.RuneSelf:
			weight += len(`\uFFFF`)
		default:
			weight++
		}
	}
	return weight
}

// read fills the stock: with what costs no further call, up to a bound.
func (r *reading) read(ctx context.Context, call actions.Call) error {
	query := r.query
	query.Enough = query.Lines
	query.Lines = max(query.Lines, stockLines)
	read, err := r.journal.aws.Logs(ctx, call.Session(), call.Service(), query)
	if err != nil {
		return err
	}
	r.at, r.more, r.tasks = time.Now(), read.More, read.Tasks
	if r.rows = r.put(read); r.query.Grep != "" && r.query.Errors { // CloudWatch takes one of the two
		r.rows = troubled(r.rows)
	}
	return nil
}

// put makes rows of lines and keeps what is to be said of them.
func (r *reading) put(read fleet.Lines) []row {
	for _, note := range read.Notes {
		clean, _ := r.journal.redactor.Redact(note, read.Secrets)
		if !slices.Contains(r.notes, clean) {
			r.notes = append(r.notes, clean)
		}
	}
	return r.journal.rowsOf(read, r.query.Grep)
}

func troubled(rows []row) []row {
	return slices.DeleteFunc(slices.Clone(rows), func(each row) bool { return !each.trouble })
}

// stock is what the buttons work on: collapsed, and filtered where only trouble is wanted.
func (r *reading) stock() []row {
	rows := r.rows
	if r.only {
		rows = troubled(rows)
	}
	return collapsed(rows)
}

// rowsShown is the first page: as many as were asked for, or as a block holds.
func (r *reading) rowsShown() view {
	rows := r.stock()
	return back(rows, len(rows), r.most())
}

func (r *reading) most() int { return min(r.asked, blockRows) }

// newest is the time of the newest row, or of the reading.
func (r *reading) newest() time.Time {
	if len(r.rows) == 0 {
		return r.at.Add(-livePatience)
	}
	return r.rows[len(r.rows)-1].at
}

// Buttons are those that stand below a page.
func (r *reading) Buttons() []string {
	return []string{olderButton, newerButton, errorsButton, followButton, fileButton}
}

// errForgotten says that the rows are not kept any more.
var errForgotten = errors.New("what was read is not kept any more")

// Press carries a button out on what was read.
func (r *reading) Press(ctx context.Context, call actions.Call, button string) (actions.Outcome, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.isForgotten || time.Since(r.at) > shelfFor {
		r.rows = nil
		return actions.Outcome{}, actions.Refuse("unknown", errForgotten.Error(),
			actions.Say(actions.Refusal, "These lines are not kept any more: ask again with %v.", actions.Named("logs "+call.Environment()+" "+call.ServiceName())))
	}
	press := map[string]func(context.Context, actions.Call) (actions.Outcome, error){
		olderButton: r.older, newerButton: r.newer, errorsButton: r.filter, followButton: r.follow, fileButton: r.file,
	}[button]
	return press(ctx, call)
}

// older shows the page before, read from AWS where the stock has none.
func (r *reading) older(ctx context.Context, call actions.Call) (actions.Outcome, error) {
	if r.view.from > 0 {
		r.view = back(r.stock(), r.view.from, r.most())
		return r.outcome(call), nil
	}
	if len(r.rows) == 0 || !r.more {
		return r.nothing("There are no earlier lines within the time that was asked for."), nil
	}
	query := r.query
	query.To, query.Lines, query.Enough = r.rows[0].at, stockLines, blockRows
	read, err := r.journal.aws.Logs(ctx, call.Session(), call.Service(), query)
	if err != nil {
		return actions.Outcome{}, notThere(call, err)
	}
	earlier := without(r.put(read), r.rows)
	r.more = read.More
	if len(earlier) == 0 {
		return r.nothing("There are no earlier lines within the time that was asked for."), nil
	}
	r.rows = bounded(append(earlier, r.rows...), true)
	first := earlier[len(earlier)-1].id
	rows := r.stock()
	end := slices.IndexFunc(rows, func(each row) bool { return each.id == first }) + 1
	if end == 0 { // it is one of several equal ones
		end = min(len(rows), r.most())
	}
	r.view = back(rows, end, r.most())
	return r.outcome(call), nil
}

// newer shows the page after, read from AWS where the stock has none.
func (r *reading) newer(ctx context.Context, call actions.Call) (actions.Outcome, error) {
	if rows := r.stock(); r.view.end < len(rows) {
		r.view = forward(rows, r.view.end, r.most())
		return r.outcome(call), nil
	}
	if !r.query.To.IsZero() {
		return r.nothing("There are no later lines within the time that was asked for."), nil
	}
	query := r.query
	query.From, query.Lines, query.Enough = r.newest().Add(-livePatience), stockLines, blockRows
	read, err := r.journal.aws.Logs(ctx, call.Session(), call.Service(), query)
	if err != nil {
		return actions.Outcome{}, notThere(call, err)
	}
	later := without(r.put(read), r.rows)
	if len(later) == 0 {
		return r.nothing("Nothing newer has been written."), nil
	}
	if read.More {
		r.notes = append(r.notes, "more was written since than is kept: between these pages lines are left out")
	}
	r.rows = bounded(r.journal.together(append(r.rows, later...)), false)
	r.view = r.rowsShown()
	return r.outcome(call), nil
}

// filter shows trouble alone, or everything again.
func (r *reading) filter(_ context.Context, call actions.Call) (actions.Outcome, error) {
	r.only = !r.only
	r.view = r.rowsShown()
	return r.outcome(call), nil
}

func (r *reading) follow(_ context.Context, call actions.Call) (actions.Outcome, error) {
	return actions.Outcome{Live: r.followed(), For: followFor, Result: "followed"}, nil
}

// followed goes on below what was read. A stream that had no line among it has none that were
// shown: one may have been written and not be there to be read yet.
func (r *reading) followed() actions.Live {
	live := r.journal.follow(r.query, r.newest(), r.rows...)
	live.start = r.query.From
	if r.more && len(r.rows) > 0 {
		live.start = r.rows[0].at
	}
	return live
}

func (r *reading) nothing(why string) actions.Outcome {
	return actions.Outcome{Message: actions.Say(actions.Plain, "%v", why), Result: "nothing more"}
}

// without leaves out what is known already: times overlap so that none is missed.
func without(rows, known []row) []row {
	seen := map[string]bool{}
	for _, each := range known {
		seen[each.id] = true
	}
	return slices.DeleteFunc(rows, func(each row) bool { return each.id != "" && seen[each.id] })
}

// outcome is the page as it stands.
func (r *reading) outcome(call actions.Call) actions.Outcome {
	rows := r.stock()
	shown := rows[r.view.from:r.view.end]
	page := actions.Message{Title: r.title(len(shown), r.view.end == len(rows))}
	if len(shown) > 0 {
		page.Body = append(page.Body, actions.Code{Text: text(shown)})
	}
	for _, note := range r.remarks(shown) {
		page.Body = append(page.Body, actions.Note{Text: actions.Textf("%v", note)})
	}
	page.Buttons = r.buttons(call, len(rows))
	r.journal.shelf.keep(r)
	return actions.Outcome{Page: &page, Reading: r, Result: fmt.Sprintf("%d lines, %d redacted", len(shown), hiddenIn(shown))}
}

func text(rows []row) string {
	lines := make([]string, 0, len(rows))
	for _, each := range rows {
		lines = append(lines, each.String())
	}
	return strings.Join(lines, "\n")
}

func (r *reading) title(shown int, isEnd bool) actions.Text {
	what := "line"
	if r.only || r.query.Errors {
		what = "line of trouble"
	}
	lines := actions.Counted(shown, what)
	if shown != 1 {
		lines = strings.Replace(lines, "line of troubles", "lines of trouble", 1)
	}
	switch {
	case shown == 0:
		return actions.Textf("No %v", what)
	case isEnd:
		return actions.Textf("Last %v from %v", lines, actions.Counted(r.tasks, "task"))
	}
	return actions.Textf("Earlier %v from %v", lines, actions.Counted(r.tasks, "task"))
}

// remarks are what is to be said of a page.
func (r *reading) remarks(shown []row) []string {
	var remarks []string
	if len(shown) == 0 && !r.only {
		remarks = append(remarks, r.silence())
	}
	remarks = append(remarks, r.notes...)
	if hidden := hiddenIn(shown); hidden > 0 {
		remarks = append(remarks, actions.Counted(hidden, "secret")+" redacted")
	}
	return remarks
}

// silence says why there is nothing to see. Where a note follows, the log may be elsewhere.
func (r *reading) silence() string {
	what := "Nothing was logged"
	switch {
	case r.query.Grep != "" || r.query.Errors:
		what = "No line fits"
	case len(r.notes) > 0:
		what = "No line could be read"
	}
	said := fmt.Sprintf("%s between %s and %s UTC.", what, clock(r.query.From), clock(until(r.query, r.at)))
	if r.query.Grep != "" && regexp.QuoteMeta(r.query.Grep) != r.query.Grep {
		said += fmt.Sprintf(" --grep looks for exactly the text %q: it takes no regular expression.", r.query.Grep)
	}
	return said + " Ask for longer with --since."
}

func until(query fleet.LogQuery, now time.Time) time.Time {
	if query.To.IsZero() {
		return now
	}
	return query.To
}

// buttons are those that have something to do.
func (r *reading) buttons(call actions.Call, rows int) []actions.Button {
	id := call.Operation()
	var buttons []actions.Button
	add := func(button, label string) {
		buttons = append(buttons, actions.Button{ID: button, Label: label, Value: id})
	}
	if r.view.from > 0 || r.more {
		add(olderButton, "Older")
	}
	if r.query.To.IsZero() || r.view.end < rows {
		add(newerButton, "Newer")
	}
	if !r.query.Errors {
		add(errorsButton, map[bool]string{false: "Errors only", true: "All lines"}[r.only])
	}
	if r.query.To.IsZero() && !r.query.Previous {
		add(followButton, "Follow for 5 min")
	}
	if rows > 0 {
		add(fileButton, "As file")
	}
	return buttons
}
