package slack

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"ecsbot/internal/sandbox/slack/blockkit"
)

// deepestStack is how many modals may lie upon each other
// (docs.slack.dev/reference/methods/views.push).
const deepestStack = 3

// view is a modal or a home tab of one person.
type view struct {
	id, hash, user string
	root, previous string
	body           map[string]any // what the app sent
	values         map[string]any // view.state.values as Slack's client keeps it
	errors         map[string]string
}

// person is what Slack shows one person beside the channels.
type person struct {
	stack  []*view // open modals, the topmost last
	home   *view
	notice string // the last thing that Slack itself told this person
}

func (v *view) kind() string       { return v.text("type") }
func (v *view) externalID() string { return v.text("external_id") }

func (v *view) text(name string) string {
	s, _ := v.body[name].(string)
	return s
}

func (v *view) blocks() []any {
	blocks, _ := v.body["blocks"].([]any)
	return blocks
}

func (p *person) top() *view {
	if len(p.stack) == 0 {
		return nil
	}
	return p.stack[len(p.stack)-1]
}

// readView reads and judges the view of a call.
func readView(q args) (map[string]any, error) {
	if err := q.need("view"); err != nil {
		return nil, err
	}
	value, err := q.decoded("view")
	body, ok := value.(map[string]any)
	if err != nil || !ok {
		return nil, invalidArguments("[ERROR] view must be a valid JSON object [json-pointer:/view]")
	}
	if blockkit.ViewTooLarge(body) {
		return nil, refuse("view_too_large")
	}
	if problems := blockkit.View(body); len(problems) > 0 {
		return nil, invalidArguments(problems...)
	}
	identify(body["blocks"])
	return body, nil
}

// newView is a view as it is shown for the first time.
func (s *Server) newView(user string, body map[string]any) (*view, error) {
	v := &view{id: identity("V"), user: user, values: map[string]any{}}
	v.root = v.id
	if err := s.free(v, body); err != nil {
		return nil, err
	}
	s.fill(v, body)
	s.views[v.id] = v
	return v, nil
}

// free refuses an external_id that another view has.
func (s *Server) free(v *view, body map[string]any) error {
	external, _ := body["external_id"].(string)
	if other := s.viewNamed(external); external != "" && other != nil && other != v {
		return refuse("duplicate_external_id")
	}
	return nil
}

func (s *Server) viewNamed(external string) *view {
	for _, v := range s.views {
		if v.externalID() == external {
			return v
		}
	}
	return nil
}

// fill puts new content into a view. What the person has entered stays where
// block and action keep their identifiers.
func (s *Server) fill(v *view, body map[string]any) {
	v.body, v.errors = body, nil
	v.hash = fmt.Sprintf("%d.%s", time.Now().Unix(), identity("")[:8])
	kept := v.values
	v.values = initialValues(v.blocks())
	for block, value := range v.values {
		old, _ := kept[block].(map[string]any)
		actions := value.(map[string]any)
		for action, entered := range old {
			if fresh, ok := actions[action].(map[string]any); ok && fresh["type"] == entered.(map[string]any)["type"] {
				actions[action] = entered
			}
		}
	}
}

// drop takes a view away for good.
func (s *Server) drop(v *view) {
	delete(s.views, v.id)
	p := s.persons[v.user]
	p.stack = slices.DeleteFunc(p.stack, func(o *view) bool { return o == v })
}

func (s *Server) viewJSON(v *view) map[string]any {
	out := map[string]any{
		"title": nil, "submit": nil, "close": nil, "private_metadata": "", "callback_id": "", "external_id": "",
		"clear_on_close": false, "notify_on_close": false,
	}
	maps.Copy(out, v.body)
	maps.Copy(out, map[string]any{
		"id": v.id, "team_id": s.team.TeamID, "hash": v.hash, "root_view_id": v.root, "previous_view_id": nil,
		"app_id": s.team.AppID, "app_installed_team_id": s.team.TeamID, "bot_id": s.team.BotID,
		"state": map[string]any{"values": v.values},
	})
	if v.previous != "" {
		out["previous_view_id"] = v.previous
	}
	return out
}
