package ledger

import (
	"context"
	"slices"
)

// pageSize is how many entries are in memory at a time while the stream is read backwards.
const pageSize = 500

// Back visits entries from the newest to the oldest, until visit says false. Each is checked
// by itself, as Entries does; what is added meanwhile is not seen.
func (s *Stream) Back(ctx context.Context, visit func(Entry) bool) error {
	newest := s.Head().Seq
	for newest > 0 {
		after := max(0, newest-pageSize)
		page, err := s.Entries(ctx, after, int(newest-after))
		if err != nil {
			return err
		}
		for _, entry := range slices.Backward(page) {
			if !visit(entry) {
				return nil
			}
		}
		newest = after
	}
	return nil
}
