package slack

import (
	"encoding/json"
	"fmt"
	"maps"
	"unicode/utf8"
)

// noConnection is what Slack shows in a form that it could not hand over.
const noConnection = "We had some trouble connecting. Try again?"

// missing is what Slack's client says of an empty field that is required.
const missing = "Please complete this required field."

// Submit fills in the topmost form of a person and sends it: values by block
// and action, each as Click.Value takes them. Fields that are left out stay as
// they are. The error is a Refusal if a field is wrong or the app did not answer.
func (s *Server) Submit(person, viewID string, values map[string]map[string]any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.touch()
	u, err := s.who(person)
	if err != nil {
		return err
	}
	s.persons[u.ID].notice = ""
	v, err := s.shown(u, viewID)
	if err != nil {
		return err
	}
	if v.kind() != "modal" || v.body["submit"] == nil {
		return fmt.Errorf("view %s cannot be submitted", viewID)
	}
	if err := v.complete(values); err != nil {
		return err
	}
	if v.errors = v.check(); len(v.errors) > 0 {
		return &Refusal{Notice: missing}
	}
	payload := s.interaction("view_submission", u, v.id)
	payload["view"], payload["response_urls"] = s.viewJSON(v), []any{}
	answered, err := s.askUnlocked(envelope{kind: "interactive", payload: payload, acceptsPayload: true})
	if err != nil {
		return s.tell(u, noConnection)
	}
	return s.submitted(u, v, answered)
}

// complete enters values into the form.
func (v *view) complete(values map[string]map[string]any) error {
	for block, actions := range values {
		for action, given := range actions {
			e, ok := element(v.blocks(), block, action)
			if !ok {
				return fmt.Errorf("the form has no field %s/%s", block, action)
			}
			entered, err := e.answered(given)
			if err != nil {
				return err
			}
			state, _ := v.values[block].(map[string]any)
			if state == nil {
				return fmt.Errorf("%s/%s takes no value", block, action)
			}
			state[action] = entered
		}
	}
	return nil
}

// check is what Slack's client checks before it sends a form.
func (v *view) check() map[string]string {
	wrong := map[string]string{}
	for _, e := range elements(v.blocks()) {
		if !e.isInput {
			continue
		}
		state, _ := v.values[e.block].(map[string]any)
		entered, _ := state[e.action].(map[string]any)
		value := entered[answerKey(e.kind)]
		items, isList := value.([]any)
		switch text, isText := value.(string); {
		case value == nil || (isList && len(items) == 0):
			if !e.isOptional {
				wrong[e.block] = missing
			}
		case isText && !e.fits(text):
			wrong[e.block] = "The length of this field is not allowed."
		}
	}
	return wrong
}

func (e placed) fits(text string) bool {
	length := float64(utf8.RuneCountInString(text))
	least, _ := e.body["min_length"].(float64)
	most, isBound := e.body["max_length"].(float64)
	if !isBound {
		most = 3000
	}
	return length >= least && length <= most
}

// submitted does what the acknowledgement of a form asks for.
func (s *Server) submitted(u *User, v *view, payload json.RawMessage) error {
	var given args
	if payload != nil && json.Unmarshal(payload, &given) != nil {
		return s.tell(u, noConnection)
	}
	if s.views[v.id] != v { // closed meanwhile
		return nil
	}
	switch given.text("response_action") {
	case "":
		s.drop(v)
		return nil
	case "clear":
		s.closeAll(u.ID)
		return nil
	case "errors":
		return s.reject(u, v, given)
	case "update":
		if body, err := readView(given); err == nil {
			if _, err := s.refill(request{}, v, body); err == nil {
				return nil
			}
		}
	case "push":
		if body, err := readView(given); err == nil {
			if _, err := s.push(u.ID, body); err == nil {
				return nil
			}
		}
	}
	return s.tell(u, noConnection)
}

// reject shows errors at the fields that they name; errors at anything but an
// input block are not shown, and Slack says only that there was trouble.
func (s *Server) reject(u *User, v *view, given args) error {
	named, _ := given["errors"].(map[string]any)
	shown := map[string]string{}
	for _, e := range elements(v.blocks()) {
		if text, ok := named[e.block].(string); ok && e.isInput {
			shown[e.block] = text
		}
	}
	if len(shown) == 0 || len(shown) != len(named) {
		return s.tell(u, noConnection)
	}
	v.errors = shown
	for _, text := range shown {
		return &Refusal{Notice: text}
	}
	return nil
}

// CloseView closes the topmost form of a person as its close button does.
func (s *Server) CloseView(person, viewID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.touch()
	u, err := s.who(person)
	if err != nil {
		return err
	}
	v, err := s.shown(u, viewID)
	if err != nil {
		return err
	}
	isCleared := v.body["clear_on_close"] == true
	s.drop(v)
	if isCleared {
		s.closeAll(u.ID)
	}
	if v.body["notify_on_close"] == true {
		payload := s.interaction("view_closed", u, "")
		delete(payload, "trigger_id")
		maps.Copy(payload, map[string]any{"view": s.viewJSON(v), "is_cleared": isCleared})
		s.spawn(func() { _, _ = s.ask(envelope{kind: "interactive", payload: payload}) }) // nobody waits for the answer
	}
	return nil
}
