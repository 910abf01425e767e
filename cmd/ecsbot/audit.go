package main

import (
	"bufio"
	"context"
	"fmt"
	"os"

	"ecsbot/actions/ledger"
	"ecsbot/internal/config"
)

// auditCommand reads the ledger.
type auditCommand struct {
	Export exportCommand `cmd:"" help:"Print the ledger as JSON Lines."`
	Verify verifyCommand `cmd:"" help:"Check the ledger's hash chain."`
}

// exportCommand prints every entry.
type exportCommand struct {
	Config string `required:"" help:"The configuration file."`
}

// Run prints the lines as they are kept. It never keeps a writer waiting.
func (c exportCommand) Run(around surroundings) error {
	keeper, err := readLedger(around.ctx, c.Config)
	if err != nil {
		return err
	}
	defer keeper.Close()
	out := bufio.NewWriter(around.stdout)
	var last int64
	for {
		lines, err := keeper.Read(around.ctx, last, 1000)
		if err != nil {
			return fmt.Errorf("exporting the ledger: %w", err)
		}
		if len(lines) == 0 {
			return out.Flush()
		}
		for _, line := range lines {
			if _, err := fmt.Fprintln(out, line); err != nil {
				return fmt.Errorf("exporting the ledger: %w", err)
			}
		}
		last += int64(len(lines))
	}
}

// verifyCommand checks the chain.
type verifyCommand struct {
	Config string `xor:"source" required:"" help:"The configuration file."`
	File   string `xor:"source" required:"" help:"An export."`
}

// Run checks every entry and names the first bad one.
func (c verifyCommand) Run(around surroundings) error {
	key, err := ledgerKey(around)
	if err != nil {
		return err
	}
	var reader ledger.LineReader
	if c.File != "" {
		file, err := os.Open(c.File)
		if err != nil {
			return fmt.Errorf("opening the export: %w", err)
		}
		defer file.Close()
		reader = newExport(file)
	} else {
		keeper, err := readLedger(around.ctx, c.Config)
		if err != nil {
			return err
		}
		defer keeper.Close()
		reader = keeper
	}
	count := 0
	head := ledger.Genesis()
	err = ledger.Verify(around.ctx, reader, key, func(entry ledger.Entry, _ string) error {
		count, head = count+1, entry.Hash
		return nil
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(around.stdout, "%d entries, unbroken; the last hash is %s\n", count, head)
	return err
}

// readLedger opens the ledger of a configuration for reading.
func readLedger(ctx context.Context, path string) (storage, error) {
	loaded, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	return placeOf(loaded).read(ctx)
}

// export reads an export line by line, forward only.
type export struct {
	scanner *bufio.Scanner
}

// longestLine is above anything that an entry can be (DynamoDB takes 400 KB an item).
const longestLine = 1 << 20

func newExport(file *os.File) *export {
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, longestLine)
	return &export{scanner}
}

// Read returns the next lines; after is where the last Read ended.
func (e *export) Read(_ context.Context, _ int64, limit int) ([]string, error) {
	var lines []string
	for len(lines) < limit && e.scanner.Scan() {
		lines = append(lines, e.scanner.Text())
	}
	return lines, e.scanner.Err()
}
