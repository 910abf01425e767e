package iam

import (
	"fmt"
	"slices"
)

// Resource types, as ARNs of ECS and its neighbours name them.
const (
	onService          = "service"
	onDeployment       = "service-deployment"
	onRevision         = "service-revision"
	onTask             = "task"
	onDefinition       = "task-definition"
	onCluster          = "cluster"
	onInstance         = "container-instance"
	onLogGroup         = "log-group"
	onScalableTarget   = "scalable-target"
	onRole             = "role"
	onCapacityProvider = "capacity-provider"
)

// call is what AWS knows of an action when it decides it (Service Authorization Reference).
type call struct {
	tagged  []string // resource types whose tag it shows as aws:ResourceTag
	beside  []string // resource types that have to be allowed too, without a tag that can be relied on
	fenced  bool     // it names a cluster in ecs:cluster; without one it is refused
	changes bool
	labels  bool // what it makes is tagged by the request: aws:RequestTag
	special string
}

// The calls that are more than a tagged resource.
const (
	passing   = "pass"   // iam:PassRole
	labelling = "label"  // ecs:TagResource: only while something is made
	scaling   = "scale"  // of Application Auto Scaling: only for ECS
	register  = "define" // ecs:RegisterTaskDefinition
)

// reference has every call that an action may declare. A call without a resource type is
// decided on *, without tags. Nobody changes it.
var reference = func() map[string]call { //nolint:gochecknoglobals // a constant that Go cannot write
	known := map[string]call{
		"ecs:DescribeServices":                           {tagged: []string{onService}},
		"ecs:DescribeTasks":                              {tagged: []string{onTask}},
		"ecs:GetTaskProtection":                          {tagged: []string{onTask}},
		"ecs:DescribeClusters":                           {tagged: []string{onCluster}},
		"ecs:ListContainerInstances":                     {tagged: []string{onCluster}},
		"ecs:DescribeContainerInstances":                 {beside: []string{onInstance}},
		"ecs:DescribeCapacityProviders":                  {beside: []string{onCapacityProvider}},
		"ecs:ListServiceDeployments":                     {tagged: []string{onService}},
		"ecs:DescribeServiceDeployments":                 {tagged: []string{onService}, beside: []string{onDeployment}, fenced: true},
		"ecs:DescribeServiceRevisions":                   {tagged: []string{onService}, beside: []string{onRevision}, fenced: true},
		"ecs:ListServices":                               {fenced: true},
		"ecs:ListTasks":                                  {fenced: true},
		"ecs:ListTagsForResource":                        {tagged: []string{onService, onTask, onDefinition, onCluster}},
		"ecs:UpdateService":                              {tagged: []string{onService}, fenced: true, changes: true},
		"ecs:StopServiceDeployment":                      {tagged: []string{onService}, beside: []string{onDeployment}, fenced: true, changes: true},
		"ecs:ContinueServiceDeployment":                  {tagged: []string{onService}, beside: []string{onDeployment}, fenced: true, changes: true},
		"ecs:RunTask":                                    {tagged: []string{onDefinition}, fenced: true, changes: true, labels: true},
		"ecs:StopTask":                                   {tagged: []string{onTask}, fenced: true, changes: true},
		"ecs:UpdateTaskProtection":                       {tagged: []string{onTask}, fenced: true, changes: true},
		"ecs:ExecuteCommand":                             {tagged: []string{onTask}, beside: []string{onCluster}, fenced: true, changes: true},
		"ecs:RegisterTaskDefinition":                     {beside: []string{onDefinition}, changes: true, labels: true, special: register},
		"ecs:TagResource":                                {beside: []string{onTask, onDefinition}, changes: true, labels: true, special: labelling},
		"iam:PassRole":                                   {beside: []string{onRole}, changes: true, special: passing},
		"application-autoscaling:RegisterScalableTarget": {tagged: []string{onScalableTarget}, changes: true, special: scaling},
	}
	for _, name := range []string{
		"FilterLogEvents", "GetLogEvents", "StartLiveTail", "StartQuery", "GetQueryResults", "DescribeLogStreams", "GetLogRecord", "ListTagsForResource",
	} {
		known["logs:"+name] = call{tagged: []string{onLogGroup}}
	}
	for _, name := range []string{
		"ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions", "ecs:ListTaskDefinitionFamilies", "ecs:ListAccountSettings", "ecs:ListClusters",
		"logs:DescribeLogGroups", "logs:StopQuery", "logs:DescribeQueries", "tag:GetResources",
		"application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies",
		"application-autoscaling:DescribeScalingActivities", "application-autoscaling:DescribeScheduledActions",
		"cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:GetMetricWidgetImage", "cloudwatch:DescribeAlarms", "cloudtrail:LookupEvents",
		"ecr:DescribeImages", "ecr:ListImages", "ecr:BatchGetImage", "elasticloadbalancing:DescribeTargetHealth", "elasticloadbalancing:DescribeTargetGroups",
		"iam:GetRole", "iam:ListRoleTags", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:GetPolicy", "iam:GetPolicyVersion",
	} {
		known[name] = call{}
	}
	return known
}()

// declared are the calls of all classes, with the classes of each in order.
type declared struct {
	reference map[string]call
	classes   map[string][]string // by call
	names     []string            // of the calls, sorted
}

func declarations(classes []Class) (declared, error) {
	made := declared{reference: reference, classes: map[string][]string{}}
	for _, class := range classes {
		for _, name := range class.Calls {
			if _, known := made.reference[name]; !known {
				return made, fmt.Errorf("the class %s declares %s, of which it is not known what AWS decides it on: add it to the reference in authz/iam", class.Name, name)
			}
			if !slices.Contains(made.classes[name], class.Name) {
				made.classes[name] = append(made.classes[name], class.Name)
			}
		}
	}
	for name, list := range made.classes {
		slices.Sort(list)
		made.names = append(made.names, name)
	}
	slices.Sort(made.names)
	return made, nil
}

// calls are those of which something holds, sorted.
func (d declared) calls(holds func(call) bool) Values {
	var list Values
	for _, name := range d.names {
		if holds(d.reference[name]) {
			list = append(list, name)
		}
	}
	return list
}
