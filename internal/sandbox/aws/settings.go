package aws

import "encoding/json"

// settings are the parts of a service that UpdateService can change beside its version and
// its number of tasks. DescribeServices shows them under the same names.
type settings struct {
	AvailabilityZoneRebalancing   string                   `json:"availabilityZoneRebalancing,omitempty"`
	CapacityProviderStrategy      []capacityProvider       `json:"capacityProviderStrategy,omitempty"`
	DeploymentConfiguration       *deploymentConfiguration `json:"deploymentConfiguration,omitempty"`
	DeploymentController          *deploymentController    `json:"deploymentController,omitempty"`
	EnableECSManagedTags          *bool                    `json:"enableECSManagedTags,omitempty"`
	EnableExecuteCommand          *bool                    `json:"enableExecuteCommand,omitempty"`
	HealthCheckGracePeriodSeconds *int                     `json:"healthCheckGracePeriodSeconds,omitempty"`
	LoadBalancers                 []loadBalancer           `json:"loadBalancers"`
	NetworkConfiguration          *networkConfiguration    `json:"networkConfiguration,omitempty"`
	PlacementConstraints          []placementConstraint    `json:"placementConstraints"`
	PlacementStrategy             []placementStrategy      `json:"placementStrategy"`
	PlatformVersion               string                   `json:"platformVersion,omitempty"`
	PropagateTags                 string                   `json:"propagateTags,omitempty"`
	ServiceRegistries             []serviceRegistry        `json:"serviceRegistries"`
}

type capacityProvider struct {
	CapacityProvider string `json:"capacityProvider"`
	Weight           int    `json:"weight"`
	Base             int    `json:"base"`
}

type deploymentConfiguration struct {
	DeploymentCircuitBreaker *circuitBreaker `json:"deploymentCircuitBreaker,omitempty"`
	MaximumPercent           *int            `json:"maximumPercent,omitempty"`
	MinimumHealthyPercent    *int            `json:"minimumHealthyPercent,omitempty"`
	Strategy                 string          `json:"strategy,omitempty"`
	BakeTimeInMinutes        *int            `json:"bakeTimeInMinutes,omitempty"`
	Alarms                   json.RawMessage `json:"alarms,omitempty"`
	LifecycleHooks           json.RawMessage `json:"lifecycleHooks,omitempty"`
}

type circuitBreaker struct {
	Enable   bool `json:"enable"`
	Rollback bool `json:"rollback"`
}

type deploymentController struct {
	Type string `json:"type"`
}

type loadBalancer struct {
	TargetGroupArn        string          `json:"targetGroupArn,omitempty"`
	LoadBalancerName      string          `json:"loadBalancerName,omitempty"`
	ContainerName         string          `json:"containerName,omitempty"`
	ContainerPort         *int            `json:"containerPort,omitempty"`
	AdvancedConfiguration json.RawMessage `json:"advancedConfiguration,omitempty"`
}

type networkConfiguration struct {
	AwsvpcConfiguration *awsvpcConfiguration `json:"awsvpcConfiguration,omitempty"`
}

type awsvpcConfiguration struct {
	Subnets        []string `json:"subnets"`
	SecurityGroups []string `json:"securityGroups,omitempty"`
	AssignPublicIP string   `json:"assignPublicIp,omitempty"`
}

// subnet is where a task is put: the first.
func (n *networkConfiguration) subnet() string {
	if n == nil || n.AwsvpcConfiguration == nil || len(n.AwsvpcConfiguration.Subnets) == 0 {
		return ""
	}
	return n.AwsvpcConfiguration.Subnets[0]
}

type placementConstraint struct {
	Type       string `json:"type"`
	Expression string `json:"expression,omitempty"`
}

type placementStrategy struct {
	Type  string `json:"type"`
	Field string `json:"field,omitempty"`
}

type serviceRegistry struct {
	RegistryArn   string `json:"registryArn,omitempty"`
	Port          *int   `json:"port,omitempty"`
	ContainerName string `json:"containerName,omitempty"`
	ContainerPort *int   `json:"containerPort,omitempty"`
}

// newSettings are those of a service that its specification describes.
func newSettings(spec ServiceSpec) settings {
	yes := true
	propagate := "NONE"
	if spec.TagTasks {
		propagate = "SERVICE"
	}
	made := settings{
		AvailabilityZoneRebalancing: "DISABLED",
		DeploymentConfiguration: &deploymentConfiguration{
			DeploymentCircuitBreaker: &circuitBreaker{Enable: spec.Breaker == "on" || spec.Breaker == "rollback", Rollback: spec.Breaker == "rollback"},
			MaximumPercent:           spec.Maximum, MinimumHealthyPercent: spec.MinHealthy, Strategy: orElse(spec.Strategy, "ROLLING"), LifecycleHooks: lifecycleHooks(spec),
		},
		DeploymentController: &deploymentController{Type: spec.Controller},
		EnableECSManagedTags: &yes, EnableExecuteCommand: &spec.Exec,
		NetworkConfiguration: &networkConfiguration{AwsvpcConfiguration: &awsvpcConfiguration{
			Subnets: []string{"subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"}, SecurityGroups: []string{"sg-0a1b2c3d4e5f60001"}, AssignPublicIP: "DISABLED",
		}},
		LoadBalancers: []loadBalancer{}, ServiceRegistries: []serviceRegistry{},
		PlacementConstraints: []placementConstraint{}, PlacementStrategy: []placementStrategy{}, PropagateTags: propagate,
	}
	if spec.BakeMinutes > 0 {
		made.DeploymentConfiguration.BakeTimeInMinutes = &spec.BakeMinutes
	}
	if spec.LaunchType == "FARGATE" {
		made.PlatformVersion = "LATEST"
	}
	return made
}

func (s settings) minHealthy() int { return *s.DeploymentConfiguration.MinimumHealthyPercent }
func (s settings) maximum() int    { return *s.DeploymentConfiguration.MaximumPercent }

func (s settings) breaker() circuitBreaker {
	return *s.DeploymentConfiguration.DeploymentCircuitBreaker
}
