package actions

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"ecsbot/actions/fleet"
)

// diagnose says why tasks of a deployment stopped, in one line per cause.
func (w *watcher) diagnose(ctx context.Context, one *watched, deployment fleet.Deployment) diagnosis {
	session, err := w.reader(ctx, one)
	var tasks []fleet.Task
	if err == nil {
		tasks, err = w.runner.Tasks.Tasks(ctx, session, one.call.service, "STOPPED")
	}
	if err != nil {
		w.runner.Log.Error("stopped tasks cannot be read", "operation", one.task.id, "error", err)
		return diagnosis{causes: []string{"Why its tasks stopped cannot be read. Reference: " + one.task.id}}
	}
	found := diagnosis{causes: causes(tasks, deployment.ID)}
	for position := range found.causes {
		found.causes[position] = w.runner.Redact(found.causes[position])
	}
	found.say(w.newestWords(ctx, one, tasks, deployment.ID), one.call)
	return found
}

// wordsOf bounds of how many tasks that failed alike the log is read until one has lines.
const wordsOf = 3

// newestWords are the last lines of the newest task that failed; where its log has none yet, since
// lines come some seconds late, those of one that failed alike before it.
func (w *watcher) newestWords(ctx context.Context, one *watched, tasks []fleet.Task, deployment string) string {
	var why string
	read := 0
	for _, stopped := range tasks {
		if stopped.StartedBy != deployment || stopped.Started.IsZero() || cause(stopped) == "" {
			continue
		}
		if why = cmp.Or(why, cause(stopped)); cause(stopped) != why {
			continue
		}
		if lines := w.lastWords(ctx, one, stopped); lines != "" {
			return lines
		}
		if read++; read == wordsOf {
			break
		}
	}
	return ""
}

// diagnosis is why tasks stopped, and what the last of them said.
type diagnosis struct {
	causes  []string
	lines   string   // for the card: redacted; empty where there are none, or where they are not for it
	private *Snippet // the same for the requester alone
}

// say puts the last lines of what failed where the environment's logs go.
func (d *diagnosis) say(lines string, call Call) {
	switch {
	case lines == "":
	case call.place.LogsInThread:
		d.lines = lines
	default:
		d.private = &Snippet{
			Title: fmt.Sprintf("%s-%s-failed.log", call.service.Environment, call.service.Name), Text: lines,
			Lines: strings.Count(lines, "\n"), Private: true,
		}
	}
}

// causes are the distinct reasons for which tasks of a deployment stopped, the newest first.
func causes(tasks []fleet.Task, deployment string) []string {
	var lines []string
	seen := map[string]bool{}
	for _, stopped := range tasks {
		if stopped.StartedBy != deployment {
			continue
		}
		line := cause(stopped)
		if line == "" || seen[line] || len(lines) == 3 {
			continue
		}
		seen[line] = true
		lines = append(lines, line)
	}
	return lines
}

// cause is one stopped task in words.
func cause(stopped fleet.Task) string {
	for _, container := range stopped.Containers {
		if container.Reason != "" {
			return fmt.Sprintf("%s: %s", container.Name, container.Reason)
		}
		if container.ExitCode != nil && *container.ExitCode != 0 {
			return fmt.Sprintf("%s ended with exit code %d%s", container.Name, *container.ExitCode, exitWords(*container.ExitCode))
		}
	}
	if strings.HasPrefix(stopped.StopReason, scalingIn) { // it did nothing wrong
		return ""
	}
	return stopped.StopReason
}

// scalingIn begins the reason of a task that ECS stopped because it was not wanted any more.
const scalingIn = "Scaling activity initiated by"

// exitWords explains the exit codes that a container gets from outside.
func exitWords(code int) string {
	switch code {
	case 137:
		return " (killed: out of memory, or too slow to stop)"
	case 139:
		return " (crashed: segmentation fault)"
	case 143:
		return " (asked to stop)"
	}
	return ""
}
