package aws

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

type listClustersInput struct {
	NextToken  string `json:"nextToken"`
	MaxResults *int   `json:"maxResults"`
}

type listClustersOutput struct {
	ClusterArns []string `json:"clusterArns"`
	NextToken   string   `json:"nextToken,omitempty"`
}

func listClusters(c *call, in *listClustersInput) (*listClustersOutput, error) {
	size, err := pageSize(in.MaxResults, 100, 100)
	if err != nil {
		return nil, err
	}
	if err := c.allow("ecs:ListClusters", "*"); err != nil {
		return nil, err
	}
	names := slices.Sorted(maps.Keys(c.place.clusters))
	part, next, err := page(names, func(name string) string { return name }, in.NextToken, size)
	out := &listClustersOutput{ClusterArns: []string{}, NextToken: next}
	for _, name := range part {
		out.ClusterArns = append(out.ClusterArns, c.place.clusters[name].arn)
	}
	return out, err
}

type describeClustersInput struct {
	Clusters []string `json:"clusters"`
	Include  []string `json:"include"`
}

type describeClustersOutput struct {
	Clusters []wireCluster `json:"clusters"`
	Failures []missing     `json:"failures"`
}

type wireCluster struct {
	ClusterArn                        string     `json:"clusterArn"`
	ClusterName                       string     `json:"clusterName"`
	Status                            string     `json:"status"`
	RegisteredContainerInstancesCount int        `json:"registeredContainerInstancesCount"`
	RunningTasksCount                 int        `json:"runningTasksCount"`
	PendingTasksCount                 int        `json:"pendingTasksCount"`
	ActiveServicesCount               int        `json:"activeServicesCount"`
	Statistics                        []pair     `json:"statistics"`
	Tags                              []tag      `json:"tags"`
	Settings                          []pair     `json:"settings"`
	CapacityProviders                 []string   `json:"capacityProviders"`
	DefaultCapacityProviderStrategy   []struct{} `json:"defaultCapacityProviderStrategy"`
}

func describeClusters(c *call, in *describeClustersInput) (*describeClustersOutput, error) {
	named := in.Clusters
	if len(named) == 0 {
		named = []string{"default"}
	}
	c.touch(named[0])
	if len(named) > 100 {
		return nil, invalid("Clusters cannot have more than 100 elements.")
	}
	if _, err := includes(in.Include, "ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS"); err != nil {
		return nil, err
	}
	out := &describeClustersOutput{Clusters: []wireCluster{}, Failures: []missing{}}
	for _, name := range named {
		found, err := c.place.cluster(name)
		if err != nil {
			if err := c.allow("ecs:DescribeClusters", c.place.arn("ecs", "cluster/"+shortName(name))); err != nil {
				return nil, err
			}
			out.Failures = append(out.Failures, missing{c.place.arn("ecs", "cluster/"+shortName(name)), "MISSING"})
			continue
		}
		if err := c.allow("ecs:DescribeClusters", found.arn, resourceTags(found.tags.now)); err != nil {
			return nil, err
		}
		out.Clusters = append(out.Clusters, found.wire(in.Include))
	}
	return out, nil
}

func (c *cluster) wire(include []string) wireCluster {
	w := wireCluster{
		ClusterArn: c.arn, ClusterName: c.name, Status: "ACTIVE", ActiveServicesCount: len(c.services),
		Statistics: []pair{}, Tags: []tag{}, Settings: []pair{},
		CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"}, DefaultCapacityProviderStrategy: []struct{}{},
	}
	byType := map[string]int{}
	for _, task := range c.tasks {
		switch {
		case task.last == "RUNNING":
			w.RunningTasksCount++
			byType["running"+task.launchType()]++
		case task.desired == "RUNNING":
			w.PendingTasksCount++
			byType["pending"+task.launchType()]++
		}
	}
	if byType["runningEC2"] > 0 {
		w.RegisteredContainerInstancesCount = 1 // all its EC2 tasks share it: see task.wire
	}
	if slices.Contains(include, "TAGS") {
		w.Tags = listed(c.tags.now)
	}
	if slices.Contains(include, "SETTINGS") {
		w.Settings = append(w.Settings, pair{"containerInsights", "disabled"})
	}
	if slices.Contains(include, "STATISTICS") {
		w.Statistics = c.statistics(byType)
	}
	return w
}

func (c *cluster) statistics(tasks map[string]int) []pair {
	services := map[string]int{}
	for _, service := range c.services {
		services[service.spec.LaunchType]++
	}
	var list []pair
	for _, kind := range []struct{ name, launch string }{{"EC2", "EC2"}, {"Fargate", "FARGATE"}} {
		list = append(
			list,
			pair{fmt.Sprintf("running%sTasksCount", kind.name), strconv.Itoa(tasks["running"+kind.launch])},
			pair{fmt.Sprintf("pending%sTasksCount", kind.name), strconv.Itoa(tasks["pending"+kind.launch])},
			pair{fmt.Sprintf("active%sServiceCount", kind.name), strconv.Itoa(services[kind.launch])},
			pair{fmt.Sprintf("draining%sServiceCount", kind.name), "0"},
		)
	}
	return list
}
