package ledger

import (
	"context"
	"fmt"
	"slices"
)

// How many entries are in memory at a time while the stream is read backwards: few at first,
// because most look for what is new.
const (
	firstPage = 16
	pageSize  = 500
)

// Back visits entries from the newest to the oldest, until visit says false. Each that is visited
// is checked by itself, as Entries does; what is added meanwhile is not seen.
func (s *Stream) Back(ctx context.Context, visit func(Entry) bool) error {
	newest := s.Head().Seq
	for page := int64(firstPage); newest > 0; page = min(2*page, pageSize) {
		after := max(0, newest-page)
		lines, err := s.keeper.Read(ctx, after, int(newest-after))
		if err != nil {
			return fmt.Errorf("reading the ledger after %d: %w", after, err)
		}
		for _, line := range slices.Backward(lines) {
			entry, err := parse(line, s.options.Key)
			if err != nil {
				return err
			}
			if !visit(entry) {
				return nil
			}
		}
		newest = after
	}
	return nil
}
