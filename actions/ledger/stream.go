package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Errors of the stream and its keepers.
var (
	// ErrTaken says that the first number of a batch exists already: somebody else was faster.
	ErrTaken = errors.New("this place in the stream is taken")
	// ErrUnavailable says that nothing can be written now. Changes are refused, reads go on.
	ErrUnavailable = errors.New("the ledger cannot be written")
	// ErrClosed says that the stream takes nothing any more.
	ErrClosed = errors.New("the ledger is closed")
	// ErrTooLong says that an entry has more text than the ledger takes.
	ErrTooLong = errors.New("too long for the ledger")
)

// Keeper stores lines under numbers. A batch is stored whole or not at all.
type Keeper interface {
	// Put stores lines as numbers first, first+1 …: durable when it returns. It is ErrTaken
	// where first exists already, and nothing is stored then. Batches have 1 to 100 lines.
	Put(ctx context.Context, first int64, lines []string) error
	// Read returns at most limit lines with numbers above after, in order.
	Read(ctx context.Context, after int64, limit int) ([]string, error)
}

// Limits of one batch and of what waits in memory. A proposal has at most two entries, so
// that a batch of them keeps to the 100 lines of a Put.
const (
	batchSize    = 50
	batchBytes   = 256 << 10 // DynamoDB takes 400 KB an item
	longestLine  = 64 << 10
	backlogSize  = 10_000
	readSize     = 1_000
	retryPause   = time.Second
	writeTimeout = 10 * time.Second
)

// Options is what a stream needs beside its keeper.
type Options struct {
	Key  Key
	Copy io.Writer        // gets every entry that this process writes, one JSON line each; may be nil
	Now  func() time.Time // wall clock of entries
	// Redact takes secrets out of a text, before it is hashed; may be nil.
	Redact func(string) string
	// Trouble is told when writing begins to fail (an error) and works again (nil); may be nil.
	Trouble func(error)
	// Shared says that other processes write this ledger too: what they add is looked for, and
	// nothing is refused before it was.
	Shared bool
	// Checkpoints keep what the stream has come to, so that a start need not read all of it;
	// may be nil.
	Checkpoints Checkpoints
	// Doubt is told why a checkpoint was not used or not kept; may be nil.
	Doubt func(error)
}

// Stream is the ledger as one process sees it. Its methods may be called side by side.
type Stream struct {
	keeper  Keeper
	options Options

	asks    chan proposal
	closing chan struct{}
	done    chan struct{}
	once    sync.Once

	records atomic.Int64          // that nobody waits for and that are not stored yet
	trouble atomic.Pointer[error] // why writing fails at present; nil where it works

	state *State                       // the writer's own; everybody else has the view
	late  late                         // what may still come to be stored
	kept  int64                        // number of the last entry that a checkpoint of this process covers
	view  atomic.Pointer[[]*Operation] // what is open, as far as it is stored

	mutex  sync.Mutex // of what follows; held for a moment only
	head   Anchor
	latest []Entry       // the last that were stored while this process looked on, up to the head
	grown  chan struct{} // closed and made anew when entries were added
}

// proposal is what somebody wants to append, judged on the newest state.
type proposal struct {
	decide  func(*State) ([]Entry, error)
	answer  chan<- verdict // nil for a record that nobody waits for
	record  *Entry         // that nobody waits for
	refresh bool           // asks only that everything stored by now is seen
}

type verdict struct {
	entries []Entry
	err     error
}

// Open reads the stream from its keeper, checks its chain and starts its writer.
func Open(ctx context.Context, keeper Keeper, options Options) (*Stream, error) {
	s := &Stream{
		keeper: keeper, options: options, state: newState(),
		asks: make(chan proposal, backlogSize), closing: make(chan struct{}), done: make(chan struct{}),
		head: Anchor{Hash: Genesis()}, grown: make(chan struct{}),
	}
	s.view.Store(&[]*Operation{})
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	if err := s.catchUp(ctx); err != nil {
		return nil, err
	}
	s.checkpoint(ctx)
	go s.write() //nolint:contextcheck // the writer outlives whoever opened it
	return s, nil
}

// Append decides on the newest state and stores what was decided; it is durable when Append
// returns. Where another process was faster, decide is called again on what came of it, so
// it must be pure. What decide refuses is returned as its own error.
func (s *Stream) Append(ctx context.Context, decide func(*State) ([]Entry, error)) ([]Entry, error) {
	return s.propose(ctx, proposal{decide: func(state *State) ([]Entry, error) {
		if err := ctx.Err(); err != nil { // nobody waits for it any more: it must not come to be
			return nil, err
		}
		return decide(state)
	}})
}

// Refresh returns when everything that was stored before the call is seen here, whoever wrote
// it. Where nobody else writes there is nothing to wait for.
func (s *Stream) Refresh(ctx context.Context) error {
	if !s.options.Shared {
		return nil
	}
	_, err := s.propose(ctx, proposal{refresh: true, decide: func(*State) ([]Entry, error) { return nil, ctx.Err() }})
	return err
}

// propose hands a proposal to the writer and waits for what becomes of it.
func (s *Stream) propose(ctx context.Context, ask proposal) ([]Entry, error) {
	answer := make(chan verdict, 1)
	ask.answer = answer
	select {
	case s.asks <- ask:
	case <-s.closing:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case verdict := <-answer:
		return verdict.entries, verdict.err
	case <-s.done:
		select {
		case verdict := <-answer: // it was answered last of all
			return verdict.entries, verdict.err
		default:
			return nil, ErrClosed
		}
	}
}

// Record stores an entry soon, without making anybody wait: for reads and refusals, which
// need no durability before their answer. It is an error where too much waits already.
func (s *Stream) Record(entry Entry) error {
	select {
	case <-s.closing:
		return ErrClosed
	default:
	}
	if s.records.Add(1) <= backlogSize {
		select {
		case s.asks <- proposal{record: &entry, decide: func(*State) ([]Entry, error) { return []Entry{entry}, nil }}:
			return nil
		default:
		}
	}
	s.records.Add(-1)
	return fmt.Errorf("%w: %d entries are waiting", ErrUnavailable, backlogSize)
}

// Health is why nothing can be written at present, or nil.
func (s *Stream) Health() error {
	if trouble := s.trouble.Load(); trouble != nil {
		return *trouble
	}
	return nil
}

// Head is the last entry that this process has seen stored: number 0 and Genesis before any.
func (s *Stream) Head() Anchor {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.head
}

// Open are the operations that have begun and not ended, as far as this process has seen. It
// never waits for the keeper.
func (s *Stream) Open() []*Operation { return slices.Clone(*s.view.Load()) }

// Operation finds an operation that has begun and not ended.
func (s *Stream) Operation(id string) (Operation, bool) {
	for _, operation := range *s.view.Load() {
		if operation.First.Operation == id {
			return *operation, true
		}
	}
	return Operation{}, false
}

// Wait blocks until the stream has more entries than after.
func (s *Stream) Wait(ctx context.Context, after int64) error {
	for {
		s.mutex.Lock()
		last, grown := s.head.Seq, s.grown
		s.mutex.Unlock()
		if last > after {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Entries reads at most limit entries with numbers above after and checks each.
func (s *Stream) Entries(ctx context.Context, after int64, limit int) ([]Entry, error) {
	return Entries(ctx, s.keeper, s.options.Key, Span{after, limit})
}

// Close stores what waits and ends the writer; it returns when that is done or ctx ends. It is an
// error where entries that nobody waited for could not be stored.
func (s *Stream) Close(ctx context.Context) error {
	s.once.Do(func() { close(s.closing) })
	select {
	case <-s.done:
	case <-ctx.Done():
	}
	if lost := s.records.Load(); lost > 0 {
		return fmt.Errorf("%w: %d entries that nobody waited for are lost", ErrUnavailable, lost)
	}
	return nil
}

// catchUp folds in everything that the keeper has and this process has not seen.
func (s *Stream) catchUp(ctx context.Context) error {
	for {
		entries, err := s.Entries(ctx, s.state.Seq, readSize)
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return nil
		}
		for position, entry := range entries {
			if entry.Seq != s.state.Seq+1 || entry.Prev != s.state.Hash {
				s.publish(entries[:position])
				return fmt.Errorf("the ledger's chain is broken at entry %d: something was changed or is missing", s.state.Seq+1)
			}
			s.state.apply(entry)
			s.arrived(entry)
		}
		s.publish(entries)
	}
}

// publish shows everybody what is stored by now, the added entries last, and wakes those who wait
// for entries.
func (s *Stream) publish(added []Entry) {
	s.state.forget()
	if s.state.moved {
		s.state.moved = false
		open := s.state.Open()
		s.view.Store(&open)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.head = Anchor{s.state.Seq, s.state.Hash}
	s.latest = append(s.latest, added...)
	if len(s.latest) > 2*latestMost {
		s.latest = slices.Clone(s.latest[len(s.latest)-latestMost:])
	}
	close(s.grown)
	s.grown = make(chan struct{})
}
