package ops

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
	"ecsbot/internal/redact"
)

// Mortician is what is to be known of tasks that have stopped.
type Mortician interface {
	Stopped(ctx context.Context, session fleet.Session, service fleet.Service) ([]fleet.Task, error)
	LastWords(ctx context.Context, session fleet.Session, service fleet.Service, task fleet.Task, container string, lines int) (fleet.Lines, error)
}

// History visits what the ledger has, from the newest entry to the oldest, until visit says
// false.
type History interface {
	Back(ctx context.Context, visit func(ledger.Entry) bool) error
}

// Bounds of why.
const (
	lastLines  = 25
	keptBytes  = 4 << 10 // of an explanation that the ledger keeps
	lookedBack = 20_000  // entries, for one that it has kept
)

// inquest is why with its parts.
type inquest struct {
	aws      Mortician
	history  History
	redactor *redact.Redactor
	task     *actions.Param[string]
}

// why says what stopped and why. What it finds stands in the result of its own entry, so that
// it can be told after ECS has forgotten the task.
func why(aws Mortician, history History, redactor *redact.Redactor) actions.Action {
	environment, service := actions.Environment(), actions.Service()
	task := actions.Word("task", "the task, by the start of its ID; else the newest that failed", "1f3a9c02", taskID).Optional()
	asked := inquest{aws, history, redactor, task}
	return actions.Action{
		Name: "why", Summary: "Say what stopped and why, with its last log lines.", Example: "why staging api",
		Parameters: []actions.Parameter{environment, service, task},
		Operation:  "logs", // for the last lines; the rest is read under the class of reads
		AWS:        []string{"logs:FilterLogEvents"},
		Reads:      []string{"ecs:ListTasks", "ecs:DescribeTasks", "ecs:DescribeTaskDefinition"},
		Run:        asked.run,
	}
}

// taskID reads a task's ID or the start of one.
func taskID(text string) (string, error) {
	id := strings.ToLower(text[strings.LastIndexByte(text, '/')+1:])
	if len(id) < 4 || len(id) > 64 || strings.Trim(id, "0123456789abcdef-") != "" {
		return "", fmt.Errorf("a task is named by its ID, or the first 4 or more characters of it, not %q", cut(text, 40))
	}
	return id, nil
}

func (i inquest) run(ctx context.Context, call actions.Call) (actions.Outcome, error) {
	stopped, err := i.aws.Stopped(ctx, call.Session(), call.Service())
	if err != nil {
		return actions.Outcome{}, fmt.Errorf("why of %s: %w", call.Service(), err)
	}
	newestStopFirst(stopped)
	chosen, err := i.choose(call, stopped)
	if err != nil {
		return actions.Outcome{}, err
	}
	if chosen == nil {
		return i.remembered(ctx, call, stopped)
	}
	return i.explained(ctx, call, *chosen, len(stopped))
}

// choose is the task that was named, or else the newest that failed; nil where there is none.
func (i inquest) choose(call actions.Call, stopped []fleet.Task) (*fleet.Task, error) {
	named := i.task.Of(call)
	var found *fleet.Task
	for position, task := range stopped {
		switch {
		case named == "" && hasFailed(task):
			return &stopped[position], nil
		case named != "" && strings.HasPrefix(task.ID, named) && found != nil:
			return nil, actions.Refuse(authz.CodeConflict, "several tasks begin so", actions.Say(actions.Refusal,
				"Several stopped tasks begin with %v: give more of its ID.", actions.Named(named)))
		case named != "" && strings.HasPrefix(task.ID, named):
			found = &stopped[position]
		}
	}
	return found, nil
}

// explained tells of one task, with the last lines of the container that brought it down.
func (i inquest) explained(ctx context.Context, call actions.Call, task fleet.Task, others int) (actions.Outcome, error) {
	container := ""
	if guilty := culprit(task); guilty != nil {
		container = guilty.Name
	} else if len(task.Containers) > 0 {
		container = task.Containers[0].Name
	}
	words, missing := i.lastWords(ctx, call, task, container)
	clean := cleaner(i.redactor, words.Secrets)
	lines := i.shown(words)
	account := actions.Facts{Facts: facts(task, clean)}
	message := actions.Message{
		Tone:  actions.Bad,
		Title: actions.Textf("%v in %v: task %v %v", actions.Bold(call.Service().Name), actions.Bold(call.Environment()), actions.Named(task.Short()), end(task)),
		Body:  []actions.Block{account},
	}
	if !hasFailed(task) {
		message.Tone = actions.Plain
	}
	if len(lines) > 0 {
		message.Body = append(message.Body, actions.Paragraph{Text: actions.Textf("The last lines of %v:", actions.Named(container))}, actions.Code{Text: fitted(lines, keptBytes)})
	}
	for _, note := range words.Notes {
		message.Body = append(message.Body, actions.Note{Text: actions.Textf("%v", note)})
	}
	if others > 1 {
		message.Body = append(message.Body, actions.Note{Text: actions.Textf("%v tasks have stopped within the last hour: see %v", others, "tasks "+call.Environment()+" "+call.Service().Name)})
	}
	return actions.Outcome{Message: message, Result: kept(task, account, lines), Logs: len(lines) > 0, Missing: missing}, nil
}

// lastWords are the container's last lines, for whoever may read logs there. Where they cannot
// be read, what ECS says is worth telling all the same: they are missing.
func (i inquest) lastWords(ctx context.Context, call actions.Call, task fleet.Task, container string) (words fleet.Lines, missing error) {
	if !call.Allows("logs") {
		return fleet.Lines{Notes: []string{"you may not read its log"}}, nil
	}
	words, err := i.aws.LastWords(ctx, call.Session(), call.Service(), task, container, lastLines)
	if err != nil {
		return fleet.Lines{Notes: []string{"its log cannot be read now"}}, err
	}
	return words, nil
}

// shown are lines as people read them, without secrets.
func (i inquest) shown(words fleet.Lines) []string {
	lines := redacted(words, i.redactor)
	for position, line := range lines {
		lines[position], _ = i.redactor.Redact(fleet.Readable(line), words.Secrets)
	}
	return lines
}

// end is how a task came to its end, in a few words.
func end(task fleet.Task) string {
	switch {
	case task.Stopped.IsZero():
		return "is stopping"
	case task.StopCode == "TaskFailedToStart":
		return "did not start"
	case hasFailed(task):
		return "failed"
	}
	return "was stopped"
}

func facts(task fleet.Task, clean func(string) string) []actions.Fact {
	found := []actions.Fact{}
	add := func(name, format string, arguments ...any) {
		found = append(found, actions.Fact{Name: name, Value: actions.Textf(format, arguments...)})
	}
	if !task.Stopped.IsZero() {
		add("Stopped", "%v", actions.MomentSpan(task.Stopped))
	}
	if ran := task.Stopped.Sub(task.Started); !task.Started.IsZero() && ran > 0 {
		add("It ran for", "%v", ran.Round(time.Second))
	}
	if task.StopCode != "" {
		add("Stop code", "%v: %v", actions.Named(task.StopCode), stopWords(task.StopCode))
	}
	if task.StopReason != "" {
		add("Reason", "%v", cut(oneLine(clean(task.StopReason)), 500))
	}
	for _, container := range task.Containers {
		switch {
		case container.ExitCode != nil && container.Reason != "":
			add(container.Name, "exit code %v (%v); %v", *container.ExitCode, exitWords(*container.ExitCode), cut(oneLine(clean(container.Reason)), 500))
		case container.ExitCode != nil:
			add(container.Name, "exit code %v (%v)", *container.ExitCode, exitWords(*container.ExitCode))
		case container.Reason != "" && container.Reason != task.StopReason:
			add(container.Name, "%v", cut(oneLine(clean(container.Reason)), 500))
		}
	}
	add("Revision", "%v", actions.Named(revisionOf(task.Revision)))
	add("Task", "%v", actions.Named(task.ID))
	return found
}

// linesMark stands in such a result between what ECS says and the log lines.
const linesMark = "\nLast lines:\n"

// inquestMark begins every result that keeps an explanation.
const inquestMark = "task "

// kept is the explanation as the ledger keeps it: the first line is all that lists show of it.
func kept(task fleet.Task, account actions.Facts, lines []string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s%s %s: %s\n", inquestMark, task.Short(), end(task), stopWords(task.StopCode))
	for _, fact := range account.Facts {
		fmt.Fprintf(&text, "%s: %s\n", fact.Name, fact.Value.Plain())
	}
	if room := keptBytes - text.Len() - len(linesMark); len(lines) > 0 && room > 0 {
		text.WriteString(strings.TrimPrefix(linesMark, "\n") + fitted(lines, room))
	}
	return strings.TrimRight(text.String(), "\n")
}

// fitted is as many of the last lines as have room, the newest of all.
func fitted(lines []string, room int) string {
	first := len(lines)
	for first > 0 && room >= len(lines[first-1])+1 {
		first--
		room -= len(lines[first]) + 1
	}
	if first == len(lines) && first > 0 {
		return strings.ToValidUTF8(lines[first-1][:max(room, 0)], "")
	}
	return strings.Join(lines[first:], "\n")
}

// remembered tells what the ledger has kept, where ECS shows nothing that failed any more.
func (i inquest) remembered(ctx context.Context, call actions.Call, stopped []fleet.Task) (actions.Outcome, error) {
	entry, err := i.lookUp(ctx, call)
	if err != nil {
		return actions.Outcome{}, fmt.Errorf("why of %s: %w", call.Service(), err)
	}
	if entry == nil {
		return actions.Outcome{Message: nothingFailed(call, i.task.Of(call), stopped, cleaner(i.redactor, nil)), Result: "nothing has failed"}, nil
	}
	return actions.Outcome{
		Message: actions.Message{
			Tone: actions.Bad,
			Title: actions.Textf("%v in %v: as it was found on %v", actions.Bold(call.Service().Name), actions.Bold(call.Environment()),
				actions.MomentSpan(entry.Time)),
			Body: []actions.Block{
				actions.Code{Text: account(*entry, call.Allows("logs"))},
				actions.Note{Text: actions.Textf("ECS does not show it any more: this is from entry %v of the ledger, kept when %v was asked for.", entry.Seq, entry.Action)},
			},
		},
		Result: fmt.Sprintf("from entry %d", entry.Seq), Logs: true,
	}, nil
}

// account is what an entry says of a failure: its log lines to those alone who may read logs.
func account(entry ledger.Entry, mayReadLogs bool) string {
	result := entry.Result
	if facts, _, hasLines := strings.Cut(result, linesMark); hasLines && !mayReadLogs {
		result = facts
	}
	if entry.Reason == "" || result == "" {
		return entry.Reason + result
	}
	return entry.Reason + "\n" + result
}

// lookUp finds the newest entry that keeps why a task of the service stopped, or why a change
// of it failed.
func (i inquest) lookUp(ctx context.Context, call actions.Call) (*ledger.Entry, error) {
	named, left := i.task.Of(call), lookedBack
	var found *ledger.Entry
	err := i.history.Back(ctx, func(entry ledger.Entry) bool {
		left--
		if explains(entry, call.Service()) && (named == "" || strings.Contains(entry.Result, "Task: "+named)) {
			found = &entry
		}
		return found == nil && left > 0
	})
	return found, err
}

// explains says whether an entry keeps why something of the service failed, in the environment to
// which it belongs now: what it was elsewhere is not told here.
func explains(entry ledger.Entry, service fleet.Service) bool {
	return service.ARN != "" && entry.Target == service.ARN && entry.Environment == service.Environment && tellsWhy(entry)
}

// tellsWhy says whether an entry keeps an explanation.
func tellsWhy(entry ledger.Entry) bool {
	switch entry.Event {
	case ledger.Read:
		return entry.Action == "why" && strings.HasPrefix(entry.Result, inquestMark)
	case ledger.Failed:
		return entry.Reason+entry.Result != ""
	default:
		return false
	}
}

func nothingFailed(call actions.Call, named string, stopped []fleet.Task, clean func(string) string) actions.Message {
	service := call.Service()
	if named != "" {
		return actions.Say(actions.Plain, "%v has no stopped task that begins with %v, and I have kept nothing of one.", actions.Named(service.Name), actions.Named(named))
	}
	message := actions.Say(actions.Good, "Nothing of %v in %v has failed within the last hour.", actions.Bold(service.Name), actions.Bold(service.Environment))
	if len(stopped) > 0 {
		message.Body = []actions.Block{actions.Code{Text: stoppedTable(stopped[:min(stoppedShown, len(stopped))], clean)}}
	}
	return message
}
