package ops

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
)

// Restarter starts a new deployment of what a service runs already.
type Restarter interface {
	Restart(ctx context.Context, session fleet.Session, service fleet.Service) (fleet.Change, error)
}

// deployRight is the permission to bring a new version into an environment.
const deployRight = "deploy"

// restart replaces every task and changes nothing else: no task definition, no count. Where an
// image goes by a tag that has moved since, that is a new version all the same, and its plan
// says so.
func restart(aws AWS) actions.Action {
	environment, service := actions.Environment(), actions.Services()
	all := actions.Switch("all", "every service of the environment that you may restart")
	return actions.Action{
		Name: "restart", Summary: "Replace every task of a service, keeping its version.", Example: "restart staging api",
		Parameters: []actions.Parameter{environment, service, all},
		Changes:    true, Undo: true, Bulk: all,
		AWS: []string{"ecs:UpdateService"},
		Reads: []string{
			"ecs:DescribeTaskDefinition", "ecs:ListServiceDeployments", "ecs:ListTasks", "ecs:DescribeTasks", "ecr:DescribeImages",
		},
		Plan: func(ctx context.Context, call actions.Call) (actions.Plan, error) { return planRestart(ctx, aws, call) },
		Run: func(ctx context.Context, call actions.Call) (actions.Outcome, error) {
			change, err := aws.Restart(ctx, call.Session(), call.Service())
			if err != nil {
				return actions.Outcome{}, fmt.Errorf("restart %s: %w", call.Service(), err)
			}
			return actions.Outcome{Change: &change}, nil
		},
	}
}

func planRestart(ctx context.Context, aws AWS, call actions.Call) (actions.Plan, error) {
	now := call.Service()
	if err := deployable(call); err != nil {
		return actions.Plan{}, err
	}
	replaced := actions.Counted(now.Desired, "task") + " replaced"
	if now.Desired == 0 && now.Scheduling != "DAEMON" {
		replaced = "no task runs that could be replaced"
	}
	plan := actions.Plan{
		Lines:    []actions.Text{actions.Textf("%v, revision %v kept", replaced, actions.Named(fleet.ShortRevision(now.Revision)))},
		Command:  awsCommand(now, "update-service", "--service", now.Name, "--force-new-deployment"),
		Warnings: outages(now),
	}
	whole := func(ctx context.Context) (actions.Plan, error) { return planWhole(ctx, aws, call, plan) }
	if call.Protected() { // a tag that has moved decides
		return whole(ctx)
	}
	plan.Aside = whole
	return plan, nil
}

// planWhole adds, read side by side, how long it usually takes and where tags lead.
func planWhole(ctx context.Context, aws AWS, call actions.Call, plan actions.Plan) (actions.Plan, error) {
	var took time.Duration
	var reading sync.WaitGroup
	reading.Go(func() { took = usual(ctx, aws, call) })
	err := planImages(ctx, aws, call, &plan)
	reading.Wait()
	plan.Usual = took
	return plan, err
}

// planImages says where a tag leads now, beside what runs. In a protected environment a tag
// that has moved makes a deployment of the restart.
func planImages(ctx context.Context, aws AWS, call actions.Call, plan *actions.Plan) error {
	definition, err := aws.Running(ctx, call.Reader(), call.Service())
	if err != nil {
		return fmt.Errorf("plan of %s: %w", call.Service(), err)
	}
	var running map[string]string
	for _, container := range definition.Containers {
		image := fleet.ParseImage(container.Image)
		if _, _, _, private := image.Registry(); !private || image.Digest != "" {
			continue
		}
		if running == nil {
			if running, err = runningDigests(ctx, aws, call); err != nil {
				return err
			}
		}
		if err := planTag(ctx, aws, call, plan, container.Name, image, running[container.Name]); err != nil {
			return err
		}
	}
	return nil
}

func planTag(ctx context.Context, aws AWS, call actions.Call, plan *actions.Plan, container string, image fleet.Image, was string) error {
	is, err := aws.Digest(ctx, call.Reader(), call.Service(), image)
	switch {
	case errors.Is(err, fleet.ErrDenied):
		plan.Warnings = append(plan.Warnings, actions.Textf("where the tag %v of %v leads now cannot be read", actions.Named(image.Tag), actions.Named(container)))
		return nil
	case errors.Is(err, fleet.ErrUnknown):
		plan.Warnings = append(plan.Warnings, actions.Textf("the tag %v of %v is not in its registry any more: new tasks will not start", actions.Named(image.Tag), actions.Named(container)))
		is = "none"
	case err != nil:
		return fmt.Errorf("plan of %s: %w", call.Service(), err)
	}
	plan.Bound = append(plan.Bound, actions.Bind("image."+container, is))
	if was == is {
		plan.Lines = append(plan.Lines, actions.Textf("%v stays on %v, %v", actions.Named(container), actions.Named(image.Tag), actions.Named(shortDigest(is))))
		return nil
	}
	why := actions.Textf("the tag %v of %v has moved: %v → %v, so that the restart brings another version",
		actions.Named(image.Tag), actions.Named(container), actions.Named(shortDigest(was)), actions.Named(shortDigest(is)))
	if was == "" {
		why = actions.Textf("no running task says what the tag %v of %v was: it leads to %v now, so that the restart may bring another version",
			actions.Named(image.Tag), actions.Named(container), actions.Named(shortDigest(is)))
	}
	plan.Lines = append(plan.Lines, why)
	if call.Protected() {
		plan.Needs, plan.Why = deployRight, why
	}
	return nil
}

// runningDigests are the digests that the service's containers run on, by container. Where
// tasks differ, the newest task says.
func runningDigests(ctx context.Context, aws AWS, call actions.Call) (map[string]string, error) {
	tasks, err := aws.Tasks(ctx, call.Reader(), call.Service(), "RUNNING")
	if err != nil {
		return nil, fmt.Errorf("plan of %s: %w", call.Service(), err)
	}
	digests := map[string]string{}
	for _, task := range tasks {
		for _, container := range task.Containers {
			if digests[container.Name] == "" {
				digests[container.Name] = container.Digest
			}
		}
	}
	return digests, nil
}

// shortDigest is enough of a digest to tell it from others.
func shortDigest(digest string) string { return digest[:min(len("sha256:")+12, len(digest))] }
