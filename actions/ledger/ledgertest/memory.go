package ledgertest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"ecsbot/actions/ledger"
)

// Memory is a keeper without a disk, for tests: a fake with the same rules.
type Memory struct {
	mutex      sync.Mutex
	lines      []string
	fail       error
	leases     map[string]ledger.Lease
	cursors    map[string]int64
	checkpoint []byte
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
	if first > int64(len(m.lines))+1 {
		return fmt.Errorf("entry %d would leave a gap after %d", first, len(m.lines))
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

// Lease returns a lease as it was last swapped.
func (m *Memory) Lease(ctx context.Context, name string) (ledger.Lease, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.leases[name], ctx.Err()
}

// Swap replaces a lease that is still was.
func (m *Memory) Swap(ctx context.Context, name string, was, next ledger.Lease) (bool, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if m.fail != nil {
		return false, m.fail
	}
	if m.leases[name] != was {
		return false, nil
	}
	if m.leases == nil {
		m.leases = map[string]ledger.Lease{}
	}
	m.leases[name] = next
	return true, nil
}

// Cursor is how far a reader has come.
func (m *Memory) Cursor(ctx context.Context, name string) (int64, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.cursors[name], ctx.Err()
}

// MoveCursor moves a cursor forward.
func (m *Memory) MoveCursor(ctx context.Context, name string, seq int64) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.fail != nil {
		return m.fail
	}
	if m.cursors == nil {
		m.cursors = map[string]int64{}
	}
	m.cursors[name] = max(m.cursors[name], seq)
	return nil
}

// Break makes everything that writes fail with err until it is called with nil.
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

// Checkpoint is what was kept last.
func (m *Memory) Checkpoint(ctx context.Context) ([]byte, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return slices.Clone(m.checkpoint), ctx.Err()
}

// KeepCheckpoint keeps a checkpoint.
func (m *Memory) KeepCheckpoint(ctx context.Context, text []byte) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.fail != nil {
		return m.fail
	}
	m.checkpoint = slices.Clone(text)
	return nil
}

// Cut takes the last entries away, as somebody with access to the database could.
func (m *Memory) Cut(count int) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.lines = m.lines[:len(m.lines)-count]
}
