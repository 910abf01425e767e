package main

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	sandboxaws "ecsbot/internal/sandbox/aws"
)

// sendable are the parameters that a change sends, by the class of its session and by call: all of
// them, and no others. A restart and a scale send no task definition, and nothing sends load
// balancers or network configuration on an update.
func sendable() map[string][]string {
	return map[string][]string{
		"restart UpdateService":  {"cluster", "forceNewDeployment", "service"},
		"scale UpdateService":    {"cluster", "desiredCount", "service"},
		"deploy UpdateService":   {"cluster", "service", "taskDefinition"},
		"rollback UpdateService": {"cluster", "service", "taskDefinition"},
		"stop StopTask":          {"cluster", "reason", "task"},
		"run RunTask":            {"clientToken", "cluster", "count", "launchType", "networkConfiguration", "overrides", "platformVersion", "startedBy", "tags", "taskDefinition"},

		"rollback StopServiceDeployment":     {"serviceDeploymentArn", "stopType"},
		"continue ContinueServiceDeployment": {"action", "hookId", "serviceDeploymentArn"},
	}
}

// checkSent holds for every scenario: each change sends what it is made of, and a one-off task
// carries its operation as token and mark, so that it can be found and comes once.
func checkSent(t *testing.T, calls []sandboxaws.Call) {
	t.Helper()
	for _, call := range calls {
		class := call.Principal.Tags["Operation"]
		wanted, known := sendable()[class+" "+call.Operation]
		if !known || call.Principal.SessionName == thief {
			continue
		}
		var sent map[string]any
		if err := json.Unmarshal(call.Params, &sent); err != nil {
			t.Errorf("%s: %v", call.Operation, err)
		}
		if got := slices.Sorted(maps.Keys(sent)); !slices.Equal(got, wanted) {
			t.Errorf("%s of the class %s sends %v, and should %v", call.Operation, class, got, wanted)
		}
		id := call.Principal.Tags["RequestId"]
		if call.Operation == "RunTask" && (sent["startedBy"] != id || sent["clientToken"] != id) {
			t.Errorf("the task of operation %s is marked %v, with token %v", id, sent["startedBy"], sent["clientToken"])
		}
	}
}
