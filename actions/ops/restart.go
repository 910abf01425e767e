package ops

import (
	"context"
	"fmt"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
)

// Restarter starts a new deployment of what a service runs already.
type Restarter interface {
	Restart(ctx context.Context, session fleet.Session, service fleet.Service) (fleet.Change, error)
}

// restart replaces every task and changes nothing else: no task definition, no count.
func restart(aws Restarter) actions.Action {
	environment, service := actions.Environment(), actions.Service()
	return actions.Action{
		Name: "restart", Summary: "Replace every task of a service, keeping its version.", Example: "restart staging api",
		Parameters: []actions.Parameter{environment, service},
		Changes:    true,
		AWS:        []string{"ecs:UpdateService"},
		Run: func(ctx context.Context, call actions.Call) (actions.Outcome, error) {
			change, err := aws.Restart(ctx, call.Session(), call.Service())
			if err != nil {
				return actions.Outcome{}, fmt.Errorf("restart %s: %w", call.Service(), err)
			}
			return actions.Outcome{Change: &change}, nil
		},
	}
}
