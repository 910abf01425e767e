package slack

import (
	"errors"
	"slices"
	"time"
)

// retryWaits are how long Slack waits before it delivers an event again that
// was not acknowledged (docs.slack.dev/apis/events-api).
func retryWaits() []time.Duration { return []time.Duration{0, time.Minute, 5 * time.Minute} }

// emit delivers an event to the app if it is subscribed to it; the caller holds the lock.
func (s *Server) emit(event map[string]any) {
	kind, _ := event["type"].(string)
	if !slices.Contains(s.team.Events, kind) {
		return
	}
	stamp := s.stamp()
	event["event_ts"] = or(event["event_ts"], any(stamp))
	callback := map[string]any{
		"token": "sandbox", "team_id": s.team.TeamID, "context_team_id": s.team.TeamID, "context_enterprise_id": nil,
		"api_app_id": s.team.AppID, "type": "event_callback", "event": event, "event_id": identity("Ev"),
		"event_time": time.Now().Unix(), "is_ext_shared_channel": s.isShared(event["channel"]),
		"event_context": identity("4-"), "authorizations": []any{map[string]any{
			"enterprise_id": nil, "team_id": s.team.TeamID, "user_id": s.team.BotUser, "is_bot": true,
			"is_enterprise_install": false,
		}},
	}
	s.spawn(func() { s.deliver(callback) })
}

func (s *Server) isShared(channel any) bool {
	id, _ := channel.(string)
	c := s.channels[id]
	return c != nil && c.IsExtShared
}

// deliver sends an event until it is acknowledged, three times more at most.
func (s *Server) deliver(callback map[string]any) {
	e := envelope{kind: "events_api", payload: callback}
	_, err := s.ask(e)
	for i, wait := range retryWaits() {
		if err == nil || !pause(s.alive, wait) {
			return
		}
		e.attempt, e.reason = i+1, "timeout"
		if errors.Is(err, errNoSocket) {
			e.reason = "connection_failed"
		}
		_, err = s.ask(e)
	}
}
