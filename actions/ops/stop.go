package ops

import (
	"context"
	"fmt"
	"strings"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/authz"
)

// Stopper tells one task to stop.
type Stopper interface {
	Stop(ctx context.Context, session fleet.Session, service fleet.Service, task fleet.Task, reason string) (fleet.Change, error)
}

// stop stops one task of a service, which ECS then replaces.
func stop(aws AWS) actions.Action {
	environment, service := actions.Environment(), actions.Service()
	task := actions.Word("task", "the task, by the start of its ID", "1f3a9c02", taskID)
	return actions.Action{
		Name: "stop", Summary: "Stop one task of a service; ECS starts another in its place.", Example: "stop staging api 1f3a9c02",
		Parameters: []actions.Parameter{environment, service, task},
		Task:       task,
		Changes:    true,
		AWS:        []string{"ecs:StopTask"},
		Reads:      []string{"ecs:ListTasks", "ecs:DescribeTasks"},
		Plan: func(ctx context.Context, call actions.Call) (actions.Plan, error) {
			return planStop(ctx, aws, call, task.Of(call))
		},
		Run: func(ctx context.Context, call actions.Call) (actions.Outcome, error) {
			chosen, _ := call.Plan().Subject.(fleet.Task)
			change, err := aws.Stop(ctx, call.Session(), call.Service(), chosen, "ecsbot operation "+call.Operation())
			if err != nil {
				return actions.Outcome{}, fmt.Errorf("stop a task of %s: %w", call.Service(), err)
			}
			return actions.Outcome{Change: &change}, nil
		},
	}
}

func planStop(ctx context.Context, aws AWS, call actions.Call, named string) (actions.Plan, error) {
	now := call.Service()
	if err := active(call); err != nil {
		return actions.Plan{}, err
	}
	chosen, err := ownTask(ctx, aws, call, named)
	if err != nil {
		return actions.Plan{}, err
	}
	plan := actions.Plan{
		Bound:   []string{actions.Bind("task", chosen.ARN)},
		Lines:   []actions.Text{actions.Textf("task %v, %v, of revision %v, started %v, stops", actions.Named(chosen.ID), strings.ToLower(chosen.Status), actions.Named(fleet.ShortRevision(chosen.Revision)), actions.MomentSpan(chosen.Started))},
		Command: awsCommand(now, "stop-task", "--task", chosen.ID),
		Follow:  actions.FollowStop, Task: chosen.ARN, Subject: chosen,
	}
	if now.Running <= 1 {
		plan.Warnings = append(plan.Warnings, actions.Textf("it is the only one that runs: expect a short outage"))
	}
	return plan, nil
}

// ownTask finds one of the service's own tasks by ID or the start of it. A task of another
// service is told like one that does not exist.
func ownTask(ctx context.Context, aws TaskLister, call actions.Call, named string) (fleet.Task, error) {
	running, err := aws.Tasks(ctx, call.Reader(), call.Service(), "RUNNING")
	if err != nil {
		return fleet.Task{}, fmt.Errorf("tasks of %s: %w", call.Service(), err)
	}
	var found []fleet.Task
	for _, task := range running {
		if strings.HasPrefix(task.ID, named) {
			found = append(found, task)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return fleet.Task{}, noTask(ctx, aws, call, named, running)
	}
	return fleet.Task{}, actions.Refuse(authz.CodeConflict, "several tasks begin so", actions.Say(actions.Refusal,
		"Several tasks begin with %v: give more of its ID.", actions.Named(named)))
}

// noTask tells what runs, and of a task that has stopped that it has.
func noTask(ctx context.Context, aws TaskLister, call actions.Call, named string, running []fleet.Task) error {
	title := actions.Textf("%v has no running task %v.", actions.Named(call.Service().Name), actions.Named(named))
	if stopped, err := aws.Tasks(ctx, call.Reader(), call.Service(), "STOPPED"); err == nil {
		for _, task := range stopped {
			if strings.HasPrefix(task.ID, named) {
				title = actions.Textf("Task %v has stopped already, or is stopping.", actions.Named(task.ID))
			}
		}
	}
	var points []actions.Text
	for _, task := range running[:min(len(running), 10)] {
		points = append(points, actions.Textf("%v, %v", actions.Named(task.ID), strings.ToLower(task.Status)))
	}
	message := actions.Message{Title: title}
	if len(points) > 0 {
		message.Body = []actions.Block{actions.Paragraph{Text: actions.Textf("It runs:")}, actions.List{Points: points}}
	}
	return actions.Refuse(authz.CodeUnknown, "no such task of the service", message)
}
