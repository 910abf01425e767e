package ledger

import (
	"context"
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

// Verify reads the whole stream and checks every hash, the chain and, where there is a key,
// every MAC. seen, where given, gets each good line. The first bad entry comes as a *BadLine.
func Verify(ctx context.Context, keeper LineReader, key Key, seen func(Entry, string) error) error {
	var last int64
	prev := Genesis()
	for {
		lines, err := keeper.Read(ctx, last, readSize)
		if err != nil {
			return fmt.Errorf("reading the ledger after %d: %w", last, err)
		}
		if len(lines) == 0 {
			return nil
		}
		for _, line := range lines {
			entry, err := parse(line, key)
			switch {
			case err != nil:
				return &BadLine{last + 1, err}
			case entry.Seq != last+1:
				return &BadLine{last + 1, fmt.Errorf("entry %d stands in its place", entry.Seq)}
			case entry.Prev != prev:
				return &BadLine{last + 1, fmt.Errorf("it does not follow from the entry before")}
			}
			last, prev = entry.Seq, entry.Hash
			if seen != nil {
				if err := seen(entry, line); err != nil {
					return err
				}
			}
		}
	}
}
