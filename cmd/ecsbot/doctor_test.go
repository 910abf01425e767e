package main

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	sandboxaws "ecsbot/internal/sandbox/aws"
)

var update = flag.Bool("update", false, "write what the doctor says of the sandbox's fleet into docs/doctor-example.txt")

// What the doctor says of the fleet with the defects, where one environment's name begins
// another's and the operator role lacks a statement, stands in the documentation as it says it.
func TestTheDocumentationHasWhatTheDoctorSays(t *testing.T) {
	var said string
	synctest.Test(t, func(t *testing.T) {
		configuration := bytes.Replace(demoConfig, []byte("  prod:\n"), []byte(
			"  staging-eu: {protected: false, operator_role: arn:aws:iam::111122223333:role/ecsbot-operator}\n  prod:\n"), 1)
		s := &scene{world: newWorld(t, configuration, sandboxaws.FaultyFleet(), lacking("NoSilentExec")), channel: "C01OPS"}
		s.act("bob /ecs doctor")
		s.act("thread 'danger: Instances that carry tasks'")
		said = s.filed("doctor.txt")
	})
	// Which instances there are differs each time.
	said = regexp.MustCompile(`[0-9a-f]{32}`).ReplaceAllString(said, "0123456789abcdef0123456789abcdef")
	for _, kind := range []string{
		"Instances that carry tasks of several", "Operator roles that carry tags", "Operator roles that differ", "two tag keys", "tag and place contradict",
		"Task roles outside", "without the environment tag", "nearly an environment's name", "Tag keys that are nearly", "old short form", "do not hand their tags", "Tasks whose tag is not that",
		"Task definitions whose tag", "Log groups whose tag", "ECS Exec switched on", "default execution role", "services of several environments",
		"Clusters without", "name no configured environment", "beginning of others",
	} {
		if !strings.Contains(said, kind) {
			t.Errorf("it does not say %q", kind)
		}
	}
	const path = "../../docs/doctor-example.txt"
	if *update {
		if err := os.WriteFile(path, []byte(said), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != said {
		t.Errorf("%s is stale (%v): go test ./cmd/ecsbot -run DoctorSays -update", path, err)
	}
}

// lacking takes a statement out of what IAM tells of the roles; AWS goes on deciding by it.
func lacking(sid string) func(*sandboxaws.Options) {
	return func(options *sandboxaws.Options) {
		for _, role := range options.Roles {
			for name, text := range role.Attached {
				role.Attached[name] = strings.ReplaceAll(text, sid, sid+"Changed")
				if role.Attached[name] != text {
					role.Attached[name] = strings.Replace(role.Attached[name], "ecs:enable-execute-command", "ecs:enable-nothing", 1)
				}
			}
		}
	}
}

// filed is the whole text of a file that whoever is looking can see.
func (s *scene) filed(title string) string {
	state, err := s.local.Slack.State(s.who)
	s.must(err)
	for _, channel := range state.Channels {
		for _, message := range channel.Messages {
			for _, reply := range append(message.Replies, message) {
				for _, file := range reply.Files {
					if file.Title == title {
						return file.Content
					}
				}
			}
		}
	}
	s.t.Fatalf("no file %s", title)
	return ""
}
