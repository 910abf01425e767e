package ops

import (
	"fmt"
	"time"

	"ecsbot/actions"
)

// whoami shows the caller as the bot sees them, and where each right comes from.
func whoami() actions.Action {
	return actions.Action{
		Name: "whoami", Summary: "Show who you are to me, and what you hold where.", Example: "whoami",
		Open: true, Instant: true,
		Run: instant(func(call actions.Call) actions.Message {
			person := call.Person()
			message := actions.Message{
				Title: actions.Textf("You are %v, %v of this company.", actions.PersonSpan(person.Actor.User), person.Standing),
				Body: []actions.Block{actions.Facts{Facts: []actions.Fact{
					{Name: "User", Value: actions.Textf("%v", actions.Named(person.Actor.User))},
					{Name: "Team", Value: actions.Textf("%v", actions.Named(person.Actor.Team))},
				}}},
			}
			var points []actions.Text
			for _, holding := range call.Policy().Holdings(person) {
				services := actions.Textf("every service")
				if len(holding.Services) > 0 {
					services = listed(holding.Services)
				}
				points = append(points, actions.Textf("%v on %v in %v, through %v (%v)", actions.Bold(holding.Source.Role), services,
					actions.Named(holding.Environment), actions.GroupSpan(holding.Source.Group), fmt.Sprintf("line %d", holding.Source.Line)))
			}
			if len(points) == 0 {
				message.Body = append(message.Body, actions.Paragraph{Text: actions.Textf(
					"You hold no role: none of your user groups has a grant.")})
			} else {
				message.Body = append(message.Body, actions.List{Points: points})
			}
			message.Body = append(message.Body, lasting(call)...)
			return message
		}),
	}
}

// lasting shows what time has given the caller, and what they hold or may ask for.
func lasting(call actions.Call) []actions.Block {
	var points []actions.Text
	now := time.Now()
	for _, access := range call.Access() {
		if access.Actor == call.Person().Actor && now.Before(access.Until) {
			points = append(points, actions.Textf("%v on %v until %v, approved by %v", actions.Bold(access.Role), place(access.Environment, access.Service),
				actions.MomentSpan(access.Until), actions.PersonSpan(access.ApprovedBy.User)))
		}
	}
	for _, hold := range call.Holds() {
		switch {
		case hold.IsKillSwitch():
			points = append(points, actions.Textf("%v has stopped all changes, everywhere", actions.PersonSpan(hold.Actor.User)))
		case hold.Actor == call.Person().Actor && now.Before(hold.Until):
			points = append(points, actions.Textf("you hold %v until %v", place(hold.Environment, hold.Service), actions.MomentSpan(hold.Until)))
		}
	}
	for _, offer := range call.Policy().Offers(call.Person()) {
		points = append(points, append(actions.Textf("you may ask for "), actions.Asking(offer, "")...))
	}
	if len(points) == 0 {
		return nil
	}
	return []actions.Block{actions.List{Points: points}}
}

// place names a service of an environment, or the environment as a whole.
func place(environment, service string) actions.Text {
	if service == "" {
		return actions.Textf("%v", actions.Named(environment))
	}
	return actions.Textf("%v in %v", actions.Named(service), actions.Named(environment))
}
