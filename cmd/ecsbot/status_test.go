package main

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"

	sandboxaws "ecsbot/internal/sandbox/aws"
	"ecsbot/internal/sandbox/slack/blockkit"
)

// The status of an environment with 100 services is at most 14 calls of AWS and one message
// that Slack takes whole.
func TestStatusOfAHundredServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		text := strings.ReplaceAll(string(demoConfig), "clusters: [staging]", "clusters: [staging-00]")
		s := &scene{world: newWorld(t, []byte(text), sandboxaws.Generated(300)), channel: "C01OPS", who: "U0ALICE"}
		before := len(s.local.AWS.Calls())
		s.must(s.local.Slack.Command(s.who, s.channel, "/ecs status staging"))
		s.sees("staging: 100 services", s.mine)
		if made := s.local.AWS.Calls()[before:]; len(made) > 14 {
			t.Errorf("%d calls of AWS", len(made))
		}
		var told []any
		count := 0
		for _, message := range s.local.Slack.Everything() {
			if strings.Contains(textOf(message), "staging: 100 services") {
				told = message.Blocks
				count++
			}
		}
		encoded, err := json.Marshal(told)
		if err != nil || count != 1 {
			t.Fatalf("%d messages: %v", count, err)
		}
		if problems := blockkit.Message(told); len(problems) > 0 {
			t.Errorf("Slack does not take it: %v", problems)
		}
		if len(encoded) > 13_200 || len(told) > 50 {
			t.Errorf("%d blocks of %d characters", len(told), len(encoded))
		}
		t.Logf("%d characters", len(encoded))
		if lines := strings.Count(string(encoded), "service-00"); lines < 100 {
			t.Errorf("%d of 100 services are shown", lines)
		}
		if !strings.Contains(string(encoded), "data_visualization") || strings.Contains(string(encoded), "Left out") {
			t.Error("no chart, or something was left out")
		}
	})
}
