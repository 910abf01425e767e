package actions

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
)

// How much of a log goes with an end.
const (
	lastWordLines = 12  // on the card of a failure
	outputLines   = 200 // of a one-off task
)

// logsClass is the operation class under which log lines are read.
const logsClass = "logs"

// LogTail reads the last lines of one task, stopped or not, with every value of its own
// environment among the secrets. The session is one of the class logs.
type LogTail interface {
	Ending(ctx context.Context, session fleet.Session, service fleet.Service, task fleet.Task, lines int) (fleet.Lines, error)
}

// ran ends a one-off task: its exit code decides, and the end of its output goes where the
// environment's logs go.
func (w *watcher) ran(ctx context.Context, one *watched, task fleet.Task, took time.Duration) {
	output, err := w.output(ctx, one, task, outputLines)
	if err != nil {
		w.runner.Log.Warn("the output of a task cannot be read", "operation", one.task.id, "error", err)
	}
	snippet := &Snippet{
		Title: fmt.Sprintf("%s-%s-run.log", one.call.service.Environment, one.call.service.Name), Text: output,
		Lines: strings.Count(output, "\n"), Private: !one.call.place.LogsInThread,
	}
	if output == "" {
		snippet = nil
	}
	event, result := ledger.Succeeded, "exit code 0"
	if why := failureOf(task); why != "" {
		event, result = ledger.Failed, cut(w.runner.Redact(why), 300)
	}
	w.endWith(ctx, one, event, result, one.task.ran(one, task, took, err != nil), snippet)
}

// failureOf is why a one-off task did not do what it was run for; empty where it did.
func failureOf(task fleet.Task) string {
	for _, container := range task.Containers {
		if container.ExitCode != nil && *container.ExitCode != 0 || container.Reason != "" {
			return cause(task)
		}
	}
	for _, container := range task.Containers {
		if container.ExitCode != nil {
			return ""
		}
	}
	if task.StopReason == "" {
		return "it stopped without an exit code"
	}
	return task.StopReason
}

// lastWords are the last lines of a task that failed, where the requester may still read logs
// there.
func (w *watcher) lastWords(ctx context.Context, one *watched, task fleet.Task) string {
	if !w.mayReadLogs(ctx, one) {
		return ""
	}
	lines, err := w.output(ctx, one, task, lastWordLines)
	if err != nil {
		w.runner.Log.Warn("the last lines of a task cannot be read", "operation", one.task.id, "error", err)
	}
	shown := strings.Split(lines, "\n")
	for position, line := range shown {
		shown[position] = fleet.Readable(line)
	}
	return w.runner.Redact(strings.Join(shown, "\n"))
}

// mayReadLogs judges the requester as they are now: being allowed a change is no right to logs.
func (w *watcher) mayReadLogs(ctx context.Context, one *watched) bool {
	person, err := w.runner.People.Read(ctx, one.task.request.Actor, readAge)
	if err != nil {
		w.runner.Log.Warn("who asked cannot be read", "operation", one.task.id, "error", err)
		return false
	}
	call := one.call
	call.person, call.policy, call.lasting = person, w.runner.Rulebook().Policy, w.runner.Catalog.left(w.runner.Ledger.Open())
	return call.Allows(logsClass)
}

// output reads the end of a task's log. What the task's own environment holds is masked in
// it, and whatever else looks secret.
func (w *watcher) output(ctx context.Context, one *watched, task fleet.Task, lines int) (string, error) {
	purpose := one.task.planning(one.call.service.Ref)
	purpose.Operation = logsClass
	session, err := w.runner.Assumer.Assume(ctx, purpose)
	if err != nil {
		return "", err
	}
	read, err := w.runner.Logs.Ending(ctx, session, one.call.service, task, lines)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, line := range read.Lines {
		text.WriteString(strings.TrimRight(line.Text, "\r\n") + "\n")
	}
	return w.runner.Mask(text.String(), read.Secrets), nil
}

// endNote is what the requester is told in the card's thread when it is over.
func (t *task) endNote(call Call, last Message) Message {
	words := map[Tone]string{Good: "done", Bad: "failed"}[last.Tone]
	if words == "" {
		words = "over, see above"
	}
	return Message{Tone: last.Tone, Title: append(append(Textf("%v ", PersonSpan(t.request.Actor.User)), t.title(call)...), Textf(": %v", words)...)}
}

// wrapUp shows the last state of a card that was followed, and tells the requester in its
// thread, or in their direct messages where it was asked for first.
func (t *task) wrapUp(ctx context.Context, one *watched, last Message, snippet *Snippet) {
	if t.waited {
		_ = t.runner.notify(ctx, t.request.Actor, t.id, last) // it was logged
	}
	note := t.endNote(one.call, last)
	one.board.endWith(last, func(ctx context.Context, thread Where) {
		if t.waited && snippet == nil {
			return
		}
		if err := t.runner.Cards.Reply(ctx, thread, t.request.Actor, note, snippet); err != nil {
			t.runner.Log.Warn("the requester could not be told in the thread", "operation", t.id, "error", err)
		}
	})
}
