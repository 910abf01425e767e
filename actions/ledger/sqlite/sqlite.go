// Package sqlite keeps the ledger in one SQLite file: one process writes, anybody may read.
// The file is plain: `sqlite3` and every script can read the table entries(seq, entry).
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite" // registers the driver "sqlite" too
	sqlite3 "modernc.org/sqlite/lib"

	"ecsbot/actions/ledger"
)

// ErrLocked says that another process writes this ledger.
var ErrLocked = errors.New("another ecsbot runs on this ledger")

// format is the version of the file's tables, kept in SQLite's own user_version.
const format = 1

// Keeper is a ledger's file.
type Keeper struct {
	database *sql.DB
	lock     *os.File // held by the one writer; nil for a reader
}

// Open opens the file for the one process that writes it, making it where there is none.
func Open(ctx context.Context, path string) (*Keeper, error) {
	lock, err := acquire(path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	keeper, err := open(ctx, path, "rwc")
	if err != nil {
		lock.Close()
		return nil, err
	}
	keeper.lock = lock
	if err := keeper.prepare(ctx); err != nil {
		keeper.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return keeper, nil
}

// OpenReader opens an existing file for reading only, whoever writes it meanwhile.
func OpenReader(ctx context.Context, path string) (*Keeper, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("opening the ledger: %w", err)
	}
	keeper, err := open(ctx, path, "ro")
	if err != nil {
		return nil, err
	}
	if err := keeper.checkFormat(ctx); err != nil {
		keeper.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return keeper, nil
}

func open(ctx context.Context, path, mode string) (*Keeper, error) {
	if mode == "rwc" {
		// Made here and not by SQLite, so that nobody else can ever read it (SQLite gives its
		// side files the mode of the main file).
		file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, fmt.Errorf("opening the ledger: %w", err)
		}
		file.Close()
	}
	options := url.Values{"mode": {mode}, "_pragma": {"busy_timeout(5000)", "synchronous(FULL)", "cache_size(-2000)"}}
	if mode == "rwc" {
		options.Add("_pragma", "journal_mode(WAL)")
		options.Set("_txlock", "immediate")
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening the ledger: %w", err)
	}
	source := url.URL{Scheme: "file", Path: absolute, RawQuery: options.Encode()}
	database, err := sql.Open("sqlite", source.String())
	if err != nil {
		return nil, fmt.Errorf("opening the ledger: %w", err)
	}
	database.SetMaxOpenConns(2) // one writes, one reads
	if err := database.PingContext(ctx); err != nil {
		database.Close()
		return nil, fmt.Errorf("opening the ledger %s: %w", path, err)
	}
	return &Keeper{database: database}, nil
}

// acquire takes the lock that keeps a second writer out until this process ends.
func acquire(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrLocked
		}
		return nil, fmt.Errorf("locking: %w", err)
	}
	return file, nil
}

func (k *Keeper) prepare(ctx context.Context) error {
	if err := k.checkFormat(ctx); err != nil {
		return err
	}
	for _, statement := range []string{
		`CREATE TABLE IF NOT EXISTS entries(seq INTEGER PRIMARY KEY, entry TEXT NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS cursors(name TEXT PRIMARY KEY, seq INTEGER NOT NULL)`,
		fmt.Sprintf(`PRAGMA user_version = %d`, format),
	} {
		if _, err := k.database.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("preparing the ledger: %w", err)
		}
	}
	return nil
}

func (k *Keeper) checkFormat(ctx context.Context) error {
	var found int
	if err := k.database.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&found); err != nil {
		return fmt.Errorf("not a readable ledger: %w", err)
	}
	if found > format {
		return fmt.Errorf("a newer ecsbot wrote this ledger (format %d, this program knows %d)", found, format)
	}
	return nil
}

// Put stores a batch in one transaction.
func (k *Keeper) Put(ctx context.Context, first int64, lines []string) error {
	transaction, err := k.database.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning: %w", err)
	}
	defer func() { _ = transaction.Rollback() }()
	for offset, line := range lines {
		_, err := transaction.ExecContext(ctx, `INSERT INTO entries(seq, entry) VALUES(?, ?)`, first+int64(offset), line)
		if isTaken(err) {
			return ledger.ErrTaken
		}
		if err != nil {
			return fmt.Errorf("inserting entry %d: %w", first+int64(offset), err)
		}
	}
	if err := transaction.Commit(); err != nil {
		return fmt.Errorf("committing entry %d: %w", first, err)
	}
	return nil
}

func isTaken(err error) bool {
	var refused *sqlite.Error
	return errors.As(err, &refused) && refused.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
}

// Read returns at most limit lines with numbers above after, in order.
func (k *Keeper) Read(ctx context.Context, after int64, limit int) ([]string, error) {
	rows, err := k.database.QueryContext(ctx, `SELECT entry FROM entries WHERE seq > ? ORDER BY seq LIMIT ?`, after, limit)
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

// Cursor is how far a reader of the stream has come; 0 where it never began.
func (k *Keeper) Cursor(ctx context.Context, name string) (int64, error) {
	var seq int64
	err := k.database.QueryRowContext(ctx, `SELECT seq FROM cursors WHERE name = ?`, name).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return seq, err
}

// MoveCursor keeps how far a reader has come.
func (k *Keeper) MoveCursor(ctx context.Context, name string, seq int64) error {
	_, err := k.database.ExecContext(ctx,
		`INSERT INTO cursors(name, seq) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET seq = excluded.seq`, name, seq)
	return err
}

// Close ends the use of the file and lets another writer in.
func (k *Keeper) Close() error {
	err := k.database.Close()
	if k.lock != nil {
		k.lock.Close()
	}
	return err
}
