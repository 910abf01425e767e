package aws

import "time"

// deployment is one deployment of a service, with what the service deployments API adds.
type deployment struct {
	service       *service
	id            string // ecs-svc/…
	arn           string // of the service deployment
	revisionARN   string // of the service revision
	source        *deployment
	status        string // PRIMARY, ACTIVE, INACTIVE
	definition    *definition
	desired       int
	failed        int
	fail          Failure
	rollout       string
	reason        string
	outcome       string // status of the service deployment
	outcomeReason string
	created       time.Time
	updated       time.Time
	finished      time.Time
	retryAt       time.Time // not before this is another task started
	tripped       bool      // by the circuit breaker: starts no more tasks
	rolledBack    time.Time
	rollbackTo    *deployment
	stage         string    // lifecycle stage, where the strategy is not ROLLING
	leaveAt       time.Time // not before this is the stage left
	hooks         []*hook
	isReturn      bool // a deployment that was gone back to
	impaired      bool // said that tasks cannot be started
}

// newDeployment makes a PRIMARY deployment; what was there before becomes ACTIVE by its caller.
func (s *service) newDeployment(to *definition, now time.Time) *deployment {
	server := s.server()
	place := s.cluster.place
	path := s.cluster.name + "/" + s.name + "/"
	made := &deployment{
		service: s, id: "ecs-svc/" + server.digits(19), status: "PRIMARY", definition: to, desired: s.desired,
		arn:         place.arn("ecs", "service-deployment/"+path+server.letters(21)),
		revisionARN: place.arn("ecs", "service-revision/"+path+server.digits(19)),
		rollout:     "IN_PROGRESS", outcome: "IN_PROGRESS", source: s.primary(),
		created: now, updated: now,
	}
	if made.source != nil {
		made.source.source = nil // one step of history is enough
	}
	made.reason = "ECS deployment " + made.id + " in progress."
	s.deployments = append([]*deployment{made}, s.deployments...)
	s.history = append([]*deployment{made}, s.history...)
	s.history = s.history[:min(len(s.history), mostDeployments)]
	return made
}

// settle ends the service deployment with an outcome.
func (d *deployment) settle(outcome, reason string, now time.Time) {
	d.outcome, d.outcomeReason, d.finished, d.updated = outcome, reason, now, now
}

// tasks are the deployment's tasks that are meant to run.
func (d *deployment) tasks() []*task {
	return d.service.tasksThat(func(t *task) bool { return t.deployment == d && t.desired == "RUNNING" })
}

// left reports whether any task of the deployment has yet to stop.
func (d *deployment) left() bool {
	return len(d.service.tasksThat(func(t *task) bool { return t.deployment == d && t.last != "STOPPED" })) > 0
}
