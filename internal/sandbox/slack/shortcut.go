package slack

import "maps"

// Shortcut uses a global shortcut of the app as a person.
func (s *Server) Shortcut(person, callbackID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.touch()
	u, err := s.insider(person)
	if err != nil {
		return err
	}
	payload := s.interaction("shortcut", u, "")
	maps.Copy(payload, map[string]any{"callback_id": callbackID, "action_ts": s.stamp()})
	return s.offer(u, payload)
}

// MessageShortcut uses a shortcut of the app on a message as a person.
func (s *Server) MessageShortcut(person, channel, ts, callbackID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.touch()
	u, err := s.insider(person)
	if err != nil {
		return err
	}
	c, m, err := s.visible(u, channel, ts)
	if err != nil {
		return err
	}
	payload := s.interaction("message_action", u, "")
	maps.Copy(payload, map[string]any{
		"callback_id": callbackID, "action_ts": s.stamp(), "message_ts": m.ts, "message": s.messageJSON(c, m, true),
		"channel":      map[string]any{"id": c.ID, "name": commandChannel(c)},
		"response_url": s.newResponse(response{channel: c, user: u.ID}, s.publicBase()),
	})
	return s.offer(u, payload)
}

// insider finds a person of the workspace: shortcuts are not for others.
func (s *Server) insider(person string) (*User, error) {
	u, err := s.who(person)
	if err != nil {
		return nil, err
	}
	if !s.isInsider(u) {
		return nil, s.tell(u, "This shortcut is not available to you.")
	}
	return u, nil
}

func (s *Server) offer(u *User, payload map[string]any) error {
	if _, err := s.askUnlocked(envelope{kind: "interactive", payload: payload}); err != nil {
		return s.tell(u, notAnswered)
	}
	return nil
}
