package main

import (
	"bufio"
	"context"
	"fmt"

	"ecsbot/internal/config"
)

// auditCommand reads the ledger.
type auditCommand struct {
	Export exportCommand `cmd:"" help:"Print the ledger as JSON Lines."`
	Verify verifyCommand `cmd:"" help:"Check that no entry was changed, removed or moved."`
	Trail  trailCommand  `cmd:"" help:"Find in CloudTrail what an operation did."`
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

// readLedger opens the ledger of a configuration for reading.
func readLedger(ctx context.Context, path string) (storage, error) {
	loaded, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	return placeOf(loaded).read(ctx)
}
