package ops

import (
	"context"
	"strings"
	"time"

	"ecsbot/actions"
	"ecsbot/authz"
)

// release ends holds and time-bound access before their time: somebody's own, and the holds of
// others for those who could stop everything.
func release() actions.Action {
	environment, service := actions.Environment(), actions.Service().Optional()
	all := actions.Switch("all", "let changes happen again, everywhere")
	return actions.Action{
		Name: "release", Summary: "End a hold, or your own time-bound access, early.", Example: "release staging api",
		Parameters: []actions.Parameter{environment, service, all},
		Changes:    true, Free: true, Local: true,
		All: all, AllAction: "hold-all",
		Run: func(_ context.Context, call actions.Call) (actions.Outcome, error) {
			ended := released(call, all.Of(call))
			if len(ended) == 0 {
				return actions.Outcome{Message: actions.Say(actions.Plain, "There is nothing to release.")}, nil
			}
			return actions.Outcome{Release: ended, Message: actions.Say(actions.Good, "Released: %v.", len(ended))}, nil
		},
	}
}

func released(call actions.Call, everywhere bool) []string {
	var ended []string
	overrides := everywhere || mayReleaseOthers(call)
	name := call.ServiceName()
	if _, bare, qualified := strings.Cut(name, "/"); qualified {
		name = bare
	}
	for _, hold := range call.Holds() {
		isMeant := hold.Environment == call.Environment() && hold.Service == name && !hold.IsKillSwitch()
		if everywhere {
			isMeant = hold.IsKillSwitch()
		}
		if isMeant && (overrides || hold.Actor == call.Person().Actor) {
			ended = append(ended, hold.Operation)
		}
	}
	for _, access := range call.Access() {
		isAsked := access.Environment == call.Environment() && (name == "" || access.Service == name)
		if !everywhere && isAsked && access.Actor == call.Person().Actor {
			ended = append(ended, access.Operation)
		}
	}
	return ended
}

// mayReleaseOthers says whether the caller could stop everything there.
func mayReleaseOthers(call actions.Call) bool {
	return call.Policy().Decide(authz.Question{
		Person: call.Person(), Action: "hold-all", Changes: true, Free: true, Fresh: true, Now: time.Now(),
		Target: authz.Target{Environment: call.Environment(), Service: call.ServiceName()},
	}).Verdict == authz.Allowed
}
