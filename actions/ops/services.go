package ops

import (
	"ecsbot/actions"
)

// services lists what exists, as far as the caller may know of it.
func services(finder actions.Finder) actions.Action {
	environment := actions.Environment().Optional()
	return actions.Action{
		Name: "services", Summary: "List your services, by environment.", Example: "services staging",
		Parameters: []actions.Parameter{environment},
		Open:       true, Instant: true,
		Run: instant(func(call actions.Call) actions.Message {
			environments := call.Environments()
			if call.Given(environment) {
				environments = []string{environment.Of(call)}
			}
			if len(environments) == 0 {
				return actions.Say(actions.Plain, "You hold no role on any environment, so there is none that I could show you.")
			}
			message := actions.Message{Title: actions.Textf("Services")}
			for _, name := range environments {
				message.Body = append(message.Body, actions.Paragraph{Text: actions.Textf("%v", actions.Bold(name))})
				var points []actions.Text
				for _, ref := range visible(call, finder, name) {
					points = append(points, actions.Textf("%v", actions.Named(ref.String())))
				}
				if len(points) == 0 {
					message.Body = append(message.Body, actions.Note{Text: actions.Textf("none that is tagged with this environment")})
					continue
				}
				message.Body = append(message.Body, actions.List{Points: points})
			}
			return message
		}),
	}
}
