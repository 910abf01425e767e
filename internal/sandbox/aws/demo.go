package aws

import (
	"fmt"
	"strings"
	"time"
)

// DemoFleet is the fleet of the demo: dev, staging and prod with the same four services each,
// and in staging what goes wrong in real accounts: a service without the tag, one whose tag
// differs by a capital letter, and one tagged prod.
func DemoFleet() Fleet {
	fleet := Fleet{Roles: demoRoles()}
	for _, environment := range []string{"dev", "staging", "prod"} {
		cluster := ClusterSpec{Name: environment, Tags: map[string]string{"Environment": environment}}
		for _, service := range demoServices(environment) {
			service.Tags = map[string]string{"Environment": environment, "Team": "shop"}
			cluster.Services = append(cluster.Services, service)
		}
		if environment == "staging" {
			cluster.Services = append(cluster.Services, demoStrays()...)
		}
		fleet.Clusters = append(fleet.Clusters, cluster)
	}
	return fleet
}

func demoRoles() []string {
	var roles []string
	for _, account := range []string{HomeAccount, "444455556666"} {
		for _, name := range []string{"ecsbot-operator", "ecsbot-discovery"} {
			roles = append(roles, roleARN(account, name))
		}
	}
	return roles
}

func demoServices(environment string) []ServiceSpec {
	tasks := map[string][4]int{"dev": {2, 2, 2, 2}, "staging": {3, 2, 2, 2}, "prod": {4, 4, 3, 3}}[environment]
	api := demoService(environment, "api", tasks[0], "2026.11.1", "2026.11.2", "2026.11.3")
	api.Breaker = "rollback"
	web := demoService(environment, "web", tasks[1], "9.4.0", "9.5.1")
	web.Scaling = &ScalingSpec{Min: 1, Max: 6}
	worker := demoService(environment, "worker", tasks[2], "2026.11.2", "2026.11.3")
	for i, image := range worker.Images { // the one whose registry is ECR
		worker.Images[i] = strings.Replace(image, "registry.example/", demoRegistry, 1)
	}
	worker.Pushed = []string{demoRegistry + "worker:2026.11.4"}
	worker.LogEvery = 5 * time.Second
	billing := demoService(environment, "billing", tasks[3], "4.1.7", "4.2.0")
	billing.Breaker = "on"
	billing.Sidecars = map[string]string{"metrics": "registry.example/statsd:0.28"}
	return []ServiceSpec{api, web, worker, billing}
}

// demoRegistry is the private registry of the demo's account.
const demoRegistry = HomeAccount + ".dkr.ecr.eu-west-1.amazonaws.com/shop/"

func demoService(environment, name string, desired int, versions ...string) ServiceSpec {
	service := ServiceSpec{
		Name: name, Desired: desired, Revision: 40 + len(versions),
		RolePath: "ecs/" + environment + "/", TagTasks: true,
		Variables: map[string]string{
			"ENVIRONMENT":       environment,
			"LOG_LEVEL":         "info",
			"DATABASE_HOST":     "db." + environment + ".internal.example",
			"DATABASE_PASSWORD": demoPassword(environment, name),
		},
	}
	for _, version := range versions {
		service.Images = append(service.Images, fmt.Sprintf("registry.example/%s:%s", name, version))
	}
	return service
}

// demoPassword is a made-up secret, put together here so that no source file holds its like.
func demoPassword(environment, name string) string {
	return fmt.Sprintf("pw-%s-%s-%x", environment, name, mix(hash(environment+name), 1)&0xffffff)
}

func demoStrays() []ServiceSpec {
	legacy := demoService("staging", "legacy", 2, "0.9.2")
	legacy.TagTasks = false
	reports := demoService("staging", "reports", 2, "1.12.0")
	reports.Tags = map[string]string{"Environment": "Staging"}
	ledger := demoService("staging", "ledger", 2, "3.0.4")
	ledger.Tags = map[string]string{"Environment": "prod"}
	return []ServiceSpec{legacy, reports, ledger}
}

// Generated is a fleet of many services with one task each, spread evenly over dev, staging
// and prod in clusters of at most 500, for benchmarks.
func Generated(services int) Fleet {
	fleet := Fleet{Roles: demoRoles()}
	environments := []string{"dev", "staging", "prod"}
	for i := range services {
		environment := environments[i%len(environments)]
		cluster := fmt.Sprintf("%s-%02d", environment, i/(500*len(environments)))
		tags := map[string]string{"Environment": environment}
		at := len(fleet.Clusters) - 1
		for at >= 0 && fleet.Clusters[at].Name != cluster {
			at--
		}
		if at < 0 {
			fleet.Clusters = append(fleet.Clusters, ClusterSpec{Name: cluster, Tags: tags})
			at = len(fleet.Clusters) - 1
		}
		fleet.Clusters[at].Services = append(fleet.Clusters[at].Services, ServiceSpec{
			Name: fmt.Sprintf("service-%05d", i), Tags: tags, Desired: 1, RolePath: "ecs/" + environment + "/",
		})
	}
	return fleet
}
