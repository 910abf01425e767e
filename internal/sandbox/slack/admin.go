package slack

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// mostGroupUsers is how many members subteam_updated names
// (docs.slack.dev/reference/events/subteam_updated).
const mostGroupUsers = 500

// OpenHome opens the bot's home tab as a person.
func (s *Server) OpenHome(person string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.touch()
	u, err := s.who(person)
	if err != nil {
		return err
	}
	event := map[string]any{"type": "app_home_opened", "user": u.ID, "channel": s.direct(u.ID).ID, "tab": "home"}
	if home := s.persons[u.ID].home; home != nil {
		event["view"] = s.viewJSON(home)
	}
	s.emit(event)
	return nil
}

// SetGroup makes exactly these people the members of a user group, and tells
// the app. Guests and people of other companies cannot be in one.
func (s *Server) SetGroup(id string, users ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[id]
	if g == nil {
		return fmt.Errorf("no such group: %q", id)
	}
	for _, user := range users {
		if u := s.users[user]; u == nil || !s.isInsider(u) || u.IsRestricted || u.IsUltraRestricted {
			return fmt.Errorf("%s cannot be in a user group", user)
		}
	}
	before, previous := g.Users, g.updated
	g.Users, g.updated = slices.Clone(users), time.Now()
	added := slices.DeleteFunc(slices.Clone(users), func(u string) bool { return slices.Contains(before, u) })
	removed := slices.DeleteFunc(slices.Clone(before), func(u string) bool { return slices.Contains(users, u) })
	s.emit(map[string]any{
		"type": "subteam_members_changed", "subteam_id": id, "team_id": s.team.TeamID,
		"date_previous_update": previous.Unix(), "date_update": g.updated.Unix(),
		"added_users": added, "added_users_count": s.counted(added),
		"removed_users": removed, "removed_users_count": s.counted(removed),
	})
	s.emit(map[string]any{"type": "subteam_updated", "subteam": s.snapshot(g)})
	s.touch()
	return nil
}

func (s *Server) counted(users []string) any {
	if s.options.CountsAsNumbers {
		return len(users)
	}
	return strconv.Itoa(len(users))
}

// snapshot is a group as its events carry it.
func (s *Server) snapshot(g *group) map[string]any {
	out := s.groupJSON(g)
	out["users"], out["user_count"] = append([]string{}, g.Users[:min(len(g.Users), mostGroupUsers)]...), len(g.Users)
	return out
}

// AddGroup creates a user group, and tells the app.
func (s *Server) AddGroup(g Group) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.groups[g.ID] = &group{Group: g, created: now, updated: now}
	s.emit(map[string]any{"type": "subteam_created", "subteam": s.snapshot(s.groups[g.ID])})
	s.touch()
}

// DisableGroup disables a user group or enables it again, and tells the app.
func (s *Server) DisableGroup(id string, isDisabled bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[id]
	if g == nil {
		return fmt.Errorf("no such group: %q", id)
	}
	g.IsDisabled, g.updated, g.disabled = isDisabled, time.Now(), time.Now()
	s.emit(map[string]any{"type": "subteam_updated", "subteam": s.snapshot(g)})
	s.touch()
	return nil
}

// SetUser changes a person (deactivated, guest, name) or lets a new one in, and tells the app.
func (s *Server) SetUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[u.ID] = &u
	if s.persons[u.ID] == nil && !u.IsBot {
		s.persons[u.ID] = &person{}
		s.direct(u.ID)
	}
	s.emit(map[string]any{"type": "user_change", "user": s.userJSON(&u), "cache_ts": time.Now().Unix()})
	s.touch()
}

// User is a person as they are now.
func (s *Server) User(id string) (User, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users[id]
	if !ok {
		return User{}, false
	}
	return *u, true
}

// Join makes a person, or the bot, a member of a channel.
func (s *Server) Join(user, name string) error {
	if _, ok := s.User(user); !ok {
		return fmt.Errorf("no such person: %q", user)
	}
	return s.change(name, func(c *channel) { s.admitTo(c, user) })
}

// Leave takes a person, or the bot, out of a channel.
func (s *Server) Leave(user, name string) error {
	return s.change(name, func(c *channel) { s.removeFrom(c, user) })
}

// Invite makes the bot a member of a channel.
func (s *Server) Invite(name string) error { return s.Join(s.team.BotUser, name) }

// Kick takes the bot out of a channel.
func (s *Server) Kick(name string) error { return s.Leave(s.team.BotUser, name) }

// Share shares a channel with another company, or ends that, and tells the app.
func (s *Server) Share(name string, isShared bool) error {
	return s.change(name, func(c *channel) {
		c.IsExtShared = isShared
		if isShared {
			s.emit(map[string]any{"type": "channel_shared", "channel": c.ID, "connected_team_id": "T0EVIL"})
			return
		}
		s.emit(map[string]any{
			"type": "channel_unshared", "channel": c.ID, "previously_connected_team_id": "T0EVIL", "is_ext_shared": false,
		})
	})
}

func (s *Server) change(name string, work func(*channel)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[name]
	if c == nil {
		c = s.channels[s.channelNamed(name)]
	}
	if c == nil {
		return fmt.Errorf("no such channel: %q", name)
	}
	work(c)
	s.touch()
	return nil
}
