package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// migrations bring the tables from each format to the next; a file's format is kept in
// SQLite's own user_version. They only ever grow, since older files are about.
func migrations() []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS entries(seq INTEGER PRIMARY KEY, entry TEXT NOT NULL);
		 CREATE TABLE IF NOT EXISTS cursors(name TEXT PRIMARY KEY, seq INTEGER NOT NULL)`,
		`CREATE TABLE leases(name TEXT PRIMARY KEY, holder TEXT NOT NULL, beat INTEGER NOT NULL)`,
		`CREATE TABLE checkpoint(only INTEGER PRIMARY KEY CHECK(only = 1), text BLOB NOT NULL)`,
	}
}

// formatWithCheckpoint is the first that has one; a reader may come upon an older file.
const formatWithCheckpoint = 3

// prepare brings the file to this program's format, all of it or nothing.
func (k *Keeper) prepare(ctx context.Context) error {
	found, err := format(ctx, k.writer)
	if err != nil {
		return err
	}
	transaction, err := k.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("preparing the ledger: %w", err)
	}
	defer func() { _ = transaction.Rollback() }()
	for version, statements := range migrations() {
		if version < found {
			continue
		}
		if _, err := transaction.ExecContext(ctx, fmt.Sprintf(`%s; PRAGMA user_version = %d`, statements, version+1)); err != nil {
			return fmt.Errorf("preparing the ledger: %w", err)
		}
	}
	if err := transaction.Commit(); err != nil {
		return fmt.Errorf("preparing the ledger: %w", err)
	}
	return nil
}

// format is that of the file, 0 for a new one; one that this program does not know is an error.
func format(ctx context.Context, database *sql.DB) (int, error) {
	var found int
	if err := database.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&found); err != nil {
		return 0, fmt.Errorf("not a readable ledger: %w", err)
	}
	if known := len(migrations()); found > known {
		return 0, fmt.Errorf("a newer ecsbot wrote this ledger (format %d, this program knows %d)", found, known)
	}
	return found, nil
}
