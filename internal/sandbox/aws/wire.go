package aws

import "time"

// wireService is a service as DescribeServices shows it.
type wireService struct {
	ServiceArn               string           `json:"serviceArn"`
	ServiceName              string           `json:"serviceName"`
	ClusterArn               string           `json:"clusterArn"`
	Status                   string           `json:"status"`
	DesiredCount             int              `json:"desiredCount"`
	RunningCount             int              `json:"runningCount"`
	PendingCount             int              `json:"pendingCount"`
	LaunchType               string           `json:"launchType,omitempty"`
	PlatformFamily           string           `json:"platformFamily,omitempty"`
	TaskDefinition           string           `json:"taskDefinition"`
	TaskSets                 []wireTaskSet    `json:"taskSets,omitempty"`
	Deployments              []wireDeployment `json:"deployments"`
	RoleArn                  string           `json:"roleArn,omitempty"`
	Events                   []serviceEvent   `json:"events"`
	CreatedAt                stamp            `json:"createdAt"`
	CurrentServiceDeployment string           `json:"currentServiceDeployment,omitempty"`
	CurrentServiceRevisions  []wireRevision   `json:"currentServiceRevisions,omitempty"`
	SchedulingStrategy       string           `json:"schedulingStrategy"`
	Tags                     []tag            `json:"tags,omitempty"`
	CreatedBy                string           `json:"createdBy"`
	ResourceManagementType   string           `json:"resourceManagementType"`
	settings
}

// wireTaskSet is a task set of a service whose deployments ECS does not control.
type wireTaskSet struct {
	ID             string `json:"id"`
	Status         string `json:"status"`
	TaskDefinition string `json:"taskDefinition"`
}

// wireDeployment is a deployment as DescribeServices shows it.
type wireDeployment struct {
	ID                   string                `json:"id"`
	Status               string                `json:"status"`
	TaskDefinition       string                `json:"taskDefinition"`
	DesiredCount         int                   `json:"desiredCount"`
	PendingCount         int                   `json:"pendingCount"`
	RunningCount         int                   `json:"runningCount"`
	FailedTasks          int                   `json:"failedTasks"`
	CreatedAt            stamp                 `json:"createdAt"`
	UpdatedAt            stamp                 `json:"updatedAt"`
	LaunchType           string                `json:"launchType,omitempty"`
	PlatformVersion      string                `json:"platformVersion,omitempty"`
	PlatformFamily       string                `json:"platformFamily,omitempty"`
	NetworkConfiguration *networkConfiguration `json:"networkConfiguration,omitempty"`
	RolloutState         string                `json:"rolloutState,omitempty"`
	RolloutStateReason   string                `json:"rolloutStateReason,omitempty"`
}

// wireRevision is how many tasks a service revision has.
type wireRevision struct {
	Arn                string `json:"arn"`
	RequestedTaskCount int    `json:"requestedTaskCount"`
	RunningTaskCount   int    `json:"runningTaskCount"`
	PendingTaskCount   int    `json:"pendingTaskCount"`
}

// wire is the service as it is at a time. The events are shared and must not be changed.
func (s *service) wire(withTags bool, now time.Time) wireService {
	running, pending := s.counts(nil)
	w := wireService{
		ServiceArn: s.arn, ServiceName: s.name, ClusterArn: s.cluster.arn, Status: s.status,
		DesiredCount: s.desired, RunningCount: running, PendingCount: pending,
		LaunchType: s.spec.LaunchType, PlatformFamily: platformFamily(s.spec), TaskDefinition: s.definition.arn,
		Deployments: []wireDeployment{}, Events: append([]serviceEvent{}, s.events...), CreatedAt: stamp(s.created),
		SchedulingStrategy: s.spec.Scheduling, CreatedBy: roleARN(s.cluster.place.account, "deployer"),
		ResourceManagementType: "CUSTOMER", settings: s.settings,
	}
	for _, deployment := range s.deployments {
		w.Deployments = append(w.Deployments, deployment.wire())
	}
	if primary := s.primary(); primary != nil && s.spec.Controller == "ECS" {
		w.CurrentServiceDeployment = primary.arn
		for _, deployment := range s.deployments {
			w.CurrentServiceRevisions = append(w.CurrentServiceRevisions, deployment.wireRevision())
		}
	}
	if withTags {
		w.Tags = listed(s.tags.now)
	}
	return w
}

func platformFamily(spec ServiceSpec) string {
	if spec.LaunchType == "FARGATE" {
		return "Linux"
	}
	return ""
}

func (d *deployment) wire() wireDeployment {
	running, pending := d.service.counts(d)
	w := wireDeployment{
		ID: d.id, Status: d.status, TaskDefinition: d.definition.arn, DesiredCount: d.desired,
		PendingCount: pending, RunningCount: running, FailedTasks: d.failed,
		CreatedAt: stamp(d.created), UpdatedAt: stamp(d.updated), LaunchType: d.service.spec.LaunchType,
		NetworkConfiguration: d.service.settings.NetworkConfiguration, PlatformFamily: platformFamily(d.service.spec),
		RolloutState: d.rollout, RolloutStateReason: d.reason,
	}
	if w.PlatformFamily != "" {
		w.PlatformVersion = "1.4.0"
	}
	if d.status != "PRIMARY" {
		w.DesiredCount = running + pending
	}
	if d.service.spec.Controller != "ECS" {
		w.RolloutState, w.RolloutStateReason = "", "" // ECS does not follow these (ECS API reference, Deployment)
	}
	return w
}

func (d *deployment) wireRevision() wireRevision {
	running, pending := d.service.counts(d)
	requested := running + pending
	if d.status == "PRIMARY" {
		requested = d.desired
	}
	return wireRevision{d.revisionARN, requested, running, pending}
}
