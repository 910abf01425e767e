package ops

import (
	"context"
	"errors"
	"fmt"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/authz"
)

// Returner brings a service back to what it ran before.
type Returner interface {
	// Return makes ECS turn a deployment that is under way back to the one before.
	Return(ctx context.Context, session fleet.Session, service fleet.Service, deployment string) (fleet.Change, error)
	// Proven are the numbers of the revisions that the last deployments which went well have brought,
	// newest first; none where ECS remembers none.
	Proven(ctx context.Context, session fleet.Session, service fleet.Service) ([]int, error)
	// Revise lets the service run another revision.
	Revise(ctx context.Context, session fleet.Session, service fleet.Service, revision string) (fleet.Change, error)
}

// way is how a service is brought back: by the deployment that is turned back, or else to a revision.
type way struct {
	deployment string // ARN
	revision   string // ARN
}

// rollback turns a deployment back that is under way; else it brings the revision before that
// went well, or the one that is named.
func rollback(aws AWS) actions.Action {
	environment, service := actions.Environment(), actions.Service()
	to := actions.Word("revision", "a revision of the service's family, by number; else the one before that went well", "42", readRevision).Optional()
	return actions.Action{
		Name: "rollback", Summary: "Bring a service back to the version before, or to a revision.", Example: "rollback staging api",
		Parameters: []actions.Parameter{environment, service, to},
		Changes:    true,
		AWS:        []string{"ecs:StopServiceDeployment", "ecs:UpdateService", "iam:PassRole"},
		Reads:      []string{"ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions", "ecs:ListServiceDeployments", "ecs:DescribeServiceRevisions"},
		Plan: func(ctx context.Context, call actions.Call) (actions.Plan, error) {
			if err := deployable(call); err != nil {
				return actions.Plan{}, err
			}
			if before, underWay := turnable(call.Service()); underWay && !call.Given(to) {
				return planReturn(ctx, aws, call, before)
			}
			return planRevision(ctx, aws, call, to.Of(call))
		},
		Run: func(ctx context.Context, call actions.Call) (actions.Outcome, error) {
			chosen, _ := call.Plan().Subject.(way)
			change, err := chosen.take(ctx, aws, call)
			if err != nil {
				return actions.Outcome{}, fmt.Errorf("roll back %s: %w", call.Service(), err)
			}
			return actions.Outcome{Change: &change}, nil
		},
	}
}

func (w way) take(ctx context.Context, aws Returner, call actions.Call) (fleet.Change, error) {
	if w.deployment != "" {
		return aws.Return(ctx, call.Session(), call.Service(), w.deployment)
	}
	return aws.Revise(ctx, call.Session(), call.Service(), w.revision)
}

// turnable says whether a deployment is under way that ECS can turn back, and to which: the
// newest that was completed.
func turnable(now fleet.Service) (before fleet.Deployment, underWay bool) {
	if now.Primary().Rollout != fleet.InProgress || now.Current == "" {
		return fleet.Deployment{}, false
	}
	for _, deployment := range now.Deployments {
		if deployment.Status != "PRIMARY" && deployment.Rollout == fleet.Completed {
			return deployment, true
		}
	}
	return fleet.Deployment{}, false
}

// planReturn is for a deployment that is under way: ECS itself knows where it came from.
func planReturn(ctx context.Context, aws AWS, call actions.Call, before fleet.Deployment) (actions.Plan, error) {
	now := call.Service()
	if _, err := readGuarded(ctx, aws, call, before.Revision); err != nil {
		return actions.Plan{}, err
	}
	return actions.Plan{
		Bound: []string{actions.Bind("back", before.Revision)},
		Lines: []actions.Text{
			actions.Textf("the deployment that is under way (%v) is stopped and turned back", now.Primary().ID),
			actions.Textf("revision %v → %v", actions.Named(fleet.ShortRevision(now.Revision)), actions.Named(fleet.ShortRevision(before.Revision))),
		},
		Command: "aws ecs stop-service-deployment --service-deployment-arn " + shellQuoted(now.Current) + " --stop-type ROLLBACK",
		Follow:  actions.FollowReturn, Expect: actions.Expect{Revision: before.Revision}, Usual: usual(ctx, aws, call),
		Subject: way{deployment: now.Current},
	}, nil
}

// planRevision is for a service that is at rest, or whoever names a revision.
func planRevision(ctx context.Context, aws AWS, call actions.Call, asked revision) (actions.Plan, error) {
	now := call.Service()
	family, number, err := runs(now)
	if err != nil {
		return actions.Plan{}, err
	}
	if asked.family != "" && asked.family != family {
		return actions.Plan{}, otherFamily(call, asked, family)
	}
	wanted, warnings := asked.number, outages(now)
	if wanted == 0 {
		before, isProven, err := revisionBefore(ctx, aws, call, number)
		if err != nil {
			return actions.Plan{}, err
		}
		if wanted = before; !isProven {
			warnings = append(warnings, actions.Textf("no deployment is known that brought an earlier revision and went well: %v is the newest active one below", wanted))
		}
	}
	if wanted == number {
		return actions.Plan{}, actions.Refuse(authz.CodeDenied, "that revision runs already", actions.Say(actions.Refusal,
			"%v runs revision %v already. To replace its tasks, use restart.", actions.Named(now.Name), number))
	}
	reach, err := aws.Reach(ctx, call.Reader(), now, wanted)
	if errors.Is(err, fleet.ErrUnknown) || err == nil && !reach.Active {
		return actions.Plan{}, actions.Refuse(authz.CodeUnknown, "no such active revision", actions.Say(actions.Refusal,
			"%v has no active revision %v.", actions.Named(now.Name), wanted))
	}
	if err != nil {
		return actions.Plan{}, fmt.Errorf("plan of %s: %w", now, err)
	}
	if err := fenced(ctx, aws, call, reach); err != nil {
		return actions.Plan{}, err
	}
	return actions.Plan{
		Bound:   []string{actions.Bind("to", reach.ARN)},
		Lines:   append([]actions.Text{actions.Textf("revision %v → %v", actions.Named(fleet.ShortRevision(now.Revision)), actions.Named(fleet.ShortRevision(reach.ARN)))}, imageLines(ctx, aws, call, reach)...),
		Command: awsCommand(now, "update-service", "--service", now.Name, "--task-definition", fleet.ShortRevision(reach.ARN)),
		Expect:  actions.Expect{Revision: reach.ARN}, Usual: usual(ctx, aws, call), Warnings: warnings,
		Subject: way{revision: reach.ARN},
	}, nil
}

// revisionBefore is the newest active revision below one that a deployment of the service has
// brought and that went well. Where ECS remembers none it is the newest active one of all,
// which may never have run.
func revisionBefore(ctx context.Context, aws AWS, call actions.Call, number int) (before int, isProven bool, err error) {
	now := call.Service()
	proven, err := aws.Proven(ctx, call.Reader(), now)
	if err != nil {
		return 0, false, fmt.Errorf("plan of %s: %w", now, err)
	}
	for _, each := range proven {
		if each >= number {
			continue
		}
		reach, err := aws.Reach(ctx, call.Reader(), now, each)
		switch {
		case err == nil && reach.Active:
			return each, true, nil
		case err != nil && !errors.Is(err, fleet.ErrUnknown):
			return 0, false, fmt.Errorf("plan of %s: %w", now, err)
		}
	}
	if before, err = aws.Earlier(ctx, call.Reader(), now, number); err != nil {
		return 0, false, fmt.Errorf("plan of %s: %w", now, err)
	}
	if before == 0 {
		return 0, false, actions.Refuse(authz.CodeUnknown, "no revision before", actions.Say(actions.Refusal,
			"%v runs revision %v, and there is none before it.", actions.Named(now.Name), number))
	}
	return before, false, nil
}

// imageLines are the images that change with a revision, before → after.
func imageLines(ctx context.Context, aws AWS, call actions.Call, to fleet.Reach) []actions.Text {
	running, err := aws.Running(ctx, call.Reader(), call.Service())
	if err != nil {
		return nil
	}
	before := byName(running.Containers)
	var lines []actions.Text
	for _, container := range to.Containers {
		if was := before[container.Name].Image; was != container.Image {
			lines = append(lines, actions.Textf("%v: %v → %v", actions.Named(container.Name), actions.Named(was), actions.Named(container.Image)))
		}
	}
	return lines
}
