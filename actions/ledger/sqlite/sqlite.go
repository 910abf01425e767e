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
	path   string
	reader *sql.DB
	writer *sql.DB  // one connection, so that no reader is ever in its way
	lock   *os.File // held by the one writer; nil for a reader
	insert *sql.Stmt
	last   *sql.Stmt
}

// Open opens the file for the one process that writes it, making it where there is none.
func Open(ctx context.Context, path string) (*Keeper, error) {
	keeper := &Keeper{path: path}
	if err := keeper.openToWrite(ctx); err != nil {
		keeper.Close()
		return nil, fmt.Errorf("the ledger %s: %w", path, err)
	}
	return keeper, nil
}

func (k *Keeper) openToWrite(ctx context.Context) (err error) {
	if k.lock, err = acquire(k.path + ".lock"); err != nil {
		return err
	}
	// Made here and not by SQLite, so that nobody else can ever read it (SQLite gives its side
	// files the mode of the main file).
	file, err := os.OpenFile(k.path, os.O_CREATE|os.O_RDWR, mode)
	if err != nil {
		return err
	}
	err = file.Chmod(mode)
	file.Close()
	if err != nil {
		return err
	}
	if k.writer, err = connect(k.path, 1, url.Values{
		"mode": {"rw"}, "_txlock": {"immediate"}, "_pragma": append(pragmas(), "synchronous(FULL)", "journal_mode(WAL)"),
	}); err != nil {
		return err
	}
	if err := k.prepare(ctx); err != nil {
		return err
	}
	if k.insert, err = k.writer.PrepareContext(ctx, `INSERT INTO entries(seq, entry) VALUES(?, ?)`); err != nil {
		return fmt.Errorf("preparing: %w", err)
	}
	if k.last, err = k.writer.PrepareContext(ctx, `SELECT coalesce(max(seq), 0) FROM entries`); err != nil {
		return fmt.Errorf("preparing: %w", err)
	}
	return k.openToRead()
}

// OpenReader opens an existing file for reading only, whoever writes it meanwhile.
func OpenReader(ctx context.Context, path string) (*Keeper, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("the ledger: %w", err)
	}
	keeper := &Keeper{path: path}
	err := keeper.openToRead()
	if err == nil {
		keeper.writer = keeper.reader // which refuses to write
		_, err = format(ctx, keeper.reader)
	}
	if err != nil {
		keeper.Close()
		return nil, fmt.Errorf("the ledger %s: %w", path, err)
	}
	return keeper, nil
}

func (k *Keeper) openToRead() (err error) {
	k.reader, err = connect(k.path, readers, url.Values{"mode": {"ro"}, "_pragma": pragmas()})
	return err
}

const (
	mode    = 0o600
	readers = 2 // connections; more than that wait
)

func pragmas() []string { return []string{"busy_timeout(5000)", "cache_size(-2000)"} }

func connect(path string, connections int, options url.Values) (*sql.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	source := url.URL{Scheme: "file", Path: absolute, RawQuery: options.Encode()}
	database, err := sql.Open("sqlite", source.String())
	if err != nil {
		return nil, err
	}
	database.SetMaxOpenConns(connections)
	database.SetMaxIdleConns(connections)
	return database, nil
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
	var errs []error
	for _, database := range []*sql.DB{k.reader, k.writer} { // the writer last: it tidies up
		if database != nil {
			errs = append(errs, database.Close())
		}
	}
	if k.lock != nil {
		errs = append(errs, k.lock.Close())
	}
	return errors.Join(errs...)
}
