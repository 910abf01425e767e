package ops

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/authz"
)

// Scaler sets how many tasks a service wants.
type Scaler interface {
	// Bounds are those of Auto Scaling; false where it does not scale the service.
	Bounds(ctx context.Context, session fleet.Session, service fleet.Service) (fleet.Bounds, bool, error)
	Scale(ctx context.Context, session fleet.Session, service fleet.Service, count int) (fleet.Change, error)
}

// mostTasks is what ECS takes for one service (Amazon ECS service quotas).
const mostTasks = 5000

// scale sets the count of a service, within the bounds of Auto Scaling and the configuration.
func scale(aws AWS) actions.Action {
	environment, service := actions.Environment(), actions.Service()
	count := actions.Word("count", "how many tasks", "4", readCount)
	return actions.Action{
		Name: "scale", Summary: "Set how many tasks a service has.", Example: "scale staging api 4",
		Parameters: []actions.Parameter{environment, service, count},
		Changes:    true,
		AWS:        []string{"ecs:UpdateService"},
		Reads:      []string{"application-autoscaling:DescribeScalableTargets"},
		Plan: func(ctx context.Context, call actions.Call) (actions.Plan, error) {
			return planScale(ctx, aws, call, count.Of(call))
		},
		Run: func(ctx context.Context, call actions.Call) (actions.Outcome, error) {
			change, err := aws.Scale(ctx, call.Session(), call.Service(), count.Of(call))
			if err != nil {
				return actions.Outcome{}, fmt.Errorf("scale %s: %w", call.Service(), err)
			}
			return actions.Outcome{Change: &change}, nil
		},
	}
}

// readCount reads a whole number in plain digits.
func readCount(text string) (int, error) {
	mistake := fmt.Errorf("how many tasks is a whole number from 0 to %d, not %q", mostTasks, cut(text, 20))
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, mistake
	}
	count, err := strconv.Atoi(text)
	if err != nil || count > mostTasks {
		return 0, mistake
	}
	return count, nil
}

func planScale(ctx context.Context, aws AWS, call actions.Call, count int) (actions.Plan, error) {
	now := call.Service()
	if err := scalable(call, count); err != nil {
		return actions.Plan{}, err
	}
	plan := actions.Plan{
		Lines:   []actions.Text{actions.Textf("%v → %v", now.Desired, actions.Counted(count, "task"))},
		Command: awsCommand(now, "update-service", "--service", now.Name, "--desired-count", strconv.Itoa(count)),
		Follow:  actions.FollowCount, Expect: actions.Expect{Desired: &count},
	}
	bounds, scaled, err := aws.Bounds(ctx, call.Reader(), now)
	if err != nil {
		return plan, fmt.Errorf("plan of %s: %w", now, err)
	}
	if count == 0 && now.Desired > 0 {
		plan.Warnings = append(plan.Warnings, actions.Textf("nothing of it will run"))
	}
	if !scaled {
		return plan, nil
	}
	plan.Bound = []string{fmt.Sprintf("autoscaling=%d-%d", bounds.Min, bounds.Max)}
	if count < bounds.Min || count > bounds.Max {
		return plan, outsideAutoScaling(now, count, bounds)
	}
	plan.Lines = append(plan.Lines, actions.Textf("Auto Scaling keeps it between %v and %v", bounds.Min, bounds.Max))
	if !bounds.Frozen {
		plan.Warnings = append(plan.Warnings, actions.Textf("Auto Scaling may change the count again at any time"))
	}
	return plan, nil
}

// scalable refuses what has no count, and counts outside the configuration's bounds.
func scalable(call actions.Call, count int) error {
	now, bounds := call.Service(), call.Place().Scale
	if err := active(call); err != nil {
		return err
	}
	switch {
	case now.Scheduling == "DAEMON":
		return actions.Refuse(authz.CodeDenied, "a daemon has no count", actions.Say(actions.Refusal,
			"%v runs one task on every instance (DAEMON): it has no count of its own.", actions.Named(now.Name)))
	case now.Controller == "EXTERNAL":
		return deployable(call)
	case count == now.Desired:
		return actions.Refuse(authz.CodeDenied, "that many already", actions.Say(actions.Refusal,
			"%v wants %v already.", actions.Named(now.Name), actions.Counted(count, "task")))
	case bounds.Bounded && (count < bounds.Min || count > bounds.Max):
		return actions.Refuse("limit", "outside the configuration's bounds", actions.Message{
			Title: actions.Textf("%v allows from %v to %v tasks a service.", actions.Named(call.Environment()), bounds.Min, bounds.Max),
			Body:  []actions.Block{actions.Note{Text: actions.Textf("Whoever keeps the configuration can change the bounds of the environment.")}},
		})
	}
	return nil
}

// outsideAutoScaling names the way out: Auto Scaling would move such a count back.
func outsideAutoScaling(now fleet.Service, count int, bounds fleet.Bounds) error {
	lower, upper := min(bounds.Min, count), max(bounds.Max, count)
	command := fmt.Sprintf("aws application-autoscaling register-scalable-target --service-namespace ecs --scalable-dimension ecs:service:DesiredCount "+
		"--resource-id %s --min-capacity %d --max-capacity %d", shellQuoted("service/"+now.Cluster+"/"+now.Name), lower, upper)
	return actions.Refuse("limit", "outside the bounds of Auto Scaling", actions.Message{
		Title: actions.Textf("Auto Scaling keeps %v between %v and %v tasks, and would move %v back.", actions.Named(now.Name), bounds.Min, bounds.Max, count),
		Body: []actions.Block{
			actions.Paragraph{Text: actions.Textf("Ask for a count within these, or have whoever keeps the platform change the bounds first:")},
			actions.Code{Text: command},
		},
	})
}
