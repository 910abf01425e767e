package ops

import (
	"fmt"

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
			return message
		}),
	}
}
