package slack

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strings"
)

// direct is the conversation of the bot with one person.
func (s *Server) direct(user string) *channel {
	id := "D0" + strings.TrimPrefix(user, "U0")
	if s.channels[id] == nil {
		s.channels[id] = &channel{
			Channel: Channel{ID: id, Name: s.users[s.team.BotUser].Name, Members: []string{s.team.BotUser, user}},
			person:  user,
		}
	}
	return s.channels[id]
}

func (s *Server) channelNamed(name string) string {
	for id, c := range s.channels {
		if c.Name == name && !c.isDirect() {
			return id
		}
	}
	return ""
}

// readable finds a channel that the bot may know of.
func (s *Server) readable(id string) (*channel, error) {
	c := s.channels[id]
	if c == nil || ((c.IsPrivate || c.isDirect()) && !c.hasMember(s.team.BotUser)) {
		return nil, refuse("channel_not_found")
	}
	return c, nil
}

// kind is the first part of the scopes that a channel's kind asks for.
func (c *channel) kind() string {
	switch {
	case c.isDirect():
		return "im"
	case c.IsPrivate:
		return "groups"
	}
	return "channels"
}

// seen finds a channel that a call names, and asks for the scope of its kind.
func (s *Server) seen(q request, right string) (*channel, error) {
	if err := q.need("channel"); err != nil {
		return nil, err
	}
	c, err := s.readable(q.text("channel"))
	if err != nil {
		return nil, err
	}
	return c, q.may(c.kind() + ":" + right)
}

func (s *Server) conversationInfo(q request) (answer, error) {
	c, err := s.seen(q, "read")
	if err != nil {
		return nil, err
	}
	out := s.channelJSON(c)
	if q.isSet("include_num_members") {
		out["num_members"] = len(c.Members)
	}
	return answer{"channel": out}, nil
}

func (s *Server) channelJSON(c *channel) map[string]any {
	if c.isDirect() {
		return map[string]any{
			"id": c.ID, "created": 1449252889, "is_im": true, "is_org_shared": false, "user": c.person,
			"is_archived": false, "is_open": true, "priority": 0,
		}
	}
	shared := []string{s.team.TeamID}
	for _, member := range c.Members {
		if team := s.users[member].Team; !slices.Contains(shared, team) {
			shared = append(shared, team)
		}
	}
	text := map[string]any{"value": "", "creator": "", "last_set": 0}
	return map[string]any{
		"id": c.ID, "name": c.Name, "name_normalized": c.Name, "is_channel": !c.IsPrivate, "is_group": c.IsPrivate,
		"is_im": false, "is_mpim": false, "is_private": c.IsPrivate, "is_archived": c.IsArchived, "is_general": false,
		"is_member": c.hasMember(s.team.BotUser), "is_shared": c.IsExtShared, "is_ext_shared": c.IsExtShared,
		"is_org_shared": false, "is_pending_ext_shared": false, "pending_shared": []string{}, "shared_team_ids": shared,
		"created": 1449252889, "creator": s.team.Users[0].ID, "unlinked": 0, "context_team_id": s.team.TeamID,
		"topic": text, "purpose": text, "previous_names": []string{},
	}
}

func (s *Server) conversationList(q request) (answer, error) {
	return s.listed(q, func(c *channel) bool { return !c.IsPrivate || c.hasMember(s.team.BotUser) })
}

func (s *Server) userConversations(q request) (answer, error) {
	user := or(q.text("user"), s.team.BotUser)
	if s.users[user] == nil {
		return nil, refuse("user_not_found")
	}
	return s.listed(q, func(c *channel) bool {
		return c.hasMember(user) && (!c.IsPrivate || c.hasMember(s.team.BotUser))
	})
}

// listed is a page of the channels of the asked types that are shown.
func (s *Server) listed(q request, isShown func(*channel) bool) (answer, error) {
	kinds := map[string]string{"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}
	wanted := map[string]bool{}
	for kind := range strings.SplitSeq(or(q.text("types"), "public_channel"), ",") {
		scope, ok := kinds[strings.TrimSpace(kind)]
		if !ok {
			return nil, refuse("invalid_types")
		}
		if err := q.may(scope + ":read"); err != nil {
			return nil, err
		}
		wanted[scope] = true
	}
	var found []map[string]any
	for _, c := range s.sortedChannels() {
		if wanted[c.kind()] && isShown(c) && (!c.IsArchived || !q.isSet("exclude_archived")) {
			found = append(found, s.channelJSON(c))
		}
	}
	return page(q, "channels", found, 100, func(c map[string]any) string { return c["id"].(string) })
}

func (s *Server) sortedChannels() []*channel {
	var all []*channel
	for _, c := range s.channels {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *channel) int { return strings.Compare(a.ID, b.ID) })
	return all
}

func (s *Server) conversationMembers(q request) (answer, error) {
	c, err := s.seen(q, "read")
	if err != nil {
		return nil, err
	}
	return page(q, "members", slices.Clone(c.Members), 100, func(id string) string { return id })
}

func (s *Server) conversationOpen(q request) (answer, error) {
	users := strings.Split(q.text("users"), ",")
	switch {
	case q.text("users") == "":
		return nil, refuse("users_list_not_supplied")
	case len(users) > 1:
		return nil, cmp.Or(q.may("mpim:write"), error(refuse("method_not_supported_for_channel_type")))
	case s.users[users[0]] == nil:
		return nil, refuse("user_not_found")
	case s.users[users[0]].IsBot:
		return nil, refuse("cannot_dm_bot")
	case s.users[users[0]].IsDeleted:
		return nil, refuse("user_disabled")
	}
	c := s.direct(users[0])
	if q.isSet("return_im") {
		return answer{"channel": s.channelJSON(c)}, nil
	}
	return answer{"channel": map[string]any{"id": c.ID}}, nil
}

func (s *Server) conversationJoin(q request) (answer, error) {
	c, err := s.seen(q, "read")
	if err != nil {
		return nil, err
	}
	if c.IsPrivate || c.isDirect() {
		return nil, refuse("method_not_supported_for_channel_type")
	}
	s.admitTo(c, s.team.BotUser)
	return answer{"channel": s.channelJSON(c)}, nil
}

// page is one page of items, from the cursor on.
func page[T any](q request, name string, items []T, usual int, id func(T) string) (answer, error) {
	limit, err := q.count("limit", usual, 1000)
	if err != nil {
		return nil, err
	}
	if cursor := q.text("cursor"); cursor != "" {
		key, err := base64.StdEncoding.DecodeString(cursor)
		from := slices.IndexFunc(items, func(item T) bool { return "next:"+id(item) == string(key) })
		if err != nil || from < 0 {
			return nil, refuse("invalid_cursor")
		}
		items = items[from:]
	}
	next := ""
	if len(items) > limit {
		next = base64.StdEncoding.EncodeToString([]byte("next:" + id(items[limit])))
		items = items[:limit]
	}
	if items == nil {
		items = []T{}
	}
	return answer{name: items, "has_more": next != "", "response_metadata": map[string]any{"next_cursor": next}}, nil
}
