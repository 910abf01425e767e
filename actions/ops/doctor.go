package ops

import (
	"context"
	"fmt"
	"maps"
	"slices"
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
			wanted := slices.DeleteFunc(call.Environments(), func(name string) bool { return !call.Covers(name, "") })
			if call.Given(environment) {
				wanted = []string{environment.Of(call)}
			}
			if len(wanted) == 0 {
				return actions.Outcome{Message: actions.Say(actions.Plain, "You may not ask the doctor about any environment, so there is none that I could examine for you.")}, nil
			}
			asked := consultation{examiner: examiner, rules: rules(), wanted: wanted, all: !call.Given(environment), began: time.Now()}
			took := asked.lasts(finder)
			if took > soon {
				return actions.Outcome{Message: patience(took), Result: "begun, about " + actions.DurationText(rounded(took)), Later: func(ctx context.Context) (func(actions.Call) actions.Outcome, error) {
					ctx, cancel := context.WithTimeout(ctx, examinationLimit)
					defer cancel()
					return asked.hold(ctx, call)
				}}, nil
			}
			tell, err := asked.hold(ctx, call)
			if err != nil {
				return actions.Outcome{}, err
			}
			return tell(call), nil
		},
	}
}

// patience says how long it takes.
func patience(took time.Duration) actions.Message {
	return actions.Message{
		Tone:  actions.Working,
		Title: actions.Textf("That takes about %v: I look at everything in the account, no faster than AWS allows and behind whatever people wait for.", rounded(took)),
		Body:  []actions.Block{actions.Note{Text: actions.Textf("I tell you in your direct messages what I find.")}},
	}
}

// rounded is a duration as people say it.
func rounded(took time.Duration) time.Duration {
	if took > time.Minute {
		return took.Round(time.Minute)
	}
	return took.Round(5 * time.Second)
}

// consultation is one asking of the doctor.
type consultation struct {
	examiner Examiner
	rules    doctor.Rules
	wanted   []string // environments
	all      bool     // no environment was named: what is of none is looked at too
	began    time.Time
}

// lasts estimates the examination: the slowest scope decides.
func (c consultation) lasts(finder actions.Finder) time.Duration {
	listed, closely := map[fleet.Scope]int{}, map[fleet.Scope]int{}
	for name, environment := range c.rules.Environments {
		listed[environment.Scope] += len(finder.Services(name))
	}
	for _, name := range c.wanted {
		closely[c.rules.Environments[name].Scope] += len(finder.Services(name))
	}
	var longest time.Duration
	for scope, count := range closely {
		longest = max(longest, c.examiner.ExamineTime(scope, listed[scope], count))
	}
	return longest
}

// hold examines in the caller's name, and returns how to tell what was found to whoever the
// caller is by then.
func (c consultation) hold(ctx context.Context, call actions.Call) (func(actions.Call) actions.Outcome, error) {
	into := doctor.NewExamination(c.rules)
	actor := call.Person().Actor
	purpose := func(environment string) fleet.Purpose {
		own := c.rules.Environments[environment]
		return fleet.Purpose{
			Environment: environment, Region: own.Scope.Region, Role: own.OperatorRole,
			Operation: actions.StatusClass, Team: actor.Team, User: actor.User, Request: call.Operation(),
		}
	}
	if err := c.examiner.Examine(ctx, into, c.wanted, purpose); err != nil {
		return nil, fmt.Errorf("doctor: %w", err)
	}
	whole := into.Report()
	return func(now actions.Call) actions.Outcome {
		seen := whole.For(func(environment, service string) bool { return c.mayKnow(now, environment, service) })
		outcome := actions.Outcome{
			Message: diagnosis(seen, c.rules, c.wanted, time.Since(c.began)),
			Result:  fmt.Sprintf("%d findings, the worst: %s", len(seen.Findings), seen.Worst()),
		}
		if text := inFull(seen); isLong(seen) {
			outcome.Message = withNote(outcome.Message, "What can go wrong, and the command that mends each, stands in the file.")
			outcome.Snippet = &actions.Snippet{Title: "doctor.txt", Text: text, Lines: strings.Count(text, "\n"), Private: true}
		}
		return outcome
	}, nil
}

// mayKnow says who may know of a finding. What is of a service is for those who may ask the
// doctor about that service; what is of an environment as a whole, for those who may ask about
// all of it; and what is of no environment, for those who may ask about all of every one.
func (c consultation) mayKnow(call actions.Call, environment, service string) bool {
	switch {
	case environment == "":
		return c.all && !slices.ContainsFunc(slices.Collect(maps.Keys(c.rules.Environments)), func(name string) bool { return !call.CoversWhole(name) })
	case !slices.Contains(c.wanted, environment):
		return false
	case service == "":
		return call.CoversWhole(environment)
	}
	return call.Covers(environment, service)
}
