// Mutation makes one mistake after another in the files that it is given and runs their
// package's tests on each: a mistake that no test notices is a gap. Nothing in the tree is
// touched: go test -overlay compiles a package once with all of its mistakes, each of which
// is switched on in a run of its own; arithmetic is compiled one by one. Survivors that change
// nothing which anybody could notice are explained in explained.txt; any other is an exit
// status of 1. With -within it begins no mutant after that time, and says how many are left.
//
//	go run ./internal/mutation authz/*.go actions/runner.go
package main

import (
	"bufio"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// How long the tests of one mutant may take; one that hangs is noticed too. One that lets
// nobody look at the clock any more is killed a while after that.
const (
	patience = 3 * time.Minute
	grace    = 10 * time.Second
)

// fate is what became of a mutant.
type fate string

const (
	killed    fate = "killed"
	hung      fate = "hung"
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
	all, err := find(files)
	if err != nil {
		return err
	}
	directory, err := os.MkdirTemp("", "mutation")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	programs, err := programs(all, directory)
	if err != nil {
		return err
	}
	counts := map[string]map[fate]int{}
	var mutex sync.Mutex
	var group sync.WaitGroup
	places := make(chan struct{}, workers)
	for number, each := range all {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			end := untried
			if time.Now().Before(until) {
				end = try(each, number, programs[filepath.Dir(each.file)], directory)
			}
			if end == lived && known[each.String()] {
				end = explained
			}
			mutex.Lock()
			defer mutex.Unlock()
			if counts[each.file] == nil {
				counts[each.file] = map[fate]int{}
			}
			counts[each.file][end]++
			if end == lived {
				fmt.Printf("lived, line %d of %s\n", each.line, each)
			}
		})
	}
	group.Wait()
	return report(counts)
}

// report says what became of the mutants of each file, as a table.
func report(counts map[string]map[fate]int) error {
	all := map[fate]int{}
	fmt.Println("| file | killed | hung, and noticed by that | lived, explained | lived | does not compile | not tried |\n|---|---|---|---|---|---|---|")
	for _, file := range slices.Sorted(maps.Keys(counts)) {
		row(file, counts[file])
		for end, count := range counts[file] {
			all[end] += count
		}
	}
	row("all", all)
	if all[lived] > 0 {
		return fmt.Errorf("%d mutants live that nobody has explained", all[lived])
	}
	return nil
}

func row(name string, counts map[fate]int) {
	fmt.Printf("| %s | %d | %d | %d | %d | %d | %d |\n", name,
		counts[killed], counts[hung], counts[explained], counts[lived], counts[unviable], counts[untried])
}

// find are the mutants of the files that are no tests.
func find(files []string) ([]mutant, error) {
	var all []mutant
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		found, err := mutants(file)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// programs builds one for each package.
func programs(all []mutant, directory string) (map[string]program, error) {
	numbered := map[string]map[int]mutant{}
	for number, each := range all {
		folder := filepath.Dir(each.file)
		if numbered[folder] == nil {
			numbered[folder] = map[int]mutant{}
		}
		numbered[folder][number] = each
	}
	built := map[string]program{}
	for folder, its := range numbered {
		made, err := newProgram(folder, filepath.Join(directory, filepath.Base(folder)), its)
		if err != nil {
			return nil, err
		}
		built[folder] = made
	}
	return built, nil
}

func try(each mutant, number int, of program, directory string) fate {
	if each.switched == byItself {
		return single(each, filepath.Join(directory, fmt.Sprint(number)))
	}
	return of.test(fmt.Sprint(number))
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
