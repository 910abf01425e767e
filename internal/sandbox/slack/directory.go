package slack

import (
	"slices"
	"strings"
	"time"
)

// isInsider says whether a person belongs to the workspace's own team.
func (s *Server) isInsider(u *User) bool { return u.Team == s.team.TeamID }

func (s *Server) userJSON(u *User) map[string]any {
	out := map[string]any{
		"id": u.ID, "team_id": u.Team, "name": u.Name, "real_name": or(u.RealName, u.Name), "deleted": u.IsDeleted,
		"tz": "Europe/Berlin", "tz_label": "Central European Time", "tz_offset": 3600, "updated": 1449272004,
		"is_bot": u.IsBot, "is_app_user": false, "is_email_confirmed": true,
		"profile": map[string]any{
			"real_name": or(u.RealName, u.Name), "real_name_normalized": or(u.RealName, u.Name), "display_name": u.Name,
			"display_name_normalized": u.Name, "title": u.Title, "team": u.Team,
		},
	}
	if u.IsBot {
		out["profile"].(map[string]any)["bot_id"] = s.team.BotID
		out["profile"].(map[string]any)["api_app_id"] = s.team.AppID
	}
	if !s.isInsider(u) {
		out["is_stranger"] = u.IsStranger
		return out
	}
	if u.IsDeleted {
		return out
	}
	out["is_admin"], out["is_owner"], out["is_primary_owner"] = false, false, false
	out["is_restricted"], out["is_ultra_restricted"] = u.IsRestricted || u.IsUltraRestricted, u.IsUltraRestricted
	return out
}

func (s *Server) userInfo(q request) (answer, error) {
	if err := q.need("user"); err != nil {
		return nil, err
	}
	u := s.users[q.text("user")]
	if u == nil {
		return nil, refuse("user_not_found")
	}
	return answer{"user": s.userJSON(u)}, nil
}

func (s *Server) userList(q request) (answer, error) {
	var members []map[string]any
	for _, u := range s.sortedUsers() {
		if s.isInsider(u) {
			members = append(members, s.userJSON(u))
		}
	}
	out, err := page(q, "members", members, 1000, func(u map[string]any) string { return u["id"].(string) })
	if err == nil {
		out["cache_ts"] = time.Now().Unix()
	}
	return out, err
}

func (s *Server) sortedUsers() []*User {
	var all []*User
	for _, u := range s.users {
		all = append(all, u)
	}
	slices.SortFunc(all, func(a, b *User) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// group is a user group with the times of its changes.
type group struct {
	Group
	created, updated, disabled time.Time
}

func (s *Server) groupJSON(g *group) map[string]any {
	deleted := int64(0)
	if g.IsDisabled {
		deleted = or(g.disabled, g.updated).Unix()
	}
	creator := s.team.Users[0].ID
	return map[string]any{
		"id": g.ID, "team_id": s.team.TeamID, "is_usergroup": true, "is_subteam": true, "name": g.Name,
		"description": g.Description, "handle": g.Handle, "is_external": false, "is_idp_group": g.IsIDPGroup,
		"is_membership_locked": g.IsIDPGroup, "date_create": g.created.Unix(), "date_update": g.updated.Unix(),
		"date_delete": deleted, "auto_type": nil, "auto_provision": false, "enterprise_subteam_id": "",
		"created_by": creator, "updated_by": creator, "deleted_by": nil,
		"prefs": map[string]any{"channels": []string{}, "groups": []string{}}, "channel_count": 0,
	}
}

func (s *Server) sortedGroups() []*group {
	var all []*group
	for _, g := range s.groups {
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b *group) int { return strings.Compare(a.ID, b.ID) })
	return all
}

func (s *Server) groupList(q request) (answer, error) {
	if team := q.text("team_id"); team != "" && team != s.team.TeamID {
		return nil, refuse("team_not_found")
	}
	groups := []map[string]any{}
	for _, g := range s.sortedGroups() {
		if g.IsDisabled && !q.isSet("include_disabled") {
			continue
		}
		out := s.groupJSON(g)
		if q.isSet("include_users") {
			out["users"] = append([]string{}, g.Users...)
		}
		if q.isSet("include_count") || q.isSet("include_users") {
			out["user_count"] = len(g.Users)
		}
		groups = append(groups, out)
	}
	return answer{"usergroups": groups}, nil
}

func (s *Server) groupMembers(q request) (answer, error) {
	g := s.groups[q.text("usergroup")]
	if g == nil || (g.IsDisabled && !q.isSet("include_disabled")) {
		return nil, refuse("no_such_subteam")
	}
	return answer{"users": append([]string{}, g.Users...)}, nil
}
