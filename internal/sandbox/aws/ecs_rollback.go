package aws

import "time"

type stopServiceDeploymentInput struct {
	ServiceDeploymentArn string `json:"serviceDeploymentArn"`
	StopType             string `json:"stopType"`
}

type stopServiceDeploymentOutput struct {
	ServiceDeploymentArn string `json:"serviceDeploymentArn"`
}

// stopServiceDeployment rolls the deployment back to the last one that was completed, at once or
// when the service has taken its time.
func stopServiceDeployment(c *call, in *stopServiceDeploymentInput) (*stopServiceDeploymentOutput, error) {
	known, err := c.authorisedDeployment("ecs:StopServiceDeployment", in.ServiceDeploymentArn)
	if err != nil {
		return nil, err
	}
	if stop := orElse(in.StopType, "ROLLBACK"); stop != "ROLLBACK" { // the only valid value (ECS API reference)
		return nil, invalid("Invalid value for stopType: %s", stop)
	}
	if known == nil || known.arn != in.ServiceDeploymentArn {
		return nil, refuse("ServiceDeploymentNotFoundException", "Service deployment not found.")
	}
	if known.outcome != "IN_PROGRESS" || known != known.service.primary() {
		return nil, refuse("ConflictException", "Service deployment cannot be stopped in the status %s.", known.outcome)
	}
	target := known.service.lastGood(known)
	if target == nil {
		return nil, refuse("ConflictException", "Service deployment has no completed deployment to roll back to.")
	}
	known.service.remember(c.now)
	known.outcome, known.tripped = "ROLLBACK_REQUESTED", true
	if wait := known.service.spec.Turning; wait > 0 {
		c.server.at(c.now.Add(wait), func(now time.Time) { known.turn(target, now) })
	} else {
		known.turn(target, c.now)
	}
	return &stopServiceDeploymentOutput{ServiceDeploymentArn: known.arn}, nil
}

// turn carries out the rollback that was requested, unless another deployment has come meanwhile.
func (d *deployment) turn(target *deployment, now time.Time) {
	if d.outcome != "ROLLBACK_REQUESTED" || d != d.service.primary() {
		return
	}
	d.rollout, d.reason = "FAILED", "Service deployment was stopped by a user."
	d.revert(target, "Service deployment stopped by user", now)
}

type describeServiceRevisionsInput struct {
	ServiceRevisionArns []string `json:"serviceRevisionArns"`
}

type describeServiceRevisionsOutput struct {
	ServiceRevisions []wireServiceRevision `json:"serviceRevisions"`
	Failures         []missing             `json:"failures"`
}

type wireServiceRevision struct {
	ServiceRevisionArn   string                `json:"serviceRevisionArn"`
	ServiceArn           string                `json:"serviceArn"`
	ClusterArn           string                `json:"clusterArn"`
	TaskDefinition       string                `json:"taskDefinition"`
	LaunchType           string                `json:"launchType"`
	PlatformFamily       string                `json:"platformFamily,omitempty"`
	LoadBalancers        []loadBalancer        `json:"loadBalancers"`
	ServiceRegistries    []serviceRegistry     `json:"serviceRegistries"`
	NetworkConfiguration *networkConfiguration `json:"networkConfiguration"`
	ContainerImages      []containerImage      `json:"containerImages"`
	CreatedAt            stamp                 `json:"createdAt"`
}

type containerImage struct {
	ContainerName string `json:"containerName"`
	Image         string `json:"image"`
}

func describeServiceRevisions(c *call, in *describeServiceRevisionsInput) (*describeServiceRevisionsOutput, error) {
	if n := len(in.ServiceRevisionArns); n == 0 || n > 20 { // Amazon ECS API reference, DescribeServiceRevisions
		return nil, invalid("serviceRevisionArns must have 1 to 20 elements.")
	}
	out := &describeServiceRevisionsOutput{ServiceRevisions: []wireServiceRevision{}, Failures: []missing{}}
	for _, arn := range in.ServiceRevisionArns {
		known, err := c.authorisedDeployment("ecs:DescribeServiceRevisions", arn)
		if err != nil {
			return nil, err
		}
		if known == nil || known.revisionARN != arn {
			out.Failures = append(out.Failures, missing{arn, "MISSING"})
			continue
		}
		out.ServiceRevisions = append(out.ServiceRevisions, known.wireServiceRevision())
	}
	return out, nil
}

func (d *deployment) wireServiceRevision() wireServiceRevision {
	s := d.service
	w := wireServiceRevision{
		ServiceRevisionArn: d.revisionARN, ServiceArn: s.arn, ClusterArn: s.cluster.arn,
		TaskDefinition: d.definition.arn, LaunchType: s.spec.LaunchType, PlatformFamily: platformFamily(s.spec),
		LoadBalancers: s.settings.LoadBalancers, ServiceRegistries: s.settings.ServiceRegistries,
		NetworkConfiguration: s.settings.NetworkConfiguration, CreatedAt: stamp(d.created),
	}
	for _, defined := range d.definition.containers {
		w.ContainerImages = append(w.ContainerImages, containerImage{defined.Name, defined.Image})
	}
	return w
}
