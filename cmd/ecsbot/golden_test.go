package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	sandboxslack "ecsbot/internal/sandbox/slack"
	"ecsbot/internal/sandbox/slack/blockkit"
)

// golden holds the newest card, as Slack has it, against a file, and against Slack's limits:
// "golden NAME TEXT" waits until the card has the text.
func (s *scene) golden(rest string) { s.holds(rest, s.newestCard) }

// goldenLines is the same for the newest page of lines.
func (s *scene) goldenLines(rest string) { s.holds(rest, s.newestPage) }

// goldenButtons is the same for the newest message with buttons.
func (s *scene) goldenButtons(rest string) { s.holds(rest, s.newestWithButtons) }

func (s *scene) holds(rest string, newest func() sandboxslack.Message) {
	name, want, _ := strings.Cut(rest, " ")
	want = strings.Trim(want, "'")
	var card sandboxslack.Message
	if !s.await("the card to say "+want, func() bool {
		card = newest()
		return strings.Contains(textOf(card), want)
	}) {
		s.t.Fatalf("%s: the card says\n%s", s.line, textOf(card))
	}
	if problems := blockkit.Message(card.Blocks); len(problems) > 0 {
		s.t.Errorf("%s: Slack does not take it: %v", s.line, problems)
	}
	encoded, err := json.Marshal(card.Blocks)
	s.must(err)
	if len(card.Blocks) > 50 || len(card.Text) > 4000 || len(encoded) > 13_200 {
		s.t.Errorf("%s: %d blocks of %d characters, text of %d", s.line, len(card.Blocks), len(encoded), len(card.Text))
	}
	s.matches(filepath.Join("testdata", "cards", name+".json"), nameless(card))
}

// newestPage is the newest message of the bot in a thread.
func (s *scene) newestPage() sandboxslack.Message {
	var newest sandboxslack.Message
	for _, message := range s.local.Slack.Everything() {
		if message.Bot && !message.Ephemeral && message.TS > newest.TS && message.ThreadTS != "" && message.ThreadTS != message.TS {
			newest = message
		}
	}
	return newest
}

func (s *scene) newestWithButtons() sandboxslack.Message {
	var newest sandboxslack.Message
	for _, message := range s.local.Slack.Everything() {
		if hasButtons(message) && message.TS > newest.TS {
			newest = message
		}
	}
	return newest
}

// newestCard is the newest message in a channel that shows an operation, or several together,
// whoever may see it.
func (s *scene) newestCard() sandboxslack.Message {
	var newest sandboxslack.Message
	for _, message := range s.local.Slack.Everything() {
		text := textOf(message)
		isCard := strings.Contains(text, "Operation: ") || strings.Contains(text, "At a time: ")
		if isCard && message.Bot && !message.Ephemeral && message.TS > newest.TS {
			newest = message
		}
	}
	return newest
}

func (s *scene) matches(path string, got []byte) {
	if *update {
		s.must(os.MkdirAll(filepath.Dir(path), 0o750))
		s.must(os.WriteFile(path, got, 0o600))
		return
	}
	want, err := os.ReadFile(path)
	s.must(err)
	if !bytes.Equal(got, want) {
		s.t.Errorf("%s: %s is otherwise (go test ./cmd/ecsbot -run Scenarios -update writes it anew):\n%s", s.line, path, got)
	}
}

// nameless is a card with what differs from run to run replaced, IDs of operations, tasks and
// deployments and the seconds of moments, and without what Slack adds.
func nameless(card sandboxslack.Message) []byte {
	for _, block := range card.Blocks {
		if fields, isObject := block.(map[string]any); isObject {
			delete(fields, "block_id")
		}
	}
	encoded, err := json.MarshalIndent(map[string]any{"text": card.Text, "blocks": card.Blocks}, "", "  ")
	if err != nil {
		panic(err)
	}
	text := string(encoded)
	if found := regexp.MustCompile(`Operation: ([a-z2-7]{16})`).FindStringSubmatch(textOf(card)); found != nil {
		text = strings.ReplaceAll(text, found[1], "operation")
	}
	text = regexp.MustCompile(`"value": "[a-z2-7]{16}"`).ReplaceAllString(text, `"value": "operation"`)
	for number, id := range unique(regexp.MustCompile(`\b[0-9a-f]{32}\b`).FindAllString(text, -1)) {
		text = strings.ReplaceAll(text, id, fmt.Sprintf("task-%d", number+1))
	}
	text = regexp.MustCompile(`\(task [0-9a-f]{8}\)`).ReplaceAllString(text, "(task 01234567)")
	for number, id := range unique(regexp.MustCompile(`ecs-svc/\d+`).FindAllString(text, -1)) {
		text = strings.ReplaceAll(text, id, fmt.Sprintf("deployment-%d", number+1))
	}
	text = regexp.MustCompile(`(service-deployment/\w+/\w+)/\w+`).ReplaceAllString(text, "$1/01234567")
	text = regexp.MustCompile(`(\d{4}-\d\d-\d\d \d\d:\d\d):\d\d`).ReplaceAllString(text, "$1:00")
	text = regexp.MustCompile(`"timestamp": \d+`).ReplaceAllStringFunc(text, func(moment string) string {
		seconds, _ := strconv.ParseInt(strings.TrimPrefix(moment, `"timestamp": `), 10, 64)
		return fmt.Sprintf(`"timestamp": %d`, seconds-seconds%60)
	})
	return []byte(text + "\n")
}

func unique(all []string) []string {
	var once []string
	seen := map[string]bool{}
	for _, each := range all {
		if !seen[each] {
			once, seen[each] = append(once, each), true
		}
	}
	return once
}
