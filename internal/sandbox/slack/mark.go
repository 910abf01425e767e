package slack

import "slices"

func (s *Server) addReaction(q request) (answer, error) {
	if err := q.need("channel", "name", "timestamp"); err != nil {
		return nil, err
	}
	_, m, err := s.marked(q)
	if err != nil {
		return nil, err
	}
	name := q.text("name")
	if slices.Contains(m.reactions[name], s.team.BotUser) {
		return nil, refuse("already_reacted")
	}
	if m.reactions == nil {
		m.reactions = map[string][]string{}
	}
	m.reactions[name] = append(m.reactions[name], s.team.BotUser)
	return answer{}, nil
}

func (s *Server) addPin(q request) (answer, error) {
	if err := q.need("channel", "timestamp"); err != nil {
		return nil, err
	}
	c, m, err := s.marked(q)
	if err != nil {
		return nil, err
	}
	if slices.Contains(c.pins, m.ts) {
		return nil, refuse("already_pinned")
	}
	c.pins = append(c.pins, m.ts)
	return answer{}, nil
}

// marked finds the message that a call puts a mark on.
func (s *Server) marked(q request) (*channel, *message, error) {
	c, err := s.writable(q.text("channel"))
	if err != nil {
		return nil, nil, err
	}
	m := c.find(q.text("timestamp"))
	if m == nil || m.ephemeral != "" {
		return nil, nil, refuse("message_not_found")
	}
	return c, m, nil
}
