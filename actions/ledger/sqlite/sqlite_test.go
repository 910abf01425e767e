package sqlite_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ecsbot/actions/ledger"
	"ecsbot/actions/ledger/ledgertest"
	"ecsbot/actions/ledger/sqlite"
)

func open(t *testing.T) ledger.Store {
	keeper, _ := openAt(t)
	return keeper
}

func openAt(t *testing.T) (*sqlite.Keeper, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ecsbot.db")
	keeper, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keeper.Close() })
	return keeper, path
}

func TestConformance(t *testing.T) { ledgertest.Run(t, open) }

func TestOnlyTheOwnerMayReadTheFile(t *testing.T) {
	keeper, path := openAt(t)
	if err := keeper.Put(t.Context(), 1, []string{"{}"}); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(path + "*")
	if len(files) < 2 {
		t.Fatalf("only %v", files)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", file, info.Mode(), err)
		}
	}
}

func TestASecondWriterIsRefusedAndReadersAreNot(t *testing.T) {
	keeper, path := openAt(t)
	if _, err := sqlite.Open(t.Context(), path); !errors.Is(err, sqlite.ErrLocked) {
		t.Errorf("second writer: %v", err)
	}
	if err := keeper.Put(t.Context(), 1, []string{"a"}); err != nil {
		t.Fatal(err)
	}
	reader, err := sqlite.OpenReader(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if lines, err := reader.Read(t.Context(), 0, 10); err != nil || len(lines) != 1 {
		t.Errorf("reader: %v %v", lines, err)
	}
	if err := reader.Put(t.Context(), 2, []string{"b"}); err == nil {
		t.Error("a reader could write")
	}
	keeper.Close()
	again, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	again.Close()
}

func TestFilesThatAreNoLedgerAreRefused(t *testing.T) {
	for name, make := range map[string]func(t *testing.T, path string){
		"not a database": func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"a newer ecsbot": func(t *testing.T, path string) {
			database, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			defer database.Close()
			if _, err := database.Exec(`PRAGMA user_version = 99`); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ecsbot.db")
			make(t, path)
			if _, err := sqlite.Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := sqlite.OpenReader(t.Context(), filepath.Join(t.TempDir(), "none.db")); err == nil {
		t.Error("a reader made a file")
	}
}

func TestAnOlderFileIsBroughtToThisFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ecsbot.db")
	database, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := database.Exec(`CREATE TABLE entries(seq INTEGER PRIMARY KEY, entry TEXT NOT NULL);
		CREATE TABLE cursors(name TEXT PRIMARY KEY, seq INTEGER NOT NULL);
		INSERT INTO entries VALUES(1, 'a'); INSERT INTO cursors VALUES('audit', 1); PRAGMA user_version = 1`); err != nil {
		t.Fatal(err)
	}
	database.Close()
	for range 2 { // the second time nothing is left to do
		keeper, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if lines, err := keeper.Read(t.Context(), 0, 10); err != nil || len(lines) != 1 {
			t.Errorf("entries: %v %v", lines, err)
		}
		if seq, err := keeper.Cursor(t.Context(), "audit"); err != nil || seq != 1 {
			t.Errorf("cursor: %d %v", seq, err)
		}
		if held, err := keeper.Lease(t.Context(), "watch"); err != nil || held != (ledger.Lease{}) {
			t.Errorf("lease: %v %v", held, err)
		}
		keeper.Close()
	}
}
