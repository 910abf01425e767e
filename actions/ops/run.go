package ops

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/authz"
	"ecsbot/internal/redact"
)

// Launcher runs a task of a service once.
type Launcher interface {
	Once(ctx context.Context, session, reader fleet.Session, service fleet.Service, order fleet.RunOrder) (fleet.Change, error)
}

// mostOverrides is what RunTask takes of changes to a task definition (Amazon ECS API reference,
// RunTask), with room for what stands around the command.
const mostOverrides = 8192 - 512

// run runs a one-off task: one of the configuration by its name, or a command of one's own in
// the image of a service, which is a permission apart.
func run(aws AWS, redactor *redact.Redactor, apart isolation) actions.Action {
	environment, service := actions.Environment(), actions.Service()
	container := actions.Flag("container", "where the command runs, where the task has several", "api", readContainer)
	command := actions.Rest("command", "a command of your own, word by word", "bin/flush-cache --all")
	return actions.Action{
		Name: "run", Summary: "Run a named task once, or a command in the image of a service.", Example: "run staging api -- bin/flush-cache",
		Parameters: []actions.Parameter{environment, service, container, command},
		Changes:    true, Beside: true, Tasks: true, Rest: command, RestAction: "run-command",
		AWS:   []string{"ecs:RunTask", "ecs:TagResource", "iam:PassRole"},
		Reads: []string{"ecs:DescribeTaskDefinition", "ecs:DescribeServices"},
		Plan: func(ctx context.Context, call actions.Call) (actions.Plan, error) {
			if err := apart.guard(ctx, call); err != nil {
				return actions.Plan{}, err
			}
			argv := command.Of(call)
			if named, known := call.Task(); known {
				argv = named.Command
			}
			return planRun(ctx, aws, call, argv, container.Of(call), redactor)
		},
		Run: func(ctx context.Context, call actions.Call) (actions.Outcome, error) {
			order, _ := call.Plan().Subject.(fleet.RunOrder)
			order.Operation = call.Operation()
			change, err := aws.Once(ctx, call.Session(), call.Reader(), call.Service(), order)
			if err != nil {
				return actions.Outcome{}, fmt.Errorf("run a task of %s: %w", call.Service(), err)
			}
			return actions.Outcome{Change: &change}, nil
		},
	}
}

func planRun(ctx context.Context, aws AWS, call actions.Call, argv []string, named string, redactor *redact.Redactor) (actions.Plan, error) {
	now := call.Service()
	if err := active(call); err != nil {
		return actions.Plan{}, err
	}
	if err := plainCommand(argv, redactor); err != nil {
		return actions.Plan{}, err
	}
	reach, err := readGuarded(ctx, aws, call, now.Revision)
	if err != nil {
		return actions.Plan{}, err
	}
	container, err := containerOf(call, reach, named)
	if err != nil {
		return actions.Plan{}, err
	}
	overrides, err := json.Marshal(map[string]any{"containerOverrides": []any{map[string]any{"name": container.Name, "command": argv}}})
	if err != nil || len(overrides) > mostOverrides {
		return actions.Plan{}, actions.Refuse("limit", "the command is too long", actions.Say(actions.Refusal, "That is too long: AWS takes %v characters of a command.", mostOverrides))
	}
	sum := sha256.Sum256(overrides)
	return actions.Plan{
		Bound: []string{actions.Bind("container", container.Name), actions.Bind("command", "sha256:"+hex.EncodeToString(sum[:]))},
		Lines: []actions.Text{
			actions.Textf("one task of revision %v, in the network of the service, beside its own tasks", actions.Named(fleet.ShortRevision(now.Revision))),
			actions.Textf("in container %v (%v)", actions.Named(container.Name), actions.Named(container.Image)),
		},
		Argv:    argv,
		Command: awsCommand(now, "run-task", "--task-definition", fleet.ShortRevision(now.Revision), "--count", "1", "--overrides", string(overrides)),
		Follow:  actions.FollowRun, Subject: fleet.RunOrder{Container: container.Name, Command: argv},
	}, nil
}

// plainCommand refuses a command with a secret in it: it would stand in the record, in the
// audit channel and in AWS's own logs, and could not be approved as it is.
func plainCommand(argv []string, redactor *redact.Redactor) error {
	if len(argv) == 0 {
		return actions.Refuse("parse", "no command", actions.Say(actions.Refusal, "Which command? Give it after --, word by word."))
	}
	for _, text := range append([]string{strings.Join(argv, " ")}, argv...) {
		if _, hidden := redactor.Redact(text, nil); hidden > 0 {
			return actions.Refuse(authz.CodeDenied, "a secret in the command", actions.Message{
				Title: actions.Textf("That command seems to have a secret in it, which would be written down and shown."),
				Body:  []actions.Block{actions.Note{Text: actions.Textf("Let the task read it from where its service keeps its secrets.")}},
			})
		}
	}
	return nil
}
