package actions

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// Reading is what was read, kept for as long as its buttons work on it. It holds nothing that
// was not redacted.
type Reading interface {
	// Buttons are the action IDs of what can be done with it.
	Buttons() []string
	// Press is what a button brings. A page takes the place of the one that had the button.
	Press(ctx context.Context, call Call, button string) (Outcome, error)
}

// Thread is where lines stand.
type Thread interface {
	// Where names it, with the message that opened it.
	Where() Where
	// Show posts one page.
	Show(ctx context.Context, page Message) (Card, error)
	// Attach uploads a file; where Slack takes none, the end of it is shown as text.
	Attach(ctx context.Context, file File) error
}

// FileMost is how large a file may be, in bytes.
const FileMost = 20 << 20

// File is a text, redacted but not yet escaped.
type File struct {
	Title string
	Text  string // what is short enough for memory
	Path  string // or a file on disk
	// IsPacked says that the file on disk is packed by gzip. Nobody shows it before it is
	// unpacked, so it is uploaded as it is.
	IsPacked bool
	Note     string // what is not in it, or anything else to say of it
}

// opened is a thread, or why there is none.
type opened struct {
	thread Thread
	err    error
}

// lines answers with lines in a thread. The thread is opened while they are read, so that the
// first of them costs one call of Slack.
func (t *task) lines(ctx context.Context, call Call) {
	limited, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	private := !t.rules.Places[t.command.environment].LogsInThread
	opening := make(chan opened, 1)
	go func() { opening <- t.open(ctx, call, private) }()
	outcome, err := t.safely(limited, call, func(ctx context.Context) (Outcome, error) { return call.action.Run(ctx, call) })
	at := <-opening
	if err != nil {
		if at.err == nil && at.thread.Where().Thread != t.request.Where.Thread {
			t.told(t.runner.edited(ctx, opener(at.thread), Message{Title: append(t.linesTitle(call), Textf(": nothing to show")...)}))
		}
		t.fail(ctx, t.backstop(err))
		return
	}
	if at.err != nil {
		t.told(at.err)
		t.done(call, outcome)
		return
	}
	t.deliver(ctx, call, outcome, at.thread)
}

// edited has a card show a message, and waits until it does.
func (r *Runner) edited(ctx context.Context, card Card, message Message) error {
	told := make(chan error, 1)
	r.Cards.Edit(ctx, card, message, func(err error) { told <- err })
	return <-told
}

func opener(thread Thread) Card {
	return Card{Channel: thread.Where().Channel, Message: thread.Where().Thread}
}

// open says what is coming where it was asked, or to the requester alone.
func (t *task) open(ctx context.Context, call Call, private bool) (at opened) {
	defer func() {
		if reason := recover(); reason != nil {
			at = opened{err: fmt.Errorf("opening a thread: panic: %v", reason)}
		}
	}()
	message := Message{Title: t.linesTitle(call), Body: []Block{Paragraph{Textf("Asked by %v", PersonSpan(t.request.Actor.User))}}}
	thread, err := t.reply.Open(ctx, message, private)
	return opened{thread, err}
}

func (t *task) linesTitle(call Call) Text {
	return Textf("Logs of %v in %v", Bold(call.service.Name), Bold(call.service.Environment))
}

// safely is an action that cannot end the process from where nobody catches it.
func (t *task) safely(ctx context.Context, call Call, run func(context.Context) (Outcome, error)) (outcome Outcome, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%s panicked: %v", call.action.Name, reason)
		}
	}()
	return run(ctx)
}

// deliver shows what a reading brought, and has its buttons work.
func (t *task) deliver(ctx context.Context, call Call, outcome Outcome, thread Thread) {
	if err := t.limitLife(ctx, thread.Where()); err != nil {
		t.told(err)
		outcome = outcome.staying()
	}
	if outcome.Page != nil {
		page := *outcome.Page
		if trouble := t.runner.Ledger.Health(); trouble != nil {
			page.Body = append(page.Body, Note{Textf("The ledger cannot be written at present: changes are refused until it can.")})
		}
		t.keep(outcome.Reading, call)
		_, err := thread.Show(ctx, page)
		t.told(err)
	}
	if outcome.File != nil {
		t.told(thread.Attach(ctx, *outcome.File))
	}
	outcome.discard()
	t.done(call, outcome)
	if outcome.Live != nil {
		t.live(ctx, call, outcome, thread.Where())
	}
}

// staying says of lines that they will not be deleted: on their page; else with their file.
func (o Outcome) staying() Outcome {
	switch {
	case o.Page != nil:
		page := *o.Page
		page.Body = append(page.Body[:len(page.Body):len(page.Body)], Note{Textf("%v", staying)})
		o.Page = &page
	case o.File != nil:
		file := *o.File
		file.Note = strings.TrimSpace(file.Note + " " + staying)
		o.File = &file
	}
	return o
}

func (o Outcome) discard() {
	if o.Discard != nil {
		o.Discard()
	}
}

// done records a reading.
func (t *task) done(call Call, outcome Outcome) {
	entry := t.entry(ledger.Read)
	entry.Target, entry.Result = call.service.ARN, outcome.Result
	t.record(entry)
}

// kept is a reading whose buttons work.
type kept struct {
	reading Reading
	command parsed
	mutex   sync.Mutex // one button at a time
}

// keep has the buttons of a reading work. Their value is the operation that read it.
func (t *task) keep(reading Reading, call Call) {
	if reading == nil {
		return
	}
	one := &kept{reading: reading, command: t.command}
	for _, button := range reading.Buttons() {
		t.runner.claims.put(button, call.operation, func(ctx context.Context, click Click, reply Reply) {
			t.runner.pressed(ctx, one, click, reply)
		})
	}
}

// pressed judges whoever pressed a button of a reading like somebody who asks for it, and
// carries it out on what was read.
func (r *Runner) pressed(ctx context.Context, one *kept, click Click, reply Reply) {
	c := r.judge(click.ID, click.Actor, click.Button, click.Value, click.Where, reply)
	c.command = one.command
	c.command.arguments = map[string]string{"button": click.Button, "of": cut(click.Value, 64)}
	maps.Copy(c.command.arguments, one.command.arguments)
	if !one.mutex.TryLock() { // whoever presses on and on must not fill the places of all
		c.refuse(ctx, refused("limit", "the button before is still being worked on", Say(Refusal,
			"I am still at the button that was pressed before: press again when that is done.")), "")
		return
	}
	defer one.mutex.Unlock()
	if !c.enter(ctx) {
		return
	}
	defer c.leave()
	call, allowed := c.mayRead(ctx)
	if !allowed {
		return
	}
	call.operation = click.Value // its buttons go on working
	limited, cancel := context.WithTimeout(ctx, pressLimit)
	defer cancel()
	outcome, err := c.safely(limited, call, func(ctx context.Context) (Outcome, error) { return one.reading.Press(ctx, call, click.Button) })
	if err != nil {
		c.fail(ctx, c.backstop(err))
		return
	}
	c.bring(ctx, call, outcome, click)
}

// pressLimit is how long what a button brings may take: a file of a whole day takes its time.
const pressLimit = 5 * time.Minute

// bring shows what a button brought: a page in place of the one before, a file or a followed
// log below it.
func (c clicked) bring(ctx context.Context, call Call, outcome Outcome, click Click) {
	if outcome.Page != nil && click.Card != (Card{}) {
		c.told(c.runner.edited(ctx, click.Card, *outcome.Page))
	}
	if len(outcome.Message.Title) > 0 {
		c.told(c.reply.Tell(ctx, outcome.Message))
	}
	if outcome.File == nil && outcome.Live == nil {
		c.done(call, outcome)
		return
	}
	thread, err := c.reply.Open(ctx, Message{}, false)
	if err != nil {
		outcome.discard()
		c.fail(ctx, err)
		return
	}
	outcome.Page = nil
	c.deliver(ctx, call, outcome, thread)
}

// mayRead judges somebody who pressed a button of a reading: as Slack says who they are now,
// and as AWS has the service now, even where nothing more is read of it.
func (c clicked) mayRead(ctx context.Context) (Call, bool) {
	r := c.runner
	if known, remembered := r.People.Recall(c.request.Actor, changeAge); remembered && c.isRefused(ctx, known) {
		return Call{}, false
	}
	person, err := r.People.Read(ctx, c.request.Actor, r.presses.age())
	if err != nil {
		c.refuse(ctx, stale(), err.Error())
		return Call{}, false
	}
	c.request.Actor = person.Actor
	if c.isRefused(ctx, person) {
		return Call{}, false
	}
	ref, err := c.find()
	if err != nil {
		c.refuse(ctx, notFound(c.task, err), "")
		return Call{}, false
	}
	if !c.rules.Places[c.command.environment].mayShowLines(c.request.Where) {
		c.refuse(ctx, refused(authz.CodeDenied, "log lines go to direct messages there", Say(Refusal,
			"Log lines of %v go to whoever asks for them alone now: ask again.", Named(c.command.environment))), "")
		return Call{}, false
	}
	read, err := c.refresh(ctx, ref, approval{})
	if err != nil {
		c.fail(ctx, err)
		return Call{}, false
	}
	read.person = person
	if decision := c.rules.Policy.Decide(c.question(read.target(c.task, r.Own), true, r.Ledger.Open())); decision.Verdict != authz.Allowed {
		c.refuse(ctx, explain(c.task, decision), read.service.Conflict)
		return Call{}, false
	}
	return c.call(read), true
}

// isRefused tells somebody no who may not do what the button's message shows.
func (c clicked) isRefused(ctx context.Context, person authz.Person) bool {
	c.person = person
	decision := c.rules.Policy.Decide(c.question(authz.Target{Environment: c.command.environment, Service: bare(c.command.service)}, true, c.runner.Ledger.Open()))
	if decision.Verdict == authz.Allowed {
		return false
	}
	c.refuse(ctx, explain(c.task, decision), "")
	return true
}
