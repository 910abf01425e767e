package aws

import (
	"maps"
	"slices"
	"time"
)

// populate makes the fleet exist, as if its tasks had been started hours or days ago.
func (s *Server) populate(fleet Fleet, now time.Time) {
	for _, role := range fleet.Roles {
		s.roles[role] = true
	}
	for _, spec := range fleet.Clusters {
		spec = spec.withDefaults()
		home := s.place(spec.Account, spec.Region)
		made := home.makeCluster(spec)
		for _, service := range spec.Services {
			made.makeService(service.withDefaults(spec.Name), now)
		}
		slices.Sort(made.names)
	}
	for _, place := range s.places {
		slices.Sort(place.groupNames)
	}
}

func (p *place) makeCluster(spec ClusterSpec) *cluster {
	made := &cluster{
		place: p, name: spec.Name, arn: p.arn("ecs", "cluster/"+spec.Name), tags: newTags(spec.Tags),
		services: map[string]*service{}, tasks: map[string]*task{},
	}
	p.clusters[spec.Name] = made
	p.register(made.arn, "ecs:cluster", &made.tags)
	return made
}

func (c *cluster) makeService(spec ServiceSpec, now time.Time) {
	server := c.place.server
	path := "service/" + c.name + "/" + spec.Name
	if spec.ShortARN {
		path = "service/" + spec.Name
	}
	made := &service{
		cluster: c, spec: spec, name: spec.Name, arn: c.place.arn("ecs", path), status: orElse(spec.Status, "ACTIVE"),
		desired: spec.Desired, failNext: spec.FailingKind, created: now.Add(-90 * 24 * time.Hour), settings: newSettings(spec), scaling: spec.Scaling,
	}
	c.services[spec.Name] = made
	c.names = append(c.names, spec.Name)
	if !spec.ShortARN {
		made.tags = newTags(spec.Tags)
		c.place.register(made.arn, "ecs:service", &made.tags)
	}
	c.place.makeGroup(spec, now)
	for _, image := range slices.Concat(spec.Images, spec.Pushed) {
		server.push(image, "", spec.Tags, now.Add(-9*24*time.Hour))
	}
	made.definition = c.place.makeDefinitions(c.name, spec, now)
	age := time.Hour + time.Duration(server.random.IntN(71*60))*time.Minute
	made.foundAt(now.Add(-age))
}

// foundAt gives the service its tasks and the finished deployment that started them.
func (s *service) foundAt(began time.Time) {
	if s.spec.Controller == "EXTERNAL" {
		return
	}
	first := s.newDeployment(s.definition, began)
	first.fail = ""
	for range s.desired {
		found := s.newTask(first, began)
		found.found(began)
		if s.spec.TaskTags != nil {
			maps.Copy(found.tags.now, s.spec.TaskTags)
		}
	}
	first.rollout, first.reason = "COMPLETED", "ECS deployment "+first.id+" completed."
	first.outcome, first.updated, first.finished = "SUCCESSFUL", began.Add(time.Minute), began.Add(time.Minute)
	s.say(began.Add(time.Minute), "(service %s) has reached a steady state.", s.name)
}
