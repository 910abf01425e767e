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

	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// ErrLocked says that another process writes this ledger.
var ErrLocked = errors.New("another ecsbot runs on this ledger")

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
	if _, err := keeper.format(ctx); err != nil {
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

// Close ends the use of the file and lets another writer in.
func (k *Keeper) Close() error {
	err := k.database.Close()
	if k.lock != nil {
		k.lock.Close()
	}
	return err
}
