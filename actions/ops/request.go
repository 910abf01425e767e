package ops

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ecsbot/actions"
	"ecsbot/authz"
)

// request asks for a role on an environment for a time. Once approved, changes under it need
// no further approval.
func request() actions.Action {
	environment, service := actions.Environment(), actions.Service()
	role := actions.Word("role", "the role", "operator", actions.PlainText).From(offeredRoles)
	duration := actions.Word("duration", "how long", "1h", actions.ParseDuration)
	return actions.Action{
		Name: "request", Summary: "Ask for a role on a service for a time.", Example: `request prod api operator 1h --reason "deploy night"`,
		Parameters: []actions.Parameter{environment, service, role, duration},
		Changes:    true, Local: true, Lasts: actions.LastsAccess,
		Run: func(_ context.Context, call actions.Call) (actions.Outcome, error) {
			until := time.Now().Add(duration.Of(call))
			return actions.Outcome{
				Until: until,
				Message: actions.Message{
					Tone:  actions.Good,
					Title: actions.Textf("%v holds %v on %v until %v", actions.PersonSpan(call.Person().Actor.User), actions.Bold(role.Of(call)), held(call), actions.MomentSpan(until)),
					Body: []actions.Block{actions.Note{Text: actions.Textf("Changes under it need no further approval. It ends by itself, or early by %v.",
						actions.Named(fmt.Sprintf("release %s %s", call.Environment(), call.ServiceName())))}},
				},
			}, nil
		},
	}
}

// offeredRoles are those that somebody may ask for anywhere.
func offeredRoles(policy *authz.Policy, person authz.Person) []string {
	var roles []string
	for _, offer := range policy.Offers(person) {
		if !slices.Contains(roles, offer.Role) {
			roles = append(roles, offer.Role)
		}
	}
	return roles
}
