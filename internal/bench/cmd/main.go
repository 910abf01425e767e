// Command cmd measures how fast ecsbot is and prints one table: `make bench`. It belongs in
// the root of the repository, takes some six minutes and never fails because of a figure.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"ecsbot/internal/bench"
)

func main() {
	only := flag.String("only", "", "measure only what begins with this: "+bench.Names())
	keep := flag.String("keep", "", "build and work in this folder, and leave it there")
	entries := flag.Int64("entries", 1_000_000, "how many entries the large ledger has")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench.Run(ctx, bench.Options{Entries: *entries, Only: *only, Folder: *keep, Out: os.Stdout, Progress: os.Stderr}); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
