package ledger

import (
	"fmt"
	"slices"
	"time"
)

// decided is a proposal with the entries that it came to.
type decided struct {
	proposal proposal
	verdict  verdict
}

// decide turns one proposal into sealed entries, folded in. All of it or nothing.
func (s *Stream) decide(ask proposal) (entries []Entry, lines []string, undos []func(), err error) {
	defer func() {
		if err != nil {
			takeBack(undos)
			entries, lines, undos = nil, nil, nil
		}
	}()
	drafts, err := ask.decide(s.state)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, entry := range drafts {
		entry.redact(s.options.Redact)
		entry.Seq, entry.Prev, entry.Version = s.state.Seq+1, s.state.Hash, Version
		entry.Time = s.options.Now().UTC().Truncate(time.Microsecond)
		entry.Step = 1
		if operation, open := s.state.operations[entry.Operation]; open {
			entry.Step = operation.Last.Step + 1
		}
		if err := s.state.check(entry); err != nil {
			return entries, lines, undos, err
		}
		line, err := entry.seal(s.options.Key)
		if err == nil && len(line) > longestLine {
			line, err = s.tooLong(&entry, ask)
		}
		if err != nil {
			return entries, lines, undos, err
		}
		undos = append(undos, s.state.apply(entry))
		entries, lines = append(entries, entry), append(lines, line)
	}
	return entries, lines, undos, nil
}

// tooLong is what becomes of an entry that is too long: where nobody waits for it, it is about
// something that has happened, and is kept shortened; else nothing that it says may be missing.
func (s *Stream) tooLong(entry *Entry, ask proposal) (string, error) {
	if ask.answer != nil {
		return "", fmt.Errorf("entry of %s: %w", entry.Operation, ErrTooLong)
	}
	entry.shorten()
	return entry.seal(s.options.Key)
}

// takeBack undoes what was folded in, the last first.
func takeBack(undos []func()) {
	for _, undo := range slices.Backward(undos) {
		undo()
	}
}

func sizeOf(lines []string) int {
	size := 0
	for _, line := range lines {
		size += len(line)
	}
	return size
}
