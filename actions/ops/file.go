package ops

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
)

// filesAtOnce is how many files are made of whole times at a time: each takes memory, and a
// good part of the calls that AWS allows.
const filesAtOnce = 2

// file brings everything of the time that was asked for: what is kept where that is all, else
// all of it is read, once and into a file on disk.
func (r *reading) file(ctx context.Context, call actions.Call) (actions.Outcome, error) {
	if !r.more {
		return r.keptFile(call, ""), nil
	}
	select {
	case r.journal.files <- struct{}{}:
		defer func() { <-r.journal.files }()
	case <-ctx.Done():
		return actions.Outcome{}, ctx.Err()
	}
	whole := &export{reading: r, spool: spool{room: r.journal.room}}
	defer whole.close()
	made, err := whole.read(ctx, call)
	if absent, is := errors.AsType[*fleet.NotThere](err); is {
		return actions.Outcome{}, notThere(call, absent)
	}
	if _, is := errors.AsType[*os.PathError](err); is {
		return r.keptFile(call, "I could not write to a disk here (a folder for TMPDIR helps), so this is only what I had in memory."), nil
	}
	return made, err
}

// keptFile is a file of the rows in memory.
func (r *reading) keptFile(call actions.Call, note string) actions.Outcome {
	var text strings.Builder
	if _, err := writeRows(&text, r.rows); err != nil { // a builder takes everything
		note += " " + err.Error()
	}
	return actions.Outcome{File: &actions.File{Title: fileTitle(call), Text: text.String(), Note: note}, Result: "as file"}
}

func fileTitle(call actions.Call) string {
	return fmt.Sprintf("%s-%s.log", call.Service().Environment, call.Service().Name)
}

// writeRows writes rows as they stand in a file, and says how many bytes they are.
func writeRows(to io.Writer, rows []row) (size int64, err error) {
	out := bufio.NewWriter(to)
	line := make([]byte, 0, 512)
	for _, each := range rows {
		line = each.at.UTC().AppendFormat(line[:0], "2006-01-02T15:04:05.000Z")
		line = append(append(append(line, ' '), mark(each.task)...), "  "...)
		line = append(append(line, each.text...), '\n')
		size += int64(len(line))
		if _, err := out.Write(line); err != nil {
			return size, err
		}
	}
	return size, out.Flush()
}

// export is a whole time on its way into a file.
type export struct {
	reading *reading
	spool   spool
}

func (e *export) close() { e.spool.close() }

// read reads it all and makes the file: as text while that fits, else packed.
func (e *export) read(ctx context.Context, call actions.Call) (actions.Outcome, error) {
	query := e.reading.query
	query.Errors = query.Errors || e.reading.only && query.Grep == ""
	swept, err := e.reading.journal.aws.Sweep(ctx, call.Session(), call.Service(), query, e.take)
	isLate := errors.Is(err, context.DeadlineExceeded) && swept.Stretches > 0
	if err != nil && !isLate {
		return actions.Outcome{}, err
	}
	taken := e.spool.choose(swept.Stretches, swept.Whole)
	if len(taken.pieces) == 0 {
		return e.reading.nothing("There is nothing to put into a file."), nil
	}
	file, discard, err := e.compose(call, taken)
	if err != nil {
		return actions.Outcome{}, err
	}
	file.Note = e.note(taken, swept, isLate)
	return actions.Outcome{File: file, Discard: discard, Result: fmt.Sprintf("as file: %d lines, %d redacted", taken.rows, taken.hidden)}, nil
}

// take puts one part on disk, redacted and readable like every other.
func (e *export) take(number int, part fleet.Lines) (more bool, err error) {
	rows := e.reading.journal.rowsOf(part, e.reading.query.Grep)
	if query := e.reading.query; query.Errors && query.Grep != "" || e.reading.only {
		rows = troubled(rows)
	}
	if len(rows) == 0 {
		return true, nil
	}
	return e.spool.put(number, rows)
}

// compose makes one file of the pieces.
func (e *export) compose(call actions.Call, taken cutting) (*actions.File, func(), error) {
	made, err := os.CreateTemp("", "ecsbot-log-*")
	if err != nil {
		return nil, nil, fmt.Errorf("writing a file of lines: %w", err)
	}
	discard := func() { _ = os.Remove(made.Name()) }
	isText := taken.plain <= e.spool.room
	if err := errors.Join(taken.copyTo(made, isText), made.Close()); err != nil {
		discard()
		return nil, nil, err
	}
	title := fileTitle(call)
	if !isText {
		title += ".gz"
	}
	return &actions.File{Title: title, Path: made.Name(), IsPacked: !isText}, discard, nil
}

// note says what is in the file, and what was cut.
func (e *export) note(taken cutting, swept fleet.Swept, isLate bool) string {
	from := swept.From
	var cut string
	switch first := taken.pieces[0].first; {
	case isLate:
		from, cut = first, " Reading took too long, so everything before that was left out: ask for a shorter time."
	case taken.isCut:
		from, cut = first, " More does not fit into a file, so everything before that was left out: ask for a shorter time."
	}
	note := fmt.Sprintf("%s from %s to %s UTC.%s", actions.Counted(taken.rows, "line"), clock(from), clock(swept.To), cut)
	if taken.hidden > 0 {
		note += " " + actions.Counted(taken.hidden, "secret") + " redacted."
	}
	return note
}

// clock is a moment as a note has it.
func clock(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05") }
