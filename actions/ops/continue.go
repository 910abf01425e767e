package ops

import (
	"context"
	"fmt"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/authz"
)

// Continuer lets a deployment go on that waits at a hook.
type Continuer interface {
	Continue(ctx context.Context, session fleet.Session, service fleet.Service, pause fleet.Pause) (fleet.Change, error)
}

// proceed lets a deployment go on that waits for somebody. Whoever may bring a version in may
// also let one go on.
func proceed(aws AWS) actions.Action {
	environment, service := actions.Environment(), actions.Service()
	return actions.Action{
		Name: "continue", Summary: "Let a deployment go on that waits for somebody.", Example: "continue staging api",
		Parameters: []actions.Parameter{environment, service},
		Right:      deployRight,
		Changes:    true, Beside: true,
		AWS:   []string{"ecs:ContinueServiceDeployment"},
		Reads: []string{"ecs:DescribeServiceDeployments"},
		Plan: func(ctx context.Context, call actions.Call) (actions.Plan, error) {
			now := call.Service()
			pauses, err := aws.Pauses(ctx, call.Reader(), now)
			if err != nil {
				return actions.Plan{}, fmt.Errorf("plan of %s: %w", now, err)
			}
			if len(pauses) == 0 {
				return actions.Plan{}, actions.Refuse(authz.CodeUnknown, "nothing waits", actions.Say(actions.Refusal,
					"No deployment of %v waits for anybody.", actions.Named(now.Name)))
			}
			return actions.Plan{
				Bound:   []string{actions.Bind("hook", pauses[0].Hook)},
				Lines:   []actions.Text{actions.Textf("the deployment %v goes on from %v", now.Primary().ID, actions.Named(pauses[0].Stage))},
				Command: fmt.Sprintf("aws ecs continue-service-deployment --service-deployment-arn %s --hook-id %s --action CONTINUE", shellQuoted(pauses[0].Deployment), shellQuoted(pauses[0].Hook)),
				Follow:  actions.FollowNothing, Subject: pauses[0],
			}, nil
		},
		Run: func(ctx context.Context, call actions.Call) (actions.Outcome, error) {
			pause, _ := call.Plan().Subject.(fleet.Pause)
			change, err := aws.Continue(ctx, call.Session(), call.Service(), pause)
			if err != nil {
				return actions.Outcome{}, fmt.Errorf("continue the deployment of %s: %w", call.Service(), err)
			}
			return actions.Outcome{Change: &change}, nil
		},
	}
}
