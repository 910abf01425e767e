package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ecsbot/actions/ledger"
	"ecsbot/actions/ledger/dynamodb"
	"ecsbot/actions/ledger/sqlite"
)

const migrationKey = "a key for tests"

// moving is a ledger in a file, and a table beside it.
type moving struct {
	config      string
	file        string
	environment map[string]string
}

// newMoving keeps lines in a file, of which the audit channel has shown three.
func newMoving(t *testing.T, text string) moving {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL_DYNAMODB": dynamoDB(t),
	} {
		t.Setenv(name, value)
	}
	folder := t.TempDir()
	made := moving{filepath.Join(folder, "ecsbot.yaml"), filepath.Join(folder, "ecsbot.db"), map[string]string{keyVariable: migrationKey}}
	if err := os.WriteFile(made.config, demoConfig, 0o600); err != nil {
		t.Fatal(err)
	}
	keeper, err := sqlite.Open(t.Context(), made.file)
	if err != nil {
		t.Fatal(err)
	}
	defer keeper.Close()
	put(t, keeper, 1, strings.Split(strings.TrimSpace(text), "\n"))
	if err := keeper.MoveCursor(t.Context(), "audit", 3); err != nil {
		t.Fatal(err)
	}
	return made
}

func put(t *testing.T, keeper ledger.Keeper, first int64, lines []string) {
	t.Helper()
	if err := keeper.Put(t.Context(), first, lines); err != nil {
		t.Fatal(err)
	}
}

// table opens the table to which it goes.
func (m moving) table(t *testing.T) *dynamodb.Keeper {
	t.Helper()
	keeper, err := dynamodb.Open(t.Context(), dynamodb.Settings{Table: "ecsbot", Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	return keeper
}

func (m moving) migrate(t *testing.T, arguments ...string) outcome {
	t.Helper()
	return runs(t, m.environment, append([]string{"ledger", "migrate", "--config", m.config}, arguments...)...)
}

func (m moving) toTable(t *testing.T, arguments ...string) outcome {
	t.Helper()
	return m.migrate(t, append([]string{"--from", "sqlite", "--to", "dynamodb", "--table", "ecsbot"}, arguments...)...)
}

// kept is everything that a keeper has.
func kept(t *testing.T, keeper ledger.LineReader) string {
	t.Helper()
	lines, err := keeper.Read(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestALedgerIsMovedToATableAndBackAsItIs(t *testing.T) {
	text := everyEvent(t, ledger.Key(migrationKey))
	world := newMoving(t, text)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	put(t, world.table(t), 1, lines[:4]) // an earlier call was cut off here
	if got := world.toTable(t); got.status != 0 || !strings.Contains(got.stdout, "12 entries of 16 were copied to the DynamoDB table ecsbot in eu-west-1") {
		t.Fatalf("to the table: %+v", got)
	}
	if got := world.toTable(t); got.status != 0 || !strings.Contains(got.stdout, "0 entries of 16") {
		t.Errorf("again: %+v", got)
	}
	if got := kept(t, world.table(t)); got != text {
		t.Errorf("the table has %s", got)
	}
	if at, err := world.table(t).Cursor(t.Context(), "audit"); at != 3 || err != nil {
		t.Errorf("the audit channel is at %d, %v", at, err)
	}
	back := filepath.Join(t.TempDir(), "back.db")
	world.config = onATable(t, "ecsbot")
	if got := world.migrate(t, "--from", "dynamodb", "--to", "sqlite", "--file", back); got.status != 0 {
		t.Fatalf("back: %+v", got)
	}
	keeper, err := sqlite.OpenReader(t.Context(), back)
	if err != nil {
		t.Fatal(err)
	}
	defer keeper.Close()
	if got := kept(t, keeper); got != text {
		t.Errorf("the file has %s", got)
	}
	if at, err := keeper.Cursor(t.Context(), "audit"); at != 3 || err != nil {
		t.Errorf("in the file the audit channel is at %d, %v", at, err)
	}
}

// TestNothingIsWrittenOverAnotherLedger: a target that differs is refused and stays as it is.
func TestNothingIsWrittenOverAnotherLedger(t *testing.T) {
	text := everyEvent(t, ledger.Key(migrationKey))
	lines := strings.Split(strings.TrimSpace(text), "\n")
	other := strings.Split(strings.TrimSpace(everyEvent(t, ledger.Key(migrationKey))), "\n")
	for name, test := range map[string]struct {
		there []string
		want  string
	}{
		"another ledger":            {other[:5], "the copy has another entry 1 already"},
		"one that went another way": {append(lines[:4:4], other[4]), "the copy has another entry 5 already"},
		"one that has more":         {append(lines[:len(lines):len(lines)], other[0]), "the copy has an entry 17 already"},
	} {
		t.Run(name, func(t *testing.T) {
			world := newMoving(t, text)
			put(t, world.table(t), 1, test.there)
			if got := world.toTable(t); got.status != 1 || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, test.want) {
				t.Errorf("got %+v", got)
			}
			if got := kept(t, world.table(t)); got != strings.Join(test.there, "\n")+"\n" {
				t.Errorf("the table has %s", got)
			}
		})
	}
}

// TestOnlyASoundLedgerIsMoved: what verify would name is named, and nothing is copied.
func TestOnlyASoundLedgerIsMoved(t *testing.T) {
	signed := strings.Split(strings.TrimSpace(everyEvent(t, ledger.Key(migrationKey))), "\n")
	unsigned := strings.Split(strings.TrimSpace(everyEvent(t, nil)), "\n")
	foreign := strings.Split(strings.TrimSpace(everyEvent(t, ledger.Key("another key"))), "\n")
	for name, test := range map[string]struct {
		lines     []string
		arguments []string
		want      string
	}{
		"changed":                      {replaced(signed, 2, flipped(signed[2], 60)), nil, "entry 3 is bad"},
		"not signed":                   {unsigned, nil, "entry 1 is bad"},
		"signed by another":            {foreign, []string{"--sign"}, "entry 1 is bad"},
		"unsigned in a signed ledger":  {strippedAfter(t, signed, 5), []string{"--sign"}, "entry 6 is bad"},
		"unsigned, without the switch": {unsigned[:1], nil, "entry 1 is bad"},
	} {
		t.Run(name, func(t *testing.T) {
			world := newMoving(t, strings.Join(test.lines, "\n"))
			if got := world.toTable(t, test.arguments...); got.status != 1 || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, test.want) {
				t.Errorf("got %+v", got)
			}
			if got := kept(t, world.table(t)); got != "\n" {
				t.Errorf("the table has %s", got)
			}
		})
	}
}

// strippedAfter takes the MACs from the lines behind a number, as somebody could who has no key.
func strippedAfter(t *testing.T, lines []string, number int) []string {
	t.Helper()
	made := append([]string{}, lines...)
	for i := number; i < len(made); i++ {
		before, rest, found := strings.Cut(made[i], `"mac":"`)
		if !found {
			t.Fatal("no MAC")
		}
		_, after, _ := strings.Cut(rest, `",`)
		made[i] = before + after
	}
	return made
}

func TestWhatNoKeySignedIsSignedOnTheWay(t *testing.T) {
	text := everyEvent(t, nil)
	world := newMoving(t, text)
	for _, want := range []string{"16 entries of 16", "0 entries of 16"} {
		if got := world.toTable(t, "--sign"); got.status != 0 || !strings.Contains(got.stdout, want) {
			t.Fatalf("got %+v", got)
		}
	}
	if got := strings.Count(kept(t, world.table(t)), `"mac":"`); got != 16 {
		t.Errorf("%d entries are signed", got)
	}
	got := runs(t, world.environment, "audit", "verify", "--config", onATable(t, "ecsbot"))
	if got.status != 0 || !strings.Contains(got.stdout, "Every entry was signed") {
		t.Errorf("verify: %+v", got)
	}
}

func TestAMigrationThatCannotBeginSaysWhy(t *testing.T) {
	world := newMoving(t, everyEvent(t, ledger.Key(migrationKey)))
	for name, test := range map[string]struct {
		arguments []string
		status    int
		want      string
	}{
		"the same twice":   {[]string{"--from", "sqlite", "--to", "sqlite"}, 2, `one each, not "sqlite" and "sqlite"`},
		"which table":      {[]string{"--from", "sqlite", "--to", "dynamodb"}, 2, "give --table"},
		"no such table":    {[]string{"--from", "sqlite", "--to", "dynamodb", "--table", "another"}, 1, "the DynamoDB table another in eu-west-1 does not exist"},
		"no such file":     {[]string{"--from", "sqlite", "--to", "dynamodb", "--table", "ecsbot", "--file", "none.db"}, 1, "none.db"},
		"nothing to copy":  {[]string{"--from", "dynamodb", "--to", "sqlite", "--table", "ecsbot"}, 1, "holds no entry"},
		"an unknown place": {[]string{"--from", "paper", "--to", "sqlite"}, 2, `one each, not "paper" and "sqlite"`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := world.migrate(t, test.arguments...); got.status != test.status || !strings.Contains(got.stderr, test.want) {
				t.Errorf("got %+v", got)
			}
		})
	}
	if _, err := os.Stat("none.db"); err == nil {
		t.Error("a file was made")
	}
	running, err := sqlite.Open(t.Context(), world.file)
	if err != nil {
		t.Fatal(err)
	}
	if got := world.toTable(t); got.status != 1 || !strings.Contains(got.stderr, "another ecsbot runs on this ledger") {
		t.Errorf("while the bot runs: %+v", got)
	}
	running.Close()
	world.environment[keyVariable] = ""
	if got := world.toTable(t); got.status != 2 || !strings.Contains(got.stderr, "ECSBOT_LEDGER_KEY is not set") {
		t.Errorf("without a key: %+v", got)
	}
	world.config = onATable(t, "ecsbot")
	if got := world.migrate(t, "--from", "dynamodb", "--to", "sqlite"); got.status != 2 || !strings.Contains(got.stderr, "give --file") {
		t.Errorf("which file: %+v", got)
	}
}
