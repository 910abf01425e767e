package ops

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/internal/redact"
)

// LogReader reads the last lines of a service's running tasks.
type LogReader interface {
	Logs(ctx context.Context, session fleet.Session, service fleet.Service, query fleet.LogQuery) (fleet.Lines, error)
}

// What logs shows where nothing else is said, and at most.
const (
	fewLines  = 30
	manyLines = 1000
	lookBack  = 15 * time.Minute
	farBack   = 7 * 24 * time.Hour
)

// logs shows the last lines of the running tasks in a thread.
func logs(aws LogReader, redactor *redact.Redactor) actions.Action {
	environment, service := actions.Environment(), actions.Service()
	lines := actions.Count("lines", "how many lines, newest last", 1, manyLines)
	since := actions.Duration("since", "how far back", farBack)
	return actions.Action{
		Name: "logs", Summary: "Show the last log lines of a service in a thread.", Example: "logs staging api --lines 30",
		Parameters: []actions.Parameter{environment, service, lines, since},
		AWS:        []string{"logs:FilterLogEvents"},
		Reads:      []string{"ecs:ListTasks", "ecs:DescribeTasks", "ecs:DescribeTaskDefinition"},
		AfterFailure: &actions.Offer{Button: "errors", Label: "Show its logs", Command: func(environment, service string) string {
			return "logs " + environment + " " + service
		}},
		Run: func(ctx context.Context, call actions.Call) (actions.Outcome, error) {
			query := fleet.LogQuery{Lines: fewLines, Since: lookBack}
			if call.Given(lines) {
				query.Lines = lines.Of(call)
			}
			if call.Given(since) {
				query.Since = since.Of(call)
			}
			read, err := aws.Logs(ctx, call.Session(), call.Service(), query)
			if err != nil {
				return actions.Outcome{}, fmt.Errorf("logs of %s: %w", call.Service(), err)
			}
			return shown(call, read, query, redactor), nil
		},
	}
}

// shown is what was read, redacted before it leaves the process.
func shown(call actions.Call, read fleet.Lines, query fleet.LogQuery, redactor *redact.Redactor) actions.Outcome {
	var text strings.Builder
	clean, hidden := redacted(read, redactor)
	for position, line := range read.Lines {
		fmt.Fprintf(&text, "%s %s  %s\n", line.Time.UTC().Format("15:04:05.000"), mark(line), strings.TrimRight(clean[position], "\r\n"))
	}
	service := call.Service()
	message := actions.Message{
		Title: actions.Textf("Logs of %v in %v: last %v from %v", actions.Bold(service.Name), actions.Bold(service.Environment),
			counted(len(read.Lines), "line"), counted(read.Tasks, "task")),
	}
	for _, note := range read.Notes {
		message.Body = append(message.Body, actions.Note{Text: actions.Textf("%v", note)})
	}
	if hidden > 0 {
		message.Body = append(message.Body, actions.Note{Text: actions.Textf("%v redacted", counted(hidden, "secret"))})
	}
	outcome := actions.Outcome{Message: message, Result: fmt.Sprintf("%d lines, %d redacted", len(read.Lines), hidden)}
	if len(read.Lines) == 0 {
		outcome.Message.Body = append(outcome.Message.Body, actions.Paragraph{Text: actions.Textf("Nothing was logged in the last %v.", query.Since)})
		return outcome
	}
	outcome.Snippet = &actions.Snippet{
		Title: fmt.Sprintf("%s-%s.log", service.Environment, service.Name), Text: text.String(), Lines: len(read.Lines),
	}
	return outcome
}

// mark is a short name of the task that wrote a line.
func mark(line fleet.Line) string {
	return line.Task[:min(6, len(line.Task))]
}

func counted(count int, what string) string {
	if count == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", count, what)
}

// redacted is the text of each line without secrets, and how many were hidden. The lines of
// one container are read as one text: a secret may go over several of them.
func redacted(read fleet.Lines, redactor *redact.Redactor) (clean []string, hidden int) {
	clean = make([]string, len(read.Lines))
	streams := map[[2]string][]int{}
	for position, line := range read.Lines {
		key := [2]string{line.Task, line.Container}
		streams[key] = append(streams[key], position)
	}
	for _, positions := range streams {
		texts := make([]string, 0, len(positions))
		for _, position := range positions {
			texts = append(texts, strings.ReplaceAll(strings.TrimRight(read.Lines[position].Text, "\r\n"), "\n", lineMark))
		}
		text, count := redactor.Redact(strings.Join(texts, "\n"), read.Secrets)
		hidden += count
		for number, each := range strings.Split(text, "\n") {
			if number < len(positions) {
				clean[positions[number]] = strings.ReplaceAll(each, lineMark, "\n")
			}
		}
	}
	return clean, hidden
}

// lineMark stands for a line break within one event, so that events can be told apart.
const lineMark = "\r"
