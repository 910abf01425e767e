package slack

import (
	"errors"
	"fmt"
	"maps"
)

// Click is what a person touches: an element of a message or of a view.
type Click struct {
	Channel   string // of the message
	MessageTS string
	ViewID    string // instead of a message; "home" is the person's home tab
	ActionID  string
	BlockID   string // may be left out where ActionID is enough
	// Value is what is chosen or entered: the value of an option, a text, a list
	// of these, or Slack's own object. Buttons bring their own.
	Value any
}

// notAnswered is what Slack shows beside a button when the app did not answer.
const notAnswered = "Operation timed out. Apps need to respond within three seconds."

// Click touches an element as a person and waits until the app has acknowledged it.
func (s *Server) Click(person string, touched Click) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.touch()
	u, err := s.who(person)
	if err != nil {
		return err
	}
	s.persons[u.ID].notice = ""
	if touched.ViewID != "" {
		return s.clickView(u, touched)
	}
	return s.clickMessage(u, touched)
}

func (s *Server) clickMessage(u *User, touched Click) error {
	c, m, err := s.visible(u, touched.Channel, touched.MessageTS)
	if err != nil {
		return err
	}
	action, err := s.action(m.blocks, touched)
	if err != nil || action == nil {
		return err
	}
	container := map[string]any{
		"type": "message", "message_ts": m.ts, "channel_id": c.ID, "is_ephemeral": m.ephemeral != "",
	}
	if m.threadTS != "" {
		container["thread_ts"] = m.threadTS
	}
	payload := s.interaction("block_actions", u, "")
	maps.Copy(payload, map[string]any{
		"container": container, "channel": map[string]any{"id": c.ID, "name": commandChannel(c)},
		"response_url": s.newResponse(response{channel: c, user: u.ID, source: m}, s.publicBase()), "actions": []any{action},
		"state": map[string]any{"values": initialValues(m.blocks)},
	})
	if m.ephemeral == "" { // Slack does not send ephemeral messages along
		payload["message"] = s.messageJSON(c, m, true)
	}
	m.mark(u.ID, click{isPending: true})
	_, err = s.askUnlocked(envelope{kind: "interactive", payload: payload})
	if err != nil {
		m.mark(u.ID, click{failure: notAnswered})
		return s.tell(u, notAnswered)
	}
	m.mark(u.ID, click{})
	return nil
}

func (m *message) mark(user string, c click) {
	if m.clicks == nil {
		m.clicks = map[string]click{}
	}
	m.clicks[user] = c
}

// visible finds a message that a person can see.
func (s *Server) visible(u *User, channel, ts string) (*channel, *message, error) {
	c, err := s.where(u, channel)
	if err != nil {
		return nil, nil, err
	}
	m := c.find(ts)
	if m == nil || (m.ephemeral != "" && m.ephemeral != u.ID) {
		return nil, nil, fmt.Errorf("no such message in %s: %q", channel, ts)
	}
	return c, m, nil
}

func (s *Server) clickView(u *User, touched Click) error {
	v, err := s.shown(u, touched.ViewID)
	if err != nil {
		return err
	}
	action, err := s.action(v.blocks(), touched)
	if err != nil || action == nil {
		return err
	}
	v.enter(action)
	payload := s.interaction("block_actions", u, v.id)
	maps.Copy(payload, map[string]any{
		"container": map[string]any{"type": "view", "view_id": v.id}, "view": s.viewJSON(v), "actions": []any{action},
	})
	if _, err := s.askUnlocked(envelope{kind: "interactive", payload: payload}); err != nil {
		return s.tell(u, notAnswered)
	}
	return nil
}

// shown finds a view that a person has before them.
func (s *Server) shown(u *User, id string) (*view, error) {
	p := s.persons[u.ID]
	if id == "home" && p.home != nil {
		return p.home, nil
	}
	v := s.views[id]
	if v == nil || v.user != u.ID || (v != p.home && v != p.top()) {
		return nil, fmt.Errorf("%s has no such view before them: %q", u.Name, id)
	}
	return v, nil
}

// enter keeps what a person chose, so that the next payload carries it.
func (v *view) enter(action map[string]any) {
	actions, _ := v.values[action["block_id"].(string)].(map[string]any)
	if actions[action["action_id"].(string)] == nil {
		return
	}
	kind := action["type"].(string)
	actions[action["action_id"].(string)] = map[string]any{"type": kind, answerKey(kind): action[answerKey(kind)]}
}

// action is what a click puts into the payload; nil where Slack sends nothing,
// as for a choice in an input block that does not ask for it.
func (s *Server) action(blocks []any, touched Click) (map[string]any, error) {
	e, ok := element(blocks, touched.BlockID, touched.ActionID)
	if !ok {
		return nil, fmt.Errorf("nothing to touch with action_id %q", touched.ActionID)
	}
	if e.isInput && !e.dispatches(blocks) {
		return nil, errors.New("an input block sends nothing until the form is submitted")
	}
	out := map[string]any{"action_id": e.action, "block_id": e.block, "type": e.kind, "action_ts": s.stamp()}
	if e.kind == "button" {
		for _, name := range []string{"text", "value", "style"} {
			if value, ok := e.body[name]; ok {
				out[name] = value
			}
		}
		return out, nil
	}
	given, err := e.answered(touched.Value)
	if err != nil {
		return nil, err
	}
	maps.Copy(out, given)
	if placeholder, ok := e.body["placeholder"]; ok {
		out["placeholder"] = placeholder
	}
	return out, nil
}

func (e placed) dispatches(blocks []any) bool {
	for _, b := range blocks {
		if block, _ := b.(map[string]any); block["block_id"] == e.block {
			return block["dispatch_action"] == true
		}
	}
	return false
}

// interaction is what every interaction payload begins with.
func (s *Server) interaction(kind string, u *User, viewID string) map[string]any {
	return map[string]any{
		"type": kind, "user": s.personJSON(u), "team": s.teamJSON(), "api_app_id": s.team.AppID, "token": "sandbox",
		"enterprise": nil, "is_enterprise_install": false, "trigger_id": s.newTrigger(u.ID, viewID),
	}
}
