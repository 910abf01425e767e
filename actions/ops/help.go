package ops

import (
	"ecsbot/actions"
)

// help shows what the caller may do, and how.
func help(all func() *actions.Catalog) actions.Action {
	about := actions.ActionName().Optional()
	return actions.Action{
		Name: "help", Summary: "Show what you can do here.", Example: "help restart",
		Parameters: []actions.Parameter{about},
		Open:       true, Instant: true,
		Run: instant(func(call actions.Call) actions.Message {
			offered := actions.Offered(all(), call.Policy(), call.Person())
			for _, action := range offered {
				if action.Name == about.Of(call) {
					return describe(action)
				}
			}
			return overview(call, offered)
		}),
	}
}

func describe(action *actions.Action) actions.Message {
	points := []actions.Text{}
	for _, declared := range action.Declarations() {
		name := declared.Name
		if declared.IsOption() {
			name = "--" + name
		}
		points = append(points, actions.Textf("%v: %v", actions.Named(name), declared.Doc))
	}
	message := actions.Message{
		Title: actions.Textf("%v: %v", actions.Bold(action.Name), action.Summary),
		Body:  []actions.Block{actions.Paragraph{Text: actions.Textf("Usage: %v", actions.Named(action.Usage()))}},
	}
	if len(points) > 0 {
		message.Body = append(message.Body, actions.List{Points: points})
	}
	message.Body = append(message.Body, actions.Note{Text: actions.Textf("For example: %v", actions.Named(action.Example))})
	return message
}

func overview(call actions.Call, offered []*actions.Action) actions.Message {
	message := actions.Message{Title: actions.Textf("What you can do")}
	for _, changes := range []bool{false, true} {
		var points []actions.Text
		for _, action := range offered {
			if action.Changes == changes {
				points = append(points, actions.Textf("%v  %v", actions.Named(action.Synopsis()), action.Summary))
			}
		}
		if len(points) > 0 {
			message.Body = append(message.Body, actions.Paragraph{Text: actions.Textf("%v", map[bool]string{false: "To look:", true: "To change:"}[changes])}, actions.List{Points: points})
		}
	}
	if environments := call.Environments(); len(environments) > 0 {
		message.Body = append(message.Body, actions.Paragraph{Text: append(actions.Textf("Your environments: "), listed(environments)...)})
	} else {
		message.Body = append(message.Body, actions.Paragraph{Text: actions.Textf(
			"You hold no role on any environment. Roles come with Slack user groups: ask whoever keeps them here.")})
	}
	message.Body = append(message.Body, actions.Note{Text: actions.Textf("help ACTION says more of one. In a thread, mention me instead: slash commands do not work there.")})
	return message
}

// listed joins names with commas.
func listed(names []string) actions.Text {
	var text actions.Text
	for position, name := range names {
		if position > 0 {
			text = append(text, actions.Span{Value: ", "})
		}
		text = append(text, actions.Named(name))
	}
	return text
}
