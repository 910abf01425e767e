package slack

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

func (s *Server) postMessage(q request) (answer, error) {
	if err := q.need("channel"); err != nil {
		return nil, err
	}
	c, err := s.writable(q.text("channel"))
	if err != nil {
		return nil, err
	}
	d, err := readDraft(q.args)
	if err != nil {
		return nil, err
	}
	if d.isEmpty() {
		return nil, refuse("no_text")
	}
	thread, err := threadOf(c, q.text("thread_ts"))
	if err != nil {
		return nil, err
	}
	m := s.post(c, d, thread)
	m.isBroadcast = q.isSet("reply_broadcast")
	return answer{"channel": c.ID, "ts": m.ts, "message": s.messageJSON(c, m, true)}, nil
}

// post adds a message of the bot to a channel.
func (s *Server) post(c *channel, d draft, thread string) *message {
	m := &message{
		ts: s.stamp(), user: s.team.BotUser, isBot: true, text: d.text, blocks: d.blocks, attachments: d.attachments,
		metadata: d.metadata, threadTS: thread,
	}
	c.add(m)
	return m
}

// threadOf holds a thread_ts against the channel: it must name a parent.
func threadOf(c *channel, ts string) (string, error) {
	if ts != "" && c.parent(ts) == nil {
		return "", refuse("thread_not_found")
	}
	return ts, nil
}

func (s *Server) postEphemeral(q request) (answer, error) {
	if err := q.need("channel", "user"); err != nil {
		return nil, err
	}
	c, err := s.writable(q.text("channel"))
	if err != nil {
		return nil, err
	}
	user := q.text("user")
	if u := s.users[user]; u == nil || u.IsDeleted || !c.hasMember(user) {
		return nil, refuse("user_not_in_channel")
	}
	d, err := readDraft(q.args)
	if err != nil {
		return nil, err
	}
	if d.isEmpty() {
		return nil, refuse("no_text")
	}
	thread, err := threadOf(c, q.text("thread_ts"))
	if err != nil {
		return nil, err
	}
	isShown := thread == "" || len(c.replies(thread)) > 0 // docs.slack.dev: "only shown if there is already an active thread"
	m := s.post(c, d, thread)
	m.ephemeral = user
	if !isShown {
		c.remove(m)
	}
	return answer{"message_ts": m.ts}, nil
}

func (s *Server) updateMessage(q request) (answer, error) {
	if err := q.need("channel", "ts"); err != nil {
		return nil, err
	}
	c, m, err := s.own(q, "cant_update_message")
	if err != nil {
		return nil, err
	}
	d, err := readDraft(q.args)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(q.text("text")) > longestUpdate {
		return nil, refuse("msg_too_long")
	}
	if d.isEmpty() && len(m.files) == 0 {
		return nil, refuse("no_text")
	}
	s.edit(m, d)
	return answer{"channel": c.ID, "ts": m.ts, "text": m.text, "message": s.messageJSON(c, m, true)}, nil
}

// edit puts a draft in the place of a message's content. A text without blocks
// takes the blocks away, and only then is the message marked as edited.
func (s *Server) edit(m *message, d draft) {
	m.text, m.blocks, m.attachments = d.text, d.blocks, d.attachments
	if d.hasMetadata {
		m.metadata = d.metadata
	}
	m.editedTS = ""
	if len(d.blocks) == 0 {
		m.editedTS = s.stamp()
	}
	m.clicks = nil
}

func (s *Server) deleteMessage(q request) (answer, error) {
	if err := q.need("channel", "ts"); err != nil {
		return nil, err
	}
	c, m, err := s.own(q, "cant_delete_message")
	if err != nil {
		return nil, err
	}
	s.erase(c, m)
	return answer{"channel": c.ID, "ts": m.ts}, nil
}

// erase deletes a message; one with a thread leaves a tombstone.
func (s *Server) erase(c *channel, m *message) {
	if len(c.replies(m.ts)) == 0 {
		c.remove(m)
		return
	}
	m.isTombstone, m.text, m.blocks, m.attachments, m.files = true, "This message was deleted.", nil, nil, nil
}

// own finds a message that the bot itself posted for everyone.
func (s *Server) own(q request, foreign string) (*channel, *message, error) {
	c, err := s.writable(q.text("channel"))
	if err != nil {
		return nil, nil, err
	}
	m := c.find(q.text("ts"))
	if m == nil || m.ephemeral != "" || m.isTombstone {
		return nil, nil, refuse("message_not_found")
	}
	if !m.isBot {
		return nil, nil, refuse(foreign)
	}
	return c, m, nil
}

// writable finds a channel that the bot may post to: by ID, by #name, or a
// person's direct messages by the person's ID.
func (s *Server) writable(id string) (*channel, error) {
	if name, ok := strings.CutPrefix(id, "#"); ok {
		id = s.channelNamed(name)
	}
	if u := s.users[id]; u != nil && !u.IsBot {
		return s.direct(id), nil
	}
	c := s.channels[id]
	switch {
	case c == nil || (c.IsPrivate && !c.hasMember(s.team.BotUser)):
		return nil, refuse("channel_not_found")
	case c.IsArchived:
		return nil, refuse("is_archived")
	case !c.hasMember(s.team.BotUser) && !slices.Contains(s.team.BotScopes, "chat:write.public"):
		return nil, refuse("not_in_channel")
	}
	return c, nil
}

func (s *Server) permalink(q request) (answer, error) {
	if err := q.need("channel", "message_ts"); err != nil {
		return nil, err
	}
	c, err := s.readable(q.text("channel"))
	if err != nil {
		return nil, err
	}
	m := c.find(q.text("message_ts"))
	if m == nil || m.ephemeral != "" {
		return nil, refuse("message_not_found")
	}
	link := fmt.Sprintf("https://%s.slack.com/archives/%s/p%s", s.team.TeamDomain, c.ID, strings.ReplaceAll(m.ts, ".", ""))
	if m.isReply() {
		link += "?thread_ts=" + m.threadTS + "&cid=" + c.ID
	}
	return answer{"channel": c.ID, "permalink": link}, nil
}
