package main

import (
	"strings"
	"testing/synctest"
	"time"

	sandboxslack "ecsbot/internal/sandbox/slack"
)

// seesNot holds for everything that the person sees anywhere.
func (s *scene) seesNot(not string) {
	time.Sleep(5 * time.Second)
	synctest.Wait()
	if strings.Contains(s.everything(), not) {
		s.t.Errorf("%s: %s sees it", s.line, s.who)
	}
}

// visible are the messages that the person sees and that are chosen, as text.
func (s *scene) visible(who string, chosen func(channel string, message sandboxslack.Message, reply bool) bool) []string {
	state, err := s.local.Slack.State(who)
	s.must(err)
	var texts []string
	for _, channel := range state.Channels {
		for _, message := range channel.Messages {
			if chosen(channel.ID, message, false) {
				texts = append(texts, textOf(message))
			}
			for _, reply := range message.Replies {
				if chosen(channel.ID, reply, true) {
					texts = append(texts, textOf(reply))
				}
			}
		}
	}
	return texts
}

func (s *scene) mine() []string {
	ephemeral := s.visible(s.who, func(_ string, m sandboxslack.Message, _ bool) bool { return m.Ephemeral && m.Bot })
	return append(ephemeral, s.said...)
}

func (s *scene) shared() []string {
	return s.visible(s.who, func(channel string, m sandboxslack.Message, reply bool) bool {
		return !m.Ephemeral && m.Bot && !reply && strings.HasPrefix(channel, "C") && channel != "C02AUDIT"
	})
}

func (s *scene) threads() []string {
	return s.visible(s.who, func(_ string, m sandboxslack.Message, reply bool) bool { return m.Bot && reply })
}

func (s *scene) directs() []string {
	return s.visible(s.who, func(channel string, m sandboxslack.Message, _ bool) bool {
		return m.Bot && strings.HasPrefix(channel, "D")
	})
}

func (s *scene) audited() []string {
	return s.visible("U0BOB", func(channel string, m sandboxslack.Message, _ bool) bool { return channel == "C02AUDIT" && m.Bot })
}

func (s *scene) everything() string {
	who := s.who
	if who == "" {
		who = "U0ALICE"
	}
	return strings.Join(s.visible(who, func(string, sandboxslack.Message, bool) bool { return true }), "\n--\n")
}

// textOf is a message with everything in it: text, blocks and files.
func textOf(message sandboxslack.Message) string {
	parts := []string{message.Text}
	parts = append(parts, leaves(message.Blocks)...)
	for _, file := range message.Files {
		parts = append(parts, file.Title, file.Preview)
	}
	return strings.Join(parts, "\n")
}

// leaves are the texts in blocks.
func leaves(value any) []string {
	switch value := value.(type) {
	case []any:
		var texts []string
		for _, each := range value {
			texts = append(texts, leaves(each)...)
		}
		return []string{strings.Join(texts, "")}
	case map[string]any:
		if text, isText := value["text"].(string); isText {
			return []string{text}
		}
		var texts []string
		for _, key := range []string{"text", "elements", "fields", "label", "hint", "element", "options", "description", "user_id", "usergroup_id"} {
			if text, isText := value[key].(string); isText {
				texts = append(texts, text)
			} else if value[key] != nil {
				texts = append(texts, leaves(value[key])...)
			}
		}
		return texts
	}
	return nil
}
