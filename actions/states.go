package actions

import (
	"strconv"
	"strings"
	"time"

	"ecsbot/actions/fleet"
)

// waitsAtHook is a deployment that waits for somebody to let it go on.
func (t *task) waitsAtHook(one *watched, deployment fleet.Deployment, pause fleet.Pause, took time.Duration) Message {
	blocks := []Block{
		Paragraph{Textf("Paused at %v: %v of %v new tasks run. It waits for somebody to let it go on.",
			Named(pause.Stage), deployment.Running, deployment.Desired)},
	}
	if !pause.Expires.IsZero() {
		blocks = append(blocks, Note{Textf("If nobody does until %v, AWS will %v.", MomentSpan(pause.Expires), map[string]string{
			"CONTINUE": "let it go on", "ROLLBACK": "roll it back",
		}[pause.Then])})
	}
	message := t.card(one.call, Waiting, one.with(blocks, Note{Textf("%v", one.elapsed(took))})...)
	message.Buttons = []Button{
		{ID: continueButton, Label: "Continue", Value: t.id, Style: "primary"},
		{ID: rollbackButton, Label: "Roll back", Value: t.id, Style: "danger"},
	}
	return message
}

// wayBack offers to roll back what has failed, to whoever may.
func (o *watched) wayBack() []Button {
	if !o.task.command.action.Undo {
		return nil
	}
	return []Button{{
		ID: rollbackButton, Label: "Roll back", Value: o.task.id, Style: "danger",
		Confirm: &Confirm{Title: "Roll back?", Text: "It is asked for in your name, and wants your own right to roll back.", Yes: "Roll back", No: "Not now"},
	}}
}

func (t *task) scaling(one *watched, service fleet.Service, took time.Duration) Message {
	wanted := *one.call.expected().Desired
	line := Textf("%v  %v of %v tasks running, %v coming · %v", bar(service.Running, max(wanted, service.Running)), service.Running, wanted, service.Pending, one.elapsed(took))
	return t.card(one.call, Working, one.with([]Block{Paragraph{line}}, t.newest(one, service)...)...)
}

func (t *task) scaled(one *watched, service fleet.Service, took time.Duration) Message {
	how := "all running"
	if service.Running == 0 {
		how = "none runs any more"
	}
	return t.card(one.call, Good, one.with([]Block{
		Paragraph{Textf("Done: %v → %v, %v after %v.", one.call.service.Desired, tasksOf(service.Running), how, took.Round(time.Second))},
	})...)
}

func (t *task) rescaled(one *watched, service fleet.Service) Message {
	return t.card(one.call, Warning, one.with([]Block{
		Paragraph{Textf("Superseded: somebody else, or Auto Scaling, wants %v now.", tasksOf(service.Desired))},
	})...)
}

// turning is the card while ECS takes up a rollback.
func (t *task) turning(one *watched, took time.Duration) Message {
	return t.card(one.call, Working, one.with([]Block{Paragraph{Textf("ECS is turning the deployment back · %v", one.elapsed(took))}})...)
}

func (t *task) returned(one *watched, service fleet.Service, primary fleet.Deployment, took time.Duration) Message {
	return t.card(one.call, Good, one.with([]Block{
		Paragraph{Textf("Done: back on revision %v, %v running, steady after %v.", Named(shortRevision(primary.Revision)), tasksOf(service.Running), one.elapsed(took))},
	}, Note{Textf("Deployment %v", primary.ID)})...)
}

func (t *task) running(one *watched, task fleet.Task, took time.Duration) Message {
	blocks := []Block{Paragraph{Textf("Task %v is %v · %v", Named(task.ID), strings.ToLower(task.Status), took.Round(time.Second))}}
	if one.call.plan.Argv != nil {
		blocks = append(blocks, Code{argvText(one.call.plan.Argv)})
	}
	return t.card(one.call, Working, one.with(blocks)...)
}

func (t *task) stopped(one *watched, task fleet.Task, took time.Duration) Message {
	return t.card(one.call, Good, one.with([]Block{
		Paragraph{Textf("Done: task %v has stopped after %v. ECS starts another in its place where the service wants one.", Named(task.ID), took.Round(time.Second))},
	})...)
}

// ran is a one-off task that has ended.
func (t *task) ran(one *watched, task fleet.Task, took time.Duration, unread bool) Message {
	tone, line := Good, Textf("Done: exit code 0 after %v.", took.Round(time.Second))
	if why := failureOf(task); why != "" {
		tone, line = Bad, Textf("Failed after %v: %v", took.Round(time.Second), cut(t.runner.Redact(why), 500))
	}
	blocks := []Block{Paragraph{line}, exitCodes(task)}
	if one.call.plan.Argv != nil {
		blocks = append(blocks, Code{argvText(one.call.plan.Argv)})
	}
	if unread {
		blocks = append(blocks, Note{Textf("Its output cannot be read. Reference: %v", Named(t.id))})
	}
	return t.card(one.call, tone, one.with(blocks, Note{Textf("Task %v", task.ID)})...)
}

func exitCodes(task fleet.Task) Block {
	var facts []Fact
	for _, container := range task.Containers {
		code := "none"
		if container.ExitCode != nil {
			code = strconv.Itoa(*container.ExitCode) + exitWords(*container.ExitCode)
		}
		facts = append(facts, Fact{"Exit of " + cut(container.Name, 60), Textf("%v", code)})
	}
	return Facts{facts}
}

func (t *task) stillRuns(one *watched, task fleet.Task, patience time.Duration) Message {
	return t.card(one.call, Warning, one.with([]Block{
		Paragraph{Textf("Task %v is still %v after %v. I do not follow it any longer.", Named(task.ID), task.Status, patience)},
	})...)
}

// forgotten is a task that was there and that ECS does not show any more.
func (t *task) forgotten(one *watched) Message {
	return t.card(one.call, Warning, one.with([]Block{Paragraph{Textf("ECS accepted it, but does not show the task any more: how it ended is not known.")}})...)
}

// taken is a change that is done when AWS has taken it.
func (t *task) taken(one *watched) Message {
	return t.card(one.call, Good, one.with([]Block{Paragraph{Textf("Done.")}})...)
}
