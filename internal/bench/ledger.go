package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/actions/ledger/sqlite"
	"ecsbot/authz"
)

// How appends are timed: in turns, so that whatever else the disk does meets both.
const (
	appendRounds = 4
	appendTime   = time.Second
	appendShare  = 0.5 // of what SQLite does bare
)

// measureLedger compares durable appends with a bare SQLite that inserts and commits, and says
// what a ledger that has grown is like.
func measureLedger(ctx context.Context, shop *workshop) ([]line, error) {
	var lines []line
	for _, writers := range []int{1, 16, 64} {
		shop.say("        %d at a time", writers)
		measured, err := compareAppends(ctx, shop, writers)
		if err != nil {
			return nil, err
		}
		lines = append(lines, measured)
	}
	grown, err := measureGrowth(ctx, shop)
	return append(lines, grown...), err
}

func compareAppends(ctx context.Context, shop *workshop, writers int) (line, error) {
	folder, err := os.MkdirTemp(shop.folder, "appends-")
	if err != nil {
		return line{}, fmt.Errorf("making a folder: %w", err)
	}
	defer os.RemoveAll(folder)
	book, err := openBook(ctx, filepath.Join(folder, "ecsbot.db"))
	if err != nil {
		return line{}, err
	}
	defer book.close(ctx)
	bare, err := openBare(ctx, filepath.Join(folder, "bare.db"))
	if err != nil {
		return line{}, err
	}
	if bare.line, err = book.line(ctx); err != nil {
		return line{}, errors.Join(err, bare.database.Close())
	}
	defer bare.database.Close()
	var ours, theirs int64
	for range appendRounds {
		one, err := repeated(ctx, writers, appendTime, book.append)
		if err != nil {
			return line{}, err
		}
		other, err := repeated(ctx, writers, appendTime, bare.insert)
		if err != nil {
			return line{}, err
		}
		ours, theirs = ours+one, theirs+other
	}
	total := (appendRounds * appendTime).Seconds()
	return line{
		what:     fmt.Sprintf("durable appends to the ledger in SQLite, %d at a time", writers),
		measured: fmt.Sprintf("%.0f/s", float64(ours)/total), against: fmt.Sprintf("bare SQLite, insert and commit: %.0f/s", float64(theirs)/total),
		ratio: ratio(ours, theirs), bound: "≥ 0.50", held: held(float64(ours) >= appendShare*float64(theirs)),
	}, nil
}

// repeated does the same again and again, so many at a time, and says how often it was done.
func repeated(ctx context.Context, writers int, within time.Duration, do func(context.Context) error) (int64, error) {
	var done atomic.Int64
	var group sync.WaitGroup
	failures := make(chan error, writers)
	end := time.Now().Add(within)
	for range writers {
		group.Go(func() {
			for time.Now().Before(end) {
				if err := do(ctx); err != nil {
					failures <- err
					return
				}
				done.Add(1)
			}
		})
	}
	group.Wait()
	close(failures)
	return done.Load(), <-failures
}

// book is a ledger as the bot has it.
type book struct {
	keeper *sqlite.Keeper
	stream *ledger.Stream
	number atomic.Int64
}

// betweenEntries is how far apart the clock of a book sets its entries, so that a million of
// them are a year and not an hour.
const betweenEntries = 30 * time.Second

func openBook(ctx context.Context, path string) (*book, error) {
	keeper, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	made := &book{keeper: keeper}
	made.stream, err = ledger.Open(ctx, keeper, ledger.Options{Key: ledger.Key("a key to measure with"), Now: made.now, Checkpoints: keeper})
	if err != nil {
		return nil, errors.Join(err, keeper.Close())
	}
	made.number.Store(made.stream.Head().Seq)
	return made, nil
}

func (b *book) now() time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(b.number.Load()) * betweenEntries)
}

func (b *book) close(ctx context.Context) {
	_ = b.stream.Close(ctx) // everybody has waited for every entry
	b.keeper.Close()
}

// append stores one entry and returns when it is durable.
func (b *book) append(ctx context.Context) error {
	entry := typical(b.number.Add(1))
	_, err := b.stream.Append(ctx, func(*ledger.State) ([]ledger.Entry, error) { return []ledger.Entry{entry}, nil })
	return err
}

// line is the first line of the book.
func (b *book) line(ctx context.Context) (string, error) {
	if err := b.append(ctx); err != nil {
		return "", err
	}
	lines, err := b.keeper.Read(ctx, 0, 1)
	return strings.Join(lines, ""), err
}

// typical is an entry of a usual size.
func typical(number int64) ledger.Entry {
	return ledger.Entry{
		Operation: fmt.Sprintf("operation-%012d", number), Event: ledger.Read, Actor: authz.Actor{Team: "T0ACME001", User: developer(int(number))},
		Action: "status", Environment: "staging", Service: "api", Request: fmt.Sprintf("C01OPS-%012d", number),
		Arguments: map[string]string{"environment": "staging", "service": "api"}, Result: "1 of 1 services",
	}
}

// bareBook is SQLite alone, with the same durability and one connection, which is its fastest.
type bareBook struct {
	database  *sql.DB
	statement *sql.Stmt
	line      string
}

func openBare(ctx context.Context, path string) (*bareBook, error) {
	database, err := sql.Open("sqlite", "file:"+path+"?_pragma=synchronous(FULL)&_pragma=journal_mode(WAL)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	database.SetMaxOpenConns(1)
	made := &bareBook{database: database}
	if _, err = database.ExecContext(ctx, `CREATE TABLE entries(seq INTEGER PRIMARY KEY, entry TEXT NOT NULL)`); err == nil {
		made.statement, err = database.PrepareContext(ctx, `INSERT INTO entries(entry) VALUES(?)`)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("preparing bare SQLite: %w", err), database.Close())
	}
	return made, nil
}

// insert inserts one line; without a transaction of its own, SQLite commits it.
func (b *bareBook) insert(ctx context.Context) error {
	_, err := b.statement.ExecContext(ctx, b.line)
	return err
}
