package ledgertest

import (
	"context"
	"slices"
	"sync"

	"ecsbot/actions/ledger"
)

// Memory is a keeper without a disk, for tests: a fake with the same rules.
type Memory struct {
	mutex sync.Mutex
	lines []string
	fail  error
}

// Put stores a batch.
func (m *Memory) Put(ctx context.Context, first int64, lines []string) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.fail != nil {
		return m.fail
	}
	if first <= int64(len(m.lines)) {
		return ledger.ErrTaken
	}
	m.lines = append(m.lines, lines...)
	return nil
}

// Read returns lines in order.
func (m *Memory) Read(_ context.Context, after int64, limit int) ([]string, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	from := min(int(after), len(m.lines))
	return slices.Clone(m.lines[from:min(from+limit, len(m.lines))]), nil
}

// Break makes every Put fail with err until it is called with nil.
func (m *Memory) Break(err error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.fail = err
}

// Change overwrites a stored line, as somebody with access to the database could.
func (m *Memory) Change(seq int64, change func(string) string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.lines[seq-1] = change(m.lines[seq-1])
}
