package aws

import "slices"

// ecsOperations are the operations of Amazon ECS, each with the throttle that it draws on
// (Amazon ECS API reference, "Request throttling").
func ecsOperations() []operation {
	return []operation{
		typed("ecs", "ListClusters", "cluster_read", listClusters),
		typed("ecs", "DescribeClusters", "cluster_read", describeClusters),
		typed("ecs", "ListServices", "service_read", listServices),
		typed("ecs", "DescribeServices", "service_read", describeServices),
		typed("ecs", "UpdateService", "service_modify", updateService),
		typed("ecs", "ListTasks", "cluster_resource_read", listTasks),
		typed("ecs", "DescribeTasks", "cluster_resource_read", describeTasks),
		typed("ecs", "StopTask", "cluster_resource_modify", stopTask),
		typed("ecs", "RunTask", "cluster_resource_modify", runTask),
		typed("ecs", "RegisterTaskDefinition", "task_definition_modify", registerTaskDefinition),
		typed("ecs", "DescribeTaskDefinition", "task_definition_read", describeTaskDefinition),
		typed("ecs", "ListTaskDefinitions", "task_definition_read", listTaskDefinitions),
		typed("ecs", "ListTagsForResource", "tag_read", listTagsForResource),
		typed("ecs", "TagResource", "tag_modify", tagResource),
		typed("ecs", "UntagResource", "tag_modify", untagResource),
		typed("ecs", "ListServiceDeployments", "service_deployment", listServiceDeployments),
		typed("ecs", "DescribeServiceDeployments", "service_deployment", describeServiceDeployments),
		typed("ecs", "StopServiceDeployment", "service_modify", stopServiceDeployment),
		typed("ecs", "ContinueServiceDeployment", "service_modify", continueServiceDeployment),
		typed("ecs", "DescribeServiceRevisions", "service_revision", describeServiceRevisions),
	}
}

// missing is an entry of failures[], which ECS sends with status 200.
type missing struct {
	Arn    string `json:"arn"`
	Reason string `json:"reason"`
}

// pageSize checks maxResults.
func pageSize(asked *int, otherwise, most int) (int, error) {
	if asked == nil {
		return otherwise, nil
	}
	if *asked < 1 || *asked > most {
		return 0, invalid("Invalid maxResults: must be between 1 and %d.", most)
	}
	return *asked, nil
}

// includes checks the values of include, and reports whether TAGS is among them.
func includes(asked []string, known ...string) (bool, error) {
	for _, value := range asked {
		if !slices.Contains(known, value) {
			return false, invalid("Invalid value for include: %s", value)
		}
	}
	return slices.Contains(asked, "TAGS"), nil
}

// oneOf checks an enumerated parameter, of which empty is unset.
func oneOf(name, value string, known ...string) error {
	if value != "" && !slices.Contains(known, value) {
		return invalid("Invalid value for %s: %s", name, value)
	}
	return nil
}

// clusterKey is the condition key that names a cluster.
func clusterKey(arn string) []condition { return []condition{{"ecs:cluster", []string{arn}}} }
