package aws

import (
	"strings"
	"time"
)

type listServicesInput struct {
	Cluster                string `json:"cluster"`
	NextToken              string `json:"nextToken"`
	MaxResults             *int   `json:"maxResults"`
	LaunchType             string `json:"launchType"`
	SchedulingStrategy     string `json:"schedulingStrategy"`
	ResourceManagementType string `json:"resourceManagementType"`
}

type listServicesOutput struct {
	ServiceArns []string `json:"serviceArns"`
	NextToken   string   `json:"nextToken,omitempty"`
}

func listServices(c *call, in *listServicesInput) (*listServicesOutput, error) {
	c.touch(in.Cluster)
	size, err := pageSize(in.MaxResults, 10, 100)
	if err != nil {
		return nil, err
	}
	for _, err := range []error{
		oneOf("launchType", in.LaunchType, "EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"),
		oneOf("schedulingStrategy", in.SchedulingStrategy, "REPLICA", "DAEMON"),
		oneOf("resourceManagementType", in.ResourceManagementType, "CUSTOMER", "ECS"),
	} {
		if err != nil {
			return nil, err
		}
	}
	found, err := c.place.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if err := c.allow("ecs:ListServices", "*", clusterKey(found.arn)); err != nil {
		return nil, err
	}
	part, next, err := page(found.matching(in), func(name string) string { return name }, in.NextToken, size)
	out := &listServicesOutput{ServiceArns: []string{}, NextToken: next}
	for _, name := range part {
		out.ServiceArns = append(out.ServiceArns, found.services[name].arn)
	}
	return out, err
}

func (c *cluster) matching(in *listServicesInput) []string {
	if in.LaunchType == "" && in.SchedulingStrategy == "" && in.ResourceManagementType != "ECS" {
		return c.names
	}
	var names []string
	for _, name := range c.names {
		spec := c.services[name].spec
		if (in.LaunchType == "" || spec.LaunchType == in.LaunchType) &&
			(in.SchedulingStrategy == "" || spec.Scheduling == in.SchedulingStrategy) && in.ResourceManagementType != "ECS" {
			names = append(names, name)
		}
	}
	return names
}

type describeServicesInput struct {
	Cluster  string   `json:"cluster"`
	Services []string `json:"services"`
	Include  []string `json:"include"`
}

type describeServicesOutput struct {
	Services []wireService `json:"services"`
	Failures []missing     `json:"failures"`
}

func describeServices(c *call, in *describeServicesInput) (*describeServicesOutput, error) {
	c.touch(in.Cluster, shortList(in.Services))
	withTags, err := includes(in.Include, "TAGS")
	if err != nil {
		return nil, err
	}
	switch {
	case len(in.Services) == 0:
		return nil, invalid("Services cannot be empty.")
	case len(in.Services) > 10: // Amazon ECS API reference, DescribeServices
		return nil, invalid("Services cannot have more than 10 elements.")
	}
	found, err := c.place.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	out := &describeServicesOutput{Services: []wireService{}, Failures: []missing{}}
	for _, name := range in.Services {
		if err := c.describeService(found, name, withTags, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *call) describeService(in *cluster, name string, withTags bool, out *describeServicesOutput) error {
	if err := sameCluster(name, in.name); err != nil {
		return err
	}
	known, ok := in.service(name)
	if !ok {
		arn := in.place.arn("ecs", "service/"+in.name+"/"+shortName(name))
		out.Failures = append(out.Failures, missing{arn, "MISSING"})
		return c.allow("ecs:DescribeServices", arn, clusterKey(in.arn))
	}
	if err := c.allow("ecs:DescribeServices", known.arn, clusterKey(in.arn), resourceTags(known.tags.now)); err != nil {
		return err
	}
	out.Services = append(out.Services, known.described(withTags, c.now))
	return nil
}

// described is the service as DescribeServices shows it, which may be from before the last change.
func (s *service) described(withTags bool, now time.Time) wireService {
	if s.stale == nil || !now.Before(s.staleUntil) {
		s.stale = nil
		return s.wire(withTags, now)
	}
	old := *s.stale
	old.Tags = nil
	if withTags {
		old.Tags = listed(s.tags.now)
	}
	return old
}

// sameCluster refuses a long service ARN of another cluster than the one asked.
func sameCluster(name, cluster string) error {
	parts := strings.Split(resourceOf(name), "/")
	if len(parts) == 3 && parts[1] != cluster {
		return invalid("Identifier is for %s. Your cluster is %s", parts[1], cluster)
	}
	return nil
}

// shortList names up to three of many.
func shortList(names []string) string {
	short := make([]string, 0, 4)
	for i, name := range names {
		if i == 3 {
			short = append(short, "…")
			break
		}
		short = append(short, shortName(name))
	}
	return strings.Join(short, ",")
}
