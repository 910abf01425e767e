package main

import (
	"context"
	"fmt"
	"strings"
	"testing/synctest"

	"ecsbot/actions"
	"ecsbot/authz"
	sandboxslack "ecsbot/internal/sandbox/slack"
)

// open is the form that the person has before them.
func (s *scene) open() (sandboxslack.View, bool) {
	synctest.Wait()
	views := s.local.Slack.Views(s.who)
	if len(views) == 0 {
		s.t.Errorf("%s: %s is shown no form", s.line, s.who)
		return nil, false
	}
	return views[len(views)-1], true
}

// choose takes another action in the form.
func (s *scene) choose(action string) {
	if view, shown := s.open(); shown {
		s.must(s.local.Slack.Click(s.who, sandboxslack.Click{ViewID: view.ID(), ActionID: actions.ActionField, Value: action}))
		synctest.Wait()
	}
}

// types looks up what a field offers: "service ap: api" wants exactly that, "service x:" nothing.
func (s *scene) types(rest string) {
	asked, want, _ := strings.Cut(rest, ":")
	field, typed, _ := strings.Cut(strings.TrimSpace(asked), " ")
	view, shown := s.open()
	if !shown {
		return
	}
	offered, err := s.local.Slack.Suggest(s.who, sandboxslack.Click{ViewID: view.ID(), ActionID: field, BlockID: field, Value: strings.TrimSpace(typed)})
	s.must(err)
	var values []string
	options, _ := offered["options"].([]any)
	for _, each := range options {
		option, _ := each.(map[string]any)
		values = append(values, fmt.Sprint(option["value"]))
	}
	if got := strings.Join(values, " "); got != strings.TrimSpace(want) {
		s.t.Errorf("%s: offered %q", s.line, got)
	}
}

// enter fills fields in and, where it is to be sent, sends the form.
func (s *scene) enter(view sandboxslack.View, fields map[string]string, isFine bool) {
	values := map[string]map[string]any{}
	for name, value := range fields {
		values[name] = map[string]any{name: value}
		if value == "yes" {
			values[name][name] = []string{value}
		}
		if strings.Contains(value, ",") {
			values[name][name] = strings.Split(value, ",")
		}
	}
	err := s.local.Slack.Submit(s.who, view.ID(), values)
	if isFine {
		s.must(err)
	}
	synctest.Wait()
}

// fieldsOf reads "environment=staging service=api".
func fieldsOf(rest string) map[string]string {
	fields := map[string]string{}
	for _, pair := range strings.Fields(rest) {
		name, value, _ := strings.Cut(pair, "=")
		fields[name] = strings.ReplaceAll(value, "_", " ")
	}
	return fields
}

// sends fills the form in and sends it, and it closes.
func (s *scene) sends(rest string) {
	if view, shown := s.open(); shown {
		s.enter(view, fieldsOf(rest), true)
		if left := s.local.Slack.Views(s.who); len(left) > 0 {
			s.t.Errorf("%s: the form stays open: %v", s.line, left[len(left)-1]["errors"])
		}
	}
}

// fieldError sends the form as it stands and wants an error at a field: "service: I know no".
func (s *scene) fieldError(rest string) {
	field, want, _ := strings.Cut(rest, ": ")
	field, pairs, _ := strings.Cut(field, " ")
	view, shown := s.open()
	if !shown {
		return
	}
	s.enter(view, fieldsOf(pairs), false)
	if view, shown = s.open(); !shown {
		return
	}
	if errors := fmt.Sprint(view["errors"]); !strings.Contains(errors, field+":"+want) {
		s.t.Errorf("%s: the errors are %s", s.line, errors)
	}
}

// forgeForm sends a form of the person's own making straight to the core, as a client that was
// tampered with would: "mallory restart environment=prod service=api".
func (s *scene) forgeForm(rest string) {
	fields := strings.SplitN(rest, " ", 3)
	s.who = "U0" + strings.ToUpper(fields[0])
	s.forged++
	s.program.runner.Submit(context.Background(), actions.Submission{
		ID: fmt.Sprintf("forged-form-%d", s.forged), Actor: authz.Actor{Team: "T0SANDBOX", User: s.who}, Form: fields[1],
		Fields: fieldsOf(fields[2]), Where: actions.Where{Channel: s.channel},
	}, &told{scene: s, who: s.who})
	synctest.Wait()
}

// shortcut uses the global shortcut.
func (s *scene) shortcut() { s.must(s.local.Slack.Shortcut(s.who, "form")) }
