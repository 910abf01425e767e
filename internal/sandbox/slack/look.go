package slack

import (
	"maps"
	"slices"
	"unicode/utf8"
)

// File is a file as a message shows it.
type File struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Size    int    `json:"size"`
	Preview string `json:"preview"`
	URL     string `json:"url"`
	Mode    string `json:"mode"`
	Content string `json:"-"`
}

// Message is a message as one person sees it.
type Message struct {
	TS         string              `json:"ts"`
	User       string              `json:"user"`
	Name       string              `json:"name"`
	Bot        bool                `json:"bot"`
	Text       string              `json:"text"`
	Blocks     []any               `json:"blocks"`
	Ephemeral  bool                `json:"ephemeral"`
	ThreadTS   string              `json:"threadTs"`
	ReplyCount int                 `json:"replyCount"`
	Edited     bool                `json:"edited"`
	Files      []File              `json:"files"`
	Reactions  map[string][]string `json:"reactions"`
	Replies    []Message           `json:"replies"`
	Pending    bool                `json:"pending"` // the person's click is on its way
	Error      string              `json:"error"`   // what Slack itself said
	Metadata   map[string]any      `json:"-"`
}

// Messages are what a person sees in a channel, the oldest first, replies
// within their parents.
func (s *Server) Messages(channel, person string) ([]Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.who(person)
	if err != nil {
		return nil, err
	}
	c, err := s.where(u, channel)
	if err != nil {
		return nil, err
	}
	return s.look(c, u), nil
}

func (s *Server) look(c *channel, u *User) []Message {
	replies, counts := map[string][]Message{}, map[string]int{}
	for _, m := range c.messages {
		if !m.isReply() || !m.isSeenBy(u.ID) {
			continue
		}
		replies[m.threadTS] = append(replies[m.threadTS], s.lookAt(m, u))
		if m.ephemeral == "" {
			counts[m.threadTS]++
		}
	}
	seen := []Message{}
	for _, m := range c.messages {
		if !m.isSeenBy(u.ID) || (m.isReply() && !m.isBroadcast) {
			continue
		}
		one := s.lookAt(m, u)
		if !m.isReply() {
			one.Replies = append(one.Replies, replies[m.ts]...)
			one.ReplyCount = counts[m.ts]
		}
		seen = append(seen, one)
	}
	return seen
}

func (m *message) isSeenBy(user string) bool { return m.ephemeral == "" || m.ephemeral == user }

func (s *Server) lookAt(m *message, u *User) Message {
	name := "Slackbot"
	if author := s.users[m.user]; author != nil {
		name = author.Name
	}
	out := Message{
		TS: m.ts, User: m.user, Name: name, Bot: m.isBot, Text: m.text, Blocks: append([]any{}, m.blocks...),
		Ephemeral: m.ephemeral != "", ThreadTS: m.threadTS, Edited: m.editedTS != "", Files: []File{},
		Reactions: maps.Clone(m.reactions), Replies: []Message{}, Pending: m.clicks[u.ID].isPending,
		Error: or(m.failure, m.clicks[u.ID].failure), Metadata: m.metadata,
	}
	for _, f := range m.files {
		out.Files = append(out.Files, f.look())
	}
	return out
}

// previewBytes is how much of a file its preview shows at most.
const previewBytes = 4000

func (f *file) look() File {
	preview := f.content
	if len(preview) > previewBytes {
		preview = preview[:previewBytes]
		for len(preview) > 0 && !utf8.Valid(preview) {
			preview = preview[:len(preview)-1]
		}
	}
	return File{
		ID: f.id, Title: f.title, Size: len(f.content), Preview: string(preview), URL: "/sandbox/slack/file/" + f.id,
		Mode: f.mode(), Content: string(f.content),
	}
}

// View is a modal or a home tab as a person sees it: Slack's own JSON, and the
// errors at its fields.
type View map[string]any

// ID is the view's identifier.
func (v View) ID() string { return v.text("id") }

// Title is the text of a modal's title.
func (v View) Title() string {
	title, _ := v["title"].(map[string]any)
	text, _ := title["text"].(string)
	return text
}

func (v View) text(name string) string {
	s, _ := v[name].(string)
	return s
}

// Views are the open modals of a person, the topmost last.
func (s *Server) Views(person string) []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.who(person)
	if err != nil {
		return nil
	}
	return s.lookAtViews(u)
}

func (s *Server) lookAtViews(u *User) []View {
	views := []View{}
	for _, v := range s.persons[u.ID].stack {
		views = append(views, s.lookAtView(v))
	}
	return views
}

// Home is the home tab of a person; nil if none was published.
func (s *Server) Home(person string) View {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.who(person)
	if err != nil || s.persons[u.ID].home == nil {
		return nil
	}
	return s.lookAtView(s.persons[u.ID].home)
}

func (s *Server) lookAtView(v *view) View {
	out := View(s.viewJSON(v))
	values := map[string]any{}
	for block, actions := range v.values {
		values[block] = maps.Clone(actions.(map[string]any))
	}
	out["state"] = map[string]any{"values": values}
	out["errors"] = map[string]string{}
	if v.errors != nil {
		out["errors"] = maps.Clone(v.errors)
	}
	return out
}

// Notice is the last thing that Slack itself told a person since they did something.
func (s *Server) Notice(person string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.who(person)
	if err != nil {
		return err.Error()
	}
	return s.persons[u.ID].notice
}

// Everything is every message that anybody can see, for a look at what has
// left the app: a copy of each, the ephemeral ones included.
func (s *Server) Everything() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Message
	nobody := &User{}
	for _, c := range s.sortedChannels() {
		for _, m := range c.messages {
			all = append(all, s.lookAt(m, nobody))
		}
	}
	return slices.Clip(all)
}
