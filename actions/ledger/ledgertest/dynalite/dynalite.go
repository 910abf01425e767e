// Package dynalite runs dynalite, a server that speaks DynamoDB's protocol, for the tests of
// what keeps the ledger there.
package dynalite

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Start serves on a free port of this machine until the test ends, and returns the address.
// Where Node or dynalite is missing, the test is skipped; in CI it fails.
func Start(t *testing.T) string {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	folder := filepath.Dir(file)
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(folder, "node_modules", "dynalite"))
	}
	if err != nil {
		const missing = "dynalite is not installed (npm ci --prefix actions/ledger/ledgertest/dynalite)"
		if os.Getenv("CI") != "" {
			t.Fatal(missing)
		}
		t.Skip("skipped: " + missing)
	}
	return "http://127.0.0.1:" + serve(t, exec.Command(node, filepath.Join(folder, "serve.mjs"))) //nolint:gosec // no part of it comes from outside
}

// serve starts the server and returns its port. It ends with its standard input, so that
// nothing is left behind however the test ends.
func serve(t *testing.T, server *exec.Cmd) string {
	t.Helper()
	server.Stderr = os.Stderr
	alive, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatalf("starting dynalite: %v", err)
	}
	t.Cleanup(func() {
		alive.Close()
		if err := server.Wait(); err != nil {
			t.Errorf("dynalite ended with %v", err)
		}
	})
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("dynalite did not start: %v", err)
	}
	return strings.TrimSpace(port)
}
