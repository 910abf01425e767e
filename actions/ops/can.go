package ops

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ecsbot/actions"
	"ecsbot/authz"
)

// can says whether the caller may do something, and by which rule, without doing it.
func can(all func() *actions.Catalog, finder actions.Finder) actions.Action {
	asked, environment, service := actions.ActionName(), actions.Environment(), actions.Service().Optional()
	return actions.Action{
		Name: "can", Summary: "Say whether you may do something, and why.", Example: "can restart staging api",
		Parameters: []actions.Parameter{asked, environment, service},
		Instant:    true,
		Run: func(_ context.Context, call actions.Call) (actions.Outcome, error) {
			action, known := all().Action(asked.Of(call))
			if !known {
				return actions.Outcome{Message: actions.Say(actions.Refusal, "There is no action %v.", actions.Named(asked.Of(call)))}, nil
			}
			name := service.Of(call)
			if name != "" {
				if _, err := finder.Find(call.Environment(), name); err != nil {
					return actions.Outcome{Message: actions.Say(actions.Refusal, "I know no service %v in %v.",
						actions.Named(name), actions.Named(call.Environment()))}, nil
				}
			}
			if _, bare, qualified := strings.Cut(name, "/"); qualified {
				name = bare
			}
			if action.Lasts == actions.LastsAccess {
				return mayAsk(call, name), nil
			}
			decision := call.Policy().Decide(authz.Question{
				Person: call.Person(), Action: action.Name, Changes: action.Changes, Free: action.Free, Fresh: true, Now: time.Now(),
				Access: call.Access(), Holds: call.Holds(),
				Target: authz.Target{Environment: call.Environment(), Service: name},
			})
			message := verdict(action, decision)
			if decision.Reason.Cause == authz.ByDefault {
				message.Body = actions.WayForward(call.Policy(), call.Person(), action.Name, call.Environment(), name)
			}
			return actions.Outcome{Message: message, Result: decision.Verdict.String()}, nil
		},
	}
}

// mayAsk says for which roles the caller may ask: each offer is a question of its own.
func mayAsk(call actions.Call, service string) actions.Outcome {
	outcome := actions.Outcome{Message: actions.Say(actions.Refusal, "No: nothing there is offered to you."), Result: authz.Refused.String()}
	var points []actions.Text
	for _, offer := range call.Policy().Offers(call.Person()) {
		decision := call.Policy().Decide(authz.Question{
			Person: call.Person(), Action: "request", Role: offer.Role, Duration: offer.Longest, Changes: true, Fresh: true, Now: time.Now(), Holds: call.Holds(),
			Target: authz.Target{Environment: call.Environment(), Service: service},
		})
		if offer.Environment == call.Environment() && decision.Verdict != authz.Refused {
			points = append(points, actions.Asking(offer, service))
			outcome.Result = decision.Verdict.String()
		}
	}
	if len(points) > 0 {
		outcome.Message = actions.Say(actions.Waiting, "With a second person's approval: you may ask for")
		outcome.Message.Body = []actions.Block{actions.List{Points: points}}
	}
	return outcome
}

func verdict(action *actions.Action, decision authz.Decision) actions.Message {
	source := decision.Reason.Source
	rule := actions.Textf("by the grant of %v to %v (%v)", actions.Bold(source.Role), actions.GroupSpan(source.Group), fmt.Sprintf("line %d", source.Line))
	if access := decision.Reason.Access; access != nil {
		rule = actions.Textf("as %v until %v, approved by %v", actions.Bold(access.Role), actions.MomentSpan(access.Until), actions.PersonSpan(access.ApprovedBy.User))
	}
	switch decision.Verdict {
	case authz.Allowed:
		return actions.Say(actions.Good, "Yes: you may %v there, %v.", action.Name, rule)
	case authz.NeedsApproval:
		return actions.Say(actions.Waiting, "With a second person's approval: you may %v there, %v.", action.Name, rule)
	case authz.Refused:
	}
	switch decision.Reason.Cause {
	case authz.ByHold:
		return actions.Say(actions.Refusal, "Not now: %v holds it.", actions.PersonSpan(decision.Reason.Hold.Actor.User))
	case authz.ByFreeze:
		return actions.Say(actions.Refusal, "Not now: it is frozen at this time (line %v of the configuration).", source.Line)
	default:
	}
	if source.Kind == authz.DenialRule {
		return actions.Say(actions.Refusal, "No: it is denied to %v (line %v).", actions.GroupSpan(source.Group), source.Line)
	}
	return actions.Say(actions.Refusal, "No: none of your roles there includes %v.", action.Name)
}
