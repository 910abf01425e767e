package actions

import (
	"context"
	"maps"
	"strings"

	"ecsbot/actions/ledger"
)

// meantButton is the action ID of a button that asks again with the name that was meant.
const meantButton = "meant"

// mostMeant bounds how many names are offered at once.
const mostMeant = 5

// offer puts a button for each name that may have been meant where one does not exist: nothing
// is guessed. Pressing it asks the same with that name, in the name of whoever pressed it. In a
// form there is no room for it: there one types on. Nor is there one for one of several, or
// where the glass is broken, which is confirmed in the words that were typed.
func (t *task) offer(message *Message, meant []string, with func(parsed, string) parsed) {
	if t.command.breakGlass || t.request.Guided || t.request.part != nil || len(t.command.services) > 1 || t.command.bulk {
		return
	}
	for _, name := range meant[:min(len(meant), mostMeant)] {
		command := with(t.command.copied(), name)
		t.offerAs(message, name, Request{given: &command})
	}
}

func (t *task) offerAs(message *Message, name string, again Request) {
	value := t.id + "/" + name
	t.runner.claims.put(meantButton, value, func(ctx context.Context, click Click, reply Reply) {
		again := again
		if again.given != nil {
			command := again.given.copied()
			again.given = &command
		}
		again.ID, again.Actor, again.Where = click.ID, click.Actor, click.Where
		t.runner.Do(ctx, again, reply)
	})
	message.Buttons = append(message.Buttons, Button{ID: meantButton, Label: cut("Yes, "+name, 70), Value: value})
}

// offerAction is offer for the first word of a command, of which nothing else was read yet.
func (t *task) offerAction(message *Message, word, meant string) {
	rest, found := strings.CutPrefix(strings.TrimSpace(t.request.Text), word)
	if found && !t.request.Guided {
		t.offerAs(message, meant, Request{Text: meant + rest})
	}
}

// otherService and otherEnvironment are a command with another name in its place.
func otherService(command parsed, name string) parsed {
	return command.about(command.environment, name)
}

func otherEnvironment(command parsed, name string) parsed {
	return command.about(name, command.service)
}

// about is the command on another service, or in another environment.
func (p parsed) about(environment, service string) parsed {
	p.environment, p.service = environment, service
	for _, parameter := range p.action.Parameters {
		declared := parameter.declaration()
		switch {
		case declared.Kind == EnvironmentKind && environment != "":
			p.values[parameter] = environment
		case declared.Kind == ServiceKind && service != "":
			p.values[parameter] = service
			p.services = []string{service}
		}
	}
	return p
}

// copied shares nothing that carrying a command out changes.
func (p parsed) copied() parsed {
	p.arguments, p.values = maps.Clone(p.arguments), maps.Clone(p.values)
	return p
}

// commandOn is an action on the service of an entry, as somebody could have typed it.
func (c *Catalog) commandOn(action string, entry ledger.Entry) (parsed, bool) {
	known, found := c.byName[action]
	if !found {
		return parsed{}, false
	}
	command := parsed{action: known, values: map[Parameter]any{}, arguments: map[string]string{}}
	return command.about(entry.Environment, entry.Service), true
}
