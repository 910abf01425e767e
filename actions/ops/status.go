package ops

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/internal/redact"
)

// Gauge reads how services stand beside what ECS says of the services themselves.
type Gauge interface {
	TaskLister
	// Usage is by ARN.
	Usage(ctx context.Context, session fleet.Session, services []fleet.Service, over time.Duration) (map[string]fleet.Usage, error)
	// Definitions are by the revision's ARN; those that are not remembered cost a call each.
	Definitions(ctx context.Context, session fleet.Session, services []fleet.Service, calls int) (map[string]fleet.Definition, error)
}

// What status shows.
const (
	usageShown  = time.Hour
	eventsShown = 5
)

// standing is status with its parts.
type standing struct {
	finder actions.Finder
	reader actions.Reader
	gauge  Gauge
	recent *recent
	clean  func(string) string
}

// status shows how services stand, one or all of an environment.
func status(finder actions.Finder, reader actions.Reader, gauge Gauge, history History, redactor *redact.Redactor) actions.Action {
	environment, service := actions.Environment(), actions.Service().Optional()
	s := standing{finder, reader, gauge, &recent{history: history}, cleaner(redactor, nil)}
	return actions.Action{
		Name: "status", Summary: "Show how a service, or an environment, stands.", Example: "status staging api",
		Parameters: []actions.Parameter{environment, service},
		AWS:        []string{"ecs:ListTasks", "ecs:DescribeTasks", "ecs:DescribeTaskDefinition", "cloudwatch:GetMetricData"},
		Run: func(ctx context.Context, call actions.Call) (actions.Outcome, error) {
			if call.Given(service) {
				read := s.gaugeOne(ctx, call)
				return actions.Outcome{Message: s.one(call.Service(), read), Result: state(call.Service()), Missing: read.missing}, nil
			}
			return s.all(ctx, call)
		},
	}
}

// gauged is what was read of one service beside itself, and what could not be read.
type gauged struct {
	tasks      []fleet.Task
	definition fleet.Definition
	usage      fleet.Usage
	changes    changes

	mutex   sync.Mutex
	failed  []string
	missing error // why
}

// without notes what cannot be told, in words; the rest is worth telling all the same.
func (g *gauged) without(what string, err error) {
	if err != nil {
		g.mutex.Lock()
		defer g.mutex.Unlock()
		g.failed, g.missing = append(g.failed, what), errors.Join(g.missing, err)
	}
}

// gaugeOne reads side by side.
func (s standing) gaugeOne(ctx context.Context, call actions.Call) *gauged {
	read, service := &gauged{}, call.Service()
	var reading sync.WaitGroup
	reading.Go(func() {
		var err error
		read.tasks, err = s.gauge.Tasks(ctx, call.Session(), service, "RUNNING")
		read.without("its tasks", err)
	})
	reading.Go(func() {
		definitions, err := s.gauge.Definitions(ctx, call.Session(), []fleet.Service{service}, 1)
		read.definition = definitions[service.Revision]
		read.without("its task definition", err)
	})
	reading.Go(func() {
		usages, err := s.gauge.Usage(ctx, call.Session(), []fleet.Service{service}, usageShown)
		read.usage = usages[service.ARN]
		read.without("what it uses", err)
	})
	reading.Go(func() {
		var err error
		read.changes, err = s.recent.changes(ctx, []fleet.Service{service})
		read.without("who changed it", err)
	})
	reading.Wait()
	return read
}

// one is a single service in detail.
func (s standing) one(service fleet.Service, read *gauged) actions.Message {
	message := actions.Message{
		Tone:  tone(service),
		Title: actions.Textf("%v in %v: %v", actions.Bold(service.Name), actions.Bold(service.Environment), state(service)),
		Body:  []actions.Block{actions.Facts{Facts: s.facts(service, read)}},
	}
	if len(service.Deployments) > 1 || service.Primary().Rollout != fleet.Completed {
		message.Body = append(message.Body, actions.Paragraph{Text: actions.Textf("Deployments")}, actions.Code{Text: deployments(service, s.clean)})
	}
	var events []string
	for _, event := range service.Events[:min(eventsShown, len(service.Events))] {
		events = append(events, event.Time.UTC().Format("15:04:05")+"  "+cut(oneLine(s.clean(event.Brief(service.Name))), 300))
	}
	if len(events) > 0 {
		message.Body = append(message.Body, actions.Paragraph{Text: actions.Textf("Last events (UTC)")}, actions.Code{Text: strings.Join(events, "\n")})
	}
	if chart, ok := usageChart(service, read.usage); ok {
		message.Body = append(message.Body, chart)
	}
	if len(read.failed) > 0 {
		message.Body = append(message.Body, actions.Note{Text: actions.Textf("Could not be read now: %v", strings.Join(read.failed, ", "))})
	}
	return message
}

func (s standing) facts(service fleet.Service, read *gauged) []actions.Fact {
	facts := []actions.Fact{
		{Name: "Service", Value: actions.Textf("%v", actions.Named(service.String()))},
		{Name: "Tasks", Value: actions.Textf("%v running, %v pending, %v wanted%v", service.Running, service.Pending, service.Desired, health(read.tasks))},
		{Name: "Revision", Value: actions.Textf("%v", actions.Named(revisionOf(service.Revision)))},
	}
	for _, container := range read.definition.Containers {
		value := actions.Textf("%v", actions.Named(container.Image))
		if digest := digestOf(read.tasks, service.Revision, container.Name); digest != "" && !strings.Contains(container.Image, "@") {
			value = actions.Textf("%v %v", actions.Named(container.Image), actions.Named(digest))
		}
		facts = append(facts, actions.Fact{Name: "Image of " + container.Name, Value: value})
	}
	if deployed := service.Primary().Created; !deployed.IsZero() {
		facts = append(facts, actions.Fact{Name: "Deployed", Value: actions.Textf("%v", actions.MomentSpan(deployed))})
	}
	if last, known := read.changes.of[service.ARN]; known {
		facts = append(facts, actions.Fact{Name: "Last change", Value: last.text()})
	} else if len(read.failed) == 0 {
		facts = append(facts, actions.Fact{Name: "Last change", Value: actions.Textf("none by me that I remember")})
	}
	return facts
}

// health counts the tasks whose health checks have spoken.
func health(tasks []fleet.Task) string {
	count := map[string]int{}
	for _, task := range tasks {
		count[task.Health]++
	}
	var parts []string
	for _, each := range []string{"HEALTHY", "UNHEALTHY"} {
		if count[each] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[each], strings.ToLower(each)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "; " + strings.Join(parts, ", ")
}

// digestOf is what a container of the revision really runs, shortened; nothing where its tasks
// do not agree.
func digestOf(tasks []fleet.Task, revision, container string) string {
	found := ""
	for _, task := range tasks {
		for _, each := range task.Containers {
			if task.Revision != revision || each.Name != container || each.Digest == "" {
				continue
			}
			if found != "" && found != each.Digest {
				return ""
			}
			found = each.Digest
		}
	}
	if name, sum, ok := strings.Cut(found, ":"); ok && len(sum) > 12 {
		return name + ":" + sum[:12]
	}
	return found
}

func deployments(service fleet.Service, clean func(string) string) string {
	text := table("DEPLOYMENT\tSTATE\tREVISION\tTASKS\tFAILED\tBEGAN", service.Deployments, func(deployment fleet.Deployment) string {
		return fmt.Sprintf("%s\t%s\t%s\t%d/%d\t%d\t%s", strings.ToLower(deployment.Status), rollout(deployment), revisionOf(deployment.Revision),
			deployment.Running, deployment.Desired, deployment.Failed, since(deployment.Created))
	})
	if reason := service.Primary().Reason; reason != "" {
		text += cut(oneLine(clean(reason)), 300)
	}
	return text
}

func rollout(deployment fleet.Deployment) string {
	if deployment.Rollout == "" {
		return "not said"
	}
	return strings.ToLower(strings.ReplaceAll(string(deployment.Rollout), "_", " "))
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
