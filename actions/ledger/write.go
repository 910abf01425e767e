package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// write is the one writer of this process: it gathers what waits into batches.
func (s *Stream) write() {
	defer close(s.done)
	var batch []proposal
	for {
		var open bool
		if batch, open = s.gather(batch); !open {
			return
		}
		if len(batch) == 0 {
			s.look()
			continue
		}
		batch = s.settle(batch)
		if len(batch) > 0 && s.Health() != nil { // what is left of a large batch that was stored needs no pause
			var again bool
			if batch, again = s.pause(batch); !again {
				return
			}
		}
	}
}

// pause waits before the next try at a keeper that fails. Whoever comes meanwhile and waits
// for an answer is refused at once; records join those that are tried again. False where the
// stream closes: then the records are given up.
func (s *Stream) pause(batch []proposal) ([]proposal, bool) {
	timer := time.NewTimer(retryPause)
	defer timer.Stop()
	for {
		select {
		case ask := <-s.asks:
			if ask.isWaitedFor() {
				ask.answer <- verdict{err: fmt.Errorf("%w: %w", ErrUnavailable, s.Health())}
				continue
			}
			batch = append(batch, ask)
		case <-timer.C:
			return batch, true
		case <-s.closing:
			return nil, false
		}
	}
}

// recordPause is how long records that nobody waits for are gathered into one write.
const recordPause = 50 * time.Millisecond

// gather waits for the first proposal and takes along what else is there; where nobody waits
// for any of it, also what comes in the next moment. It returns none where it is time to look
// at what others have written, and false where the stream closes and nothing is left.
func (s *Stream) gather(batch []proposal) ([]proposal, bool) {
	if len(batch) == 0 {
		select {
		case ask := <-s.asks:
			batch = append(batch, ask)
		case <-s.others():
			return nil, true
		case <-s.closing:
			batch = s.waiting(batch)
			return batch, len(batch) > 0
		}
	}
	batch = s.waiting(batch)
	linger := time.NewTimer(recordPause)
	defer linger.Stop()
	for len(batch) > 0 && len(batch) < batchSize && !slices.ContainsFunc(batch, proposal.isWaitedFor) {
		select {
		case ask := <-s.asks:
			batch = s.waiting(append(batch, ask))
		case <-linger.C:
			return batch, true
		case <-s.closing:
			return s.waiting(batch), true
		}
	}
	return batch, true
}

// othersPause is the time between two looks at what other processes have written, while this
// one writes nothing.
const othersPause = time.Second

// others says when it is time to look; never where nobody else writes.
func (s *Stream) others() <-chan time.Time {
	if !s.options.Shared {
		return nil
	}
	return time.After(othersPause)
}

// look folds in what other processes have written. What cannot be read now is read later.
func (s *Stream) look() {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	s.report(s.catchUp(ctx))
}

// isWaitedFor says whether somebody waits for the answer.
func (p proposal) isWaitedFor() bool { return p.answer != nil }

// waiting takes along what is there already.
func (s *Stream) waiting(batch []proposal) []proposal {
	for len(batch) < batchSize {
		select {
		case ask := <-s.asks:
			batch = append(batch, ask)
		default:
			return batch
		}
	}
	return batch
}

// settle stores a batch and answers those who wait. It returns the records that could not be
// stored and are to be tried again; whoever waits is told at once.
func (s *Stream) settle(batch []proposal) (again []proposal) {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	rest := batch[min(batchSize, len(batch)):]
	batch = batch[:len(batch)-len(rest)]
	batch, attempt := s.attempt(ctx, batch)
	for errors.Is(attempt.err, ErrTaken) {
		if err := s.catchUp(ctx); err != nil {
			attempt.err = err
			break
		}
		batch = s.withoutLate(batch)
		attempt = s.try(ctx, batch)
	}
	s.report(attempt.err)
	if attempt.err == nil {
		s.late.forget()
		s.copy(attempt.lines)
		s.answer(attempt.results)
		s.checkpoint(ctx)
		return append(batch[len(attempt.results):], rest...)
	}
	s.late.expect(attempt.results)
	for _, ask := range batch {
		if ask.answer == nil {
			again = append(again, ask)
			continue
		}
		ask.answer <- verdict{err: fmt.Errorf("%w: %w", ErrUnavailable, attempt.err)}
	}
	return append(again, rest...)
}

// attempt is the first try. Where others write too, nothing is refused on what may be old:
// what they have added is read, and decided on again. It returns what is left to be stored.
func (s *Stream) attempt(ctx context.Context, batch []proposal) ([]proposal, attempt) {
	refreshes := slices.ContainsFunc(batch, func(ask proposal) bool { return ask.refresh })
	if s.options.Shared && (refreshes || s.refuses(batch)) {
		if err := s.catchUp(ctx); err != nil {
			return batch, attempt{err: err}
		}
		batch = s.withoutLate(batch)
	}
	return batch, s.try(ctx, batch)
}

// refuses says whether any of a batch would be refused as far as this process has seen.
func (s *Stream) refuses(batch []proposal) bool {
	refused := false
	var all []func()
	for _, ask := range batch {
		_, _, undos, err := s.decide(ask)
		all, refused = append(all, undos...), refused || err != nil
	}
	takeBack(all)
	return refused
}

// attempt is one try at storing a batch.
type attempt struct {
	results []decided
	lines   []string
	err     error
}

// try decides every proposal on the newest state and puts the entries in one batch, as many
// as it takes. On an error the state is as it was.
func (s *Stream) try(ctx context.Context, batch []proposal) attempt {
	var made attempt
	var undos []func()
	var all []Entry
	first, size := s.state.Seq+1, 0
	for _, ask := range batch {
		entries, added, undo, err := s.decide(ask)
		if size += sizeOf(added); size > batchBytes && len(made.lines) > 0 {
			takeBack(undo)
			break
		}
		made.results = append(made.results, decided{ask, verdict{entries, err}})
		made.lines, undos, all = append(made.lines, added...), append(undos, undo...), append(all, entries...)
	}
	if len(made.lines) == 0 {
		return made
	}
	if made.err = s.keeper.Put(ctx, first, made.lines); made.err != nil && !s.wasStored(ctx, first, made.lines, made.err) {
		takeBack(undos)
		return made
	}
	made.err = nil
	s.publish(all)
	return made
}

// wasStored finds out by reading whether a batch is stored although its Put failed: a keeper
// may be cut off between doing it and saying so.
func (s *Stream) wasStored(ctx context.Context, first int64, lines []string, err error) bool {
	if errors.Is(err, ErrTaken) {
		return false
	}
	stored, readErr := s.keeper.Read(ctx, first-1, len(lines))
	return readErr == nil && slices.Equal(stored, lines)
}

// answer tells everybody who waits what became of their proposal.
func (s *Stream) answer(results []decided) {
	for _, result := range results {
		if result.proposal.isWaitedFor() {
			result.proposal.answer <- result.verdict
			continue
		}
		s.records.Add(-1)
	}
}

// copy gives every stored line to the second copy.
func (s *Stream) copy(lines []string) {
	if s.options.Copy == nil {
		return
	}
	for _, line := range lines {
		fmt.Fprintln(s.options.Copy, line)
	}
}

// report keeps why the keeper fails, and tells of a change.
func (s *Stream) report(err error) {
	var trouble *error
	if err != nil {
		trouble = &err
	}
	before := s.trouble.Swap(trouble)
	if changed := (before == nil) != (trouble == nil); changed && s.options.Trouble != nil {
		s.options.Trouble(err)
	}
}
