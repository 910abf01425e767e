package sqlite

import (
	"context"
	"errors"
	"fmt"

	"ecsbot/actions/ledger"
)

// Put stores a batch in one transaction.
func (k *Keeper) Put(ctx context.Context, first int64, lines []string) error {
	if k.insert == nil {
		return errors.New("the ledger was opened for reading only")
	}
	transaction, err := k.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning: %w", err)
	}
	defer func() { _ = transaction.Rollback() }()
	var last int64
	if err := transaction.StmtContext(ctx, k.last).QueryRowContext(ctx).Scan(&last); err != nil {
		return fmt.Errorf("finding the last entry: %w", err)
	}
	if first <= last {
		return ledger.ErrTaken
	}
	if first > last+1 {
		return fmt.Errorf("entry %d would leave a gap after %d", first, last)
	}
	insert := transaction.StmtContext(ctx, k.insert)
	for offset, line := range lines {
		if _, err := insert.ExecContext(ctx, first+int64(offset), line); err != nil {
			return fmt.Errorf("inserting entry %d: %w", first+int64(offset), err)
		}
	}
	if err := transaction.Commit(); err != nil {
		return fmt.Errorf("committing entry %d: %w", first, err)
	}
	return nil
}

// Read returns at most limit lines with numbers above after, in order.
func (k *Keeper) Read(ctx context.Context, after int64, limit int) ([]string, error) {
	rows, err := k.reader.QueryContext(ctx, `SELECT entry FROM entries WHERE seq > ? ORDER BY seq LIMIT ?`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("selecting: %w", err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, fmt.Errorf("scanning: %w", err)
		}
		lines = append(lines, line)
	}
	return lines, rows.Err()
}
