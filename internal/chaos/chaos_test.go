package chaos

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"ecsbot/internal/sandbox/aws"
	"ecsbot/internal/sandbox/slack"
)

// TestKilledBotsLoseNothing is the short form of `make chaos`: a bot is killed once at each
// point. How long it takes is no part of what is judged.
func TestKilledBotsLoseNothing(t *testing.T) {
	var printed bytes.Buffer
	err := Run(t.Context(), Options{Root: "../..", Kills: len(turns()), Worlds: 1, Settle: 5 * time.Minute, Seed: 1, Out: &printed})
	t.Log(printed.String())
	if err != nil {
		t.Error(err)
	}
}

// sound is the evidence of one change of which nothing was lost and nothing came twice.
func sound() Evidence {
	card := map[string]any{"event_type": "ecsbot_card", "event_payload": map[string]any{"operation": "a"}}
	lines := []string{`{"operation":"a","event":"started"}`, `{"operation":"a","event":"accepted"}`, `{"operation":"a","event":"succeeded"}`}
	return Evidence{
		Lines: lines, Printed: slices.Clone(lines[:2]), Channel: "shows 3 entries in 1 messages and 0 anchors; 0 are shown twice, 0 wait",
		Calls:    []aws.Call{{Operation: "UpdateService", Done: true, Principal: aws.Principal{Tags: map[string]string{"RequestId": "a"}}}},
		Asked:    []slack.Asked{{Text: "/ecs restart", Answers: 1}},
		Messages: []slack.Message{{Metadata: card}}, Races: map[string]bool{"a": true},
	}
}

// TestWhatIsLostOrComesTwiceIsFound: a judge that finds nothing proves nothing.
func TestWhatIsLostOrComesTwiceIsFound(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, test := range []struct {
		says   string
		change func(*Evidence)
		finds  string
	}{
		{"all is well", func(*Evidence) {}, ""},
		{"an operation has not ended", func(e *Evidence) { e.Lines, e.Races = e.Lines[:2], nil }, "has not ended"},
		{"an entry is lost", func(e *Evidence) { e.Printed = append(e.Printed, "{}") }, "is not in the ledger"},
		{"a change is made twice", func(e *Evidence) { e.Calls = append(e.Calls, e.Calls[0]) }, "carried out 2 times"},
		{"a change is not written", func(e *Evidence) { e.Lines, e.Printed, e.Races = nil, nil, nil }, "not written down"},
		{"a change is not made", func(e *Evidence) { e.Calls = nil }, "was not carried out"},
		{"a step comes twice", func(e *Evidence) { e.Lines = slices.Insert(e.Lines, 1, e.Lines[0]) }, "started started"},
		{"an entry is not shown", func(e *Evidence) { e.Channel = strings.Replace(e.Channel, "0 wait", "1 wait", 1) }, "not shown"},
		{"an entry is shown twice", func(e *Evidence) { e.Channel = strings.Replace(e.Channel, "0 are", "1 are", 1) }, "shown twice"},
		{"the channel says something else", func(e *Evidence) { e.Channel = "entry 2 reads differently" }, "does not fit"},
		{"a card comes twice", func(e *Evidence) { e.Messages = append(e.Messages, e.Messages[0]) }, "has 2 cards"},
		{"a command is met with silence", func(e *Evidence) { e.Asked[0].Answers = 0 }, "was not answered"},
		{"its bot lived on for a while", func(e *Evidence) { e.Asked[0] = slack.Asked{At: at, Ended: at.Add(answerTime)} }, "was not answered"},
		{"its bot was killed over it", func(e *Evidence) { e.Asked[0] = slack.Asked{At: at, Ended: at.Add(time.Second)} }, ""},
		{"Slack itself refused it", func(e *Evidence) { e.Asked[0] = slack.Asked{Refusal: "dispatch_failed"} }, ""},
		{"a race has no outcome", func(e *Evidence) { e.Races["b"] = true }, "has no outcome"},
		{"a race has two", func(e *Evidence) { e.Lines = append(e.Lines, `{"operation":"a","event":"failed"}`) }, "ended [succeeded failed]"},
	} {
		t.Run(test.says, func(t *testing.T) {
			left := sound()
			test.change(&left)
			report, err := Judge(left)
			if err != nil {
				t.Fatal(err)
			}
			var printed bytes.Buffer
			if err := report.Print(&printed); (err == nil) != (test.finds == "") || !strings.Contains(printed.String(), test.finds) {
				t.Errorf("%v\n%s", err, printed.String())
			}
		})
	}
}
