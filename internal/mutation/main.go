// Mutation makes one mistake after another in the files that it is given and runs their
// package's tests on each: a mistake that no test notices is a gap. Nothing in the tree is
// touched: each mutant is compiled by go test -overlay. Survivors that change nothing which
// anybody could notice are explained in explained.txt; any other is an exit status of 1. With
// -within it begins no mutant after that time, and says how many are left.
//
//	go run ./internal/mutation authz/*.go actions/runner.go
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// patience is how long the tests of one mutant may take; one that hangs is noticed too.
const patience = 60 * time.Second

// fate is what became of a mutant.
type fate string

const (
	killed    fate = "killed"
	lived     fate = "lived"
	explained fate = "explained"
	unviable  fate = "not viable" // it does not compile
	untried   fate = "untried"    // the time was up
)

func main() {
	workers := flag.Int("workers", 2, "mutants tested at a time")
	reasons := flag.String("explained", "internal/mutation/explained.txt", "survivors that are no gap, with why")
	within := flag.Duration("within", 24*time.Hour, "how long mutants may be begun")
	flag.Parse()
	if err := run(flag.Args(), *workers, *reasons, time.Now().Add(*within)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(files []string, workers int, reasons string, until time.Time) error {
	known, err := readExplained(reasons)
	if err != nil {
		return err
	}
	var all []mutant
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		found, err := mutants(file)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	directory, err := os.MkdirTemp("", "mutation")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)

	counts := map[fate]int{}
	var mutex sync.Mutex
	var group sync.WaitGroup
	places := make(chan struct{}, workers)
	for number, each := range all {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			end := untried
			if time.Now().Before(until) {
				end = test(each, filepath.Join(directory, fmt.Sprint(number)))
			}
			if end == lived && known[each.String()] {
				end = explained
			}
			mutex.Lock()
			defer mutex.Unlock()
			counts[end]++
			if end == lived {
				fmt.Printf("lived, line %d of %s\n", each.line, each)
			}
		})
	}
	group.Wait()
	total := counts[killed] + counts[lived] + counts[explained]
	fmt.Printf("%d mutants: %d killed, %d lived and are explained, %d lived; %d more do not compile, %d were not tried\n",
		total, counts[killed], counts[explained], counts[lived], counts[unviable], counts[untried])
	if counts[lived] > 0 {
		return fmt.Errorf("%d mutants live that nobody has explained", counts[lived])
	}
	return nil
}

// test runs the tests of the mutant's package on it.
func test(each mutant, directory string) fate {
	source, err := os.ReadFile(each.file)
	if err != nil {
		return unviable
	}
	changed := string(source[:each.start]) + each.is + string(source[each.end:])
	overlay, err := write(each.file, directory, changed)
	if err != nil {
		return unviable
	}
	program := filepath.Join(directory, "test")
	defer os.Remove(program)
	build := exec.Command("go", "test", "-c", "-overlay", overlay, "-vet=off", "-ldflags=-s -w", "-o", program, "./"+filepath.Dir(each.file)) //nolint:gosec // the go tool on this module
	if build.Run() != nil {
		return unviable
	}
	tests := exec.Command(program, "-test.failfast", "-test.short", "-test.timeout", patience.String()) //nolint:gosec // what was built
	tests.Dir = filepath.Dir(each.file)
	if tests.Run() != nil {
		return killed
	}
	return lived
}

// write puts the changed file beside the tree, and what tells the compiler to take it.
func write(file, directory, changed string) (overlay string, err error) {
	original, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return "", err
	}
	other, overlay := filepath.Join(directory, filepath.Base(file)), filepath.Join(directory, "overlay.json")
	if err := os.WriteFile(other, []byte(changed), 0o600); err != nil { //nolint:gosec // below a temporary directory of its own
		return "", err
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": {original: other}})
	if err != nil {
		return "", err
	}
	return overlay, os.WriteFile(overlay, text, 0o600)
}

// readExplained reads the survivors that are no gap: a mutant a line, under its reason.
func readExplained(path string) (map[string]bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	known := map[string]bool{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if line := strings.TrimSpace(lines.Text()); line != "" && !strings.HasPrefix(line, "#") {
			known[line] = true
		}
	}
	return known, nil
}
