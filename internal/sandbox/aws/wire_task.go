package aws

// wireTask is a task as DescribeTasks shows it.
type wireTask struct {
	Attachments          []attachment    `json:"attachments"`
	AvailabilityZone     string          `json:"availabilityZone"`
	ClusterArn           string          `json:"clusterArn"`
	Connectivity         string          `json:"connectivity,omitempty"`
	ConnectivityAt       *stamp          `json:"connectivityAt,omitempty"`
	ContainerInstanceArn string          `json:"containerInstanceArn,omitempty"`
	Containers           []wireContainer `json:"containers"`
	CPU                  string          `json:"cpu"`
	CreatedAt            stamp           `json:"createdAt"`
	DesiredStatus        string          `json:"desiredStatus"`
	EnableExecuteCommand bool            `json:"enableExecuteCommand"`
	ExecutionStoppedAt   *stamp          `json:"executionStoppedAt,omitempty"`
	Group                string          `json:"group"`
	HealthStatus         string          `json:"healthStatus"`
	LastStatus           string          `json:"lastStatus"`
	LaunchType           string          `json:"launchType"`
	Memory               string          `json:"memory"`
	Overrides            taskOverride    `json:"overrides"`
	PlatformVersion      string          `json:"platformVersion,omitempty"`
	PlatformFamily       string          `json:"platformFamily,omitempty"`
	PullStartedAt        *stamp          `json:"pullStartedAt,omitempty"`
	PullStoppedAt        *stamp          `json:"pullStoppedAt,omitempty"`
	StartedAt            *stamp          `json:"startedAt,omitempty"`
	StartedBy            string          `json:"startedBy,omitempty"`
	StopCode             string          `json:"stopCode,omitempty"`
	StoppedAt            *stamp          `json:"stoppedAt,omitempty"`
	StoppedReason        string          `json:"stoppedReason,omitempty"`
	StoppingAt           *stamp          `json:"stoppingAt,omitempty"`
	Tags                 []tag           `json:"tags"`
	TaskArn              string          `json:"taskArn"`
	TaskDefinitionArn    string          `json:"taskDefinitionArn"`
	Version              int             `json:"version"`
}

type attachment struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Status  string `json:"status"`
	Details []pair `json:"details"`
}

type pair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type wireContainer struct {
	ContainerArn      string             `json:"containerArn"`
	TaskArn           string             `json:"taskArn"`
	Name              string             `json:"name"`
	Image             string             `json:"image"`
	ImageDigest       string             `json:"imageDigest,omitempty"`
	RuntimeID         string             `json:"runtimeId,omitempty"`
	LastStatus        string             `json:"lastStatus"`
	ExitCode          *int               `json:"exitCode,omitempty"`
	Reason            string             `json:"reason,omitempty"`
	NetworkBindings   []struct{}         `json:"networkBindings"`
	NetworkInterfaces []networkInterface `json:"networkInterfaces"`
	HealthStatus      string             `json:"healthStatus"`
	CPU               string             `json:"cpu"`
	Memory            string             `json:"memory"`
}

type networkInterface struct {
	AttachmentID       string `json:"attachmentId"`
	PrivateIPv4Address string `json:"privateIpv4Address"`
}

func (t *task) wire(withTags bool) wireTask {
	interfaceID := "eni-" + t.id[:17]
	w := wireTask{
		Attachments: []attachment{{ID: t.id[:8], Type: "ElasticNetworkInterface", Status: "ATTACHED", Details: []pair{
			{"subnetId", t.subnet}, {"networkInterfaceId", interfaceID}, {"privateIPv4Address", t.address},
		}}},
		AvailabilityZone: t.cluster.place.region + "a", ClusterArn: t.cluster.arn, Containers: []wireContainer{},
		CPU: t.definition.wire.CPU, Memory: t.definition.wire.Memory, CreatedAt: stamp(t.created),
		DesiredStatus: t.desired, Group: t.group, HealthStatus: t.health, LastStatus: t.last, LaunchType: t.launchType(),
		Overrides: t.overrides.wire(), PullStartedAt: stampOf(t.pullStarted), PullStoppedAt: stampOf(t.pullStopped),
		StartedAt: stampOf(t.started), StartedBy: t.startedBy, StopCode: t.stopCode, StoppedAt: stampOf(t.stopped),
		ExecutionStoppedAt: stampOf(t.stopped), StoppedReason: t.stopReason, StoppingAt: stampOf(t.stopping),
		Tags: []tag{}, TaskArn: t.arn, TaskDefinitionArn: t.definition.arn, Version: t.version,
	}
	if !t.started.IsZero() {
		w.Connectivity, w.ConnectivityAt = "CONNECTED", stampOf(t.started)
	}
	if w.LaunchType == "FARGATE" {
		w.PlatformVersion, w.PlatformFamily = "1.4.0", "Linux"
	} else {
		w.ContainerInstanceArn = t.cluster.place.arn("ecs", "container-instance/"+t.cluster.name+"/00000000000000000000000000000001")
	}
	if withTags {
		w.Tags = listed(t.tags.now)
	}
	for i := range t.containers {
		w.Containers = append(w.Containers, t.wireContainer(i))
	}
	return w
}

func (t *task) wireContainer(i int) wireContainer {
	known := t.containers[i]
	w := wireContainer{
		ContainerArn: t.cluster.place.arn("ecs", "container/"+t.cluster.name+"/"+t.id+"/"+known.name),
		TaskArn:      t.arn, Name: known.name, Image: known.image, RuntimeID: known.runtime,
		LastStatus: known.last, ExitCode: known.exitCode, Reason: known.reason, NetworkBindings: []struct{}{},
		NetworkInterfaces: []networkInterface{{AttachmentID: t.id[:8], PrivateIPv4Address: t.address}},
		HealthStatus:      "UNKNOWN", CPU: "256", Memory: "512",
	}
	if i == 0 {
		w.HealthStatus = t.health
	}
	if !t.pullStopped.IsZero() {
		w.ImageDigest = known.digest
	}
	return w
}

func (t *task) launchType() string {
	if t.service != nil {
		return t.service.spec.LaunchType
	}
	return t.definition.wire.RequiresCompatibilities[0]
}
