package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ecsbot/actions/fleet"
)

func TestOnECSTheBotKnowsItself(t *testing.T) {
	answers := map[string]string{
		"/task": `{"Cluster":"arn:aws:ecs:eu-west-1:111122223333:cluster/tools","ServiceName":"ecsbot","Family":"ecsbot",
			"TaskARN":"arn:aws:ecs:eu-west-1:111122223333:task/tools/158d1c8083dd49d6b527399fd6414f5c"}`,
		"/short":   `{"Cluster":"tools","ServiceName":"ecsbot"}`,
		"/alone":   `{"Cluster":"tools","Family":"ecsbot"}`,
		"/nothing": `{}`,
		"/broken":  `{`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, answers[strings.TrimSuffix(r.URL.Path, "/task")], answers[r.URL.Path])
	}))
	defer server.Close()
	log := slog.New(slog.DiscardHandler)
	for address, want := range map[string]self{
		server.URL:              {home: "aws:ecs:eu-west-1:111122223333:", cluster: "tools", service: "ecsbot", family: "ecsbot"},
		server.URL + "/short":   {cluster: "tools", service: "ecsbot"},
		server.URL + "/alone":   {cluster: "tools", family: "ecsbot"},
		server.URL + "/nothing": {}, server.URL + "/broken": {}, "http://127.0.0.1:1": {}, "": {},
	} {
		got := selfFromECS(t.Context(), func(string) string { return address }, log)
		if got != want {
			t.Errorf("at %q: %+v, want %+v", address, got, want)
		}
	}
}

// TestTheBotsOwnServiceClusterAndRolesAreItsOwn: whatever runs the bot's task definition has
// the bot's roles, wherever it runs.
func TestTheBotsOwnServiceClusterAndRolesAreItsOwn(t *testing.T) {
	onECS := self{home: "aws:ecs:eu-west-1:111122223333:", cluster: "tools", service: "ecsbot", family: "ecsbot"}
	at := func(account, cluster, name, revision string) fleet.Service {
		here := "arn:aws:ecs:eu-west-1:" + account + ":"
		return fleet.Service{
			Ref: fleet.Ref{ARN: here + "service/" + cluster + "/" + name, Cluster: cluster, Name: name}, Revision: here + "task-definition/" + revision,
		}
	}
	for _, test := range []struct {
		name    string
		self    self
		service fleet.Service
		want    bool
	}{
		{"the bot itself", onECS, at("111122223333", "tools", "ecsbot", "ecsbot:7"), true},
		{"a service beside it", onECS, at("111122223333", "tools", "proxy", "proxy:1"), true},
		{"another copy of it elsewhere", onECS, at("111122223333", "staging", "copy", "ecsbot:3"), true},
		{"a service elsewhere", onECS, at("111122223333", "staging", "api", "api:3"), false},
		{"a family whose name begins alike", onECS, at("111122223333", "staging", "api", "ecsbot-metrics:3"), false},
		{"a cluster of the same name in another account", onECS, at("444455556666", "tools", "api", "ecsbot:3"), false},
		{"by the configuration", selfFromConfig("tools/ecsbot"), at("444455556666", "tools", "ecsbot", "ecsbot:7"), true},
		{"beside it, by the configuration", selfFromConfig("tools/ecsbot"), at("111122223333", "tools", "api", "api:3"), true},
		{"elsewhere, by the configuration", selfFromConfig("tools/ecsbot"), at("111122223333", "staging", "ecsbot", "ecsbot:7"), false},
		{"nobody says where it runs", selfFromConfig(""), at("111122223333", "tools", "ecsbot", "ecsbot:7"), false},
		{"nobody says, and the service is not read yet", self{}, fleet.Service{}, false},
	} {
		if got := test.self.holds(test.service); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
