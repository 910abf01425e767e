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

// latestMost is how many of the last entries are kept in memory at least, once there are so many.
const latestMost = 64

// Back visits entries from the newest to the oldest, until visit says false. The last of them are
// those that this process has stored or read itself; of the others, each is checked by itself, as
// Entries does. What is added meanwhile is not seen.
func (s *Stream) Back(ctx context.Context, visit func(Entry) bool) error {
	s.mutex.Lock()
	newest, latest := s.head.Seq, s.latest
	s.mutex.Unlock()
	for _, entry := range slices.Backward(latest) {
		if !visit(entry) {
			return nil
		}
	}
	newest -= int64(len(latest))
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
