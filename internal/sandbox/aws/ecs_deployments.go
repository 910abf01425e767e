package aws

import (
	"slices"
	"strings"
	"time"
)

type listServiceDeploymentsInput struct {
	Cluster    string   `json:"cluster"`
	Service    string   `json:"service"`
	Status     []string `json:"status"`
	NextToken  string   `json:"nextToken"`
	MaxResults *int     `json:"maxResults"`
	CreatedAt  struct {
		After  *stamp `json:"after"`
		Before *stamp `json:"before"`
	} `json:"createdAt"`
}

type listServiceDeploymentsOutput struct {
	ServiceDeployments []wireDeploymentBrief `json:"serviceDeployments"`
	NextToken          string                `json:"nextToken,omitempty"`
}

type wireDeploymentBrief struct {
	ServiceDeploymentArn     string `json:"serviceDeploymentArn"`
	ServiceArn               string `json:"serviceArn"`
	ClusterArn               string `json:"clusterArn"`
	StartedAt                stamp  `json:"startedAt"`
	CreatedAt                stamp  `json:"createdAt"`
	FinishedAt               *stamp `json:"finishedAt,omitempty"`
	TargetServiceRevisionArn string `json:"targetServiceRevisionArn"`
	Status                   string `json:"status"`
	StatusReason             string `json:"statusReason,omitempty"`
}

func listServiceDeployments(c *call, in *listServiceDeploymentsInput) (*listServiceDeploymentsOutput, error) {
	c.touch(in.Cluster, in.Service)
	size, err := pageSize(in.MaxResults, 20, 100)
	if err != nil {
		return nil, err
	}
	if in.Service == "" {
		return nil, invalid("Service cannot be empty.")
	}
	found, err := c.place.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	known, ok := found.service(in.Service)
	if !ok {
		return nil, refuse("ServiceNotFoundException", "Service not found.")
	}
	if err := c.allow("ecs:ListServiceDeployments", known.arn, clusterKey(found.arn), resourceTags(known.tags.now)); err != nil {
		return nil, err
	}
	part, next, err := page(known.past(in), newestFirst, in.NextToken, size)
	out := &listServiceDeploymentsOutput{ServiceDeployments: []wireDeploymentBrief{}, NextToken: next}
	for _, past := range part {
		out.ServiceDeployments = append(out.ServiceDeployments, past.wireBrief())
	}
	return out, err
}

// newestFirst is a key by which later deployments come earlier.
func newestFirst(d *deployment) string {
	const end = 1 << 62
	var key [20]byte
	number := end - d.created.UnixNano()
	for i := len(key) - 1; i >= 0; i-- {
		key[i] = byte('0' + number%10)
		number /= 10
	}
	return string(key[:]) + d.arn
}

func (s *service) past(in *listServiceDeploymentsInput) []*deployment {
	var past []*deployment
	for _, deployment := range s.history {
		after, before := in.CreatedAt.After, in.CreatedAt.Before
		switch {
		case len(in.Status) > 0 && !slices.Contains(in.Status, deployment.outcome):
		case after != nil && deployment.created.Before(time.Time(*after)):
		case before != nil && deployment.created.After(time.Time(*before)):
		default:
			past = append(past, deployment)
		}
	}
	slices.SortFunc(past, func(a, b *deployment) int { return strings.Compare(newestFirst(a), newestFirst(b)) })
	return past
}

func (d *deployment) wireBrief() wireDeploymentBrief {
	return wireDeploymentBrief{
		ServiceDeploymentArn: d.arn, ServiceArn: d.service.arn, ClusterArn: d.service.cluster.arn,
		StartedAt: stamp(d.created), CreatedAt: stamp(d.created), FinishedAt: stampOf(d.finished),
		TargetServiceRevisionArn: d.revisionARN, Status: d.outcome, StatusReason: d.outcomeReason,
	}
}

type describeServiceDeploymentsInput struct {
	ServiceDeploymentArns []string `json:"serviceDeploymentArns"`
}

type describeServiceDeploymentsOutput struct {
	ServiceDeployments []wireServiceDeployment `json:"serviceDeployments"`
	Failures           []missing               `json:"failures"`
}

type wireServiceDeployment struct {
	wireDeploymentBase
	SourceServiceRevisions   []wireRevision           `json:"sourceServiceRevisions"`
	TargetServiceRevision    wireRevision             `json:"targetServiceRevision"`
	UpdatedAt                stamp                    `json:"updatedAt"`
	LifecycleStage           string                   `json:"lifecycleStage,omitempty"`
	LifecycleHookDetails     []*hook                  `json:"lifecycleHookDetails,omitempty"`
	DeploymentConfiguration  *deploymentConfiguration `json:"deploymentConfiguration"`
	Rollback                 *wireRollback            `json:"rollback,omitempty"`
	DeploymentCircuitBreaker wireBreaker              `json:"deploymentCircuitBreaker"`
}

type wireDeploymentBase struct {
	ServiceDeploymentArn string `json:"serviceDeploymentArn"`
	ServiceArn           string `json:"serviceArn"`
	ClusterArn           string `json:"clusterArn"`
	CreatedAt            stamp  `json:"createdAt"`
	StartedAt            stamp  `json:"startedAt"`
	FinishedAt           *stamp `json:"finishedAt,omitempty"`
	Status               string `json:"status"`
	StatusReason         string `json:"statusReason,omitempty"`
}

type wireRollback struct {
	Reason             string `json:"reason"`
	StartedAt          stamp  `json:"startedAt"`
	ServiceRevisionArn string `json:"serviceRevisionArn"`
}

type wireBreaker struct {
	Status       string `json:"status"`
	FailureCount int    `json:"failureCount"`
	Threshold    int    `json:"threshold"`
}

func describeServiceDeployments(c *call, in *describeServiceDeploymentsInput) (*describeServiceDeploymentsOutput, error) {
	if n := len(in.ServiceDeploymentArns); n == 0 || n > 20 { // Amazon ECS API reference, DescribeServiceDeployments
		return nil, invalid("serviceDeploymentArns must have 1 to 20 elements.")
	}
	out := &describeServiceDeploymentsOutput{ServiceDeployments: []wireServiceDeployment{}, Failures: []missing{}}
	for _, arn := range in.ServiceDeploymentArns {
		known, err := c.authorisedDeployment("ecs:DescribeServiceDeployments", arn)
		if err != nil {
			return nil, err
		}
		if known == nil {
			out.Failures = append(out.Failures, missing{arn, "MISSING"})
			continue
		}
		out.ServiceDeployments = append(out.ServiceDeployments, known.wireFull())
	}
	return out, nil
}

// authorisedDeployment finds a deployment by the ARN of its service deployment or service
// revision, nil where there is none. The authorisation is of the service and of the ARN.
func (c *call) authorisedDeployment(action, arn string) (*deployment, error) {
	parts := strings.Split(resourceOf(arn), "/")
	if len(parts) != 4 || parts[0] != "service-deployment" && parts[0] != "service-revision" {
		return nil, invalid("Invalid ARN: %s", arn)
	}
	c.touch(parts[1], parts[2])
	found, err := c.place.cluster(parts[1])
	if err != nil {
		return nil, err
	}
	known, ok := found.service(parts[2])
	if !ok {
		return nil, refuse("ServiceNotFoundException", "Service not found.")
	}
	conditions := append(clusterKey(found.arn), condition{"ecs:service", []string{known.arn}})
	for _, resource := range []string{known.arn, arn} {
		if err := c.allow(action, resource, conditions, resourceTags(known.tags.now)); err != nil {
			return nil, err
		}
	}
	at := slices.IndexFunc(known.history, func(d *deployment) bool { return d.arn == arn || d.revisionARN == arn })
	if at < 0 {
		return nil, nil
	}
	return known.history[at], nil
}

func (d *deployment) wireFull() wireServiceDeployment {
	breaker := d.service.settings.breaker()
	w := wireServiceDeployment{
		wireDeploymentBase: wireDeploymentBase{
			ServiceDeploymentArn: d.arn, ServiceArn: d.service.arn, ClusterArn: d.service.cluster.arn,
			CreatedAt: stamp(d.created), StartedAt: stamp(d.created), FinishedAt: stampOf(d.finished),
			Status: d.outcome, StatusReason: d.outcomeReason,
		},
		SourceServiceRevisions: []wireRevision{}, TargetServiceRevision: d.wireRevision(),
		UpdatedAt: stamp(d.updated), DeploymentConfiguration: d.service.settings.DeploymentConfiguration,
		DeploymentCircuitBreaker: wireBreaker{"DISABLED", d.failed, d.service.threshold()},
	}
	if d.source != nil {
		w.SourceServiceRevisions = append(w.SourceServiceRevisions, d.source.wireRevision())
	}
	if d.outcome == "IN_PROGRESS" {
		w.LifecycleStage = orElse(d.stage, "SCALE_UP")
	}
	w.LifecycleHookDetails = d.hooks
	switch {
	case !breaker.Enable:
	case d.rollout == "FAILED":
		w.DeploymentCircuitBreaker.Status = "TRIGGERED"
	case d.rollout == "COMPLETED":
		w.DeploymentCircuitBreaker.Status = "MONITORING_COMPLETE"
	default:
		w.DeploymentCircuitBreaker.Status = "MONITORING"
	}
	if d.rollbackTo != nil {
		w.Rollback = &wireRollback{Reason: d.outcomeReason, StartedAt: stamp(d.rolledBack), ServiceRevisionArn: d.rollbackTo.revisionARN}
	}
	return w
}
