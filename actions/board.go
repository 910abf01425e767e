package actions

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"ecsbot/authz"
)

// boards are the cards of this process's open operations.
type boards struct {
	mutex sync.Mutex
	all   map[string]*board // by operation
}

// of is the board of a task's operation; it is made where there is none.
func (b *boards) of(ctx context.Context, t *task) *board {
	return b.at(ctx, t, t.request.Where, Card{})
}

// at is the same, for a card that stands somewhere already or is to stand somewhere else than
// where it was asked for.
func (b *boards) at(ctx context.Context, t *task, where Where, card Card) *board {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if t.request.part != nil { // its card is the one of all
		t.request.part.begun.Store(true)
		return &board{sink: t.request.part.show, where: where}
	}
	if found, known := b.all[t.id]; known {
		return found
	}
	made := newBoard(t, where)
	made.card, made.seek, made.since = card, !t.revived.IsZero(), t.revived
	if !made.seek {
		made.since = time.Now()
	}
	replica, name := t.runner.Replica, t.runner.Replica.Name()
	made.doubt = made.seek && card == Card{}
	made.grasp = func() Grasp { return replica.own(name) }
	if b.all == nil {
		b.all = map[string]*board{}
	}
	b.all[t.id] = made
	if t.runner.begin() {
		go func() {
			defer t.runner.open.Done()
			made.run(context.WithoutCancel(ctx))
			b.mutex.Lock()
			defer b.mutex.Unlock()
			delete(b.all, t.id)
		}()
	}
	return made
}

// has says whether the operation's card is kept by this process.
func (b *boards) has(id string) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.all[id] != nil
}

// sweep lets go of boards whose operation was ended elsewhere, a while after that.
func (b *boards) sweep(isOpen func(id string) bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for id, each := range b.all {
		switch {
		case each.kept.Load() || isOpen(id):
			each.over = time.Time{}
		case each.over.IsZero():
			each.over = time.Now()
		case time.Since(each.over) > time.Minute:
			each.close()
		}
	}
}

func newBoard(t *task, where Where) *board {
	return &board{
		cards: t.runner.Cards, log: t.runner.Log, operation: t.id, actor: t.request.Actor,
		latest: make(chan Message, 1), final: make(chan struct{}), where: where, grasp: func() Grasp { return Firm },
	}
}

// rest lets go of every board whose operation is not being carried out this moment.
func (b *boards) rest() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, each := range b.all {
		if !each.kept.Load() {
			each.close()
		}
	}
}

// board shows one operation's card. It posts and edits in the background, newest state first,
// so that Slack can be slow or away without holding the operation up.
type board struct {
	cards     Cards
	log       *slog.Logger
	operation string
	actor     authz.Actor

	sink   func(message Message, last bool) // where it is part of another card; else nil
	where  Where
	grasp  func() Grasp // of what this replica has begun under the name that it had when the board was made
	card   Card         // the zero value until it stands
	latest chan Message // holds at most the newest state that is not shown yet
	final  chan struct{}
	ended  bool // by its last state; to be read once final is closed
	once   sync.Once
	kept   atomic.Bool                                  // a change is being carried out: the board stays until it is told how it went
	over   time.Time                                    // when its operation was first seen to have ended; of boards.sweep
	seek   bool                                         // the card may stand somewhere: it is looked for before one is put up
	doubt  bool                                         // a card of another process may reach Slack after this one has looked
	newest Message                                      // the state that was handed over last
	since  time.Time                                    // when its operation began; the zero value of a page of several, which is never looked for
	below  atomic.Pointer[Message]                      // to be said below the card, once it is found
	after  atomic.Pointer[func(context.Context, Where)] // what is done once the last state stands
	astray func(context.Context, Where)                 // what is done once where it stands elsewhere than it was to; nil: nothing
}

// say has something said below the card that another process has put up, once it is found.
func (b *board) say(below Message) { b.below.Store(&below) }

// keep and letGo stand around a change that is being carried out.
func (b *board) keep() { b.kept.Store(true) }

func (b *board) letGo(r *Runner) {
	b.kept.Store(false)
	select {
	case <-r.stopping: // nobody follows it in this run any more
		b.close()
	default:
	}
}

func (b *board) close() { b.finally(false) }

func (b *board) finally(ended bool) {
	if b.sink == nil {
		b.once.Do(func() { b.ended = ended; close(b.final) })
	}
}

// show makes a message the newest state.
func (b *board) show(message Message) {
	if b.sink != nil {
		b.sink(message, false)
		return
	}
	for {
		select {
		case b.latest <- message:
			return
		default:
		}
		select {
		case <-b.latest:
		default:
		}
	}
}

// end makes a message the last state.
func (b *board) end(message Message) {
	if b.sink != nil {
		b.sink(message, true)
		return
	}
	b.show(message)
	b.finally(true)
}

// endWith is end, with something to be done once the last state stands.
func (b *board) endWith(message Message, after func(context.Context, Where)) {
	b.after.Store(&after)
	b.end(message)
}

// run shows states until the last is shown, or the program stops: the next run goes on from
// the ledger. A state that waits for its turn does not keep the next one from replacing it.
func (b *board) run(ctx context.Context) {
	var shown <-chan error // tells what came of the newest state
	for final := b.final; final != nil || shown != nil; {
		select {
		case message := <-b.latest:
			select {
			case err := <-shown:
				b.note(err)
			default:
			}
			shown = b.put(ctx, message)
		case err := <-shown:
			shown = nil
			b.note(err)
		case <-final:
			final = nil
			select {
			case message := <-b.latest:
				shown = b.put(ctx, message)
			default:
			}
		}
	}
	b.finish(ctx)
}

func (b *board) note(err error) {
	if err != nil {
		b.log.Warn("a card could not be shown", "operation", b.operation, "error", err)
	}
}

// finish does what is to be done once the last state stands.
func (b *board) finish(ctx context.Context) {
	defer b.survive()
	if b.ended && b.doubt && b.card != (Card{}) { // whatever another process had on its way has arrived by now
		if shown := b.settle(ctx); shown != nil {
			b.note(<-shown)
		}
	}
	if after := b.after.Load(); after != nil && b.card != (Card{}) {
		thread := Where{Channel: b.card.Channel, Thread: b.card.Message}
		if b.where.Thread != "" && b.where.Channel == b.card.Channel { // the card stands in a thread itself
			thread.Thread = b.where.Thread
		}
		(*after)(ctx, thread)
	}
}

// survive notes a panic, which never ends the process. It is deferred.
func (b *board) survive() {
	if reason := recover(); reason != nil {
		b.note(fmt.Errorf("panic: %v", reason))
	}
}

// put has a state shown, and is told what comes of it; nil where that is known already.
func (b *board) put(ctx context.Context, message Message) (shown <-chan error) {
	defer b.survive()
	if b.card == (Card{}) && (b.seek || b.grasp() != Firm) { // whoever stood still for a while may find that another has shown it
		message = b.find(ctx, message)
	}
	b.newest = message
	if b.card != (Card{}) {
		b.lookAround(ctx)
		return b.cards.Edit(ctx, b.card, message)
	}
	shown = b.post(ctx, message)
	b.lookAround(ctx)
	return shown
}

// post puts the card up. Where another process may have done so meanwhile, because this one
// took it over or stood still, one of the two cards goes.
func (b *board) post(ctx context.Context, message Message) (shown <-chan error) {
	began, doubtful := time.Now(), b.seek
	card, err := b.cards.Post(ctx, b.where, b.actor, b.operation, message)
	b.card, b.seek = card, !b.since.IsZero() // where that failed, it may stand there all the same
	if err != nil {
		b.note(err)
		return nil
	}
	if b.since.IsZero() || !doubtful && time.Since(began) < leaseGrip && b.grasp() == Firm {
		return nil
	}
	b.doubt = true
	return b.settle(ctx)
}

// settle sees to it that one card shows the operation, and that it shows the newest state.
func (b *board) settle(ctx context.Context) (shown <-chan error) {
	first, err := b.cards.Settle(ctx, b.sought(), b.card)
	b.note(err)
	if err != nil || first == b.card {
		return nil
	}
	b.card = first
	return b.cards.Edit(ctx, first, b.newest)
}

func (b *board) sought() Sought { return Sought{b.where, b.actor, b.operation, b.since} }

// lookAround does what is to be done where the card had to be put up elsewhere.
func (b *board) lookAround(ctx context.Context) {
	if astray := b.astray; astray != nil && b.card != (Card{}) {
		b.astray = nil
		if b.card.Channel != b.where.Channel {
			astray(ctx, Where{Channel: b.card.Channel, Thread: b.card.Message})
		}
	}
}

// find looks for the card that another process has put up. Where nobody can know whether
// there is one, a new one says so.
func (b *board) find(ctx context.Context, message Message) Message {
	card, err := b.cards.Find(ctx, b.sought())
	if err != nil {
		b.log.Warn("a card could not be looked for: there will be a new one", "operation", b.operation, "error", err)
		message.Body = append(message.Body[:len(message.Body):len(message.Body)],
			Note{Textf("I cannot read back what I have written, so an earlier card of this operation may stand beside this one.")})
		return message
	}
	if card == (Card{}) {
		return message
	}
	b.card = card
	below := b.below.Swap(nil)
	if below == nil {
		return message
	}
	thread := Where{Channel: card.Channel, Thread: cmp.Or(b.where.Thread, card.Message)}
	if _, err := b.cards.Post(ctx, thread, b.actor, "", *below); err != nil {
		b.log.Warn("whoever asked was not told of an interruption", "operation", b.operation, "error", err)
	}
	return message
}
