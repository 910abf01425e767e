// Command ecsbot lets developers operate their own environments on AWS ECS from Slack.
// Each subcommand has its file; wire.go puts the parts together.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"ecsbot/internal/config"
)

// Exit statuses (DESIGN chapter 5).
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// surroundings is what the program has of the outside; tests bring their own.
type surroundings struct {
	ctx    context.Context //nolint:containedctx // the life of the program, handed to its one command
	stdout io.Writer
	stderr io.Writer
	getenv func(string) string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(execute(surroundings{ctx: ctx, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}, os.Args[1:]))
}

// report says what went wrong, a line each, and returns the exit status.
func report(stderr io.Writer, err error) int {
	var problems config.Problems
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &problems):
		fmt.Fprintln(stderr, problems)
		return exitUsage
	case errors.As(err, new(usageError)):
		fmt.Fprintln(stderr, "ecsbot:", err)
		return exitUsage
	}
	fmt.Fprintln(stderr, "ecsbot:", err)
	return exitFailed
}

// usageError is a mistake of whoever called.
type usageError string

func (u usageError) Error() string { return string(u) }
