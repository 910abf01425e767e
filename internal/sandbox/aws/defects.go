package aws

import "time"

// ShownFleet is what there is to play with: the FaultyFleet, and in staging a service whose
// deployments shift the traffic, wait for somebody before they do, and drain slowly.
func ShownFleet() Fleet {
	fleet := FaultyFleet()
	for position := range fleet.Clusters {
		if cluster := &fleet.Clusters[position]; cluster.Name == "staging" {
			checkout := demoService("staging", "checkout", 2, "5.0.1", "5.1.0")
			checkout.Tags = map[string]string{"Environment": "staging", "Team": "shop"}
			checkout.Strategy, checkout.PauseAt, checkout.Draining = "BLUE_GREEN", []string{"POST_TEST_TRAFFIC_SHIFT"}, 20*time.Second
			cluster.Services = append(cluster.Services, checkout)
		}
	}
	return fleet
}

// FaultyFleet is the demo's with one more cluster, in which stands what goes wrong with tags
// and roles in real accounts. Nothing of that cluster can be reached where the configuration
// narrows each environment to its own.
func FaultyFleet() Fleet {
	fleet := DemoFleet()
	// A tag on the operator role would answer for a session that leaves it out.
	fleet.RoleTags = map[string]map[string]string{roleARN(HomeAccount, "ecsbot-operator"): {"Approved": "true"}}
	for position := range fleet.Clusters {
		if own := &fleet.Clusters[position]; own.Name == "staging" { // tasks from before their service was tagged anew
			own.Services = append(own.Services, defect("queue", "staging", func(s *ServiceSpec) { s.TaskTags = map[string]string{"Environment": "qa"} }))
		}
	}
	fleet.Clusters = append(fleet.Clusters, ClusterSpec{Name: "edge", Services: []ServiceSpec{
		// Two environments on one EC2 instance. Of the first one the tags are not handed on, its
		// log group has none, and whoever may can open a shell in it.
		defect("proxy", "staging", func(s *ServiceSpec) {
			s.LaunchType, s.TagTasks, s.Exec, s.LogTags = "EC2", false, true, map[string]string{}
		}),
		defect("gateway", "prod", func(s *ServiceSpec) { s.LaunchType = "EC2" }),
		// Its task role is that of another environment, its execution role everybody's.
		defect("exporter", "prod", func(s *ServiceSpec) {
			s.TaskRole, s.Execution = "ecs/staging/exporter-task", "ecsTaskExecutionRole"
		}),
		// Tasks from before it was tagged anew, and a task definition that was not.
		defect("mailer", "prod", func(s *ServiceSpec) {
			s.TaskTags = map[string]string{"Environment": "qa"}
			s.Definition = map[string]string{"Environment": "qa"}
		}),
		// Two keys that differ only by case.
		defect("mirror", "prod", func(s *ServiceSpec) { s.Tags["environment"] = "staging" }),
		// A key that is nearly right, and a value that nobody knows.
		defect("metrics", "", func(s *ServiceSpec) { s.Tags = map[string]string{"environment": "staging"} }),
		defect("archive", "qa", nil),
		// An ARN of the old form, which cannot be tagged.
		defect("ancient", "", func(s *ServiceSpec) { s.ShortARN = true }),
	}})
	return fleet
}

// defect is a service that is as it should be but for one thing.
func defect(name, environment string, worsen func(*ServiceSpec)) ServiceSpec {
	service := ServiceSpec{Name: name, Desired: 1, TagTasks: true}
	if environment != "" {
		service.Tags, service.RolePath = map[string]string{"Environment": environment}, "ecs/"+environment+"/"
	}
	if worsen != nil {
		worsen(&service)
	}
	return service
}
