package ops

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/authz"
)

// DefinitionReader reads revisions of the task definition that a service runs.
type DefinitionReader interface {
	Definition(ctx context.Context, session fleet.Session, service fleet.Service, number int) (fleet.Definition, error)
	// Earlier is the newest active revision below one; 0 where there is none.
	Earlier(ctx context.Context, session fleet.Session, service fleet.Service, number int) (int, error)
}

// revision is one revision as somebody named it; the family is empty where they left it out.
type revision struct {
	family string
	number int
}

// diff compares two revisions of what a service runs: names, and never a value.
func diff(aws DefinitionReader) actions.Action {
	environment, service := actions.Environment(), actions.Service()
	first := actions.Word("revision", "a revision, by number; else the one before that which runs", "42", readRevision).Optional()
	second := actions.Word("other", "the revision to compare it with; else the one that runs", "43", readRevision).Optional()
	return actions.Action{
		Name: "diff", Summary: "Compare two revisions of a service's task definition.", Example: "diff staging api",
		Parameters: []actions.Parameter{environment, service, first, second},
		Operation:  actions.StatusClass,
		AWS:        []string{"ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions"},
		Run: func(ctx context.Context, call actions.Call) (actions.Outcome, error) {
			family, running, err := runs(call.Service())
			if err != nil {
				return actions.Outcome{}, err
			}
			chosen := revision{number: running}
			if call.Given(second) {
				chosen = second.Of(call)
			}
			for _, each := range []revision{first.Of(call), chosen} {
				if each.family != "" && each.family != family {
					return actions.Outcome{}, otherFamily(call, each, family)
				}
			}
			return compared(ctx, aws, call, [2]int{first.Of(call).number, chosen.number})
		},
	}
}

// readRevision reads a number, family:number or a whole ARN.
func readRevision(text string) (revision, error) {
	family, number, qualified := "", text, false
	if at := strings.LastIndexByte(text, ':'); at >= 0 {
		family, number, qualified = text[strings.LastIndexByte(text[:at], '/')+1:at], text[at+1:], true
	}
	count, err := strconv.Atoi(number)
	if err != nil || count < 1 || number[0] == '+' || qualified && family == "" {
		return revision{}, fmt.Errorf("a revision is a number such as 42, or family:42, not %q", cut(text, 60))
	}
	return revision{family, count}, nil
}

// runs is the family and the number of the revision that a service runs.
func runs(service fleet.Service) (family string, number int, err error) {
	read, err := readRevision(revisionOf(service.Revision))
	if err != nil || read.family == "" {
		return "", 0, fmt.Errorf("%s runs no task definition of its own", service)
	}
	return read.family, read.number, nil
}

func otherFamily(call actions.Call, asked revision, family string) error {
	return actions.Refuse(authz.CodeUnknown, "a revision of another family", actions.Say(actions.Refusal,
		"%v is a revision of another family: %v runs those of %v.", actions.Named(asked.family+":"+strconv.Itoa(asked.number)), actions.Named(call.Service().Name), actions.Named(family)))
}

// compared reads both revisions and tells them apart. A first one of 0 is the one before.
func compared(ctx context.Context, aws DefinitionReader, call actions.Call, numbers [2]int) (actions.Outcome, error) {
	var err error
	if numbers[0] == 0 {
		if numbers[0], err = aws.Earlier(ctx, call.Session(), call.Service(), numbers[1]); err != nil {
			return actions.Outcome{}, fmt.Errorf("diff of %s: %w", call.Service(), err)
		}
		if numbers[0] == 0 {
			return actions.Outcome{Message: actions.Say(actions.Plain, "%v runs revision %v, and there is none before it.", actions.Named(call.Service().Name), numbers[1])}, nil
		}
	}
	var read [2]fleet.Definition
	for position, number := range numbers {
		read[position], err = aws.Definition(ctx, call.Session(), call.Service(), number)
		if errors.Is(err, fleet.ErrRefused) {
			return actions.Outcome{}, actions.Refuse(authz.CodeUnknown, "no such revision", actions.Say(actions.Refusal,
				"%v has no revision %v that ECS still knows.", actions.Named(call.Service().Name), number))
		}
		if err != nil {
			return actions.Outcome{}, fmt.Errorf("diff of %s: %w", call.Service(), err)
		}
	}
	points := differences(read[0], read[1])
	message := actions.Message{
		Title: actions.Textf("%v in %v: %v → %v", actions.Bold(call.Service().Name), actions.Bold(call.Service().Environment),
			actions.Named(label(read[0])), actions.Named(label(read[1]))),
		Body: []actions.Block{actions.List{Points: points}, actions.Note{Text: actions.Textf("Names only: values are never shown.")}},
	}
	if len(points) == 0 {
		message.Body = []actions.Block{actions.Paragraph{Text: actions.Textf("They do not differ.")}}
	}
	return actions.Outcome{Message: message, Result: fmt.Sprintf("%s to %s: %d differences", label(read[0]), label(read[1]), len(points))}, nil
}

func label(definition fleet.Definition) string {
	return definition.Family + ":" + strconv.Itoa(definition.Number)
}

// differences are what is not the same in two revisions, a line each.
func differences(before, after fleet.Definition) []actions.Text {
	points := slices.Concat(
		moved("Task CPU", before.CPU, after.CPU), moved("Task memory", before.Memory, after.Memory),
		moved("Task role", roleName(before.TaskRole), roleName(after.TaskRole)),
		moved("Execution role", roleName(before.ExecutionRole), roleName(after.ExecutionRole)),
		named(actions.Textf("The task"), "settings", before.Rest, after.Rest),
	)
	olds, news := byName(before.Containers), byName(after.Containers)
	for _, name := range slices.Sorted(maps.Keys(both(olds, news))) {
		was, existed := olds[name]
		is, exists := news[name]
		switch {
		case !existed:
			points = append(points, actions.Textf("%v: new container, %v", actions.Named(name), actions.Named(is.Image)))
		case !exists:
			points = append(points, actions.Textf("%v: container removed", actions.Named(name)))
		default:
			points = append(points, containerDifferences(was, is)...)
		}
	}
	return points
}

func containerDifferences(was, is fleet.ContainerDefinition) []actions.Text {
	subject := actions.Textf("%v", actions.Named(is.Name))
	return slices.Concat(
		moved(is.Name+" image", was.Image, is.Image), moved(is.Name+" CPU", was.CPU, is.CPU), moved(is.Name+" memory", was.Memory, is.Memory),
		named(subject, "environment", was.Variables, is.Variables),
		named(subject, "secrets", was.Secrets, is.Secrets),
		named(subject, "settings", was.Rest, is.Rest),
	)
}

// moved is a line about something whose value may be shown.
func moved(what, before, after string) []actions.Text {
	if before == after {
		return nil
	}
	show := func(value string) actions.Text {
		if value == "" {
			return actions.Textf("none")
		}
		return actions.Textf("%v", actions.Named(value))
	}
	return []actions.Text{actions.Textf("%v: %v → %v", what, show(before), show(after))}
}

// named is a line about things whose names alone may be shown.
func named(subject actions.Text, what string, before, after map[string]fleet.Mark) []actions.Text {
	var added, removed, changed []string
	for _, name := range slices.Sorted(maps.Keys(both(before, after))) {
		was, existed := before[name]
		is, exists := after[name]
		switch {
		case !existed:
			added = append(added, name)
		case !exists:
			removed = append(removed, name)
		case was != is:
			changed = append(changed, name)
		}
	}
	var points []actions.Text
	for _, each := range []struct {
		how   string
		names []string
	}{{"added", added}, {"removed", removed}, {"changed", changed}} {
		if len(each.names) > 0 {
			points = append(points, append(actions.Textf("%v %v %v: ", subject, what, each.how), listed(each.names)...))
		}
	}
	return points
}

func both[V any](a, b map[string]V) map[string]V {
	joined := maps.Clone(a)
	if joined == nil {
		joined = map[string]V{}
	}
	maps.Copy(joined, b)
	return joined
}

func byName(containers []fleet.ContainerDefinition) map[string]fleet.ContainerDefinition {
	found := map[string]fleet.ContainerDefinition{}
	for _, container := range containers {
		found[container.Name] = container
	}
	return found
}

// roleName is a role's path and name, without the rest of its ARN.
func roleName(arn string) string {
	if _, name, found := strings.Cut(arn, ":role/"); found {
		return name
	}
	return arn
}
