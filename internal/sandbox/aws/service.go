package aws

import (
	"fmt"
	"slices"
	"time"
)

// How much a service keeps.
const (
	mostEvents      = 100 // Amazon ECS API reference, Service.events
	mostDeployments = 50
)

// service is an ECS service.
type service struct {
	cluster     *cluster
	spec        ServiceSpec
	name        string
	arn         string
	status      string
	tags        tagSet
	desired     int
	definition  *definition // of the last request
	created     time.Time
	deployments []*deployment // PRIMARY first
	history     []*deployment // newest first
	tasks       []*task       // oldest first, stopped ones included while they are listed
	events      []serviceEvent
	failNext    Failure
	settings    settings
	scaling     *ScalingSpec // nil where Auto Scaling has no part in it
	steady      bool         // said to be steady since the last change
	stale       *wireService
	staleUntil  time.Time
}

type serviceEvent struct {
	ID        string `json:"id"`
	CreatedAt stamp  `json:"createdAt"`
	Message   string `json:"message"`
}

// say adds an event, newest first.
func (s *service) say(at time.Time, format string, values ...any) {
	event := serviceEvent{ID: s.cluster.place.server.uuid(), CreatedAt: stamp(at), Message: fmt.Sprintf(format, values...)}
	s.events = slices.Insert(s.events, 0, event)
	s.events = s.events[:min(len(s.events), mostEvents)]
}

func (s *service) server() *Server { return s.cluster.place.server }

// primary is the deployment that the scheduler steers towards; nil where there is none.
func (s *service) primary() *deployment {
	if len(s.deployments) == 0 {
		return nil
	}
	return s.deployments[0]
}

// live are the tasks that are meant to run.
func (s *service) live() []*task {
	return s.tasksThat(func(t *task) bool { return t.desired == "RUNNING" })
}

func (s *service) tasksThat(hold func(*task) bool) []*task {
	var chosen []*task
	for _, task := range s.tasks {
		if hold(task) {
			chosen = append(chosen, task)
		}
	}
	return chosen
}

// counts are the running and the pending tasks, of one deployment or (nil) of all.
func (s *service) counts(of *deployment) (running, pending int) {
	for _, task := range s.tasks {
		if of != nil && task.deployment != of || task.desired != "RUNNING" {
			continue
		}
		if task.last == "RUNNING" {
			running++
		} else {
			pending++
		}
	}
	return running, pending
}

// remember keeps the service as it looks now, which DescribeServices shows for the lag.
func (s *service) remember(now time.Time) {
	if lag := s.server().options.Lag.Describe; lag > 0 {
		before := s.wire(true, now)
		s.stale, s.staleUntil = &before, now.Add(lag)
	}
}

// deploy begins a new deployment, which supersedes the one under way.
func (s *service) deploy(to *definition, now time.Time) *deployment {
	if old := s.primary(); old != nil {
		old.status, old.updated = "ACTIVE", now
		if old.outcome == "IN_PROGRESS" {
			old.settle("STOPPED", "Service deployment was superseded by a newer one.", now)
		}
	}
	begun := s.newDeployment(to, now)
	begun.fail, s.failNext = s.failNext, ""
	s.definition = to
	s.wake(now)
	return begun
}

// wake lets the scheduler look at the service soon.
func (s *service) wake(now time.Time) {
	s.steady = false
	server := s.server()
	server.at(now.Add(server.vary(server.options.Pace.Schedule)), s.reconcile)
}
