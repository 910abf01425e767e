package aws

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Rate is a token bucket: how many calls at once, and how many more each second.
type Rate struct {
	Burst     int
	PerSecond float64
}

// ParseRate reads "burst/per second", e.g. "50/5".
func ParseRate(text string) (Rate, error) {
	burst, perSecond, ok := strings.Cut(text, "/")
	if !ok {
		return Rate{}, fmt.Errorf("rate %q: want burst/per second, e.g. 50/5", text)
	}
	calls, err := strconv.Atoi(burst)
	if err != nil || calls < 1 {
		return Rate{}, fmt.Errorf("rate %q: the burst is not a whole number from 1", text)
	}
	each, err := strconv.ParseFloat(perSecond, 64)
	if err != nil || !(each > 0) || each > 1e6 {
		return Rate{}, fmt.Errorf("rate %q: calls per second are not a number above 0", text)
	}
	return Rate{Burst: calls, PerSecond: each}, nil
}

// String is the form that ParseRate reads.
func (r Rate) String() string {
	return fmt.Sprintf("%d/%s", r.Burst, strconv.FormatFloat(r.PerSecond, 'g', -1, 64))
}

// operationBuckets say which throttle each operation counts against (Amazon ECS API
// reference, Request throttling; CloudWatch and CloudWatch Logs quotas; STS quotas).
var operationBuckets = map[string]string{ //nolint:gochecknoglobals // a constant that Go cannot write
	"ListServices":               "service_read",
	"DescribeServices":           "service_read",
	"UpdateService":              "service_modify",
	"StopServiceDeployment":      "service_modify",
	"ContinueServiceDeployment":  "service_modify",
	"ListServiceDeployments":     "service_deployment",
	"DescribeServiceDeployments": "service_deployment",
	"DescribeServiceRevisions":   "service_revision",
	"RunTask":                    "cluster_resource_modify",
	"StopTask":                   "cluster_resource_modify",
	"RegisterTaskDefinition":     "task_definition_modify",
	"ListTaskDefinitions":        "task_definition_read",
	"DescribeScalableTargets":    "scaling_read",
	"DescribeImages":             "images_read",
	"ListTasks":                  "cluster_resource_read",
	"DescribeTasks":              "cluster_resource_read",
	"ListClusters":               "cluster_read",
	"DescribeClusters":           "cluster_read",
	"DescribeTaskDefinition":     "task_definition_read",
	"FilterLogEvents":            "logs_filter",
	"StartLiveTail":              "live_tail",
	"GetResources":               "tag_resources",
	"AssumeRole":                 "sts",
	"GetCallerIdentity":          "sts",
	"GetMetricData":              "metric_data",
	"LookupEvents":               "trail",
	"GetRole":                    "roles_read",
	"ListRolePolicies":           "roles_read",
	"GetRolePolicy":              "roles_read",
	"ListAttachedRolePolicies":   "roles_read",
	"GetPolicy":                  "roles_read",
	"GetPolicyVersion":           "roles_read",
}

// Throttle is the bucket that an operation of AWS, as "UpdateService", counts against, and AWS's own
// rate of it in a region. Without a known one no call of the operation is made.
func Throttle(operation, region string) (bucket string, own Rate, known bool) {
	if bucket, known = operationBuckets[operation]; known {
		own = published(bucket, region)
	}
	return bucket, own, known
}

// Buckets lists the names that Settings.Rates may have: every throttle of an account that
// operations on ECS can meet.
func Buckets() []string {
	return []string{
		"cluster_read", "cluster_resource_modify", "cluster_resource_read", "images_read", "live_tail", "logs_filter", "logs_get", "metric_data",
		"roles_read", "scaling_read",
		"service_deployment", "service_modify", "service_read", "service_revision", "sts",
		"tag_modify", "tag_read", "tag_resources", "task_definition_modify", "task_definition_read",
		"trail",
	}
}

// published is AWS's own rate of a bucket in a region. For the tagging API none is
// published; ten pages a second discover a thousand services.
func published(bucket, region string) Rate {
	switch bucket {
	case "service_read", "cluster_resource_read":
		return Rate{Burst: 100, PerSecond: 20}
	case "cluster_resource_modify":
		return Rate{Burst: 100, PerSecond: 40}
	case "service_modify":
		return Rate{Burst: 50, PerSecond: 5}
	case "cluster_read", "task_definition_read", "tag_read", "service_deployment", "service_revision":
		return Rate{Burst: 50, PerSecond: 20}
	case "task_definition_modify":
		return Rate{Burst: 20, PerSecond: 1}
	case "tag_modify":
		return Rate{Burst: 20, PerSecond: 10}
	case "logs_filter":
		return filterRate(region)
	case "live_tail":
		return Rate{Burst: 5, PerSecond: 5}
	case "metric_data":
		return Rate{Burst: 50, PerSecond: 50}
	case "sts":
		return Rate{Burst: 600, PerSecond: 600}
	case "trail":
		return Rate{Burst: 2, PerSecond: 2}
	default:
		return Rate{Burst: 10, PerSecond: 10}
	}
}

// filterRate is how often FilterLogEvents may be called; the quota cannot be raised
// (CloudWatch Logs quotas).
func filterRate(region string) Rate {
	slow := []string{"ap-northeast-3", "ap-southeast-3", "ca-west-1", "eu-central-1", "il-central-1"}
	switch {
	case region == "us-east-1":
		return Rate{Burst: 25, PerSecond: 25}
	case slices.Contains(slow, region):
		return Rate{Burst: 5, PerSecond: 5}
	default:
		return Rate{Burst: 10, PerSecond: 10}
	}
}
