package slack

import (
	"slices"
	"strconv"
)

// inside says whether a message lies within oldest and latest.
func inside(q request, ts string) bool {
	at, _ := strconv.ParseFloat(ts, 64)
	isInclusive := q.isSet("inclusive")
	if oldest, err := strconv.ParseFloat(q.text("oldest"), 64); err == nil {
		if at < oldest || (at == oldest && !isInclusive && oldest > 0) {
			return false
		}
	}
	if latest, err := strconv.ParseFloat(q.text("latest"), 64); err == nil && latest > 0 {
		if at > latest || (at == latest && !isInclusive) {
			return false
		}
	}
	return true
}

// spoken finds a channel whose messages the bot may read.
func (s *Server) spoken(q request) (*channel, error) {
	c, err := s.seen(q, "history")
	if err != nil {
		return nil, err
	}
	if !c.hasMember(s.team.BotUser) {
		return nil, refuse("not_in_channel")
	}
	return c, nil
}

func (s *Server) conversationHistory(q request) (answer, error) {
	c, err := s.spoken(q)
	if err != nil {
		return nil, err
	}
	var found []map[string]any
	for _, m := range c.messages {
		isShown := m.ephemeral == "" && (!m.isReply() || m.isBroadcast)
		if isShown && inside(q, m.ts) {
			found = append(found, s.messageJSON(c, m, q.isSet("include_all_metadata")))
		}
	}
	slices.Reverse(found)
	out, err := page(q, "messages", found, 100, messageKey)
	if err == nil {
		out["pin_count"] = len(c.pins)
	}
	return out, err
}

func (s *Server) conversationReplies(q request) (answer, error) {
	c, err := s.spoken(q)
	if err != nil {
		return nil, err
	}
	m := c.find(q.text("ts"))
	if m == nil || m.ephemeral != "" {
		return nil, refuse("thread_not_found")
	}
	parent := m
	if m.isReply() {
		parent = or(c.find(m.threadTS), m)
	}
	found := []map[string]any{s.messageJSON(c, parent, q.isSet("include_all_metadata"))}
	for _, reply := range c.replies(parent.ts) {
		if inside(q, reply.ts) {
			found = append(found, s.messageJSON(c, reply, q.isSet("include_all_metadata")))
		}
	}
	return page(q, "messages", found, 1000, messageKey)
}

func messageKey(m map[string]any) string { return m["ts"].(string) }
