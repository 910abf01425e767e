package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/slack-go/slack"
	"golang.org/x/time/rate"

	"ecsbot/actions"
)

// chat.update allows 50 edits a minute for the whole workspace (docs.slack.dev, Tier 3).
const (
	editsPerMinute = 45
	editBurst      = 5
	longestPause   = time.Minute
)

// easel edits cards under the one budget of the workspace. Each card has at most one state
// that waits and one on its way; changes of state go first, then what has waited longest.
type easel struct {
	voice  *voice
	budget *rate.Limiter

	mu      sync.Mutex
	waiting map[actions.Card]*edit
	sending map[actions.Card]bool
	resume  time.Time // Slack asked for silence until then
	active  bool      // a worker is taking edits
	more    chan struct{}
}

// edit is one state of one card.
type edit struct {
	card      actions.Card
	state     actions.Message // drawn when it goes out: what waits is small
	plain     bool            // its blocks were refused
	urgent    bool            // a change of state
	since     time.Time
	notBefore time.Time
	pause     *backoff.ExponentialBackOff // nil until Slack was not reached
	ctx       context.Context             //nolint:containedctx // the edit is carried out by another goroutine on its caller's behalf
	leave     func() bool                 // ends the watch on ctx
	told      func(error)                 // called once
}

func newEasel(voice *voice) *easel {
	return &easel{
		voice:   voice,
		budget:  rate.NewLimiter(rate.Every(time.Minute/editsPerMinute), editBurst),
		waiting: map[actions.Card]*edit{},
		sending: map[actions.Card]bool{},
		more:    make(chan struct{}, 1),
	}
}

// show has the state put on the card, and tells when it is, or a newer one has replaced it.
func (e *easel) show(ctx context.Context, card actions.Card, message actions.Message, urgent bool, told func(error)) {
	if err := e.voice.rooms.open(ctx, card.Channel); errors.Is(err, errShared) { // since it was put up
		told(fmt.Errorf("editing a card: %w", err))
		return
	}
	e.put(&edit{card: card, state: message, urgent: urgent, since: time.Now(), ctx: ctx, told: told})
}

func (e *easel) put(state *edit) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if older := e.waiting[state.card]; older != nil {
		state.since = older.since
		state.urgent = state.urgent || older.urgent
		older.tell(nil)
	}
	state.leave = context.AfterFunc(state.ctx, func() { e.withdraw(state) })
	e.waiting[state.card] = state
	e.wake()
}

// tell says what came of an edit, once.
func (s *edit) tell(err error) {
	s.leave()
	s.told(err)
}

// wake sees to it that somebody looks at what waits. The caller holds the lock.
func (e *easel) wake() {
	if !e.active {
		e.active = true
		go e.work()
		return
	}
	select {
	case e.more <- struct{}{}:
	default:
	}
}

func (e *easel) withdraw(state *edit) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.waiting[state.card] == state {
		delete(e.waiting, state.card)
		state.tell(fmt.Errorf("editing a card: %w", state.ctx.Err()))
	}
	e.wake()
}

// work takes one edit after the other while there are any. Each goes out on its own, so that
// one that hangs holds nobody up.
func (e *easel) work() {
	for {
		wait, idle := e.next()
		if idle {
			return
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-e.more:
			timer.Stop()
		}
	}
}

// next sends what may go now, and says how long to wait before looking again.
func (e *easel) next() (wait time.Duration, idle bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	if len(e.waiting) == 0 {
		e.active = false
		return 0, true
	}
	if silence := e.resume.Sub(now); silence > 0 {
		return silence, false
	}
	state, wait := e.choose(now)
	if state == nil {
		return wait, false
	}
	if tokens := e.budget.TokensAt(now); tokens < 1 {
		return time.Duration((1-tokens)*float64(time.Minute/editsPerMinute)) + time.Millisecond, false
	}
	e.budget.AllowN(now, 1)
	delete(e.waiting, state.card)
	e.sending[state.card] = true
	go e.send(state)
	return 0, false
}

// choose picks the edit that goes first; nil where all of them have to wait. A card whose
// earlier state is on its way waits for it, so that states never overtake each other.
func (e *easel) choose(now time.Time) (*edit, time.Duration) {
	var first *edit
	wait := longestPause
	for card, state := range e.waiting {
		if e.sending[card] {
			continue
		}
		if held := state.notBefore.Sub(now); held > 0 {
			wait = min(wait, held)
			continue
		}
		if first == nil || state.before(first) {
			first = state
		}
	}
	return first, wait
}

func (s *edit) before(other *edit) bool {
	if s.urgent != other.urgent {
		return s.urgent
	}
	return s.since.Before(other.since)
}

// send carries out one edit and keeps it waiting where Slack was not reached.
func (e *easel) send(state *edit) {
	err := e.update(state)
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.sending, state.card)
	defer e.wake()
	if isRefusedLook(err) && !state.plain {
		e.voice.log.Error("Slack does not take the blocks of a card: its text goes alone", "error", redacted(err))
		state.plain = true
		e.keep(state)
		return
	}
	if err == nil || isTold(err) || errors.As(err, new(undrawn)) || state.ctx.Err() != nil {
		state.tell(wrapEdit(err))
		return
	}
	if told, ok := toldWait(err); ok {
		e.voice.metrics.Limited.Inc()
		e.resume = time.Now().Add(told)
	} else {
		state.notBefore = time.Now().Add(state.backOff())
	}
	e.keep(state)
}

// backOff is how long to wait before Slack is tried again.
func (s *edit) backOff() time.Duration {
	if s.pause == nil {
		s.pause = backoff.NewExponentialBackOff()
		s.pause.InitialInterval, s.pause.MaxInterval = time.Second, longestPause
	}
	return s.pause.NextBackOff()
}

// undrawn is what a panic left of a state: it would be the same the next time.
type undrawn struct{ reason any }

func (u undrawn) Error() string { return fmt.Sprintf("panic: %v", u.reason) }

func (e *easel) update(state *edit) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = undrawn{reason}
		}
	}()
	_, _, _, err = e.voice.api.UpdateMessageContext(state.ctx, state.card.Channel, state.card.Message, state.message())
	return err
}

// keep has a state wait again, unless a newer one came meanwhile. The caller holds the lock.
func (e *easel) keep(state *edit) {
	if e.waiting[state.card] != nil {
		state.tell(nil)
		return
	}
	e.waiting[state.card] = state
}

func (s *edit) message() slack.MsgOption {
	shown := render(s.state)
	if s.plain {
		return shown.textAlone()
	}
	return shown.options()
}

func wrapEdit(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("editing a card: %w", redacted(err))
}
