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

	"github.com/alecthomas/kong"

	"ecsbot/internal/config"
)

// Exit statuses (DESIGN chapter 5).
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// commands is the program's command line.
type commands struct {
	Demo     demoCommand     `cmd:"" help:"Try it: a local Slack, a local AWS and the bot in one process. No account needed."`
	Sandbox  sandboxCommand  `cmd:"" help:"Run the local Slack and AWS alone, for any client."`
	Run      runCommand      `cmd:"" help:"Run the bot."`
	Check    checkCommand    `cmd:"" help:"Check a configuration."`
	Audit    auditCommand    `cmd:"" help:"Read the ledger."`
	Ledger   ledgerCommand   `cmd:"" help:"Move the ledger."`
	Policy   policyCommand   `cmd:"" help:"Ask the policy."`
	IAM      iamCommand      `cmd:"" name:"iam" help:"Print the IAM documents that a configuration implies."`
	Manifest manifestCommand `cmd:"" help:"Print the Slack app manifest."`
	Actions  actionsCommand  `cmd:"" hidden:"" help:"Print what every action is, as Markdown."`
	Version  versionCommand  `cmd:"" help:"Print version, commit and Go."`
}

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

// execute runs one command line and returns its exit status.
func execute(around surroundings, arguments []string) (status int) {
	var line commands
	parser, err := kong.New(&line, kong.Name("ecsbot"), kong.Writers(around.stdout, around.stderr), kong.UsageOnError(),
		kong.Description("A Slack bot that lets developers operate their own environments on AWS ECS."),
		kong.Exit(func(code int) { panic(exit(code)) }))
	if err != nil {
		fmt.Fprintln(around.stderr, "ecsbot:", err)
		return exitFailed
	}
	defer func() {
		switch reason := recover().(type) {
		case nil:
		case exit:
			status = int(reason)
		default:
			panic(reason)
		}
	}()
	command, err := parser.Parse(arguments)
	if err != nil {
		fmt.Fprintln(around.stderr, "ecsbot:", err)
		return exitUsage
	}
	return report(around.stderr, command.Run(around))
}

// exit is how --help ends the program.
type exit int

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
