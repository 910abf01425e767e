package aws

import (
	"encoding/json"
	"strconv"
	"time"
)

// updateServiceInput has every parameter of UpdateService.
type updateServiceInput struct {
	Cluster                     string          `json:"cluster"`
	Service                     string          `json:"service"`
	DesiredCount                *int            `json:"desiredCount"`
	TaskDefinition              string          `json:"taskDefinition"`
	ForceNewDeployment          bool            `json:"forceNewDeployment"`
	ServiceConnectConfiguration json.RawMessage `json:"serviceConnectConfiguration"`
	VolumeConfigurations        []any           `json:"volumeConfigurations"`
	VpcLatticeConfigurations    []any           `json:"vpcLatticeConfigurations"`
	settings
}

type updateServiceOutput struct {
	Service wireService `json:"service"`
}

func updateService(c *call, in *updateServiceInput) (*updateServiceOutput, error) {
	c.touch(in.Cluster, in.Service)
	if in.Service == "" {
		return nil, invalid("Service cannot be empty.")
	}
	found, err := c.place.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if err := sameCluster(in.Service, found.name); err != nil {
		return nil, err
	}
	known, ok := found.service(in.Service)
	if err := c.mayUpdate(found, known, in); err != nil {
		return nil, err
	}
	if !ok {
		return nil, refuse("ServiceNotFoundException", "Service not found.")
	}
	if known.status != "ACTIVE" {
		return nil, refuse("ServiceNotActiveException", "Service was not ACTIVE.")
	}
	to, err := in.validate(known)
	if err != nil {
		return nil, err
	}
	known.remember(c.now)
	known.update(in, to, c.now)
	return &updateServiceOutput{Service: known.wire(true, c.now)}, nil
}

// mayUpdate asks for the authorisations of UpdateService: the service, and where a task
// definition is sent the passing of its roles.
func (c *call) mayUpdate(in *cluster, known *service, asked *updateServiceInput) error {
	arn := in.place.arn("ecs", "service/"+in.name+"/"+shortName(asked.Service))
	conditions := clusterKey(in.arn)
	if known != nil {
		arn = known.arn
		conditions = append(conditions, resourceTags(known.tags.now)...)
	}
	conditions = append(conditions, asked.conditions(in.place)...)
	if err := c.allow("ecs:UpdateService", arn, conditions); err != nil {
		return err
	}
	if to, ok := in.place.definition(asked.TaskDefinition); ok && asked.TaskDefinition != "" {
		return c.mayPass(to.wire.TaskRoleArn, to.wire.ExecutionRoleArn)
	}
	return nil
}

// conditions are the condition keys that the parameters bring along.
func (in *updateServiceInput) conditions(at *place) []condition {
	var conditions []condition
	if in.TaskDefinition != "" {
		named := in.TaskDefinition
		if to, ok := at.definition(named); ok {
			named = to.arn
		}
		conditions = append(conditions, condition{"ecs:task-definition", []string{named}})
	}
	if in.EnableExecuteCommand != nil {
		conditions = append(conditions, condition{"ecs:enable-execute-command", []string{strconv.FormatBool(*in.EnableExecuteCommand)}})
	}
	if in.PropagateTags != "" {
		conditions = append(conditions, condition{"ecs:propagate-tags", []string{in.PropagateTags}})
	}
	conditions = append(conditions, at.providerKey(in.CapacityProviderStrategy)...)
	if in.NetworkConfiguration != nil && in.NetworkConfiguration.AwsvpcConfiguration != nil {
		network := in.NetworkConfiguration.AwsvpcConfiguration
		conditions = append(
			conditions,
			condition{"ecs:subnet", network.Subnets},
			condition{"ecs:auto-assign-public-ip", []string{strconv.FormatBool(network.AssignPublicIP == "ENABLED")}},
		)
	}
	return conditions
}

// providerKey is the condition key of the capacity providers that a call names.
func (p *place) providerKey(strategy []capacityProvider) []condition {
	if len(strategy) == 0 {
		return nil
	}
	named := make([]string, len(strategy))
	for position, item := range strategy {
		named[position] = p.arn("ecs", "capacity-provider/"+item.CapacityProvider)
	}
	return []condition{{"ecs:capacity-provider", named}}
}

// mayPass asks whether the caller may hand roles to tasks.
func (c *call) mayPass(roles ...string) error {
	for _, role := range roles {
		if role == "" {
			continue
		}
		if err := c.allow("iam:PassRole", role, []condition{{"iam:PassedToService", []string{"ecs-tasks.amazonaws.com"}}}); err != nil {
			return err
		}
	}
	return nil
}

// validate checks the parameters against the service; it returns the task definition that is
// to run, or nil where that does not change.
func (in *updateServiceInput) validate(known *service) (*definition, error) {
	if in.DesiredCount != nil && *in.DesiredCount < 0 {
		return nil, invalid("Desired count cannot be negative.")
	}
	if in.DesiredCount != nil && known.spec.Scheduling == "DAEMON" {
		return nil, invalid("The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again")
	}
	if err := in.validateController(known); err != nil {
		return nil, err
	}
	if err := in.validateEnums(); err != nil {
		return nil, err
	}
	if err := in.validateRollout(known); err != nil {
		return nil, err
	}
	if in.TaskDefinition == "" {
		return nil, nil
	}
	to, ok := known.cluster.place.definition(in.TaskDefinition)
	if !ok {
		return nil, refuse("ClientException", "TaskDefinition not found.")
	}
	return to, nil
}

// validateController refuses what a service does not allow whose deployments others control
// (Amazon ECS API reference, UpdateService).
func (in *updateServiceInput) validateController(known *service) error {
	controller := known.spec.Controller
	if in.DeploymentController != nil && in.DeploymentController.Type != controller {
		return invalid("The deployment controller of this service cannot be changed to %s.", in.DeploymentController.Type)
	}
	if controller == "ECS" {
		return nil
	}
	advice := "."
	if controller == "CODE_DEPLOY" {
		advice = ". Use AWS CodeDeploy to trigger a new deployment."
	}
	switch {
	case in.TaskDefinition != "":
		return invalid("Unable to update task definition on services with a %s deployment controller%s", controller, advice)
	case in.ForceNewDeployment:
		return invalid("Cannot force a new deployment on services with a %s deployment controller%s", controller, advice)
	case in.triggers():
		return invalid("Unable to update network parameters on services with a %s deployment controller%s", controller, advice)
	}
	return nil
}

func (in *updateServiceInput) validateEnums() error {
	for _, err := range []error{
		oneOf("propagateTags", in.PropagateTags, "SERVICE", "TASK_DEFINITION", "NONE"),
		oneOf("availabilityZoneRebalancing", in.AvailabilityZoneRebalancing, "ENABLED", "DISABLED"),
	} {
		if err != nil {
			return err
		}
	}
	if in.NetworkConfiguration != nil && in.NetworkConfiguration.AwsvpcConfiguration != nil && len(in.NetworkConfiguration.AwsvpcConfiguration.Subnets) == 0 {
		return invalid("subnets can not be empty.")
	}
	return nil
}

func (in *updateServiceInput) validateRollout(known *service) error {
	if in.DeploymentConfiguration == nil {
		return nil
	}
	merged := merge(*known.settings.DeploymentConfiguration, *in.DeploymentConfiguration)
	least, most := *merged.MinimumHealthyPercent, *merged.MaximumPercent
	switch {
	case least < 0 || most < 100:
		return invalid("Invalid minimumHealthyPercent or maximumPercent.")
	case least >= 100 && most == 100:
		return invalid("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.")
	case merged.Strategy != "ROLLING":
		return invalid("Deployment strategy %s needs a load balancer with an alternate target group.", merged.Strategy)
	}
	return nil
}

// triggers reports whether a parameter beside task definition and force begins a deployment
// (Amazon ECS API reference, UpdateService: "This parameter triggers a new service deployment").
func (in *updateServiceInput) triggers() bool {
	return in.LoadBalancers != nil || in.NetworkConfiguration != nil || in.PlatformVersion != "" || in.ServiceRegistries != nil ||
		in.ServiceConnectConfiguration != nil || in.VolumeConfigurations != nil || in.VpcLatticeConfigurations != nil
}

func merge(was, asked deploymentConfiguration) deploymentConfiguration {
	if asked.DeploymentCircuitBreaker != nil {
		was.DeploymentCircuitBreaker = asked.DeploymentCircuitBreaker
	}
	if asked.MaximumPercent != nil {
		was.MaximumPercent = asked.MaximumPercent
	}
	if asked.MinimumHealthyPercent != nil {
		was.MinimumHealthyPercent = asked.MinimumHealthyPercent
	}
	was.Strategy = orElse(asked.Strategy, was.Strategy)
	return was
}

// update changes the service as asked, and begins a deployment where one is due.
func (s *service) update(in *updateServiceInput, to *definition, now time.Time) {
	s.adopt(in)
	if in.DesiredCount != nil && *in.DesiredCount != s.desired {
		s.desired = *in.DesiredCount
		if primary := s.primary(); primary != nil {
			primary.desired, primary.updated = s.desired, now
		}
		s.wake(now)
	}
	if in.ForceNewDeployment || in.triggers() || to != nil && to != s.definition {
		if to == nil {
			to = s.definition
		}
		s.deploy(to, now)
	}
}

// adopt takes over the settings that were sent.
func (s *service) adopt(in *updateServiceInput) {
	own, sent := &s.settings, in.settings
	own.PropagateTags = orElse(sent.PropagateTags, own.PropagateTags)
	own.AvailabilityZoneRebalancing = orElse(sent.AvailabilityZoneRebalancing, own.AvailabilityZoneRebalancing)
	own.PlatformVersion = orElse(sent.PlatformVersion, own.PlatformVersion)
	own.EnableExecuteCommand = orKept(sent.EnableExecuteCommand, own.EnableExecuteCommand)
	own.EnableECSManagedTags = orKept(sent.EnableECSManagedTags, own.EnableECSManagedTags)
	own.HealthCheckGracePeriodSeconds = orKept(sent.HealthCheckGracePeriodSeconds, own.HealthCheckGracePeriodSeconds)
	own.NetworkConfiguration = orKept(sent.NetworkConfiguration, own.NetworkConfiguration)
	own.LoadBalancers = orKeptList(sent.LoadBalancers, own.LoadBalancers)
	own.ServiceRegistries = orKeptList(sent.ServiceRegistries, own.ServiceRegistries)
	own.PlacementConstraints = orKeptList(sent.PlacementConstraints, own.PlacementConstraints)
	own.PlacementStrategy = orKeptList(sent.PlacementStrategy, own.PlacementStrategy)
	own.CapacityProviderStrategy = orKeptList(sent.CapacityProviderStrategy, own.CapacityProviderStrategy)
	if sent.DeploymentConfiguration != nil {
		merged := merge(*own.DeploymentConfiguration, *sent.DeploymentConfiguration)
		own.DeploymentConfiguration = &merged
	}
}

func orKept[T any](sent, kept *T) *T {
	if sent == nil {
		return kept
	}
	return sent
}

func orKeptList[T any](sent, kept []T) []T {
	if sent == nil {
		return kept
	}
	return sent
}
