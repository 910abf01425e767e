package ops

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/doctor"
)

// Examiner reads what the doctor judges, behind whatever people wait for.
type Examiner interface {
	Examine(ctx context.Context, into *doctor.Examination, environments []string, purpose func(environment string) fleet.Purpose) error
	// ExamineTime estimates how long that takes in which so many services are listed in the
	// scope and so many of them looked at closely.
	ExamineTime(scope fleet.Scope, listed, closely int) time.Duration
}

// soon is how long an examination may take for its answer to be waited for.
const soon = 15 * time.Second

// examinationLimit ends an examination that AWS does not let come to its end.
const examinationLimit = 45 * time.Minute

// inspect is the action doctor: it finds what is wrong with tags and roles.
func inspect(finder actions.Finder, examiner Examiner, rules func() doctor.Rules) actions.Action {
	environment := actions.Environment().Optional()
	return actions.Action{
		Name: "doctor", Summary: "Find wrong tags and roles, and say how to mend them.", Example: "doctor staging",
		Parameters: []actions.Parameter{environment},
		Open:       true,
		Reads:      []string{"ecs:ListTasks", "ecs:DescribeTasks", "ecs:DescribeTaskDefinition"},
		Run: func(ctx context.Context, call actions.Call) (actions.Outcome, error) {
			wanted := call.Environments()
			if call.Given(environment) {
				wanted = []string{environment.Of(call)}
			}
			if len(wanted) == 0 {
				return actions.Outcome{Message: actions.Say(actions.Plain, "You hold no role on any environment, so there is none that I could examine for you.")}, nil
			}
			now := rules()
			examine := func(ctx context.Context) (actions.Outcome, error) {
				return examination(ctx, call, examiner, now, wanted)
			}
			took := lasts(finder, examiner, now, wanted)
			if took <= soon {
				return examine(ctx)
			}
			return actions.Outcome{
				Message: actions.Message{
					Tone: actions.Working,
					Title: actions.Textf("That takes about %v: %v services are looked at, no faster than AWS allows and behind whatever people wait for.",
						rounded(took), finder.Len()),
					Body: []actions.Block{actions.Note{Text: actions.Textf("I tell you in your direct messages what I find.")}},
				},
				Result: "begun, about " + rounded(took).String(), Later: examine, LaterLimit: examinationLimit,
			}, nil
		},
	}
}

// rounded is a duration as people say it.
func rounded(took time.Duration) time.Duration {
	if took > time.Minute {
		return took.Round(time.Minute)
	}
	return took.Round(5 * time.Second)
}

// lasts estimates an examination: the slowest scope decides.
func lasts(finder actions.Finder, examiner Examiner, rules doctor.Rules, wanted []string) time.Duration {
	listed, closely := map[fleet.Scope]int{}, map[fleet.Scope]int{}
	for name, environment := range rules.Environments {
		listed[environment.Scope] += len(finder.Services(name))
	}
	for _, name := range wanted {
		closely[rules.Environments[name].Scope] += len(finder.Services(name))
	}
	var longest time.Duration
	for scope, count := range closely {
		longest = max(longest, examiner.ExamineTime(scope, listed[scope], count))
	}
	return longest
}

func examination(ctx context.Context, call actions.Call, examiner Examiner, rules doctor.Rules, wanted []string) (actions.Outcome, error) {
	began := time.Now()
	into := doctor.NewExamination(rules)
	purpose := func(environment string) fleet.Purpose {
		return fleet.Purpose{
			Environment: environment, Region: rules.Environments[environment].Scope.Region, Role: rules.Environments[environment].OperatorRole,
			Operation: actions.StatusClass, Team: call.Person().Actor.Team, User: call.Person().Actor.User, Request: call.Operation(),
		}
	}
	if err := examiner.Examine(ctx, into, wanted, purpose); err != nil {
		return actions.Outcome{}, fmt.Errorf("doctor: %w", err)
	}
	whole := into.Report()
	seen := whole.For(func(environment, service string) bool { return mayKnow(call, rules, wanted, environment, service) })
	message := diagnosis(seen, rules, wanted, time.Since(began))
	outcome := actions.Outcome{Message: message, Result: fmt.Sprintf("%d findings, the worst: %s", len(seen.Findings), seen.Worst())}
	if text := inFull(seen); len(seen.Findings) > shownInFull {
		outcome.Snippet = &actions.Snippet{Title: "doctor.txt", Text: text, Lines: strings.Count(text, "\n"), Private: true}
	}
	return outcome, nil
}

// mayKnow says who may know of a finding. What is of an environment is for those who may ask
// the doctor about that service there; what is of an environment as a whole, for those who may
// ask about all of it; and what is of no environment, for those who may ask about all of every
// environment.
func mayKnow(call actions.Call, rules doctor.Rules, wanted []string, environment, service string) bool {
	if environment != "" {
		if !contains(wanted, environment) {
			return false
		}
		return service != "" && call.Covers(environment, service) || service == "" && call.CoversWhole(environment)
	}
	for name := range rules.Environments {
		if !call.CoversWhole(name) {
			return false
		}
	}
	return true
}

func contains(list []string, wanted string) bool {
	for _, each := range list {
		if each == wanted {
			return true
		}
	}
	return false
}
