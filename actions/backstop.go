package actions

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
)

// backstopMark begins what an entry says of a call that AWS refused after ecsbot had allowed
// it. A refusal's reason has its code before it.
const backstopMark = "the backstop fired"

// backstopError is AWS's no to what was allowed here: either ecsbot or the documents on AWS
// are wrong, and whoever keeps them must know.
type backstopError struct {
	denial *fleet.Denial
	cause  error
}

func (b *backstopError) Error() string {
	return fmt.Sprintf("%s: %s: %s", backstopMark, b.by(), b.cause.Error())
}

func (b *backstopError) Unwrap() error { return b.cause }

// by says which document refused.
func (b *backstopError) by() string {
	return cmp.Or(b.denial.By, "AWS does not say which document refused")
}

// told is what the caller reads.
func (b *backstopError) told(t *task) Message {
	message := Say(Refusal, "AWS refused what I had allowed (%v). %v, and it is in the audit channel.", b.by(), unchanged(b.cause))
	if !t.command.action.Changes {
		message.Body = []Block{t.whichTag()}
	}
	if unassumable, ok := errors.AsType[*fleet.Unassumable](b.cause); ok {
		message.Body = append(message.Body, Note{Textf("What has to be put right: %v.", unassumable.Missing)})
	}
	message.Body = append(message.Body, Note{Textf("Reference for whoever keeps the platform: %v", Named(t.id))})
	return message
}

// backstop takes an error of AWS's own no for what it is: an alarm, in the log, on the meter
// and, by the entry that says so, in the audit channel. Any other error is returned as it is.
func (t *task) backstop(err error) error {
	denial, denied := errors.AsType[*fleet.Denial](err)
	if !denied {
		return err
	}
	fired := &backstopError{denial: denial, cause: err}
	t.runner.Backstop(t.command.environment)
	t.runner.Log.Error(backstopMark, "operation", t.id, "environment", t.command.environment, "action", t.command.action.Name,
		"denied", denial.Action, "resource", denial.Resource, "by", fired.by())
	return fired
}

// whichTag is what mostly puts a refused reading right.
func (t *task) whichTag() Note {
	return Note{Textf("Most often a task or a log group lacks the environment's tag: %v says which.", Named("/ecs doctor "+t.command.environment))}
}

// missed adds to what is told of a reading that AWS refused a part of it. It returns what the entry
// says of that; nothing where the part is missing for another reason, or none is.
func (t *task) missed(missing error, message *Message) string {
	fired, refused := errors.AsType[*backstopError](t.backstop(missing))
	if !refused {
		return ""
	}
	message.Body = append(message.Body, Note{Textf("AWS refused a part of what I had allowed (%v), and it is in the audit channel.", fired.by())}, t.whichTag())
	return cut(fired.Error(), 300)
}

// isBackstop says whether an entry tells of it.
func isBackstop(entry ledger.Entry) bool {
	if entry.Event == ledger.Refused {
		_, after, _ := strings.Cut(entry.Reason, ": ")
		return strings.HasPrefix(after, backstopMark)
	}
	return (entry.Event == ledger.Failed || entry.Event == ledger.Read) && strings.HasPrefix(entry.Reason, backstopMark)
}

// alarm is such an entry in the audit channel.
func alarm(entry ledger.Entry) Text {
	_, said, _ := strings.Cut(entry.Reason, backstopMark+": ")
	line := Textf(" 🚨 %v: ecsbot allowed %v", Bold("THE BACKSTOP FIRED"), Named(entry.Action))
	if entry.Service != "" {
		line = append(line, Textf(" %v", Named(entry.Service))...)
	}
	return append(line, Textf(" in %v to %v, and AWS refused: %v. Either ecsbot or the documents on AWS are wrong · %v",
		Named(entry.Environment), PersonSpan(entry.Actor.User), flat(said, 300), Named(entry.Operation))...)
}
