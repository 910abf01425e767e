package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"ecsbot/actions/ledger"
)

// Lease is as it was last swapped; the zero value where it never was.
func (k *Keeper) Lease(ctx context.Context, name string) (ledger.Lease, error) {
	var found ledger.Lease
	err := k.reader.QueryRowContext(ctx, `SELECT holder, beat FROM leases WHERE name = ?`, name).Scan(&found.Holder, &found.Beat)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return ledger.Lease{}, fmt.Errorf("reading lease %s: %w", name, err)
	}
	return found, nil
}

// Swap makes a lease next where it is still was. Nobody's lease is no row.
func (k *Keeper) Swap(ctx context.Context, name string, was, next ledger.Lease) (bool, error) {
	var result sql.Result
	var err error
	switch nobody := (ledger.Lease{}); {
	case was == nobody && next == nobody:
		found, err := k.Lease(ctx, name)
		return found == nobody, err
	case was == nobody:
		result, err = k.writer.ExecContext(ctx, `INSERT INTO leases(name, holder, beat) VALUES(?, ?, ?) ON CONFLICT DO NOTHING`, name, next.Holder, next.Beat)
	case next == nobody:
		result, err = k.writer.ExecContext(ctx, `DELETE FROM leases WHERE name = ? AND holder = ? AND beat = ?`, name, was.Holder, was.Beat)
	default:
		result, err = k.writer.ExecContext(ctx, `UPDATE leases SET holder = ?, beat = ? WHERE name = ? AND holder = ? AND beat = ?`,
			next.Holder, next.Beat, name, was.Holder, was.Beat)
	}
	if err != nil {
		return false, fmt.Errorf("swapping lease %s: %w", name, err)
	}
	swapped, err := result.RowsAffected()
	return swapped == 1, err
}

// Cursor is how far a reader of the stream has come; 0 where it never began.
func (k *Keeper) Cursor(ctx context.Context, name string) (int64, error) {
	var seq int64
	err := k.reader.QueryRowContext(ctx, `SELECT seq FROM cursors WHERE name = ?`, name).Scan(&seq)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("reading cursor %s: %w", name, err)
	}
	return seq, nil
}

// MoveCursor keeps how far a reader has come; it never moves back.
func (k *Keeper) MoveCursor(ctx context.Context, name string, seq int64) error {
	_, err := k.writer.ExecContext(ctx,
		`INSERT INTO cursors(name, seq) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET seq = max(seq, excluded.seq)`, name, seq)
	if err != nil {
		return fmt.Errorf("moving cursor %s: %w", name, err)
	}
	return nil
}
