package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"ecsbot/actions/fleet"
)

// metadataVariable is set in every task on ECS (Amazon ECS Developer Guide, "Task metadata
// endpoint version 4").
const metadataVariable = "ECS_CONTAINER_METADATA_URI_V4"

// self is where the bot itself runs, as far as somebody says. The zero value is nowhere.
type self struct {
	home    string // partition, region and account, as an ARN begins: "aws:ecs:eu-west-1:111122223333:"; empty: anywhere
	cluster string // its name
	service string // its name, if it runs as one
	family  string // of its task definition, and so of its roles
}

// selfFromECS asks ECS where the bot runs, so that it refuses to operate itself. Outside ECS,
// and where ECS does not say, the configuration's aws.self stands alone.
func selfFromECS(ctx context.Context, getenv func(string) string, log *slog.Logger) self {
	address := getenv(metadataVariable)
	if address == "" {
		return self{}
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/task", nil)
	if err != nil {
		log.Warn("which service the bot is cannot be asked; set aws.self", "error", err)
		return self{}
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Warn("ECS does not say which service the bot is; set aws.self", "error", err)
		return self{}
	}
	defer answer.Body.Close()
	var task struct{ Cluster, ServiceName, Family, TaskARN string }
	if err := json.NewDecoder(answer.Body).Decode(&task); err != nil || task.Cluster == "" {
		log.Warn("ECS does not say which service the bot is; set aws.self", "error", err)
		return self{}
	}
	home, _, _ := strings.Cut(strings.TrimPrefix(task.TaskARN, "arn:"), "task/")
	return self{home: home, cluster: task.Cluster[strings.LastIndex(task.Cluster, "/")+1:], service: task.ServiceName, family: task.Family}
}

// selfFromConfig is what aws.self says: cluster/service, in whatever account.
func selfFromConfig(text string) self {
	cluster, service, _ := strings.Cut(text, "/")
	return self{cluster: cluster, service: service}
}

// holds says whether a service is the bot itself, runs in its cluster, or runs its task
// definition and so has its roles.
func (s self) holds(service fleet.Service) bool {
	if !strings.HasPrefix(strings.TrimPrefix(service.ARN, "arn:"), s.home) {
		return false
	}
	return s.cluster != "" && service.Cluster == s.cluster || s.family != "" && familyOf(service.Revision) == s.family
}

// familyOf is the family of a task definition's ARN: "…:task-definition/family:42".
func familyOf(revision string) string {
	family, _, _ := strings.Cut(revision[strings.LastIndex(revision, "/")+1:], ":")
	return family
}
