package slack

import (
	"regexp"
	"strings"
)

// escape is text as Slack sends it to apps: the three characters escaped, names
// of people, channels and groups resolved, links marked. In a command the
// names come along as labels.
func (s *Server) escape(text string, withLabels bool) string {
	text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
	text = regexp.MustCompile(`https?://[^\s]+`).ReplaceAllStringFunc(text, func(link string) string {
		return "<" + link + ">"
	})
	return regexp.MustCompile(`(^|[\s(])([@#][\pL\pN._-]+)`).ReplaceAllStringFunc(text, func(found string) string {
		at := strings.IndexAny(found, "@#")
		return found[:at] + s.reference(found[at:], withLabels)
	})
}

// reference is how Slack writes @name or #name; unknown names stay as they are.
func (s *Server) reference(name string, withLabels bool) string {
	label := func(mark, id, text string) string {
		if withLabels {
			return "<" + mark + id + "|" + text + ">"
		}
		return "<" + mark + id + ">"
	}
	bare := name[1:]
	if strings.HasPrefix(name, "#") {
		if id := s.channelNamed(bare); id != "" {
			return label("#", id, bare)
		}
		return name
	}
	for _, u := range s.users {
		if u.Name == bare {
			return label("@", u.ID, u.Name)
		}
	}
	for _, g := range s.groups {
		if g.Handle == bare && !g.IsDisabled {
			return label("!subteam^", g.ID, "@"+g.Handle)
		}
	}
	if bare == "channel" || bare == "here" || bare == "everyone" {
		return "<!" + bare + ">"
	}
	return name
}
