package chaos

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// dynalitePath is where the tests' DynamoDB is, below the root of the repository.
const dynalitePath = "actions/ledger/ledgertest/dynalite"

// errNoDynalite says how to get what is missing.
var errNoDynalite = errors.New("dynalite is not installed: npm ci --prefix " + dynalitePath)

// startDynalite serves an empty DynamoDB and returns its address. It ends with its standard
// input, however this process ends.
func startDynalite(ctx context.Context, root string) (address string, stop func(), err error) {
	folder := filepath.Join(root, dynalitePath)
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "dynalite")); err != nil {
		return "", nil, errNoDynalite
	}
	server := exec.CommandContext(ctx, "node", filepath.Join(folder, "serve.mjs")) //nolint:gosec // no part of it comes from outside
	server.Stderr = os.Stderr
	alive, err := server.StdinPipe()
	if err != nil {
		return "", nil, fmt.Errorf("starting dynalite: %w", err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		return "", nil, fmt.Errorf("starting dynalite: %w", err)
	}
	if err := server.Start(); err != nil {
		return "", nil, fmt.Errorf("starting dynalite: %w", err)
	}
	stop = func() {
		_ = alive.Close()
		_ = server.Wait() // it ends with its input
	}
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("dynalite did not start: %w", err)
	}
	return "http://127.0.0.1:" + strings.TrimSpace(port), stop, nil
}
