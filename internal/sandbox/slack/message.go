package slack

import (
	"slices"
	"strings"
)

// message is one message as it was posted.
type message struct {
	ts          string
	user        string
	isBot       bool
	text        string
	blocks      []any
	attachments []any
	metadata    map[string]any
	threadTS    string // of the parent; empty outside threads
	isBroadcast bool   // a reply that the channel sees too
	ephemeral   string // the one person who sees it; empty for everyone
	editedTS    string
	files       []*file
	reactions   map[string][]string
	isTombstone bool // deleted, but its thread stays
	failure     string
	clicks      map[string]click // by person
}

// click is how the last click of a person on a message went.
type click struct {
	isPending bool
	failure   string
}

// isReply says whether the message stands in a thread and is not its parent.
func (m *message) isReply() bool { return m.threadTS != "" && m.threadTS != m.ts }

// channel is a channel with its messages, the oldest first.
type channel struct {
	Channel
	person   string // whose direct message channel it is; empty for others
	messages []*message
	pins     []string
}

func newChannel(c Channel) *channel {
	c.Members = slices.Clone(c.Members)
	return &channel{Channel: c}
}

func (c *channel) isDirect() bool             { return c.person != "" }
func (c *channel) hasMember(user string) bool { return slices.Contains(c.Members, user) }

func (c *channel) add(m *message) { c.messages = append(c.messages, m) }

func (c *channel) find(ts string) *message {
	i, ok := slices.BinarySearchFunc(c.messages, ts, func(m *message, ts string) int { return strings.Compare(m.ts, ts) })
	if !ok {
		return nil
	}
	return c.messages[i]
}

func (c *channel) remove(m *message) {
	c.messages = slices.DeleteFunc(c.messages, func(o *message) bool { return o == m })
}

// parent finds the message that a thread hangs on.
func (c *channel) parent(ts string) *message {
	m := c.find(ts)
	if m == nil || m.ephemeral != "" || m.isReply() {
		return nil
	}
	return m
}

// replies are the messages of a thread that everyone sees, without its parent.
func (c *channel) replies(ts string) []*message {
	var replies []*message
	for _, m := range c.messages {
		if m.isReply() && m.threadTS == ts && m.ephemeral == "" {
			replies = append(replies, m)
		}
	}
	return replies
}

// messageJSON is a message as the Web API and interaction payloads show it.
func (s *Server) messageJSON(c *channel, m *message, withMetadata bool) map[string]any {
	out := map[string]any{"type": "message", "user": m.user, "ts": m.ts, "text": m.text, "team": s.users[m.user].Team}
	if m.isBot {
		out["bot_id"], out["app_id"] = s.team.BotID, s.team.AppID
		out["bot_profile"] = map[string]any{
			"id": s.team.BotID, "app_id": s.team.AppID, "name": s.users[s.team.BotUser].Name, "deleted": false,
			"updated": 1449272004, "team_id": s.team.TeamID, "icons": map[string]any{},
		}
	}
	if len(m.blocks) > 0 {
		out["blocks"] = m.blocks
	}
	if len(m.attachments) > 0 {
		out["attachments"] = m.attachments
	}
	if m.editedTS != "" {
		out["edited"] = map[string]any{"user": m.user, "ts": m.editedTS}
	}
	if m.metadata != nil && withMetadata {
		out["metadata"] = m.metadata
	}
	if m.isTombstone {
		out["subtype"] = "tombstone"
	}
	if len(m.files) > 0 {
		out["files"] = s.filesJSON(m.files)
	}
	s.threadJSON(c, m, out)
	return out
}

func (s *Server) threadJSON(c *channel, m *message, out map[string]any) {
	if m.isReply() {
		out["thread_ts"] = m.threadTS
		if parent := c.find(m.threadTS); parent != nil {
			out["parent_user_id"] = parent.user
		}
		return
	}
	replies := c.replies(m.ts)
	if len(replies) == 0 {
		return
	}
	var users []string
	for _, r := range replies {
		if !slices.Contains(users, r.user) {
			users = append(users, r.user)
		}
	}
	out["thread_ts"], out["reply_count"], out["reply_users"] = m.ts, len(replies), users
	out["reply_users_count"], out["latest_reply"] = len(users), replies[len(replies)-1].ts
	out["is_locked"], out["subscribed"] = false, false
}
