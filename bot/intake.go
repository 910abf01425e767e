package bot

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"ecsbot/actions"
)

// How many requests may be open at a time, and how many may be turned away at a time: beyond
// the one, the caller is told so; beyond the other, deliveries are only counted.
const (
	openMost     = 2048
	shedMost     = 512
	unknownShown = 40 // characters of a foreign type in the log
)

// How many requests under way at once are many, and how few end that.
const (
	rushBegins = 16
	rushEnds   = 4
)

// handler carries out one kind of delivery. It acknowledges before anything slow.
type handler interface {
	// names are what a second delivery of the same thing has in common with the first.
	names() []string
	handle(ctx context.Context)
	// decline answers without doing anything.
	decline(ctx context.Context, why actions.Message)
	// failed tells whom it concerns that the handling broke.
	failed(ctx context.Context, reference string)
	// repeated acknowledges a delivery that was handled before.
	repeated(ctx context.Context)
}

// intake takes deliveries from the connections and hands each to its handler, without ever
// making a connection wait.
type intake struct {
	log       *slog.Logger
	metrics   *Metrics
	seen      *seen
	reference func() string
	open      chan struct{}
	shed      chan struct{}

	rush func(isOn bool)

	mu      sync.Mutex
	closed  bool
	running int
	rushing bool
	idle    chan struct{} // closed when nothing runs; nil while nobody waits
}

func newIntake(settings Settings) *intake {
	return &intake{
		log:       settings.Log,
		metrics:   settings.Metrics,
		seen:      newSeen(),
		reference: settings.Reference,
		rush:      settings.Rush,
		open:      make(chan struct{}, settings.OpenRequests),
		shed:      make(chan struct{}, shedMost),
	}
}

// take never blocks.
func (in *intake) take(ctx context.Context, taken handler) {
	in.metrics.Envelopes.Inc()
	switch {
	case !in.seen.first(taken.names()...):
		in.metrics.Duplicates.Inc()
		in.spawn(in.shed, func() { taken.repeated(ctx) })
	case in.isClosed():
		in.decline(ctx, taken, actions.Say(actions.Warning, "I am being restarted: nothing was done. Please ask again in a moment."))
	case !in.spawn(in.open, func() { in.carry(ctx, taken) }):
		in.metrics.Shed.Inc()
		in.decline(ctx, taken, actions.Say(actions.Warning, "I am too busy: nothing was done. Please ask again in a moment."))
	}
}

func (in *intake) decline(ctx context.Context, taken handler, why actions.Message) {
	if !in.spawn(in.shed, func() { taken.decline(ctx, why) }) {
		in.metrics.Dropped.Inc()
		in.seen.forget(taken.names()...) // it was not acknowledged: Slack may bring it again
	}
}

// spawn runs work where there is room; it says false where there is none.
func (in *intake) spawn(room chan struct{}, work func()) bool {
	select {
	case room <- struct{}{}:
	default:
		return false
	}
	in.count(1)
	go func() {
		defer func() {
			if broken := recover(); broken != nil { // beyond what carry has told already
				in.metrics.Panics.Inc()
				in.log.Error("an answer broke", "panic", broken, "stack", string(debug.Stack()))
			}
			<-room
			in.count(-1)
		}()
		work()
	}()
	return true
}

func (in *intake) count(change int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.running += change
	if many := in.running >= rushBegins; many != in.rushing && (many || in.running <= rushEnds) {
		in.rushing = many
		in.rush(many)
	}
	if in.running == 0 && in.idle != nil {
		close(in.idle)
		in.idle = nil
	}
}

// rest waits until nothing runs; it says false where that takes longer than the limit.
func (in *intake) rest(limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-in.resting():
		return true
	case <-timer.C:
		return false
	}
}

func (in *intake) resting() <-chan struct{} {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.running == 0 {
		none := make(chan struct{})
		close(none)
		return none
	}
	if in.idle == nil {
		in.idle = make(chan struct{})
	}
	return in.idle
}

// carry hands a delivery to its handler. Whatever breaks there is told, logged and counted;
// the program goes on.
func (in *intake) carry(ctx context.Context, taken handler) {
	defer func() {
		broken := recover()
		if broken == nil {
			return
		}
		reference := in.reference()
		in.metrics.Panics.Inc()
		in.log.Error("a request broke", "reference", reference, "panic", broken, "stack", string(debug.Stack()))
		taken.failed(ctx, reference)
	}()
	taken.handle(ctx)
}

func (in *intake) isClosed() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.closed
}

// close turns away what comes from now on.
func (in *intake) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
}
