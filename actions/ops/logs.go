package ops

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/authz"
	"ecsbot/internal/redact"
)

// LogReader reads the lines of a service's tasks.
type LogReader interface {
	// Logs reads the newest lines.
	Logs(ctx context.Context, session fleet.Session, service fleet.Service, query fleet.LogQuery) (fleet.Lines, error)
	// Tail has lines sent as they are written, where that is possible.
	Tail(ctx context.Context, session fleet.Session, service fleet.Service, query fleet.LogQuery) (fleet.Tail, error)
	// Sweep reads all of them.
	Sweep(ctx context.Context, session fleet.Session, service fleet.Service, query fleet.LogQuery, take fleet.Take) (fleet.Swept, error)
}

// What logs shows where nothing else is said, and at most.
const (
	fewLines   = 30
	manyLines  = 10_000
	blockRows  = 40 // of a page
	stockLines = 1000
	lookBack   = 15 * time.Minute
	followFor  = 5 * time.Minute
	followMost = time.Hour
	longText   = 200 // characters of --grep
)

// journal reads logs and makes them fit to be seen.
type journal struct {
	aws      LogReader
	redactor *redact.Redactor
	traces   *regexp.Regexp
	shelf    *shelf
	files    chan struct{} // has room for as many as are made at a time
	room     int64         // bytes in a file
}

// logFlags are the parameters of logs beside environment and service.
type logFlags struct {
	lines           *actions.Param[int]
	since, until    *actions.Param[moment]
	grep            *actions.Param[string]
	errors          *actions.Param[bool]
	task, container *actions.Param[string]
	previous        *actions.Param[bool]
	follow          *actions.Param[time.Duration]
}

func newLogFlags() logFlags {
	return logFlags{
		lines:     actions.Count("lines", "how many lines, newest last", 1, manyLines),
		since:     actions.Flag("since", "from when on: so long ago, or a time (UTC)", "15m", parseMoment("since")),
		until:     actions.Flag("until", "until when, as --since", "5m", parseMoment("until")),
		grep:      actions.Flag("grep", "only lines with exactly this text", "timeout", someText),
		errors:    actions.Switch("errors", "only lines that look like trouble"),
		task:      actions.Flag("task", "of one task: its ID, or the beginning of it", "8b2d9a", taskID),
		container: actions.Flag("container", "of one container", "api", someText),
		previous:  actions.Switch("previous", "of the task that stopped last"),
		follow:    actions.Duration("follow", "go on for so long", followMost),
	}
}

// someText is text to look for: anything that can stand on a line.
func someText(text string) (string, error) {
	if strings.TrimSpace(text) == "" || len([]rune(text)) > longText || strings.ContainsAny(text, "\x00\n\r") {
		return "", fmt.Errorf("that takes 1 to %d characters of one line", longText)
	}
	return text, nil
}

// logs shows the last lines of a service's tasks in a thread.
func logs(aws LogReader, redactor *redact.Redactor, hasLiveTail bool) actions.Action {
	calls := []string{"logs:FilterLogEvents"}
	if hasLiveTail {
		calls = append(calls, "logs:StartLiveTail")
	}
	environment, service, flags := actions.Environment(), actions.Service(), newLogFlags()
	j := journal{aws: aws, redactor: redactor, traces: regexp.MustCompile(traceLine), shelf: &shelf{}, files: make(chan struct{}, filesAtOnce), room: actions.FileMost}
	return actions.Action{
		Name: "logs", Summary: "Show the last log lines of a service in a thread.", Example: "logs staging api --errors --since 1h",
		Parameters: []actions.Parameter{
			environment, service, flags.since, flags.until, flags.lines, flags.grep, flags.errors, flags.task, flags.container, flags.previous, flags.follow,
		},
		AWS:      calls,
		Reads:    []string{"ecs:ListTasks", "ecs:DescribeTasks", "ecs:DescribeTaskDefinition"},
		Threaded: true,
		AfterFailure: &actions.Offer{Button: "errors", Label: "Show its logs", Command: func(environment, service string) string {
			return "logs " + environment + " " + service + " --previous"
		}},
		Live: func(call actions.Call, from time.Time) actions.Live {
			return j.takeUp(flags.query(call, time.Now()), from)
		},
		Run: func(ctx context.Context, call actions.Call) (actions.Outcome, error) {
			return j.first(ctx, call, flags)
		},
	}
}

// query is what a call asks for.
func (f logFlags) query(call actions.Call, now time.Time) fleet.LogQuery {
	query := fleet.LogQuery{
		Lines: fewLines, From: now.Add(-lookBack), Grep: f.grep.Of(call), Errors: f.errors.Of(call),
		Task: f.task.Of(call), Container: f.container.Of(call), Previous: f.previous.Of(call),
	}
	if call.Given(f.lines) {
		query.Lines = f.lines.Of(call)
	}
	if call.Given(f.since) {
		query.From = f.since.Of(call).at(now)
	}
	if call.Given(f.until) {
		query.To = f.until.Of(call).at(now)
		if !call.Given(f.since) {
			query.From = query.To.Add(-lookBack)
		}
	}
	return query
}

// isSound refuses times that no line can have.
func isSound(query fleet.LogQuery, now time.Time) error {
	switch {
	case query.From.After(now):
		return unsound("--since lies in the future.")
	case query.To.After(now):
		return unsound("--until lies in the future: leave it out for everything until now.")
	case !query.To.IsZero() && !query.From.Before(query.To):
		return unsound("--since must come before --until: 2h and 1h, not 1h and 2h.")
	case now.Sub(query.From) > farBack+time.Minute:
		return unsound("Lines are read 7 days back at most.")
	}
	return nil
}

func unsound(why string) error {
	return actions.Refuse("parse", why, actions.Say(actions.Plain, "%v", why))
}

// first reads the newest lines and shows the last of them, with buttons for the rest.
func (j journal) first(ctx context.Context, call actions.Call, flags logFlags) (actions.Outcome, error) {
	now := time.Now()
	query := flags.query(call, now)
	if err := isSound(query, now); err != nil {
		return actions.Outcome{}, err
	}
	reading := &reading{journal: j, flags: flags, query: query, asked: query.Lines}
	if err := reading.read(ctx, call); err != nil {
		return actions.Outcome{}, notThere(call, err)
	}
	reading.view = reading.rowsShown()
	outcome := reading.outcome(call)
	if reading.asked > blockRows && len(reading.rows) > blockRows {
		outcome.File = reading.keptFile(call, "").File
	}
	if call.Given(flags.follow) {
		outcome.For = flags.follow.Of(call)
		outcome.Live = reading.followed()
	}
	return outcome, nil
}

// notThere tells what a service does not have. Somebody else's task is as unknown as none.
func notThere(call actions.Call, err error) error {
	absent, is := errors.AsType[*fleet.NotThere](err)
	if !is {
		return fmt.Errorf("logs of %s: %w", call.Service(), err)
	}
	message := actions.Message{Tone: actions.Refusal}
	if absent.Name == "" {
		message.Title = actions.Textf("%v has no %v: ECS forgets one about an hour after it stopped.", actions.Named(call.Service().Name), absent.What)
	} else {
		message.Title = actions.Textf("%v has no %v %v.", actions.Named(call.Service().Name), absent.What, actions.Named(absent.Name))
	}
	if len(absent.Known) > 0 {
		message.Body = []actions.Block{actions.Paragraph{Text: actions.Textf("There is: %v", strings.Join(absent.Known, ", "))}}
	}
	return actions.Refuse(authz.CodeUnknown, absent.Error(), message)
}
