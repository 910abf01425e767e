package ops

import (
	"context"
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
			return actions.Outcome{Release: ended, Message: actions.Message{Tone: actions.Good, Title: releasedText(call, all.Of(call))}}, nil
		},
	}
}

// releasedText says what goes on again.
func releasedText(call actions.Call, everywhere bool) actions.Text {
	if everywhere {
		return actions.Textf("Released: changes go on, everywhere.")
	}
	if name := call.ServiceName(); name != "" {
		return actions.Textf("Released: %v in %v.", actions.Named(name), actions.Named(call.Environment()))
	}
	return actions.Textf("Released: %v.", actions.Named(call.Environment()))
}

func released(call actions.Call, everywhere bool) []string {
	var ended []string
	name := bareName(call.ServiceName())
	overrides := everywhere || mayReleaseOthers(call, name)
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

// mayReleaseOthers says whether the caller could stop everything there: all of the environment,
// where it is what is released.
func mayReleaseOthers(call actions.Call, service string) bool {
	question := authz.Question{
		Person: call.Person(), Action: "hold-all", Changes: true, Free: true, Fresh: true, Now: time.Now(),
		Target: authz.Target{Environment: call.Environment(), Service: service},
	}
	return call.Policy().Decide(question).Verdict == authz.Allowed && (service != "" || call.Policy().Whole(question))
}
