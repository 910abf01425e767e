package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestALedgerThatCannotBeGoneOnWithIsOneLineAndNoStart: never a silent new ledger.
func TestALedgerThatCannotBeGoneOnWithIsOneLineAndNoStart(t *testing.T) {
	const tables = `CREATE TABLE entries(seq INTEGER PRIMARY KEY, entry TEXT NOT NULL); CREATE TABLE cursors(name TEXT PRIMARY KEY, seq INTEGER NOT NULL); PRAGMA user_version = 1; `
	for _, test := range []struct {
		says, statements, want string
	}{
		{"a newer ecsbot made the file", `PRAGMA user_version = 99`, "a newer ecsbot wrote this ledger"},
		{"a newer ecsbot wrote an entry", tables + `INSERT INTO entries VALUES(1, '{"seq":1,"v":99}')`, "a newer ecsbot wrote it"},
		{"an entry is no entry", tables + `INSERT INTO entries VALUES(1, 'damaged')`, "entry 1"},
		{"an entry was changed", tables + `INSERT INTO entries VALUES(1, '{"seq":1,"v":1,"operation":"a","step":1,"event":"read","hash":"0","prev":"0"}')`, "entry 1"},
		{"it is no database", "", "not a database"},
	} {
		t.Run(test.says, func(t *testing.T) {
			local, environment := realSandbox(t)
			pointAWS(t, environment)
			folder := t.TempDir()
			path, file := filepath.Join(folder, "ecsbot.yaml"), filepath.Join(folder, "ecsbot.db")
			if err := os.WriteFile(path, demoConfig, 0o600); err != nil {
				t.Fatal(err)
			}
			writeLedger(t, file, test.statements)
			before, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := runs(t, environment, "run", "--config", path)
			if got.status != 1 || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, test.want) {
				t.Errorf("ended with %d: %s", got.status, got.stderr)
			}
			if after, err := os.ReadFile(file); err != nil || len(after) < len(before) || local.Slack.Counters().Sockets > 0 {
				t.Errorf("the file has %d bytes, had %d; %d connections", len(after), len(before), local.Slack.Counters().Sockets)
			}
		})
	}
}

// writeLedger makes a database by statements; without any, a file that is none.
func writeLedger(t *testing.T, file, statements string) {
	t.Helper()
	if statements == "" {
		if err := os.WriteFile(file, []byte(strings.Repeat("damaged ", 1024)), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	database, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	if _, err := database.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
}
