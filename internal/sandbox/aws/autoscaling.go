package aws

import (
	"slices"
	"strings"
	"time"
)

// ScalingSpec makes a service a target of Auto Scaling.
type ScalingSpec struct {
	Min       int  `yaml:"min"`
	Max       int  `yaml:"max"`
	Suspended bool `yaml:"suspended"` // scaling in and out
}

// autoscalingOperations are those of Application Auto Scaling that a change of count needs.
func autoscalingOperations() []operation {
	return []operation{typed("application-autoscaling", "DescribeScalableTargets", "scaling_read", describeScalableTargets)}
}

type describeScalableTargetsInput struct {
	ServiceNamespace  string   `json:"ServiceNamespace"`
	ResourceIDs       []string `json:"ResourceIds"`
	ScalableDimension string   `json:"ScalableDimension"`
	MaxResults        *int     `json:"MaxResults"`
	NextToken         string   `json:"NextToken"`
}

type describeScalableTargetsOutput struct {
	ScalableTargets []scalableTarget `json:"ScalableTargets"`
	NextToken       string           `json:"NextToken,omitempty"`
}

type scalableTarget struct {
	ServiceNamespace  string         `json:"ServiceNamespace"`
	ResourceID        string         `json:"ResourceId"`
	ScalableDimension string         `json:"ScalableDimension"`
	MinCapacity       int            `json:"MinCapacity"`
	MaxCapacity       int            `json:"MaxCapacity"`
	RoleARN           string         `json:"RoleARN"`
	CreationTime      stamp          `json:"CreationTime"`
	SuspendedState    suspendedState `json:"SuspendedState"`
}

type suspendedState struct {
	DynamicScalingInSuspended  bool `json:"DynamicScalingInSuspended"`
	DynamicScalingOutSuspended bool `json:"DynamicScalingOutSuspended"`
	ScheduledScalingSuspended  bool `json:"ScheduledScalingSuspended"`
}

// desiredCount is the dimension by which ECS services are scaled.
const desiredCount = "ecs:service:DesiredCount"

func describeScalableTargets(c *call, in *describeScalableTargetsInput) (*describeScalableTargetsOutput, error) {
	c.touch(strings.Join(in.ResourceIDs, ","))
	switch {
	case in.ServiceNamespace == "":
		return nil, refuse("ValidationException", "1 validation error detected: Value at 'serviceNamespace' failed to satisfy constraint: Member must not be null")
	case in.ScalableDimension != "" && !strings.HasPrefix(in.ScalableDimension, in.ServiceNamespace+":"):
		return nil, refuse("ValidationException", "Unsupported service namespace, resource type or scalable dimension")
	case in.ScalableDimension != "" && len(in.ResourceIDs) == 0, len(in.ResourceIDs) > 50:
		return nil, refuse("ValidationException", "With a scalable dimension there are 1 to 50 resource IDs")
	}
	size, err := pageSize(in.MaxResults, 50, 50)
	if err != nil {
		return nil, err
	}
	if err := c.allow("application-autoscaling:DescribeScalableTargets", "*"); err != nil {
		return nil, err
	}
	part, next, err := page(c.place.scalable(in), func(t scalableTarget) string { return t.ResourceID }, in.NextToken, size)
	return &describeScalableTargetsOutput{ScalableTargets: append([]scalableTarget{}, part...), NextToken: next}, err
}

// scalable are the targets that were asked for, by their IDs.
func (p *place) scalable(in *describeScalableTargetsInput) []scalableTarget {
	var targets []scalableTarget
	if in.ServiceNamespace != "ecs" || in.ScalableDimension != "" && in.ScalableDimension != desiredCount {
		return nil
	}
	for _, cluster := range p.clusters {
		for _, service := range cluster.services {
			id := "service/" + cluster.name + "/" + service.name
			if service.scaling == nil || len(in.ResourceIDs) > 0 && !slices.Contains(in.ResourceIDs, id) {
				continue
			}
			off := service.scaling.Suspended
			targets = append(targets, scalableTarget{
				ServiceNamespace: "ecs", ResourceID: id, ScalableDimension: desiredCount,
				MinCapacity: service.scaling.Min, MaxCapacity: service.scaling.Max, CreationTime: stamp(service.created),
				RoleARN:        roleARN(p.account, "aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"),
				SuspendedState: suspendedState{off, off, off},
			})
		}
	}
	slices.SortFunc(targets, func(a, b scalableTarget) int { return strings.Compare(a.ResourceID, b.ResourceID) })
	return targets
}

// Rescale sets a service's count as Auto Scaling does.
func (s *Server) Rescale(cluster, service string, desired int) error {
	return s.change(func(now time.Time) error {
		known, ok := s.findService(cluster, service)
		if !ok {
			return refuse("ServiceNotFoundException", "Service not found.")
		}
		known.update(&updateServiceInput{DesiredCount: &desired}, nil, now)
		return nil
	})
}

// Bound moves the bounds of Auto Scaling, as whoever keeps the platform does.
func (s *Server) Bound(cluster, service string, least, most int) error {
	return s.change(func(time.Time) error {
		known, ok := s.findService(cluster, service)
		if !ok || known.scaling == nil {
			return refuse("ObjectNotFoundException", "No scalable target found for service namespace: ecs.")
		}
		known.scaling = &ScalingSpec{Min: least, Max: most, Suspended: known.scaling.Suspended}
		return nil
	})
}
