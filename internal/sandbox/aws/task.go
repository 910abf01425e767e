package aws

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// listedFor is how long a stopped task can still be described (Amazon ECS API reference,
// ListTasks: "at least one hour").
const listedFor = time.Hour

// task is an ECS task on its way from PROVISIONING to STOPPED.
type task struct {
	cluster     *cluster
	service     *service    // nil for a one-off task
	deployment  *deployment // nil for a one-off task
	definition  *definition
	id          string
	arn         string
	last        string // lastStatus
	desired     string // desiredStatus
	health      string
	startedBy   string
	group       string
	address     string
	subnet      string
	stopCode    string
	stopReason  string
	created     time.Time
	pullStarted time.Time
	pullStopped time.Time
	started     time.Time
	stopping    time.Time
	stopped     time.Time
	containers  []container
	streams     []*stream
	tags        tagSet
	overrides   taskOverride
	version     int
	fail        Failure
	missing     string // an image that is not in its registry
	proved      bool   // was healthy once
}

// container is one container of a task.
type container struct {
	name     string
	image    string
	digest   string
	runtime  string
	last     string
	reason   string
	exitCode *int
}

// newTask makes a task of a service, not yet on its way.
func (s *service) newTask(of *deployment, now time.Time) *task {
	made := s.cluster.newTask(of.definition, now)
	made.service, made.deployment, made.fail = s, of, of.fail
	made.startedBy, made.group, made.subnet = of.id, "service:"+s.name, s.settings.NetworkConfiguration.subnet()
	made.tags = newTags(s.taskTags())
	s.tasks = append(s.tasks, made)
	return made
}

// taskTags are those that a task of the service starts with: what is propagated, and what ECS
// adds by itself where managed tags are on (ECS Developer Guide, "Tagging").
func (s *service) taskTags() map[string]string {
	tags := map[string]string{}
	if s.settings.PropagateTags == "SERVICE" {
		maps.Copy(tags, s.tags.now)
	}
	if managed := s.settings.EnableECSManagedTags; managed != nil && *managed {
		tags["aws:ecs:clusterName"], tags["aws:ecs:serviceName"] = s.cluster.name, s.name
	}
	return tags
}

func (c *cluster) newTask(of *definition, now time.Time) *task {
	server := c.place.server
	made := &task{
		cluster: c, definition: of, id: server.hex(32), last: "PROVISIONING", desired: "RUNNING", health: "UNKNOWN",
		created: now, version: 1, address: fmt.Sprintf("10.0.%d.%d", server.random.IntN(64), 4+server.random.IntN(250)),
	}
	made.arn = c.place.arn("ecs", "task/"+c.name+"/"+made.id)
	for _, defined := range of.containers {
		made.containers = append(made.containers, container{
			name: defined.Name, image: defined.Image, last: "PENDING",
		})
	}
	c.tasks[made.id] = made
	c.place.register(made.arn, "ecs:task", &made.tags)
	return made
}

// begin sends the task on its way.
func (t *task) begin(now time.Time) {
	server := t.cluster.place.server
	server.at(now.Add(server.vary(server.options.Pace.Provisioning)), t.pull)
}

func (t *task) pull(now time.Time) {
	if t.last != "PROVISIONING" || t.desired != "RUNNING" {
		return
	}
	t.last, t.pullStarted = "PENDING", now
	t.version++
	server := t.cluster.place.server
	next := t.run
	if t.pullsAll(); t.missing != "" || failures()[t.fail].atPull {
		next = t.failToStart
	}
	server.at(now.Add(server.vary(server.options.Pace.Pulling)), next)
}

// pullsAll looks every image up as it is now; the first that is not there stays missing.
func (t *task) pullsAll() {
	for i := range t.containers {
		digest, ok := t.cluster.place.server.resolve(t.containers[i].image)
		if !ok && t.missing == "" {
			t.missing = t.containers[i].image
		}
		t.containers[i].digest = digest
	}
}

func (t *task) run(now time.Time) {
	if t.last != "PENDING" || t.desired != "RUNNING" {
		return
	}
	t.last, t.pullStopped, t.started = "RUNNING", now, now
	t.version++
	for i := range t.containers {
		t.containers[i].last = "RUNNING"
		t.containers[i].runtime = t.id + "-" + t.cluster.place.server.digits(10)
	}
	t.openStreams(now)
	server := t.cluster.place.server
	if t.service == nil {
		server.at(now.Add(server.vary(server.options.Pace.Run)+t.overrides.sleep()), t.runOut)
		return
	}
	next := t.prove
	if t.fail != "" {
		next = t.failRunning
	}
	server.at(now.Add(server.vary(server.options.Pace.Starting)), next)
	t.service.reconcile(now)
}

// prove is the first good health check.
func (t *task) prove(now time.Time) {
	if t.last != "RUNNING" || t.desired != "RUNNING" {
		return
	}
	t.health, t.proved = "HEALTHY", true
	t.version++
	t.service.reconcile(now)
}

func (t *task) healthy() bool { return t.last == "RUNNING" && t.health == "HEALTHY" }

// found makes the task one that has been running since before the server began.
func (t *task) found(began time.Time) {
	t.pullsAll()
	t.last, t.health, t.proved = "RUNNING", "HEALTHY", true
	t.pullStarted, t.pullStopped, t.started = began, began, began
	for i := range t.containers {
		t.containers[i].last, t.containers[i].runtime = "RUNNING", t.id+"-"+t.cluster.place.server.digits(10)
	}
	t.openStreams(began)
}

// stop tells the task to end: SIGTERM now, STOPPED when it has drained.
func (t *task) stop(code, reason string, now time.Time) {
	if t.desired == "STOPPED" {
		return
	}
	started := t.last == "RUNNING"
	t.desired, t.stopCode, t.stopReason, t.stopping = "STOPPED", code, reason, now
	t.last = "DEACTIVATING"
	t.version++
	server := t.cluster.place.server
	if !started {
		server.at(now, func(now time.Time) { t.end(nil, "", now) })
		return
	}
	t.log(now, closingLines(now)...)
	exit, draining := 0, server.options.Pace.Draining
	if t.service != nil && t.service.spec.Draining > 0 {
		draining = t.service.spec.Draining
	}
	server.at(now.Add(server.vary(draining)), func(now time.Time) { t.end(&exit, "", now) })
}

// end is the STOPPED state, with the exit code of the essential container where it ever ran.
func (t *task) end(exit *int, reason string, now time.Time) {
	t.last, t.desired, t.stopped = "STOPPED", "STOPPED", now
	if t.stopping.IsZero() {
		t.stopping = now
	}
	t.version++
	for i := range t.containers {
		t.containers[i].last = "STOPPED"
		if exit != nil {
			code := *exit
			if i > 0 {
				code = 0
			}
			t.containers[i].exitCode = &code
		}
	}
	t.containers[0].reason = reason
	for _, stream := range t.streams {
		stream.ended = now
	}
	t.cluster.place.server.at(now.Add(listedFor), t.forget)
	if t.service != nil {
		t.service.reconcile(now)
	}
}

// forget removes the task from what can be listed. Its log streams stay.
func (t *task) forget(time.Time) {
	delete(t.cluster.tasks, t.id)
	delete(t.cluster.place.taggable, t.arn)
	t.cluster.place.arns = nil
	if t.service != nil {
		t.service.tasks = slices.DeleteFunc(t.service.tasks, func(other *task) bool { return other == t })
	}
}
