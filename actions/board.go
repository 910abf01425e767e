package actions

import (
	"context"
	"sync"
)

// board shows one operation's card. It posts and edits in the background, newest state first,
// so that Slack can be slow or away without holding the operation up.
type board struct {
	title  Text
	latest chan Message // holds at most the newest state that is not shown yet
	final  chan struct{}
	once   sync.Once
}

// hang starts a board. Its goroutine ends when the final state is shown, or is given up
// handed over because the program stops: the next run goes on from the ledger.
func (r *Runner) hang(ctx context.Context, t *task, title Text) *board {
	b := &board{title: title, latest: make(chan Message, 1), final: make(chan struct{})}
	r.open.Add(1)
	go func() {
		defer r.open.Done()
		b.run(ctx, r, t)
	}()
	return b
}

// show makes a message the newest state.
func (b *board) show(message Message) {
	if message.Title == nil {
		message.Title = b.title
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
	b.show(message)
	b.once.Do(func() { close(b.final) })
}

func (b *board) run(ctx context.Context, r *Runner, t *task) {
	var card Card
	posted := false
	for {
		var message Message
		last := false
		select {
		case message = <-b.latest:
		case <-b.final:
			last = true
		case <-r.stopping:
			last = true
		}
		if last {
			select {
			case message = <-b.latest:
			default:
				return
			}
		}
		var err error
		if posted {
			err = r.Cards.Edit(ctx, card, message)
		} else {
			card, err = r.Cards.Post(ctx, t.request.Where, t.request.Actor, t.id, message)
			posted = err == nil
		}
		if err != nil {
			r.Log.Warn("a card could not be shown", "operation", t.id, "error", err)
		}
		if last {
			return
		}
	}
}
