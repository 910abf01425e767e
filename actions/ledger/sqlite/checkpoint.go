package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Checkpoint is what was kept last; nothing where nothing was.
func (k *Keeper) Checkpoint(ctx context.Context) ([]byte, error) {
	if found, err := format(ctx, k.reader); err != nil || found < formatWithCheckpoint {
		return nil, err
	}
	var text []byte
	err := k.reader.QueryRowContext(ctx, `SELECT text FROM checkpoint`).Scan(&text)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("reading the checkpoint: %w", err)
	}
	return text, nil
}

// KeepCheckpoint replaces the one checkpoint.
func (k *Keeper) KeepCheckpoint(ctx context.Context, text []byte) error {
	if _, err := k.writer.ExecContext(ctx, `INSERT OR REPLACE INTO checkpoint(only, text) VALUES(1, ?)`, text); err != nil {
		return fmt.Errorf("keeping the checkpoint: %w", err)
	}
	return nil
}
