package slack

import "slices"

// State is all that one person sees, as the page shows it.
type State struct {
	Me          Person         `json:"me"`
	People      []Person       `json:"people"`
	Channels    []Room         `json:"channels"`
	Views       []View         `json:"views"`
	Home        View           `json:"home"`
	Groups      []Membership   `json:"groups"`
	Notice      string         `json:"notice"`
	Commands    []SlashCommand `json:"commands"`
	Shortcuts   []Shortcut     `json:"shortcuts"`
	Connections int            `json:"connections"`
}

// Person is someone whom the page can be.
type Person struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Title       string `json:"title"`
	Team        string `json:"team"`
	External    bool   `json:"external"`
	Guest       bool   `json:"guest"`
	Deactivated bool   `json:"deactivated"`
}

// Room is a channel as one person sees it.
type Room struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Private   bool      `json:"private"`
	Shared    bool      `json:"shared"`
	IM        bool      `json:"im"`
	Member    bool      `json:"member"`
	BotMember bool      `json:"botMember"`
	Messages  []Message `json:"messages"`
}

// Membership is a user group and who is in it.
type Membership struct {
	ID     string   `json:"id"`
	Handle string   `json:"handle"`
	Name   string   `json:"name"`
	Users  []string `json:"users"`
}

// State is all that one person sees now.
func (s *Server) State(person string) (State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state(person)
}

func (s *Server) state(name string) (State, error) {
	u, err := s.who(name)
	if err != nil {
		return State{}, err
	}
	p := s.persons[u.ID]
	out := State{
		Me: s.profile(u), Channels: s.rooms(u), Views: s.lookAtViews(u), Notice: p.notice, Connections: len(s.sockets),
		Commands: []SlashCommand{}, Shortcuts: []Shortcut{}, People: []Person{}, Groups: []Membership{},
	}
	if p.home != nil {
		out.Home = s.lookAtView(p.home)
	}
	if s.isInsider(u) {
		out.Commands = append(out.Commands, s.team.Commands...)
		out.Shortcuts = append(out.Shortcuts, s.team.Shortcuts...)
	}
	for _, known := range s.team.Users {
		if one := s.users[known.ID]; !one.IsBot {
			out.People = append(out.People, s.profile(one))
		}
	}
	for _, g := range s.sortedGroups() {
		if !g.IsDisabled {
			out.Groups = append(out.Groups, Membership{
				ID: g.ID, Handle: g.Handle, Name: g.Name, Users: append([]string{}, g.Users...),
			})
		}
	}
	return out, nil
}

func (s *Server) profile(u *User) Person {
	return Person{
		ID: u.ID, Name: u.Name, Title: u.Title, Team: u.Team, External: !s.isInsider(u),
		Guest: u.IsRestricted || u.IsUltraRestricted, Deactivated: u.IsDeleted,
	}
}

// rooms are the channels that a person is in, in the workspace's order, and the
// conversation with the bot.
func (s *Server) rooms(u *User) []Room {
	rooms := []Room{}
	for _, c := range s.sortedChannels() {
		if !c.hasMember(u.ID) {
			continue
		}
		room := Room{
			ID: c.ID, Name: c.Name, Private: c.IsPrivate, Shared: c.IsExtShared, IM: c.isDirect(), Member: true,
			BotMember: slices.Contains(c.Members, s.team.BotUser), Messages: s.look(c, u),
		}
		rooms = append(rooms, room)
	}
	return rooms
}
