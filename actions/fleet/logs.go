package fleet

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Line is one log event, its text exactly as CloudWatch has it: neither redacted nor escaped.
type Line struct {
	ID        string // of the event
	Time      time.Time
	Task      string // task ID
	Container string
	Text      string
}

// Lines is what reading a service's logs brought.
type Lines struct {
	Lines []Line // oldest first
	Tasks int    // how many tasks they may come from
	Notes []string
	// Secrets are values of the tasks' own plaintext environment whose names look secret:
	// whoever shows the lines masks them.
	Secrets []string
	// More says that there may be lines of the asked time before the first of these.
	More bool
	// Left is how many lines came and were not kept.
	Left int
}

// ErrNoTail says that nobody sends lines as they are written: they have to be read.
var ErrNoTail = errors.New("no Live Tail")

// Tail is a log that is sent as it is written. Its lines have no IDs.
type Tail interface {
	// Take is what came since the last time; false where that cannot go on as it is.
	Take(service Service) (Lines, bool)
	Close()
}

// LogQuery is which log lines are wanted.
type LogQuery struct {
	Lines     int       // at most, newest
	Enough    int       // no further call is made for more than these; 0: Lines
	From, To  time.Time // both included; a zero To is now
	Grep      string    // lines with exactly this text
	Errors    bool      // lines that look like trouble
	Task      string    // an ID of a task, or its beginning; empty: all running ones and those stopped since From
	Container string    // empty: all
	Previous  bool      // the task that stopped last, from its beginning
}

// Take gets the lines of a sweep, part by part: those of one stretch from the newest part to
// the oldest, the lines of a part oldest first. Stretch 0 is the newest. It is called for
// several stretches at a time, and says whether it wants earlier ones of this stretch.
type Take func(stretch int, part Lines) (more bool, err error)

// Swept is what a sweep had to say beside its lines.
type Swept struct {
	Lines               // without any lines
	Stretches int       // how many there are
	Whole     int       // so many of the newest were read to their beginning, or as far as was wanted
	From, To  time.Time // what was asked for in the end
}

// ErrorWords are what a line that looks like trouble has one of.
func ErrorWords() []string {
	return []string{
		"ERROR", "Error", "error", "FATAL", "Fatal", "fatal", "CRITICAL", "critical", "PANIC", "panic",
		"Exception", "Traceback", "SEVERE", "Unhandled", "unhandled",
	}
}

// LooksLikeTrouble says whether a line has one of the ErrorWords.
func LooksLikeTrouble(text string) bool {
	for _, word := range ErrorWords() {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// NotThere says that a service has no such task or container whose log could be read.
type NotThere struct {
	What  string   // "task" or "container"
	Name  string   // as it was asked for
	Known []string // what there is, at most a few
}

// Error says it in one line.
func (n *NotThere) Error() string {
	if len(n.Known) == 0 {
		return fmt.Sprintf("no %s %q of this service", n.What, n.Name)
	}
	return fmt.Sprintf("no %s %q of this service; there is %s", n.What, n.Name, strings.Join(n.Known, ", "))
}

// GroupARN is the ARN of a log group beside another resource: in its partition and account, and
// in its region where no other is given. An account that the other one does not tell is a word
// to fill in.
func GroupARN(beside, region, group string) string {
	parts := strings.SplitN(beside+":::::", ":", 6)
	return fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s", cmp.Or(parts[1], "aws"), cmp.Or(region, parts[3]), cmp.Or(parts[4], "ACCOUNT"), group)
}
