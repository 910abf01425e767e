package ledger

import (
	"context"
	"errors"
	"fmt"
)

// BadLine is the first entry that is not what it was when it was written.
type BadLine struct {
	Seq int64
	Err error
}

func (b *BadLine) Error() string { return fmt.Sprintf("entry %d is bad: %v", b.Seq, b.Err) }

// Unwrap is what is wrong with it.
func (b *BadLine) Unwrap() error { return b.Err }

// LineReader is the reading half of a keeper.
type LineReader interface {
	Read(ctx context.Context, after int64, limit int) ([]string, error)
}

// Span is at most Limit entries with numbers above After.
type Span struct {
	After int64
	Limit int
}

// Entries reads entries and checks each by itself: its hash and, where there is a key, its MAC.
func Entries(ctx context.Context, keeper LineReader, key Key, span Span) ([]Entry, error) {
	lines, err := keeper.Read(ctx, span.After, span.Limit)
	if err != nil {
		return nil, fmt.Errorf("reading the ledger after %d: %w", span.After, err)
	}
	entries := make([]Entry, 0, len(lines))
	for i, line := range lines {
		entry, err := parse(line, key)
		if err != nil {
			return nil, &BadLine{span.After + 1 + int64(i), err}
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// Anchor is what somebody else knows of the stream: that this entry had that hash.
type Anchor struct {
	Seq  int64
	Hash string
}

// Proof is a check of a whole stream against itself, and against what is known beside it.
type Proof struct {
	Key        Key      // every MAC is checked, where there is a key
	Anchors    []Anchor // kept elsewhere: they show an end that was cut off, and a chain that was made anew
	Checkpoint []byte   // of the same keeper: it must say what the entries say
	// BeganUnsigned says that there was no key at first: entries before the first signed one
	// need no MAC.
	BeganUnsigned bool
	// Seen, where given, gets each good line.
	Seen func(entry Entry, line string) error
}

// Verify checks every hash, the chain and, where there is a key, every MAC.
func Verify(ctx context.Context, reader LineReader, key Key, seen func(Entry, string) error) error {
	_, err := Proof{Key: key, Seen: seen}.Verify(ctx, reader)
	return err
}

// Verify reads the whole stream and returns its end. The first bad entry comes as a *BadLine.
func (p Proof) Verify(ctx context.Context, reader LineReader) (Anchor, error) {
	state, known := newState(), map[int64]string{}
	for _, anchor := range p.Anchors {
		if hash, twice := known[anchor.Seq]; twice && hash != anchor.Hash {
			return Anchor{}, &BadLine{anchor.Seq, errors.New("two anchors know different hashes of it")}
		}
		known[anchor.Seq] = anchor.Hash
	}
	checkpoint, err := p.checkpoint()
	if err != nil {
		return Anchor{}, err
	}
	for {
		lines, err := reader.Read(ctx, state.Seq, readSize)
		if err != nil {
			return Anchor{}, fmt.Errorf("reading the ledger after %d: %w", state.Seq, err)
		}
		if len(lines) == 0 {
			break
		}
		for _, line := range lines {
			entry, err := p.next(state, line, known)
			if err != nil {
				return Anchor{}, err
			}
			p.BeganUnsigned = p.BeganUnsigned && entry.MAC == ""
			if state.Seq == checkpoint.Seq && !state.agrees(checkpoint) {
				return Anchor{}, fmt.Errorf("the checkpoint at entry %d says something else than the entries: one of the two was changed", state.Seq)
			}
			if p.Seen != nil {
				if err := p.Seen(entry, line); err != nil {
					return Anchor{}, err
				}
			}
		}
		state.forget()
	}
	if checkpoint.Seq > state.Seq {
		known[checkpoint.Seq] = checkpoint.Hash
	}
	for seq := range known {
		if seq > state.Seq {
			return Anchor{}, &BadLine{state.Seq + 1, fmt.Errorf("it is missing: the record ends before it, and entry %d is known to have been there", seq)}
		}
	}
	return Anchor{state.Seq, state.Hash}, nil
}

// next checks a line and folds it in.
func (p Proof) next(state *State, line string, known map[int64]string) (Entry, error) {
	seq := state.Seq + 1
	entry, err := p.parse(line)
	switch {
	case err != nil:
		return Entry{}, &BadLine{seq, err}
	case entry.Seq != seq:
		return Entry{}, &BadLine{seq, fmt.Errorf("entry %d stands in its place", entry.Seq)}
	case entry.Prev != state.Hash:
		return Entry{}, &BadLine{seq, errors.New("it does not follow from the entry before")}
	}
	if hash, isKnown := known[seq]; isKnown && hash != entry.Hash {
		return Entry{}, &BadLine{seq, errors.New("its hash is not the one that an anchor knows")}
	}
	state.apply(entry)
	return entry, nil
}

// parse reads a line, and checks its MAC where it has to have one.
func (p Proof) parse(line string) (Entry, error) {
	if p.BeganUnsigned {
		if entry, err := parse(line, nil); err != nil || entry.MAC == "" {
			return entry, err
		}
	}
	return parse(line, p.Key)
}

// checkpoint is the state that the checkpoint says; one of no entry where there is none.
func (p Proof) checkpoint() (*State, error) {
	if len(p.Checkpoint) == 0 {
		return newState(), nil
	}
	state, err := decodeCheckpoint(p.Checkpoint, p.Key)
	if errors.Is(err, errFormat) { // of another version: it is not used for anything
		return newState(), nil
	}
	return state, err
}

// agrees says whether two states are the same.
func (s *State) agrees(other *State) bool {
	one, err := s.encode(nil)
	two, otherErr := other.encode(nil)
	return err == nil && otherErr == nil && string(one) == string(two)
}
