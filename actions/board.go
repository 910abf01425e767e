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
		made.open(context.WithoutCancel(ctx), func() {
			defer t.runner.open.Done()
			b.mutex.Lock()
			defer b.mutex.Unlock()
			delete(b.all, t.id)
		})
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
		where: where, grasp: func() Grasp { return Firm },
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
// so that Slack can be slow or away without holding the operation up. While it waits, nothing of
// it runs: an edit may wait minutes for its turn, and hundreds of boards may be open.
type board struct {
	cards     Cards
	log       *slog.Logger
	operation string
	actor     authz.Actor

	sink   func(message Message, last bool) // where it is part of another card; else nil
	where  Where
	grasp  func() Grasp                                 // of what this replica has begun under the name that it had when the board was made
	since  time.Time                                    // when its operation began; the zero value of a page of several, which is never looked for
	kept   atomic.Bool                                  // a change is being carried out: the board stays until it is told how it went
	over   time.Time                                    // when its operation was first seen to have ended; of boards.sweep
	below  atomic.Pointer[Message]                      // to be said below the card, once it is found
	after  atomic.Pointer[func(context.Context, Where)] // what is done once the last state stands
	astray func(context.Context, Where)                 // what is done once where it stands elsewhere than it was to; nil: nothing

	// Of whoever draws, one at a time.
	card   Card    // the zero value until it stands
	seek   bool    // the card may stand somewhere: it is looked for before one is put up
	doubt  bool    // a card of another process may reach Slack after this one has looked
	newest Message // the state that was handed over last

	mutex    sync.Mutex
	begin    func()   // has somebody draw; nil until the board is open
	drawing  bool     // somebody draws, or has drawn the last
	latest   *Message // the newest state that is not handed over yet
	awaited  int      // edits that nothing was told of yet
	isClosed bool
	isEnded  bool // closed by its last state
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
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.sink == nil && !b.isClosed {
		b.isClosed, b.isEnded = true, ended
		b.wake()
	}
}

// show makes a message the newest state.
func (b *board) show(message Message) {
	if b.sink != nil {
		b.sink(message, false)
		return
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.latest = &message
	b.wake()
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

// open has the board show states until the last stands, or the program stops: the next run goes
// on from the ledger. Then it calls done. A state that waits for its turn does not keep the next
// one from replacing it.
func (b *board) open(ctx context.Context, done func()) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.begin = func() { go b.draw(ctx, done) }
	b.wake()
}

// wake has somebody draw where there is something to do. The caller holds the lock.
func (b *board) wake() {
	if b.begin != nil && !b.drawing && (b.latest != nil || b.isOver()) {
		b.drawing = true
		b.begin()
	}
}

// isOver says that nothing is left to be shown. The caller holds the lock.
func (b *board) isOver() bool { return b.isClosed && b.awaited == 0 }

// draw shows what there is to be shown.
func (b *board) draw(ctx context.Context, done func()) {
	for {
		state, over := b.take()
		switch {
		case state != nil:
			b.put(ctx, *state)
		case over && b.doubt: // whatever another process had on its way has arrived by now
			b.doubt = false
			b.settleLast(ctx)
		case over:
			b.finish(ctx)
			done()
			return
		default:
			return
		}
	}
}

// take is what is to be shown next; over says that there is nothing, nor will be. Whoever gets
// neither draws no more.
func (b *board) take() (state *Message, over bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if state, b.latest = b.latest, nil; state != nil {
		return state, false
	}
	b.drawing = b.isOver()
	return nil, b.drawing
}

// edit has the card show a message.
func (b *board) edit(ctx context.Context, message Message) {
	b.cards.Edit(ctx, b.card, message, b.told)
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.awaited++ // it may have been told already: the board looks at it only after this
}

// told hears what came of an edit.
func (b *board) told(err error) {
	b.note(err)
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.awaited--
	b.wake()
}

func (b *board) note(err error) {
	if err != nil {
		b.log.Warn("a card could not be shown", "operation", b.operation, "error", err)
	}
}

// settleLast is settle, at the end of an operation.
func (b *board) settleLast(ctx context.Context) {
	defer b.survive()
	if b.isEnded && b.card != (Card{}) {
		b.settle(ctx)
	}
}

// finish does what is to be done once the last state stands.
func (b *board) finish(ctx context.Context) {
	defer b.survive()
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

// put has a state shown.
func (b *board) put(ctx context.Context, message Message) {
	defer b.survive()
	if b.card == (Card{}) && (b.seek || b.grasp() != Firm) { // whoever stood still for a while may find that another has shown it
		message = b.find(ctx, message)
	}
	b.newest = message
	if b.card != (Card{}) {
		b.lookAround(ctx)
		b.edit(ctx, message)
		return
	}
	b.post(ctx, message)
	b.lookAround(ctx)
}

// post puts the card up. Where another process may have done so meanwhile, because this one
// took it over or stood still, one of the two cards goes.
func (b *board) post(ctx context.Context, message Message) {
	began, doubtful := time.Now(), b.seek
	card, err := b.cards.Post(ctx, b.where, b.actor, b.operation, message)
	b.card, b.seek = card, !b.since.IsZero() // where that failed, it may stand there all the same
	if err != nil {
		b.note(err)
		return
	}
	if b.since.IsZero() || !doubtful && time.Since(began) < leaseGrip && b.grasp() == Firm {
		return
	}
	b.doubt = true
	b.settle(ctx)
}

// settle sees to it that one card shows the operation, and that it shows the newest state.
func (b *board) settle(ctx context.Context) {
	first, err := b.cards.Settle(ctx, b.sought(), b.card)
	b.note(err)
	if err == nil && first != b.card {
		b.card = first
		b.edit(ctx, b.newest)
	}
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
