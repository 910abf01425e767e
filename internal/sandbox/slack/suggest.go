package slack

import (
	"encoding/json"
	"fmt"
	"maps"
	"unicode/utf8"

	"ecsbot/internal/sandbox/slack/blockkit"
)

// Suggest types into an external_select and returns what the app offers:
// options or option_groups as the app sent them.
func (s *Server) Suggest(person string, touched Click) (map[string]any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.who(person)
	if err != nil {
		return nil, err
	}
	payload := s.interaction("block_suggestion", u, "")
	delete(payload, "trigger_id")
	e, err := s.suggesting(u, touched, payload)
	if err != nil {
		return nil, err
	}
	typed, _ := touched.Value.(string)
	least, isSet := e.body["min_query_length"].(float64)
	if !isSet {
		least = 3
	}
	if float64(utf8.RuneCountInString(typed)) < least {
		return map[string]any{"options": []any{}}, nil
	}
	maps.Copy(payload, map[string]any{"action_id": e.action, "block_id": e.block, "value": typed})
	answered, err := s.askUnlocked(envelope{kind: "interactive", payload: payload, acceptsPayload: true})
	if err != nil {
		return nil, s.tell(u, "Result not loading. Try again.")
	}
	var offered map[string]any
	if json.Unmarshal(answered, &offered) != nil || len(blockkit.Suggestions(offered)) > 0 {
		return nil, s.tell(u, "Result not loading. Try again.")
	}
	complete(offered)
	return offered, nil
}

// suggesting finds the menu that is typed into, and says in the payload where it stands.
func (s *Server) suggesting(u *User, touched Click, payload map[string]any) (placed, error) {
	var blocks []any
	if touched.ViewID != "" {
		v, err := s.shown(u, touched.ViewID)
		if err != nil {
			return placed{}, err
		}
		blocks = v.blocks()
		payload["view"], payload["container"] = s.viewJSON(v), map[string]any{"type": "view", "view_id": v.id}
	} else {
		c, m, err := s.visible(u, touched.Channel, touched.MessageTS)
		if err != nil {
			return placed{}, err
		}
		blocks = m.blocks
		payload["channel"] = map[string]any{"id": c.ID, "name": commandChannel(c)}
		payload["message"] = s.messageJSON(c, m, true)
		payload["container"] = map[string]any{"type": "message", "message_ts": m.ts, "channel_id": c.ID}
	}
	e, ok := element(blocks, touched.BlockID, touched.ActionID)
	if !ok || (e.kind != "external_select" && e.kind != "multi_external_select") {
		return placed{}, fmt.Errorf("no external_select with action_id %q", touched.ActionID)
	}
	return e, nil
}
