package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/ledger"
)

func entry(operation string, event ledger.Event) ledger.Entry {
	return ledger.Entry{Operation: operation, Event: event, Action: "restart", Result: strings.Repeat("x", 2000)}
}

func appendOne(ctx context.Context, stream *ledger.Stream, one ledger.Entry) error {
	_, err := stream.Append(ctx, func(*ledger.State) ([]ledger.Entry, error) { return []ledger.Entry{one}, nil })
	return err
}

// TestWhereTheDiskTakesNothingChangesAreRefusedAndReadsGoOn meets a full and a read-only disk,
// as SQLite tells of them, and their end.
func TestWhereTheDiskTakesNothingChangesAreRefusedAndReadsGoOn(t *testing.T) {
	for name, test := range map[string]struct{ begin, end, want string }{
		"full":      {`PRAGMA max_page_count = 1`, `PRAGMA max_page_count = 1000000`, "database or disk is full"},
		"read-only": {`PRAGMA query_only = ON`, `PRAGMA query_only = OFF`, "readonly database"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ecsbot.db")
			synctest.Test(t, func(t *testing.T) {
				keeper, err := Open(t.Context(), path)
				if err != nil {
					t.Fatal(err)
				}
				defer keeper.Close()
				var troubles []error
				stream, err := ledger.Open(t.Context(), keeper, ledger.Options{Now: time.Now, Checkpoints: keeper, Trouble: func(err error) { troubles = append(troubles, err) }})
				if err != nil {
					t.Fatal(err)
				}
				defer stream.Close(context.Background())
				if err := appendOne(t.Context(), stream, entry("before", ledger.Started)); err != nil {
					t.Fatal(err)
				}
				pragma(t, keeper, test.begin)
				for number := 0; err == nil && number < 100; number++ { // until the pages that are there are full
					err = appendOne(t.Context(), stream, entry(fmt.Sprint("during", number), ledger.Started))
				}
				if !errors.Is(err, ledger.ErrUnavailable) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("a change: %v", err)
				}
				if entries, err := stream.Entries(t.Context(), 0, 1); err != nil || len(entries) != 1 {
					t.Errorf("reading: %v %v", entries, err)
				}
				if _, open := stream.Operation("before"); !open || stream.Health() == nil || len(troubles) != 1 {
					t.Errorf("open %v, health %v, told %v", open, stream.Health(), troubles)
				}
				if err := stream.Record(entry("a read meanwhile", ledger.Read)); err != nil {
					t.Error(err)
				}
				pragma(t, keeper, test.end)
				time.Sleep(5 * time.Second)
				if err := appendOne(t.Context(), stream, entry("before", ledger.Succeeded)); err != nil || stream.Health() != nil || len(troubles) != 2 {
					t.Errorf("afterwards: %v, health %v, told %v", err, stream.Health(), troubles)
				}
				var kept []string
				if err := ledger.Verify(t.Context(), keeper, nil, func(entry ledger.Entry, _ string) error {
					kept = append(kept, entry.Operation)
					return nil
				}); err != nil || !strings.Contains(strings.Join(kept, ","), "a read meanwhile,before") {
					t.Errorf("kept %v %v", kept, err)
				}
			})
		})
	}
}

func pragma(t *testing.T, keeper *Keeper, statement string) {
	t.Helper()
	if _, err := keeper.writer.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

// TestADamagedFileIsNamedAndNotGoneOnWith overwrites each part of a file in turn.
func TestADamagedFileIsNamedAndNotGoneOnWith(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole.db")
	keeper, err := Open(t.Context(), whole)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := ledger.Open(t.Context(), keeper, ledger.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	for number := range 40 {
		if err := appendOne(t.Context(), stream, entry(fmt.Sprint(number), ledger.Read)); err != nil {
			t.Fatal(err)
		}
	}
	stream.Close(t.Context())
	keeper.Close()
	text, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	for at := 0; at+page <= len(text); at += page {
		path := filepath.Join(t.TempDir(), "damaged.db")
		damaged := append([]byte{}, text...)
		copy(damaged[at:at+page], strings.Repeat("damaged ", page/8))
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		err := open(t, path)
		if err == nil && string(damaged) != string(text) && holds(text[at:at+page]) {
			t.Errorf("page %d: opened", at/page)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("page %d: more than a line: %v", at/page, err)
		}
	}
	for name, size := range map[string]int{"a half": len(text) / 2, "a header": 100, "a few bytes": 10} {
		path := filepath.Join(t.TempDir(), "cut.db")
		if err := os.WriteFile(path, text[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := open(t, path); err == nil {
			t.Errorf("%s of the file: opened", name)
		}
	}
}

// holds says whether a page has anything of an entry.
func holds(page []byte) bool { return strings.Contains(string(page), "xxxxxxxx") }

// open opens a file, reads it all, and says what was wrong.
func open(t *testing.T, path string) error {
	keeper, err := Open(t.Context(), path)
	if err != nil {
		return err
	}
	defer keeper.Close()
	stream, err := ledger.Open(t.Context(), keeper, ledger.Options{Now: time.Now})
	if err != nil {
		return err
	}
	stream.Close(t.Context())
	return nil
}

func TestAFileThatOthersCouldReadIsClosedToThem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ecsbot.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestAFolderThatIsMissingIsOneLine(t *testing.T) {
	err := open(t, filepath.Join(t.TempDir(), "missing", "ecsbot.db"))
	if err == nil || !strings.Contains(err.Error(), "no such file or directory") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}
