package main

import (
	"bufio"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"ecsbot/internal/config"
)

// exportCommand prints every entry.
type exportCommand struct {
	Config string
}

func (c *exportCommand) declare(line *cobra.Command) {
	line.Use, line.Short = "export", "Print the ledger as JSON Lines"
	configuration(line, &c.Config)
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

// readLedger opens the ledger of a configuration for reading.
func readLedger(ctx context.Context, path string) (storage, error) {
	loaded, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	return placeOf(loaded).read(ctx)
}
