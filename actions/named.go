package actions

import (
	"cmp"
	"slices"

	"ecsbot/authz"
)

// name resolves the name of a one-off task to the service that it runs on: from here on it is
// judged, and found, like that service.
func (t *task) name() {
	action := t.command.action
	if action == nil || !action.Tasks || t.hasRest() {
		return
	}
	asked, known := t.rules.Tasks[t.command.service]
	if !known || !asked.isIn(t.command.environment) {
		return
	}
	t.command.arguments[taskArgument] = t.command.service
	t.command.service, t.named = asked.Service, asked
}

// isIn says whether the task may be run there.
func (n NamedTask) isIn(environment string) bool {
	return len(n.Environments) == 0 || slices.Contains(n.Environments, environment)
}

// taskArgument is under which name the entry keeps which one-off task was named.
const taskArgument = "task"

func (t *task) hasRest() bool {
	_, given := t.command.values[t.command.action.Rest]
	return given && t.command.action.Rest != nil
}

// isUnnamed says whether a one-off task was to be named and none of that name exists: it is
// told like a service that does not exist.
func (t *task) isUnnamed() bool {
	action := t.command.action
	return action != nil && action.Tasks && !t.hasRest() && len(t.named.Command) == 0
}

// unknownTask is told for a one-off task that does not exist there, and for one of a service
// that is out of scope: the same words, and suggestions of the caller's own alone.
func unknownTask(t *task) Message {
	message := Say(Refusal, "I know no task %v in %v.", Named(cut(cmp.Or(t.command.arguments[taskArgument], t.command.service), 60)), Named(t.command.environment))
	var own []string
	for name, each := range t.rules.Tasks {
		if each.isIn(t.command.environment) && t.rules.Policy.Sees(t.person, t.command.environment, bare(each.Service)) {
			own = append(own, name)
		}
	}
	slices.Sort(own)
	if nearest := authz.Nearest(t.command.service, own); nearest != "" {
		t.offer(&message, []string{nearest}, otherService)
	}
	if len(own) > 0 {
		message.Body = append(message.Body, Paragraph{append(Textf("Those of your services: "), names(own)...)})
	}
	return withNote(message, "A command of your own stands after --, word by word.")
}

func withNote(message Message, note string) Message {
	message.Body = append(message.Body, Note{Textf("%v", note)})
	return message
}

// recall finds the one-off task again that an entry names, where there still is one.
func (t *task) recall() {
	name, given := t.command.arguments[taskArgument]
	if named := t.rules.Tasks[name]; given && t.command.action.Tasks && named.isIn(t.command.environment) && named.Service == t.command.service {
		t.named = named
	}
}
