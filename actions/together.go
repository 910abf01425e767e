package actions

import (
	"cmp"
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
	"ecsbot/authz"
)

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
	defer g.board.letGo(g.task.runner)
	ctx, cancel := g.task.runner.untilStop(ctx) // what has not begun yet when the program stops does not begin
	defer cancel()
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
	reason := g.reason()
	g.task.recordAll(names, reason)
	g.board.endWith(g.card(true), func(ctx context.Context, thread Where) { g.tell(ctx, thread, reason) })
}

// tell tells whoever asked, in the card's thread, when all is over.
func (g *together) tell(ctx context.Context, thread Where, reason string) {
	note := Message{Tone: Good, Title: append(Textf("%v ", PersonSpan(g.task.request.Actor.User)), append(g.title(), Textf(": %v", cmp.Or(cut(reason, 600), "done"))...)...)}
	if reason != "" {
		note.Tone = g.worst()
	}
	if err := g.task.runner.Cards.Reply(ctx, thread, g.task.request.Actor, note, nil); err != nil {
		g.task.runner.Log.Warn("the requester could not be told in the thread", "operation", g.task.id, "error", err)
	}
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

// refused is the end of one that was refused. What anybody may know who reads the card stands
// there; the rest is for whoever asked.
func (p *part) refused(ctx context.Context, no refusal) {
	code, _, _ := strings.Cut(no.reason, ":")
	if slices.Contains([]string{string(authz.CodeHeld), string(authz.CodeFrozen), "limit"}, code) {
		p.show(Message{Tone: Refusal, Title: no.message.Title}, true)
		return
	}
	asked := p.together.task
	asked.told(asked.reply.Tell(ctx, no.message))
	p.show(Message{Tone: Refusal, Title: Textf("refused; %v has been told why", PersonSpan(asked.request.Actor.User))}, true)
}

// show takes over the newest state of one of them. What comes after its end is not shown any more:
// a reading may have been on its way.
func (p *part) show(message Message, last bool) {
	if p.isOver() {
		return
	}
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

// stateOf is how a card says that it stands: its first paragraph, what AWS answered otherwise
// than planned before it, and the first cause that follows it at once. A card without one says it
// in its title, but for what has just begun.
func stateOf(card Message) Text {
	var state Text
	for position, block := range card.Body {
		paragraph, is := block.(Paragraph)
		if !is {
			continue
		}
		state = append(state, paragraph.Text...)
		if !strings.HasPrefix(paragraph.Text.Plain(), otherwiseMark) {
			return append(state, firstCause(card.Body[position+1:])...)
		}
		state = append(state, Span{Value: ". "})
	}
	if card.Tone == Working && state == nil && len(card.Body) > 0 {
		return Textf("has begun")
	}
	return append(slices.Clone(card.Title), state...)
}

// firstCause is the first line of the code with which the rest of a card begins, if it does.
func firstCause(rest []Block) Text {
	if len(rest) == 0 {
		return nil
	}
	causes, _ := rest[0].(Code)
	first, _, _ := strings.Cut(causes.Text, "\n")
	if first == "" {
		return nil
	}
	return Textf(" %v", cut(first, 200))
}

func (p *part) isOver() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// worst is the tone of all of them together.
func (g *together) worst() Tone {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	worst := Good
	for _, one := range g.parts {
		switch {
		case one.tone == Good:
		case one.without == "":
			return Bad
		default:
			worst = Warning
		}
	}
	return worst
}

func (g *together) title() Text {
	return Textf("%v %v services in %v", capital(g.task.command.action.Name), len(g.parts), Bold(g.task.command.environment))
}

// linesMost is how many services have a line of their own where all went well: of more, those
// that are done stand in one.
const linesMost = 15

// card shows all of them: first what failed, then what goes on, what waits, and what is done.
func (g *together) card(last bool) Message {
	message := Message{Tone: Working, Title: g.title()}
	if last {
		message.Tone = g.worst()
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	ranks := make([][]*part, rankDone+1)
	for _, one := range g.parts {
		ranks[one.rank()] = append(ranks[one.rank()], one)
	}
	var lines []Text
	for rank, parts := range ranks {
		if rank == rankDone && len(g.parts) > linesMost && len(parts) > 0 {
			names := Textf("Done: ")
			for position, one := range parts {
				if position > 0 {
					names = append(names, Span{Value: ", "})
				}
				names = append(names, Bold(one.command.service))
			}
			lines = append(lines, names)
			continue
		}
		for _, one := range parts {
			lines = append(lines, append(Textf("%v: ", Bold(one.command.service)), one.state...))
			for _, button := range one.buttons {
				button.Label = cut(one.command.service+": "+button.Label, 70)
				message.Buttons = append(message.Buttons, button)
			}
		}
	}
	message.Body = []Block{Facts{[]Fact{
		{"Asked by", Textf("%v", PersonSpan(g.task.request.Actor.User))},
		{"At a time", Textf("%v, until one fails", bulkAtOnce)},
		{"So far", Textf("%v", tally(ranks))},
	}}, List{lines}}
	return message
}

// tally counts them, by how they stand.
func tally(ranks [][]*part) string {
	var counts []string
	add := func(count int, word string) {
		if count > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", count, word))
		}
	}
	add(len(ranks[rankDone]), "done")
	add(len(ranks[rankFailed]), "failed")
	add(len(ranks[rankWorking]), "under way")
	add(len(ranks[rankWaiting]), "waiting")
	for _, how := range []string{notBegun, askedBefore, handedOver} {
		left := 0
		for _, one := range ranks[rankLeft] {
			if one.without == how {
				left++
			}
		}
		add(left, how)
	}
	return strings.Join(counts, ", ")
}

// In which order they stand on the card.
const (
	rankFailed = iota
	rankLeft
	rankWorking
	rankWaiting
	rankDone
)

// rank is where one of them stands. The caller holds the lock.
func (p *part) rank() int {
	switch {
	case p.isOver() && p.tone == Good:
		return rankDone
	case p.isOver() && p.without != "":
		return rankLeft
	case p.isOver():
		return rankFailed
	case p.tone == "":
		return rankWaiting
	}
	return rankWorking
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
