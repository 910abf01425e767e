package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// Rate is one token bucket: so many calls at once, so many more a second.
type Rate struct {
	Burst     int
	PerSecond float64
}

// Limits are the throttles of one account and region, by bucket. "bucket@region" goes before
// "bucket"; a bucket that is not named is not limited.
type Limits map[string]Rate

// DefaultLimits are AWS's published throttles (Amazon ECS API reference, "Request throttling";
// CloudWatch Logs User Guide, "CloudWatch Logs quotas"; STS quotas: 600 calls a second; CloudWatch quotas: 50 GetMetricData). The
// tagging API publishes none.
func DefaultLimits() Limits {
	limits := Limits{
		"service_read":            {100, 20},
		"service_modify":          {50, 5},
		"service_deployment":      {50, 20},
		"service_revision":        {50, 20},
		"cluster_read":            {50, 20},
		"cluster_resource_read":   {100, 20},
		"cluster_resource_modify": {100, 40},
		"task_definition_read":    {50, 20},
		"task_definition_modify":  {20, 1},
		"images_read":             {40, 40},
		"scaling_read":            {10, 10},
		"tag_read":                {50, 20},
		"tag_modify":              {20, 10},
		"logs_filter":             {10, 10},
		"logs_filter@us-east-1":   {25, 25},
		"logs_get":                {25, 25},
		"logs_get@eu-west-3":      {30, 30},
		"live_tail":               {5, 5},
		"logs_streams":            {25, 25},
		"logs_groups":             {10, 10},
		"sts":                     {600, 600},
		"trail":                   {2, 2},
		"metric_data":             {50, 50},
	}
	for _, region := range []string{"ap-northeast-3", "ap-southeast-3", "ca-west-1", "eu-central-1", "il-central-1"} {
		limits["logs_filter@"+region] = Rate{5, 5}
		limits["logs_get@"+region] = Rate{10, 10}
	}
	for _, region := range []string{"us-west-2", "eu-west-1"} {
		limits["logs_get@"+region] = Rate{10, 10}
	}
	return limits
}

// Unlimited are no throttles at all, for benchmarks.
func Unlimited() Limits { return Limits{} }

// String says in one line how the limits differ from AWS's own.
func (l Limits) String() string {
	strict := DefaultLimits()
	if maps.Equal(l, strict) {
		return "AWS's own throttles"
	}
	if len(l) == 0 {
		return "no throttles"
	}
	var differences []string
	for _, bucket := range slices.Sorted(maps.Keys(strict)) {
		if allowed, ok := l[bucket]; !ok {
			differences = append(differences, bucket+" unlimited")
		} else if allowed != strict[bucket] {
			differences = append(differences, fmt.Sprintf("%s %d/%g", bucket, allowed.Burst, allowed.PerSecond))
		}
	}
	for _, bucket := range slices.Sorted(maps.Keys(l)) {
		if _, ok := strict[bucket]; !ok {
			differences = append(differences, fmt.Sprintf("%s %d/%g", bucket, l[bucket].Burst, l[bucket].PerSecond))
		}
	}
	return "AWS's own throttles, but " + strings.Join(differences, ", ")
}

func (l Limits) of(bucket, region string) (Rate, bool) {
	if allowed, ok := l[bucket+"@"+region]; ok {
		return allowed, true
	}
	allowed, ok := l[bucket]
	return allowed, ok
}

// limiter has the buckets of every account and region.
type limiter struct {
	limits  Limits
	buckets map[bucketKey]*rate.Limiter
}

type bucketKey struct {
	where
	bucket string
}

func (l *limiter) allow(at where, bucket string, now time.Time) bool {
	key := bucketKey{at, bucket}
	if tokens, ok := l.buckets[key]; ok {
		return tokens.AllowN(now, 1)
	}
	allowed, ok := l.limits.of(bucket, at.region)
	if !ok {
		return true
	}
	if l.buckets == nil {
		l.buckets = map[bucketKey]*rate.Limiter{}
	}
	tokens := rate.NewLimiter(rate.Limit(allowed.PerSecond), allowed.Burst)
	l.buckets[key] = tokens
	return tokens.AllowN(now, 1)
}
