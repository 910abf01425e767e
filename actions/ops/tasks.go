package ops

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/internal/redact"
)

// TaskLister lists the tasks of a service, the newest first; status is RUNNING or STOPPED.
type TaskLister interface {
	Tasks(ctx context.Context, session fleet.Session, service fleet.Service, status string) ([]fleet.Task, error)
}

// How many tasks are shown.
const (
	runningShown = 40
	stoppedShown = 15
)

// tasks lists the tasks of a service, with the short IDs by which other actions take them.
func tasks(aws TaskLister, redactor *redact.Redactor) actions.Action {
	environment, service := actions.Environment(), actions.Service()
	return actions.Action{
		Name: "tasks", Summary: "List a service's tasks, running and recently stopped.", Example: "tasks staging api",
		Parameters: []actions.Parameter{environment, service},
		Operation:  actions.StatusClass,
		AWS:        []string{"ecs:ListTasks", "ecs:DescribeTasks"},
		Run: func(ctx context.Context, call actions.Call) (actions.Outcome, error) {
			found := bothKinds(ctx, aws, call)
			if found.noRunning != nil {
				return actions.Outcome{}, fmt.Errorf("tasks of %s: %w", call.Service(), found.noRunning)
			}
			return actions.Outcome{
				Message: taskList(call.Service(), found, cleaner(redactor, nil)),
				Result:  fmt.Sprintf("%d running, %d stopped", len(found.running), len(found.stopped)), Missing: found.noStopped,
			}, nil
		},
	}
}

// kinds are the tasks that are to run and those that are not, the newest first, and why either
// could not be read.
type kinds struct {
	running, stopped     []fleet.Task
	noRunning, noStopped error
}

// bothKinds reads them side by side.
func bothKinds(ctx context.Context, aws TaskLister, call actions.Call) kinds {
	var found kinds
	var reading sync.WaitGroup
	reading.Go(func() { found.running, found.noRunning = aws.Tasks(ctx, call.Session(), call.Service(), "RUNNING") })
	reading.Go(func() { found.stopped, found.noStopped = aws.Tasks(ctx, call.Session(), call.Service(), "STOPPED") })
	reading.Wait()
	newestStopFirst(found.stopped)
	return found
}

func taskList(service fleet.Service, found kinds, clean func(string) string) actions.Message {
	running, stopped := found.running, found.stopped
	message := actions.Message{
		Title: actions.Textf("Tasks of %v in %v: %v running, %v wanted", actions.Bold(service.Name), actions.Bold(service.Environment), len(running), service.Desired),
	}
	if len(running) > 0 {
		message.Body = append(message.Body, actions.Code{Text: runningTable(running[:min(runningShown, len(running))])})
	}
	if more := len(running) - runningShown; more > 0 {
		message.Body = append(message.Body, actions.Note{Text: actions.Textf("and %v more that run", more)})
	}
	if len(stopped) > 0 {
		message.Body = append(message.Body,
			actions.Paragraph{Text: actions.Textf("Stopped within the last hour: %v. See %v.", len(stopped), actions.Named("why "+service.Environment+" "+service.Name))},
			actions.Code{Text: stoppedTable(stopped[:min(stoppedShown, len(stopped))], clean)})
	}
	if more := len(stopped) - stoppedShown; more > 0 {
		message.Body = append(message.Body, actions.Note{Text: actions.Textf("and %v more that stopped", more)})
	}
	switch {
	case found.noStopped != nil:
		message.Body = append(message.Body, actions.Note{Text: actions.Textf("Could not be read now: what has stopped")})
	case len(running)+len(stopped) == 0:
		message.Body = append(message.Body, actions.Paragraph{Text: actions.Textf("No task runs, and none has stopped within the last hour.")})
	}
	return message
}

func runningTable(running []fleet.Task) string {
	return table("TASK\tSTATE\tHEALTH\tREVISION\tSTARTED", running, func(task fleet.Task) string {
		return strings.Join([]string{
			task.Short(), strings.ToLower(task.Status), strings.ToLower(task.Health), revisionOf(task.Revision), since(task.Started),
		}, "\t")
	})
}

func stoppedTable(stopped []fleet.Task, clean func(string) string) string {
	return table("TASK\tREVISION\tSTOPPED\tWHY", stopped, func(task fleet.Task) string {
		when := strings.ToLower(task.Status)
		if !task.Stopped.IsZero() {
			when = since(task.Stopped)
		}
		return strings.Join([]string{task.Short(), revisionOf(task.Revision), when, cut(oneLine(clean(shortReason(task))), 60)}, "\t")
	})
}

// table sets rows in columns under a heading; cells are divided by tabs.
func table[T any](heading string, rows []T, row func(T) string) string {
	var text strings.Builder
	columns := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, heading)
	for _, each := range rows {
		fmt.Fprintln(columns, row(each))
	}
	_ = columns.Flush() // into memory
	return text.String()
}

// cleaner takes secrets out of what AWS says: those that are known by their form, and these.
func cleaner(redactor *redact.Redactor, secrets []string) func(string) string {
	return func(text string) string {
		text, _ = redactor.Redact(text, secrets)
		return text
	}
}

// revisionOf is family:number, without the rest of the ARN.
func revisionOf(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// since is how long ago something was, in its largest unit.
func since(at time.Time) string {
	if at.IsZero() {
		return "not yet"
	}
	switch ago := max(time.Since(at), 0); {
	case ago < time.Minute:
		return fmt.Sprintf("%ds ago", ago/time.Second)
	case ago < time.Hour:
		return fmt.Sprintf("%dm ago", ago/time.Minute)
	case ago < 48*time.Hour:
		return fmt.Sprintf("%dh ago", ago/time.Hour)
	default:
		return fmt.Sprintf("%dd ago", ago/(24*time.Hour))
	}
}

// oneLine is a text from outside on one line of a table.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// cut shortens a text at a rune border.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
