package slack

func (s *Server) openView(q request) (answer, error) {
	body, t, err := s.triggered(q)
	if err != nil {
		return nil, err
	}
	v, err := s.newView(t.user, body)
	if err != nil {
		return nil, err
	}
	s.closeAll(t.user)
	p := s.persons[t.user]
	p.stack = append(p.stack, v)
	return answer{"view": s.viewJSON(v)}, nil
}

func (s *Server) pushView(q request) (answer, error) {
	body, t, err := s.triggered(q)
	if err != nil {
		return nil, err
	}
	if s.persons[t.user].top() == nil || s.views[t.viewID] == nil || s.views[t.viewID].kind() != "modal" {
		return nil, refuse("not_found")
	}
	v, err := s.push(t.user, body)
	if err != nil {
		return nil, err
	}
	return answer{"view": s.viewJSON(v)}, nil
}

// push lays a view on a person's open modals.
func (s *Server) push(user string, body map[string]any) (*view, error) {
	p := s.persons[user]
	if len(p.stack) >= deepestStack {
		return nil, refuse("push_limit_reached")
	}
	v, err := s.newView(user, body)
	if err != nil {
		return nil, err
	}
	if top := p.top(); top != nil {
		v.root, v.previous = top.root, top.id
	}
	p.stack = append(p.stack, v)
	return v, nil
}

func (s *Server) closeAll(user string) {
	for p := s.persons[user]; len(p.stack) > 0; {
		s.drop(p.top())
	}
}

// triggered reads the modal of a call and exchanges its trigger.
func (s *Server) triggered(q request) (map[string]any, *trigger, error) {
	if err := q.need("trigger_id"); err != nil {
		return nil, nil, err
	}
	body, err := readView(q.args)
	if err != nil {
		return nil, nil, err
	}
	if body["type"] != "modal" {
		return nil, nil, invalidArguments("[ERROR] must be a modal [json-pointer:/view/type]")
	}
	t, err := s.exchange(q.text("trigger_id"))
	if err != nil {
		return nil, nil, err
	}
	if s.persons[t.user] == nil {
		return nil, nil, refuse("user_not_found")
	}
	return body, t, nil
}

func (s *Server) updateView(q request) (answer, error) {
	if !q.has("view_id") && !q.has("external_id") {
		return nil, invalidArguments("[ERROR] missing required field: view_id")
	}
	body, err := readView(q.args)
	if err != nil {
		return nil, err
	}
	v := s.views[q.text("view_id")]
	if external := q.text("external_id"); v == nil && external != "" {
		v = s.viewNamed(external)
	}
	if v == nil {
		return nil, refuse("not_found")
	}
	return s.refill(q, v, body)
}

// refill puts new content into a view unless it changed since the caller saw it.
func (s *Server) refill(q request, v *view, body map[string]any) (answer, error) {
	if v.kind() != body["type"] {
		return nil, invalidArguments("[ERROR] the type of a view cannot change [json-pointer:/view/type]")
	}
	if hash := q.text("hash"); hash != "" && hash != v.hash {
		return nil, refuse("hash_conflict")
	}
	if err := s.free(v, body); err != nil {
		return nil, err
	}
	s.fill(v, body)
	return answer{"view": s.viewJSON(v)}, nil
}

func (s *Server) publishView(q request) (answer, error) {
	if err := q.need("user_id"); err != nil {
		return nil, err
	}
	body, err := readView(q.args)
	if err != nil {
		return nil, err
	}
	if body["type"] != "home" {
		return nil, invalidArguments("[ERROR] must be a home tab [json-pointer:/view/type]")
	}
	p := s.persons[q.text("user_id")]
	if p == nil {
		return nil, invalidArguments("[ERROR] invalid user_id")
	}
	if p.home != nil {
		return s.refill(q, p.home, body)
	}
	v, err := s.newView(q.text("user_id"), body)
	if err != nil {
		return nil, err
	}
	p.home = v
	return answer{"view": s.viewJSON(v)}, nil
}
