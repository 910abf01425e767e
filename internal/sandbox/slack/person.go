package slack

import (
	"fmt"
	"slices"
	"strings"
)

// who finds a person by ID or name, as long as that person can use Slack.
func (s *Server) who(person string) (*User, error) {
	for _, u := range s.users {
		if u.IsBot || (u.ID != person && u.Name != person) {
			continue
		}
		if u.IsDeleted {
			return nil, &Refusal{Notice: "Your account has been deactivated."}
		}
		return u, nil
	}
	return nil, fmt.Errorf("no such person: %q", person)
}

// where finds a channel that a person is in, by ID or name; the person's own
// conversation with the bot is "@" and the bot's name, too.
func (s *Server) where(u *User, name string) (*channel, error) {
	if name == "@"+s.users[s.team.BotUser].Name {
		return s.direct(u.ID), nil
	}
	c := s.channels[name]
	if c == nil {
		c = s.channels[s.channelNamed(strings.TrimPrefix(name, "#"))]
	}
	if c == nil || !c.hasMember(u.ID) {
		return nil, &Refusal{Notice: fmt.Sprintf("You are not in %s.", name)}
	}
	return c, nil
}

// place finds a person and a channel that the person is in, and forgets the
// last notice; the caller holds the lock.
func (s *Server) place(person, name string) (*User, *channel, error) {
	u, err := s.who(person)
	if err != nil {
		return nil, nil, err
	}
	s.persons[u.ID].notice = ""
	c, err := s.where(u, name)
	return u, c, err
}

// tell shows a person what Slack itself has to say.
func (s *Server) tell(u *User, notice string) error {
	s.persons[u.ID].notice = notice
	return &Refusal{Notice: notice}
}

// tellIn does the same with a message that only this person sees.
func (s *Server) tellIn(c *channel, u *User, thread, notice string) error {
	c.add(&message{
		ts: s.stamp(), user: slackbot, text: notice, ephemeral: u.ID, threadTS: thread, failure: notice,
	})
	return s.tell(u, notice)
}

// slackbot is who Slack itself speaks as.
const slackbot = "USLACKBOT"

// personJSON is a person as interaction payloads name them.
func (s *Server) personJSON(u *User) map[string]any {
	return map[string]any{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": u.Team}
}

func (s *Server) teamJSON() map[string]any {
	return map[string]any{"id": s.team.TeamID, "domain": s.team.TeamDomain}
}

// admitTo makes someone a member of a channel.
func (s *Server) admitTo(c *channel, user string) {
	if c.hasMember(user) {
		return
	}
	c.Members = append(c.Members, user)
	kind := "C"
	if c.IsPrivate {
		kind = "G"
	}
	if c.hasMember(s.team.BotUser) {
		s.emit(map[string]any{
			"type": "member_joined_channel", "user": user, "channel": c.ID, "channel_type": kind,
			"team": s.users[user].Team, "inviter": s.team.Users[0].ID,
		})
	}
}

func (s *Server) removeFrom(c *channel, user string) {
	c.Members = slices.DeleteFunc(c.Members, func(m string) bool { return m == user })
}
