package ops

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
)

// status shows how services stand, one or all of an environment.
func status(finder actions.Finder, reader actions.Reader) actions.Action {
	environment, service := actions.Environment(), actions.Service().Optional()
	return actions.Action{
		Name: "status", Summary: "Show how a service, or an environment, stands.", Example: "status staging api",
		Parameters: []actions.Parameter{environment, service},
		Run: func(ctx context.Context, call actions.Call) (actions.Outcome, error) {
			if call.Given(service) {
				return actions.Outcome{Message: one(call.Service())}, nil
			}
			read, err := reader.ReadAll(ctx, visible(call, finder, call.Environment()))
			if err != nil {
				return actions.Outcome{}, fmt.Errorf("status of %s: %w", call.Environment(), err)
			}
			return actions.Outcome{Message: overviewOf(call, read), Result: fmt.Sprintf("%d services", len(read))}, nil
		},
	}
}

// one is a single service in detail.
func one(service fleet.Service) actions.Message {
	primary := service.Primary()
	message := actions.Message{
		Tone:  tone(service),
		Title: actions.Textf("%v in %v: %v", actions.Bold(service.Name), actions.Bold(service.Environment), state(service)),
		Body: []actions.Block{actions.Facts{Facts: []actions.Fact{
			{Name: "Service", Value: actions.Textf("%v", actions.Named(service.String()))},
			{Name: "Tasks", Value: actions.Textf("%v running, %v pending, %v wanted", service.Running, service.Pending, service.Desired)},
			{Name: "Revision", Value: actions.Textf("%v", actions.Named(service.Revision[strings.LastIndex(service.Revision, "/")+1:]))},
			{Name: "Deployed", Value: actions.Textf("%v", actions.MomentSpan(primary.Created))},
		}}},
	}
	var events []string
	for _, event := range service.Events[:min(3, len(service.Events))] {
		events = append(events, event.Time.UTC().Format("15:04:05")+"  "+event.Text)
	}
	if len(events) > 0 {
		message.Body = append(message.Body, actions.Code{Text: strings.Join(events, "\n")})
	}
	return message
}

// overviewOf is a whole environment, a line for each service.
func overviewOf(call actions.Call, read []fleet.Service) actions.Message {
	var text strings.Builder
	columns := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "SERVICE\tTASKS\tREVISION\tSTATE")
	shown, worst := 0, actions.Good
	for _, service := range read {
		if service.Environment != call.Environment() || !call.Covers(service.Environment, service.Name) {
			continue // retagged since it was found: its tag decides, as it is now
		}
		shown++
		if each := tone(service); each != actions.Good {
			worst = each
		}
		fmt.Fprintf(columns, "%s\t%d/%d\t%s\t%s\n", service.String(), service.Running, service.Desired,
			service.Revision[strings.LastIndex(service.Revision, "/")+1:], state(service))
	}
	_ = columns.Flush() // into memory
	if shown == 0 {
		return actions.Say(actions.Plain, "%v has no service that I can show you.", actions.Named(call.Environment()))
	}
	return actions.Message{
		Tone:  worst,
		Title: actions.Textf("%v: %v services", actions.Bold(call.Environment()), shown),
		Body:  []actions.Block{actions.Code{Text: text.String()}},
	}
}

// state is how a service stands, in words.
func state(service fleet.Service) string {
	primary := service.Primary()
	switch {
	case service.Conflict != "":
		return "unreachable: its tags contradict each other"
	case service.Status != "ACTIVE":
		return strings.ToLower(service.Status)
	case primary.Rollout == fleet.Failed:
		return "deployment failed"
	case primary.Rollout == fleet.InProgress && primary.Failed > 0:
		return fmt.Sprintf("deploying, %d tasks failed", primary.Failed)
	case primary.Rollout == fleet.InProgress:
		return "deploying"
	case service.Running < service.Desired:
		return "short of tasks"
	case service.Desired == 0:
		return "scaled to zero"
	}
	return "steady"
}

func tone(service fleet.Service) actions.Tone {
	switch state(service) {
	case "steady", "scaled to zero":
		return actions.Good
	case "deploying":
		return actions.Working
	case "deployment failed":
		return actions.Bad
	}
	return actions.Warning
}
