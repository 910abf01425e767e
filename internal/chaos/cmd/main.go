// Command cmd kills bots and holds what is left against each other: `make chaos`. It belongs
// in the root of the repository and takes an hour.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"ecsbot/internal/chaos"
)

func main() {
	options := chaos.Options{Root: ".", Out: os.Stdout}
	flag.IntVar(&options.Kills, "kills", 1000, "how often a bot on SQLite is killed")
	flag.IntVar(&options.Worlds, "worlds", 2, "how many worlds side by side")
	flag.IntVar(&options.Replicas, "replicas", 3, "how many replicas on one DynamoDB; 0 leaves that part out")
	flag.IntVar(&options.Races, "races", 1000, "how many cards are raced for by clicks among the replicas")
	flag.IntVar(&options.Least.Kills, "replica-kills", 100, "how often a replica is killed at least")
	flag.IntVar(&options.Least.Stalls, "replica-stalls", 10, "how often a replica stalls at least")
	flag.DurationVar(&options.Limit, "limit", 0, "when killing ends in each part, though there was less than wanted")
	flag.DurationVar(&options.Settle, "settle", 2*time.Minute, "how long nothing may move before what has not ended counts as lost")
	flag.Uint64Var(&options.Seed, "seed", uint64(time.Now().UnixNano()), "of the dice")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := chaos.Run(ctx, options); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}
