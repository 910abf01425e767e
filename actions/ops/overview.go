package ops

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
)

const (
	// callsAllowed is how many calls of AWS the status of an environment may make: one for every
	// ten services, one for clusters, credentials and metrics each, and with what is left
	// revisions are looked up that are not remembered.
	callsAllowed = 14
	perCall      = 10 // services of one DescribeServices
	changesShown = 5
)

// all is a whole environment, a line for each service.
func (s standing) all(ctx context.Context, call actions.Call) (actions.Outcome, error) {
	read, err := s.reader.ReadAll(ctx, visible(call, s.finder, call.Environment()))
	if err != nil {
		return actions.Outcome{}, fmt.Errorf("status of %s: %w", call.Environment(), err)
	}
	services := slices.DeleteFunc(read, func(service fleet.Service) bool { // retagged since it was found: its tag decides, as it is now
		return service.Environment != call.Environment() || !call.Covers(service.Environment, service.Name)
	})
	if len(services) == 0 {
		return actions.Outcome{Message: actions.Say(actions.Plain, "%v has no service that I can show you.", actions.Named(call.Environment()))}, nil
	}
	surveyed := s.survey(ctx, call, services)
	return actions.Outcome{Message: s.overview(call, services, surveyed), Result: fmt.Sprintf("%d services", len(services)), Missing: surveyed.missing}, nil
}

// surveyed is what was read of many services beside themselves.
type surveyed struct {
	gauged
	definitions map[string]fleet.Definition
	usages      map[string]fleet.Usage
}

func (s standing) survey(ctx context.Context, call actions.Call, services []fleet.Service) *surveyed {
	read := &surveyed{}
	var reading sync.WaitGroup
	reading.Go(func() {
		var err error
		read.definitions, err = s.gauge.Definitions(ctx, call.Session(), services, callsLeft(services))
		read.without("their task definitions", err)
	})
	reading.Go(func() {
		var err error
		read.usages, err = s.gauge.Usage(ctx, call.Session(), services, usageShown)
		read.without("what they use", err)
	})
	reading.Go(func() {
		var err error
		read.changes, err = s.recent.changes(ctx, services)
		read.without("who changed them", err)
	})
	reading.Wait()
	return read
}

// callsLeft is how many calls there are for what nobody has looked up before.
func callsLeft(services []fleet.Service) int {
	count := map[string]int{}
	for _, service := range services {
		count[service.Cluster]++
	}
	made := 3 // clusters, credentials, metrics
	for _, each := range count {
		made += (each + perCall - 1) / perCall
	}
	return max(callsAllowed-made, 0)
}

func (s standing) overview(call actions.Call, services []fleet.Service, read *surveyed) actions.Message {
	worst := actions.Good
	for _, service := range services {
		if each := tone(service); each != actions.Good {
			worst = each
		}
	}
	message := actions.Message{
		Tone:  worst,
		Title: actions.Textf("%v: %v services", actions.Bold(call.Environment()), len(services)),
		Body:  []actions.Block{actions.Code{Text: overviewTable(services, read)}},
	}
	if chart, ok := busiestChart(services, read.usages); ok {
		message.Body = append(message.Body, chart)
	}
	if latest := read.changes.latest(changesShown); len(latest) > 0 {
		message.Body = append(message.Body, actions.Paragraph{Text: actions.Textf("Last changes")}, actions.List{Points: latest})
	}
	if len(read.failed) > 0 {
		message.Body = append(message.Body, actions.Note{Text: actions.Textf("Could not be read now: %v", strings.Join(read.failed, ", "))})
	}
	return message
}

func overviewTable(services []fleet.Service, read *surveyed) string {
	name := func(service fleet.Service) string { return service.Name }
	if slices.ContainsFunc(services, func(service fleet.Service) bool { return service.Cluster != services[0].Cluster }) {
		name = fleet.Service.String
	}
	return table("SERVICE\tTASKS\tREV\tIMAGE\tCPU\tMEM\tSTATE", services, func(service fleet.Service) string {
		usage := read.usages[service.ARN]
		return strings.Join([]string{
			name(service), fmt.Sprintf("%d/%d%s", service.Running, service.Desired, pending(service)), revisionNumber(service.Revision),
			cut(imageTag(read.definitions[service.Revision], service.Name), 20), percent(usage.CPU), percent(usage.Memory), state(service),
		}, "\t")
	})
}

func pending(service fleet.Service) string {
	if service.Pending == 0 {
		return ""
	}
	return "+" + strconv.Itoa(service.Pending)
}

// revisionNumber is the number alone: the family is the service's.
func revisionNumber(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

// imageTag is the tag, or the start of the digest, of the container that is named as the
// service, or of the first.
func imageTag(definition fleet.Definition, service string) string {
	if len(definition.Containers) == 0 {
		return ""
	}
	image := definition.Containers[0].Image
	for _, container := range definition.Containers {
		if container.Name == service {
			image = container.Image
		}
	}
	if _, digest, pinned := strings.Cut(image, "@"); pinned {
		return cut(digest, 20)
	}
	image = image[strings.LastIndexByte(image, '/')+1:]
	_, tag, _ := strings.Cut(image, ":")
	return cmp.Or(tag, "latest")
}

// percent is the average of an hour.
func percent(samples []fleet.Sample) string {
	if len(samples) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f%%", average(samples))
}

func average(samples []fleet.Sample) float64 {
	sum := 0.0
	for _, sample := range samples {
		sum += sample.Percent
	}
	return sum / float64(max(len(samples), 1))
}
