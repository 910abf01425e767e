package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Command runs a slash command ("/ecs restart staging api") in a channel, as a
// person would, and waits until the app has acknowledged it. What Slack tells
// the person instead is a Refusal. People and channels go by ID or name.
func (s *Server) Command(person, channel, text string) error {
	_, err := s.Say(person, channel, "", text)
	return err
}

// Mention posts a message that begins with the bot's name, in a thread if
// threadTS names one, and returns its timestamp.
func (s *Server) Mention(person, channel, threadTS, text string) (string, error) {
	return s.Say(person, channel, threadTS, "@"+s.team.botName()+" "+text)
}

// Say sends what a person typed: a slash command if it begins with a slash,
// else a message, whose timestamp is returned.
func (s *Server) Say(person, channel, threadTS, text string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.touch()
	u, c, err := s.place(person, channel)
	if err != nil {
		return "", err
	}
	if threadTS != "" && c.parent(threadTS) == nil {
		return "", fmt.Errorf("no such thread: %q", threadTS)
	}
	if strings.TrimSpace(text) == "" {
		return "", errors.New("nothing to say")
	}
	if strings.HasPrefix(text, "/") {
		return "", s.command(u, c, threadTS, text)
	}
	return s.speak(u, c, threadTS, text)
}

func (w Workspace) botName() string {
	for _, u := range w.Users {
		if u.ID == w.BotUser {
			return u.Name
		}
	}
	return ""
}

// speak posts a person's message; a mention of the bot goes to the app.
func (s *Server) speak(u *User, c *channel, thread, text string) (string, error) {
	m := &message{ts: s.stamp(), user: u.ID, text: s.escape(text, false), threadTS: thread}
	m.blocks = []any{richSection(m.text, s.team.BotUser)}
	c.add(m)
	if c.isDirect() || !strings.Contains(m.text, "<@"+s.team.BotUser+">") {
		return m.ts, nil
	}
	if !c.hasMember(s.team.BotUser) {
		return m.ts, s.tellIn(c, u, thread, fmt.Sprintf("You mentioned @%s, but they're not in this channel.", s.team.botName()))
	}
	event := map[string]any{
		"type": "app_mention", "user": u.ID, "text": m.text, "ts": m.ts, "event_ts": m.ts, "channel": c.ID,
		"team": u.Team, "client_msg_id": identity(""), "blocks": m.blocks,
	}
	if thread != "" {
		event["thread_ts"] = thread
	}
	if !s.isInsider(u) {
		event["user_team"], event["source_team"] = u.Team, u.Team
	}
	s.emit(event)
	return m.ts, nil
}

// richSection is a person's text as Slack's composer sends it.
func richSection(text, bot string) map[string]any {
	var elements []any
	rest := text
	if after, ok := strings.CutPrefix(text, "<@"+bot+">"); ok {
		elements, rest = append(elements, map[string]any{"type": "user", "user_id": bot}), after
	}
	if rest != "" {
		elements = append(elements, map[string]any{"type": "text", "text": rest})
	}
	return map[string]any{"type": "rich_text", "block_id": identity("")[:5], "elements": []any{
		map[string]any{"type": "rich_text_section", "elements": elements},
	}}
}

// command runs a slash command; the lock is held, but not while the app thinks.
func (s *Server) command(u *User, c *channel, thread, text string) error {
	name, rest, _ := strings.Cut(text, " ")
	command := s.commandNamed(name)
	switch {
	case command == nil || !s.isInsider(u):
		return s.tellIn(c, u, thread, fmt.Sprintf("%s is not a valid command.", name))
	case thread != "":
		return s.tellIn(c, u, thread, fmt.Sprintf("%s is not supported in threads. Sorry!", name))
	}
	rest = strings.TrimSpace(rest)
	if command.ShouldEscape {
		rest = s.escape(rest, true)
	}
	asked := &Asked{Person: u.ID, Text: text, At: time.Now()}
	s.record.ask(asked)
	payload := map[string]any{
		"token": "sandbox", "team_id": s.team.TeamID, "team_domain": s.team.TeamDomain, "channel_id": c.ID,
		"channel_name": commandChannel(c), "user_id": u.ID, "user_name": u.Name, "command": name, "text": rest,
		"api_app_id": s.team.AppID, "is_enterprise_install": "false",
		"response_url": s.newResponse(response{channel: c, user: u.ID, asked: asked}, s.publicBase()), "trigger_id": s.newTrigger(u.ID, ""),
	}
	answered, err := s.askUnlocked(envelope{kind: "slash_commands", payload: payload, acceptsPayload: true, asked: asked})
	if err != nil {
		asked.Refusal = err.Error()
		return s.tellIn(c, u, "", fmt.Sprintf("%s failed with the error %q", name, err))
	}
	return s.commandAnswered(&response{channel: c, user: u.ID, asked: asked}, answered)
}

func commandChannel(c *channel) string {
	switch {
	case c.isDirect():
		return "directmessage"
	case c.IsPrivate:
		return "privategroup"
	}
	return c.Name
}

func (s *Server) commandNamed(name string) *SlashCommand {
	for _, c := range s.team.Commands {
		if c.Command == name {
			return &c
		}
	}
	return nil
}

// commandAnswered shows what the app put into its acknowledgement.
func (s *Server) commandAnswered(r *response, payload json.RawMessage) error {
	if payload == nil {
		return nil
	}
	var given any
	if err := json.Unmarshal(payload, &given); err != nil {
		return s.commandFailed(r)
	}
	fields, _ := given.(map[string]any)
	if words, ok := given.(string); ok {
		fields = map[string]any{"text": words}
	}
	if len(fields) == 0 {
		return nil
	}
	if fields["response_type"] == "in_channel" {
		r.channel.add(&message{ts: s.stamp(), user: r.user, text: s.escape(r.asked.Text, false)})
	}
	if err := s.answer(r, fields); err != nil {
		return s.commandFailed(r)
	}
	r.asked.Answers++
	return nil
}

// commandFailed tells the caller that Slack cannot show what the app answered.
func (s *Server) commandFailed(r *response) error {
	name, _, _ := strings.Cut(r.asked.Text, " ")
	r.asked.Refusal = "invalid_command_response"
	return s.tellIn(r.channel, s.users[r.user], "", fmt.Sprintf("%s failed with the error %q", name, r.asked.Refusal))
}

// askUnlocked asks the app with the lock given up meanwhile.
func (s *Server) askUnlocked(e envelope) (json.RawMessage, error) {
	s.touch()
	s.mu.Unlock()
	defer s.mu.Lock()
	return s.ask(e)
}
