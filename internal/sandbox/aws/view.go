package aws

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// What the page shows at most.
const (
	shownCalls    = 30
	shownEvents   = 5
	shownServices = 40              // of a cluster
	shownStopped  = 2 * time.Minute // after a task's end
)

type view struct {
	Clusters []clusterView `json:"clusters"`
	Calls    []callView    `json:"calls"`
	Faults   []FaultSpec   `json:"faults"`
	Limits   string        `json:"limits"`
}

type clusterView struct {
	Name     string            `json:"name"`
	ARN      string            `json:"arn"`
	Account  string            `json:"account"`
	Region   string            `json:"region"`
	Tags     map[string]string `json:"tags"`
	Services []serviceView     `json:"services"`
	More     int               `json:"more,omitempty"` // services that are not shown
}

type serviceView struct {
	Name        string            `json:"name"`
	ARN         string            `json:"arn"`
	Environment string            `json:"environment"`
	Tags        map[string]string `json:"tags"`
	Conflict    string            `json:"conflict,omitempty"`
	Desired     int               `json:"desired"`
	Running     int               `json:"running"`
	Pending     int               `json:"pending"`
	Revision    string            `json:"revision"` // family:number
	Image       string            `json:"image"`
	Rollout     rolloutView       `json:"rollout"`
	Tasks       []taskView        `json:"tasks"`
	Events      []eventView       `json:"events"`
	FailNext    Failure           `json:"failNext"`
}

type rolloutView struct {
	ID     string `json:"id"`
	State  string `json:"state"`
	Reason string `json:"reason"`
	New    int    `json:"new"` // healthy tasks of the deployment
	Old    int    `json:"old"` // tasks of earlier ones that have yet to stop
	Failed int    `json:"failed"`
}

type taskView struct {
	ID            string     `json:"id"`
	Status        string     `json:"status"`
	Health        string     `json:"health"`
	Revision      string     `json:"revision"`
	Deployment    string     `json:"deployment"`
	StartedAt     *time.Time `json:"startedAt,omitempty"`
	StoppedReason string     `json:"stoppedReason,omitempty"`
}

type eventView struct {
	Time time.Time `json:"time"`
	Text string    `json:"text"`
}

type callView struct {
	Time      time.Time `json:"time"`
	Service   string    `json:"service"`
	Operation string    `json:"operation"`
	Resource  string    `json:"resource"`
	Who       string    `json:"who"`
	OK        bool      `json:"ok"`
	Done      bool      `json:"done"`
	Error     string    `json:"error,omitempty"`
	Changes   bool      `json:"changes"`
}

// view is the state of everything as the page shows it.
func (s *Server) view() view {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.advance(now)
	s.arm()
	shown := view{Clusters: []clusterView{}, Calls: s.journal.shown(), Faults: []FaultSpec{}, Limits: s.options.Limits.String()}
	for _, fault := range s.faults {
		shown.Faults = append(shown.Faults, fault.FaultSpec)
	}
	for _, place := range s.inOrder() {
		for _, name := range slices.Sorted(maps.Keys(place.clusters)) {
			shown.Clusters = append(shown.Clusters, place.clusters[name].view(now))
		}
	}
	return shown
}

func (c *cluster) view(now time.Time) clusterView {
	shown := clusterView{
		Name: c.name, ARN: c.arn, Account: c.place.account, Region: c.place.region,
		Tags: maps.Clone(c.tags.now), Services: []serviceView{}, More: max(len(c.names)-shownServices, 0),
	}
	for _, name := range c.names[:min(len(c.names), shownServices)] {
		shown.Services = append(shown.Services, c.services[name].view(now))
	}
	return shown
}

func (s *service) view(now time.Time) serviceView {
	running, pending := s.counts(nil)
	key := s.server().options.Tag
	shown := serviceView{
		Name: s.name, ARN: s.arn, Environment: s.tags.now[key], Tags: maps.Clone(s.tags.now), Conflict: s.conflict(key),
		Desired: s.desired, Running: running, Pending: pending, Revision: shortName(s.definition.arn), Image: s.definition.image,
		Rollout: s.rolloutView(), Tasks: []taskView{}, Events: []eventView{}, FailNext: s.failNext,
	}
	for _, task := range s.tasks {
		if task.last != "STOPPED" || now.Sub(task.stopped) < shownStopped {
			shown.Tasks = append(shown.Tasks, task.view())
		}
	}
	for _, event := range s.events[:min(len(s.events), shownEvents)] {
		shown.Events = append(shown.Events, eventView{time.Time(event.CreatedAt), event.Message})
	}
	return shown
}

// conflict says why the service's environment cannot be trusted; empty where it can.
func (s *service) conflict(key string) string {
	for other := range s.tags.now {
		if other != key && strings.EqualFold(other, key) {
			return "two tags differ only by case: " + key + " and " + other
		}
	}
	own, clusters := s.tags.now[key], s.cluster.tags.now[key]
	if own != "" && clusters != "" && own != clusters {
		return "tagged " + own + " in a cluster tagged " + clusters
	}
	return ""
}

func (s *service) rolloutView() rolloutView {
	primary := s.primary()
	if primary == nil {
		return rolloutView{}
	}
	shown := rolloutView{ID: primary.id, State: primary.rollout, Reason: primary.reason, Failed: primary.failed}
	for _, task := range s.tasks {
		switch {
		case task.deployment == primary && task.healthy():
			shown.New++
		case task.deployment != primary && task.last != "STOPPED":
			shown.Old++
		}
	}
	return shown
}

func (t *task) view() taskView {
	shown := taskView{
		ID: t.id, Status: t.last, Health: t.health, Revision: shortName(t.definition.arn),
		Deployment: t.deployment.id, StoppedReason: t.stopReason,
	}
	if !t.started.IsZero() {
		started := t.started
		shown.StartedAt = &started
	}
	return shown
}

// shown are the newest calls, newest first.
func (j *journal) shown() []callView {
	calls := []callView{}
	for _, call := range slices.Backward(j.calls[max(len(j.calls)-shownCalls, 0):]) {
		calls = append(calls, callView{
			Time: call.Time, Service: call.Service, Operation: call.Operation, Resource: call.Resource,
			Who: call.Principal.who(), OK: call.Done && call.Error == "", Done: call.Done, Error: call.Error,
			Changes: !reads(call.Operation),
		})
	}
	return calls
}

// who is the person behind a call, else the role.
func (p Principal) who() string {
	if p.SourceIdentity != "" {
		return p.SourceIdentity
	}
	return shortName(p.Role)
}

func reads(operation string) bool {
	for _, prefix := range []string{"Describe", "List", "Get", "Filter", "Assume"} {
		if strings.HasPrefix(operation, prefix) {
			return true
		}
	}
	return false
}
