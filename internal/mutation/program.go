package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// switches is what the wrapped pieces ask: which mistake is made in this run.
const switches = `package %s

import "os"

var mutantOn = os.Getenv("MUTANT")

func mutantIs(name string) bool { return mutantOn == name }

func mutantOr(name string, other, was func() bool) bool {
	if mutantIs(name) {
		return other()
	}
	return was()
}
`

// program is the test program of one package which holds all of its mistakes, each switched on
// by its number: it is built once instead of once for each.
type program struct{ path, folder string }

// errBroken says that the tests fail where no mistake is made.
var errBroken = errors.New("the tests fail without any mistake")

// newProgram builds the package in the folder with the numbered mistakes.
func newProgram(folder, directory string, numbered map[int]mutant) (program, error) {
	made := program{filepath.Join(directory, "all.test"), folder}
	inserted := map[string][]insertion{}
	for number, each := range numbered {
		inserted[each.file] = append(inserted[each.file], each.wrap(number)...)
	}
	replaced := map[string]string{}
	for file, pieces := range inserted {
		source, err := os.ReadFile(file)
		if err != nil {
			return program{}, err
		}
		replaced[file] = insert(string(source), pieces)
	}
	name, err := packageName(numbered)
	if err != nil {
		return program{}, err
	}
	replaced[filepath.Join(folder, "mutant_switches.go")] = fmt.Sprintf(switches, name)
	overlay, err := write(replaced, directory)
	if err != nil {
		return program{}, err
	}
	if said, err := build(overlay, made.path, folder); err != nil {
		return program{}, fmt.Errorf("building %s with all mistakes: %w\n%s", folder, err, said)
	}
	if made.test("none") != lived {
		return program{}, fmt.Errorf("%s: %w", folder, errBroken)
	}
	return made, nil
}

// test runs the tests with one mistake.
func (p program) test(name string) fate {
	ctx, cancel := context.WithTimeout(context.Background(), patience+grace)
	defer cancel()
	tests := exec.CommandContext(ctx, p.path, "-test.failfast", "-test.short", "-test.timeout", patience.String()) //nolint:gosec // what was built
	tests.Dir, tests.Env = p.folder, append(os.Environ(), "MUTANT="+name)
	said, err := tests.CombinedOutput()
	switch {
	case err == nil:
		return lived
	case ctx.Err() != nil, bytes.Contains(said, []byte("panic: test timed out")):
		return hung
	}
	return killed
}

// single builds and tests a mutant by itself.
func single(each mutant, directory string) fate {
	source, err := os.ReadFile(each.file)
	if err != nil {
		return unviable
	}
	overlay, err := write(map[string]string{each.file: string(source[:each.start]) + each.is + string(source[each.end:])}, directory)
	if err != nil {
		return unviable
	}
	made := program{filepath.Join(directory, "one.test"), filepath.Dir(each.file)}
	defer os.Remove(made.path)
	if _, err := build(overlay, made.path, made.folder); err != nil {
		return unviable
	}
	return made.test("none")
}

func build(overlay, path, folder string) ([]byte, error) {
	return exec.Command("go", "test", "-c", "-overlay", overlay, "-vet=off", "-ldflags=-s -w", "-o", path, "./"+folder).CombinedOutput() //nolint:gosec // the go tool on this module
}

// write puts changed files beside the tree, and what tells the compiler to take them.
func write(changed map[string]string, directory string) (overlay string, err error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return "", err
	}
	replaced := map[string]string{}
	for file, text := range changed {
		original, err := filepath.Abs(file)
		if err != nil {
			return "", err
		}
		other := filepath.Join(directory, filepath.Base(file))
		if err := os.WriteFile(other, []byte(text), 0o600); err != nil {
			return "", err
		}
		replaced[original] = other
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": replaced})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(directory, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o600)
}

// packageName is the one after "package" in the mutants' files.
func packageName(numbered map[int]mutant) (string, error) {
	for _, each := range numbered {
		source, err := os.ReadFile(each.file)
		if err != nil {
			return "", err
		}
		for line := range strings.Lines(string(source)) {
			if name, found := strings.CutPrefix(line, "package "); found {
				return strings.TrimSpace(name), nil
			}
		}
	}
	return "", errors.New("no mutants")
}

// insertion is a piece of text that comes into a file at an offset.
type insertion struct {
	at     int
	closes bool
	reach  int // of the piece that it goes around
	number int
	text   string
}

// wrap is what comes before and after the piece that the mutant replaces.
func (m mutant) wrap(number int) []insertion {
	before, after := "", ""
	switch m.switched {
	case question:
		before, after = fmt.Sprintf("mutantOr(\"%d\", func() bool { return %s }, func() bool { return ", number, m.is), "})"
	case statement:
		before, after = fmt.Sprintf("if !mutantIs(\"%d\") { ", number), " }"
	case branch:
		before = fmt.Sprintf("if mutantIs(\"%d\") { %s }; ", number, m.is)
	case byItself:
	}
	reach := m.end - m.start
	return []insertion{{m.start, false, reach, number, before}, {m.end, true, reach, number, after}}
}

// insert puts all pieces in, so that what goes around the longer piece stands further out.
func insert(source string, pieces []insertion) string {
	slices.SortFunc(pieces, func(one, other insertion) int {
		outward := cmp.Or(cmp.Compare(other.reach, one.reach), cmp.Compare(one.number, other.number))
		switch {
		case one.at != other.at:
			return cmp.Compare(one.at, other.at)
		case one.closes != other.closes && one.closes:
			return -1
		case one.closes != other.closes:
			return 1
		case one.closes:
			return -outward
		}
		return outward
	})
	var text strings.Builder
	at := 0
	for _, piece := range pieces {
		text.WriteString(source[at:piece.at] + piece.text)
		at = piece.at
	}
	return text.String() + source[at:]
}
