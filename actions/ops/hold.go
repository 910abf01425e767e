package ops

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ecsbot/actions"
)

// longestHold is how long somebody may keep others from changing something.
const longestHold = 7 * 24 * time.Hour

// hold stops the changes of everybody else on a service or an environment; with --all it is
// the kill switch.
func hold() actions.Action {
	environment, service := actions.Environment(), actions.Service().Optional()
	duration := actions.Word("duration", "how long, at most 7d", "2h", holdDuration)
	why := actions.Word("why", "why, in quotes", `"load test"`, actions.PlainText).Optional()
	all := actions.Switch("all", "everything, everywhere, until it is released: nothing changes at all")
	return actions.Action{
		Name: "hold", Summary: "Keep others from changing a service or an environment for a time.", Example: `hold staging api 2h "load test"`,
		Parameters: []actions.Parameter{environment, service, duration, why, all},
		Changes:    true, Free: true, Local: true, Lasts: actions.LastsHold,
		All: all, AllAction: "hold-all",
		Run: func(_ context.Context, call actions.Call) (actions.Outcome, error) {
			if all.Of(call) {
				return actions.Outcome{Message: actions.Say(actions.Warning, "All changes are stopped, everywhere, until %v.", actions.Named("release --all"))}, nil
			}
			until := time.Now().Add(duration.Of(call))
			return actions.Outcome{
				Until:   until,
				Message: actions.Say(actions.Good, "You hold %v until %v. Others' changes are refused; %v ends it early.", held(call), actions.MomentSpan(until), actions.Named(strings.TrimSpace("release "+call.Environment()+" "+call.ServiceName()))),
			}, nil
		},
	}
}

// holdDuration reads how long a hold shall last.
func holdDuration(text string) (time.Duration, error) {
	duration, err := actions.ParseDuration(text)
	if err == nil && duration > longestHold {
		return 0, fmt.Errorf("a hold lasts at most 7d, not %q", text)
	}
	return duration, err
}

// held is what a call holds or releases, in words.
func held(call actions.Call) actions.Text {
	if call.ServiceName() == "" {
		return actions.Textf("%v", actions.Named(call.Environment()))
	}
	return actions.Textf("%v in %v", actions.Named(call.ServiceName()), actions.Named(call.Environment()))
}
