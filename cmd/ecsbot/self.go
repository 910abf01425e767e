package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// metadataVariable is set in every task on ECS (Amazon ECS Developer Guide, "Task metadata
// endpoint version 4").
const metadataVariable = "ECS_CONTAINER_METADATA_URI_V4"

// selfFromECS asks ECS which service the bot runs as, so that it refuses to operate itself.
// Outside ECS, and where ECS does not say, the configuration's aws.self stands alone.
func selfFromECS(ctx context.Context, getenv func(string) string, log *slog.Logger) string {
	address := getenv(metadataVariable)
	if address == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/task", nil)
	if err != nil {
		log.Warn("which service the bot is cannot be asked; set aws.self", "error", err)
		return ""
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Warn("ECS does not say which service the bot is; set aws.self", "error", err)
		return ""
	}
	defer answer.Body.Close()
	var task struct{ Cluster, ServiceName string }
	if err := json.NewDecoder(answer.Body).Decode(&task); err != nil || task.ServiceName == "" {
		log.Warn("ECS does not say which service the bot is; set aws.self", "error", err)
		return ""
	}
	return task.Cluster[strings.LastIndex(task.Cluster, "/")+1:] + "/" + task.ServiceName
}
