package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ecsbot/actions/ledger"
)

// verified runs `audit verify` on an export of these lines.
func verified(t *testing.T, environment map[string]string, lines []string, arguments ...string) (status int, told string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "export.jsonl")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := runs(t, environment, append([]string{"audit", "verify", "--file", path}, arguments...)...)
	return got.status, got.stdout + got.stderr
}

// flipped changes one character of a line.
func flipped(line string, at int) string {
	changed := []byte(line)
	changed[at] ^= 1
	return string(changed)
}

// TestTamperingWithAnyLineIsNamed flips, drops, swaps and cuts every line of an export, and
// hides others in it.
func TestTamperingWithAnyLineIsNamed(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(everyEvent(t, nil)), "\n")
	if status, told := verified(t, nil, lines); status != 0 {
		t.Fatal(told)
	}
	last := len(lines) - 1
	for at, line := range lines {
		var attacks []attack
		for position := 0; position < len(line); position += 41 { // each attack has its turn in each field
			attacks = append(attacks, attack{fmt.Sprint("flipped at ", position), replaced(lines, at, flipped(line, position)), at + 1})
		}
		attacks = append(attacks,
			attack{"cut in the half", replaced(lines, at, line[:len(line)/2]), at + 1},
			attack{"cut at its end", replaced(lines, at, line[:len(line)-1]), at + 1},
			attack{"emptied", replaced(lines, at, ""), at + 1},
			attack{"made too long", replaced(lines, at, line+strings.Repeat(" ", longestLine)), at + 1},
			attack{"written twice", slices.Insert(slices.Clone(lines), at, line), at + 2},
		)
		if at < last {
			swapped := slices.Clone(lines)
			swapped[at], swapped[at+1] = swapped[at+1], swapped[at]
			attacks = append(attacks, attack{"dropped", slices.Delete(slices.Clone(lines), at, at+1), at + 1}, attack{"swapped", swapped, at + 1})
		}
		for _, attack := range attacks {
			status, told := verified(t, nil, attack.lines)
			if want := fmt.Sprintf("entry %d is bad", attack.named); status != 1 || !strings.Contains(told, want) || strings.Count(told, "\n") != 1 {
				t.Errorf("line %d %s: %d %s, want %q", at+1, attack.name, status, told, want)
			}
		}
	}
}

type attack struct {
	name  string
	lines []string
	named int
}

func replaced(lines []string, at int, line string) []string {
	changed := slices.Clone(lines)
	changed[at] = line
	return changed
}

// TestACutOffEndIsKnownToAnAnchorAlone says what a chain cannot show by itself, and what does.
func TestACutOffEndIsKnownToAnAnchorAlone(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(everyEvent(t, nil)), "\n")
	_, told := verified(t, nil, lines)
	_, rest, _ := strings.Cut(told, "the last hash is ")
	hash, _, _ := strings.Cut(rest, "\n")
	anchor := fmt.Sprintf("--anchor=%d:%s", len(lines), hash)
	for left := 1; left < len(lines); left++ {
		if status, told := verified(t, nil, lines[:left], anchor); status != 1 || !strings.Contains(told, fmt.Sprintf("entry %d is bad", left+1)) {
			t.Errorf("%d of %d lines left: %d %s", left, len(lines), status, told)
		}
	}
	if status, told := verified(t, nil, lines[:3]); status != 0 || !strings.Contains(told, "3 entries, unbroken") {
		t.Errorf("a shorter chain is a chain: %d %s", status, told)
	}
	if status, told := verified(t, nil, lines, anchor); status != 0 {
		t.Errorf("nothing was cut off: %s", told)
	}
	other := strings.Split(strings.TrimSpace(everyEvent(t, nil)), "\n") // the same things, written anew: another chain
	if status, told := verified(t, nil, other, anchor); status != 1 || !strings.Contains(told, fmt.Sprintf("entry %d is bad", len(lines))) {
		t.Errorf("a chain made anew: %d %s", status, told)
	}
	for _, bad := range []string{"12", "x:" + hash, "0:" + hash, "3:abc"} {
		if status, told := verified(t, nil, lines, "--anchor="+bad); status != 2 {
			t.Errorf("--anchor %s: %d %s", bad, status, told)
		}
	}
}

func TestVerifySaysWhatItCouldCheck(t *testing.T) {
	key := map[string]string{keyVariable: "a key for tests"}
	signed := strings.Split(strings.TrimSpace(everyEvent(t, ledger.Key("a key for tests"))), "\n")
	plain := strings.Split(strings.TrimSpace(everyEvent(t, nil)), "\n")
	for _, test := range []struct {
		name        string
		environment map[string]string
		lines       []string
		status      int
		want        string
	}{
		{"signed, with the key", key, signed, 0, "Every entry was signed"},
		{"signed, without the key", nil, signed, 0, "ECSBOT_LEDGER_KEY is not set, so that was not checked"},
		{"not signed", nil, plain, 0, "No entry is signed"},
		{"not signed, with the key", key, plain, 1, "entry 1 is bad"},
		{"a line that the key has not signed", key, slices.Insert(slices.Clone(signed[:4]), 4, plain[4]), 1, "entry 5 is bad"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if status, told := verified(t, test.environment, test.lines); status != test.status || !strings.Contains(told, test.want) {
				t.Errorf("%d %s", status, told)
			}
		})
	}
}
