package actions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// bulkRight is the permission to change several services with one command.
const bulkRight = "bulk"

// How many services of one command are changed at a time, and at all.
const (
	bulkAtOnce = 3
	bulkMost   = 50
)

// several carries one change out on many services. Each is a request of its own, judged, written
// down and followed by itself; they share one card. After the first that fails none begins.
func (t *task) several(ctx context.Context) {
	names, no := t.chosen()
	if no != nil {
		t.refuse(ctx, *no, "")
		return
	}
	if t.command.preview {
		t.told(t.reply.Tell(ctx, Message{
			Title: Textf("Plan: %v %v in %v, %v at a time, until one fails", t.command.action.Name, len(names), Bold(t.command.environment), bulkAtOnce),
			Body:  []Block{List{nameList(names)}, Note{Textf("Nothing was done. The plan of each is shown for it alone.")}},
		}))
		t.recordAll(names, "")
		return
	}
	t.working(ctx, Message{Tone: Working, Title: Textf("On it: %v %v services in %v", t.command.action.Name, len(names), Named(t.command.environment))})
	if names, no = t.chosenAnew(ctx); no != nil {
		t.refuse(ctx, *no, "")
		return
	}
	if !t.runner.begin() {
		t.fail(ctx, errStopping)
		return
	}
	together := &together{task: t, parts: make([]*part, len(names)), board: t.runner.boards.of(ctx, t)}
	for position, name := range names {
		command := t.command
		command.service, command.services, command.bulk = name, nil, false
		command.arguments, command.values = maps.Clone(t.command.arguments), maps.Clone(t.command.values)
		together.parts[position] = &part{together: together, command: command, state: Textf("waits"), ended: make(chan struct{})}
	}
	go together.run(context.WithoutCancel(ctx)) // it may take longer than a process that ends waits for a request
}

// chosenAnew are they by groups that are as fresh as a change demands.
func (t *task) chosenAnew(ctx context.Context) ([]string, *refusal) {
	person, current := t.current(ctx)
	if !current {
		no := stale()
		return nil, &no
	}
	t.person = person
	return t.chosen()
}

// chosen are the services that are meant, or why not. Every single one must be allowed before
// the first begins.
func (t *task) chosen() ([]string, *refusal) {
	names := t.command.services
	if t.command.bulk {
		for _, ref := range t.runner.Finder.Services(t.command.environment) {
			if t.rules.Policy.Sees(t.person, t.command.environment, ref.Name) && !t.runner.Own(fleet.Service{Ref: ref}) {
				names = append(names, ref.String())
			}
		}
	}
	if len(names) == 0 || t.command.bulk && !t.may(bulkRight, "") {
		no := t.notAll("")
		return nil, &no
	}
	if len(names) > bulkMost {
		no := refused("limit", "too many services", Say(Refusal, "That is %v services; at most %v are changed with one command.", len(names), bulkMost))
		return nil, &no
	}
	var allowed []string
	for _, name := range names {
		if t.command.bulk && !t.may(t.command.right(), name) {
			continue
		}
		if no := t.mayPart(name); no != nil {
			return nil, no
		}
		allowed = append(allowed, name)
	}
	if len(allowed) == 0 {
		no := t.notAll("")
		return nil, &no
	}
	return allowed, nil
}

// mayPart judges one of several on what memory has. A second person approves one plan, not many.
func (t *task) mayPart(name string) *refusal {
	one := *t
	one.command.service = name
	ref, err := t.runner.Finder.Find(t.command.environment, name)
	question := one.question(authz.Target{Environment: t.command.environment, Service: bare(name), Own: err == nil && t.runner.Own(fleet.Service{Ref: ref})}, true, t.runner.Ledger.Open())
	decision := t.rules.Policy.Decide(question)
	var no refusal
	switch {
	case decision.Verdict == authz.Refused:
		no = explain(&one, decision)
	case err != nil:
		no = notFound(&one, err)
	case !t.may(bulkRight, name):
		no = t.notAll(name)
	case decision.Verdict == authz.NeedsApproval:
		no = refused(authz.CodeDenied, "several at once in a protected environment", Say(Refusal,
			"%v is protected: a second person approves one plan at a time. Ask for each service by itself.", Named(t.command.environment)))
	default:
		return nil
	}
	return &no
}

// may says whether the person holds a permission on a service, or anywhere in the environment.
func (t *task) may(right, service string) bool {
	question := t.question(authz.Target{Environment: t.command.environment, Service: bare(service)}, true, nil)
	question.Action, question.Changes = right, false
	return t.rules.Policy.Decide(question).Verdict == authz.Allowed
}

// notAll refuses several at once to whoever may not.
func (t *task) notAll(name string) refusal {
	one := *t
	one.command.service, one.command.needs = name, bulkRight
	one.why = Textf("Name one service at a time, or ask somebody who has it.")
	question := one.question(authz.Target{Environment: t.command.environment, Service: bare(name)}, true, nil)
	question.Action, question.Changes = bulkRight, false
	if decision := t.rules.Policy.Decide(question); decision.Verdict != authz.Allowed {
		return explain(&one, decision)
	}
	return refused(authz.CodeUnknown, "no service", Say(Refusal, "%v has no service that you may %v.", Named(t.command.environment), t.command.action.Name))
}

func (t *task) recordAll(names []string, reason string) {
	entry := t.entry(ledger.Read)
	entry.Service = ""
	entry.Result, entry.Reason = cut(fmt.Sprintf("%d services: %s", len(names), strings.Join(names, " ")), 2000), cut(reason, 500)
	t.record(entry)
}

// together is one change of several services, and its card.
type together struct {
	task  *task
	board *board

	mutex sync.Mutex
	parts []*part
}

// part is one service of them.
type part struct {
	together *together
	command  parsed
	once     sync.Once
	begun    atomic.Bool   // a change has begun, and is shown to its end
	ended    chan struct{} // closed when it is over

	// Of these the lock is that of together.
	state   Text
	tone    Tone
	without string // why it ended without having failed or gone well; else empty
	buttons []Button
}

// How one of several ends that has neither failed nor gone well.
const (
	notBegun    = "not begun"
	askedBefore = "asked for already"
	handedOver  = "handed over to the next run"
)

// run begins one after the other, a few at a time, and waits for all that began.
func (g *together) run(ctx context.Context) {
	defer g.task.runner.open.Done()
	g.board.keep()
	defer g.board.letGo(g.task.runner)
	slots := make(chan struct{}, bulkAtOnce)
	var begun sync.WaitGroup
	var names []string
	for _, one := range g.parts {
		slots <- struct{}{}
		names = append(names, one.command.service)
		if g.hasFailed() {
			<-slots
			one.end(notBegun, Textf("not begun"))
			continue
		}
		begun.Go(func() {
			defer func() { <-slots }()
			g.carryOut(ctx, one)
		})
	}
	begun.Wait()
	g.board.end(g.card(true))
	g.task.recordAll(names, g.reason())
}

// carryOut sends one of them along the path, and waits for its end. Whatever breaks there never
// ends the process.
func (g *together) carryOut(ctx context.Context, one *part) {
	defer func() {
		if reason := recover(); reason != nil {
			g.task.runner.Log.Error("one of several panicked", "service", one.command.service, "panic", reason, "stack", string(debug.Stack()))
			one.show(Message{Tone: Bad, Title: Textf("something went wrong on my side; see audit for what was done")}, true)
		}
	}()
	request := g.task.request
	request.ID, request.part, request.given = request.ID+"/"+one.command.service, one, &one.command
	g.task.runner.Do(ctx, request, partReply{one})
	if !one.begun.Load() && !one.isOver() { // the same request has come before: its first arrival shows it
		one.end(askedBefore, Textf("was asked for already"))
	}
	select {
	case <-one.ended:
	case <-g.task.runner.stopping:
		one.end(handedOver, Textf("I am being restarted: how it ends is shown on a card of its own"))
	}
}

// hasFailed says whether one has ended otherwise than well.
func (g *together) hasFailed() bool { return g.reason() != "" }

// reason is which have ended otherwise than well, and how; empty where none has.
func (g *together) reason() string {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	var failed []string
	without := map[string][]string{}
	for _, one := range g.parts {
		switch name := one.command.service; {
		case !one.isOver() || one.tone == Good:
		case one.without != "":
			without[one.without] = append(without[one.without], name)
		default:
			failed = append(failed, name)
		}
	}
	var reasons []string
	if len(failed) > 0 {
		reasons = append(reasons, "failed, and none began after: "+strings.Join(failed, " "))
	}
	for _, how := range slices.Sorted(maps.Keys(without)) {
		reasons = append(reasons, how+": "+strings.Join(without[how], " "))
	}
	return strings.Join(reasons, "; ")
}

// end is the end of one that has neither failed nor gone well, where it has not ended otherwise.
func (p *part) end(without string, state Text) {
	p.once.Do(func() {
		p.together.mutex.Lock()
		defer p.together.mutex.Unlock()
		p.without, p.state, p.tone = without, state, Warning
		close(p.ended)
	})
	p.together.board.show(p.together.card(false))
}

// show takes over the newest state of one of them.
func (p *part) show(message Message, last bool) {
	p.together.mutex.Lock()
	p.state, p.tone = stateOf(message), message.Tone
	if last {
		p.buttons = message.Buttons
	}
	p.together.mutex.Unlock()
	if last {
		p.once.Do(func() { close(p.ended) })
	}
	p.together.board.show(p.together.card(false))
}

// stateOf is how a card says that it stands: its first paragraph, and what AWS answered otherwise
// than planned before it. A card without one says it in its title.
func stateOf(card Message) Text {
	var state Text
	for _, block := range card.Body {
		paragraph, is := block.(Paragraph)
		if !is {
			continue
		}
		state = append(state, paragraph.Text...)
		if !strings.HasPrefix(paragraph.Text.Plain(), otherwiseMark) {
			return state
		}
		state = append(state, Span{Value: ". "})
	}
	return append(slices.Clone(card.Title), state...)
}

func (p *part) isOver() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// card shows all of them, a line each.
func (g *together) card(last bool) Message {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	message := Message{
		Tone:  Working,
		Title: Textf("%v %v services in %v", capital(g.task.command.action.Name), len(g.parts), Bold(g.task.command.environment)),
	}
	var lines []Text
	worst := Good
	for _, one := range g.parts {
		lines = append(lines, append(Textf("%v: ", Bold(one.command.service)), one.state...))
		if one.tone != Good {
			worst = Bad
		}
		for _, button := range one.buttons {
			button.Label = cut(one.command.service+": "+button.Label, 70)
			message.Buttons = append(message.Buttons, button)
		}
	}
	if last {
		message.Tone = worst
	}
	facts := []Fact{{"Asked by", Textf("%v", PersonSpan(g.task.request.Actor.User))}, {"At a time", Textf("%v, until one fails", bulkAtOnce)}}
	message.Body = []Block{Facts{facts}, List{lines}}
	return message
}

func nameList(names []string) []Text {
	points := make([]Text, len(names))
	for position, name := range names {
		points[position] = Textf("%v", Named(name))
	}
	return points
}

// partReply takes what one of them is told: it stands on the card of all. Whatever is told after
// it was announced is its end, since a change that begins speaks by its card.
type partReply struct{ part *part }

// Tell shows it on the card of all.
func (r partReply) Tell(_ context.Context, message Message) error {
	r.part.show(message, message.Tone != Working)
	return nil
}

// Share is Tell.
func (r partReply) Share(ctx context.Context, message Message) error { return r.Tell(ctx, message) }

// Thread is Tell: no change answers with lines.
func (r partReply) Thread(ctx context.Context, message Message, _ Snippet) error {
	return r.Tell(ctx, message)
}

// Open opens no thread for one of several.
func (r partReply) Open(context.Context, Message, bool) (Thread, error) {
	return nil, errors.New("one of several has no thread of its own")
}

// Ask opens no form for one of several.
func (r partReply) Ask(context.Context, Form) error { return fleet.ErrRefused }
