package slack

import (
	"fmt"
	"regexp"
	"time"
)

// trigger is one act of a person that allows to open one view.
type trigger struct {
	user   string
	viewID string // the view in which the person acted; empty elsewhere
	at     time.Time
	isUsed bool
}

// newTrigger is the trigger_id of what a person just did; the caller holds the lock.
func (s *Server) newTrigger(user, viewID string) string {
	now := time.Now()
	for id, t := range s.triggers {
		if now.Sub(t.at) > 10*time.Minute {
			delete(s.triggers, id)
		}
	}
	id := fmt.Sprintf("%d.%d.%s", now.UnixMilli(), 738474920, identity(""))
	s.triggers[id] = &trigger{user: user, viewID: viewID, at: now}
	return id
}

// exchange uses a trigger_id up.
func (s *Server) exchange(id string) (*trigger, error) {
	t := s.triggers[id]
	switch {
	case t == nil && regexp.MustCompile(`^\d+\.\d+\.\w+$`).MatchString(id):
		return nil, refuse("expired_trigger_id")
	case t == nil:
		return nil, refuse("invalid_trigger_id")
	case t.isUsed:
		return nil, refuse("exchanged_trigger_id")
	case time.Since(t.at) > s.options.Patience:
		return nil, refuse("expired_trigger_id")
	}
	t.isUsed = true
	return t, nil
}
