package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// subcommand is one command of the program: it says how it is written, and does it.
type subcommand interface {
	declare(line *cobra.Command)
	Run(around surroundings) error
}

// commandLine is the whole of it.
func commandLine(around surroundings) *cobra.Command {
	root := group(around, "ecsbot", "A Slack bot that lets developers operate their own environments on AWS ECS",
		&demoCommand{}, &sandboxCommand{}, &runCommand{}, &checkCommand{}, &iamCommand{}, &manifestCommand{}, &actionsCommand{}, &versionCommand{})
	root.AddCommand(
		group(around, "audit", "Read the ledger", &exportCommand{}, &verifyCommand{}, &trailCommand{}),
		group(around, "ledger", "Move the ledger", &migrateCommand{}),
		// without AWS, and without Slack but for --live: what stands in the ledger (holds, time-bound
		// access) and on AWS (tags) does not count
		group(around, "policy", "Ask the policy of a configuration", &policyCanCommand{}, &policyWhoCommand{}, &policyTestCommand{}, &policyDiffCommand{}),
	)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetOut(around.stdout)
	root.SetErr(around.stderr)
	return root
}

// group is a command that only has others below it.
func group(around surroundings, name, short string, below ...subcommand) *cobra.Command {
	made := &cobra.Command{Use: name, Short: short, Args: noneOther, SuggestionsMinimumDistance: 1}
	for _, each := range below {
		line := &cobra.Command{Args: cobra.NoArgs, DisableFlagsInUseLine: true}
		each.declare(line)
		line.RunE = func(*cobra.Command, []string) error {
			if err := each.Run(around); err != nil {
				return carriedOut{err}
			}
			return nil
		}
		made.AddCommand(line)
	}
	made.RunE = func(*cobra.Command, []string) error {
		return fmt.Errorf("%s takes one of: %s", made.CommandPath(), strings.Join(names(made), ", "))
	}
	return made
}

func names(of *cobra.Command) []string {
	var found []string
	for _, each := range of.Commands() {
		if each.IsAvailableCommand() {
			found = append(found, each.Name())
		}
	}
	return found
}

// noneOther refuses what is no command of a group, and says what it may have been.
func noneOther(line *cobra.Command, given []string) error {
	err := cobra.NoArgs(line, given)
	if err == nil {
		return nil
	}
	if like := line.SuggestionsFor(given[0]); len(like) > 0 {
		return fmt.Errorf("%w, did you mean %s?", err, strings.Join(like, " or "))
	}
	return err
}

// carriedOut is the error of a command that was understood; all others of a command line are
// wrong usage.
type carriedOut struct{ error }

// execute runs one command line and returns its exit status.
func execute(around surroundings, arguments []string) int {
	root := commandLine(around)
	root.SetArgs(arguments)
	line, err := root.ExecuteContextC(around.ctx)
	var ran carriedOut
	switch {
	case errors.As(err, &ran):
		return report(around.stderr, ran.error)
	case err != nil:
		fmt.Fprintf(around.stderr, "ecsbot: %v; see %s --help\n", err, line.CommandPath())
		return exitUsage
	}
	return exitDone
}

// configuration is the flag that most commands need.
func configuration(line *cobra.Command, path *string) {
	line.Flags().StringVar(path, "config", "", "the configuration file, ecsbot.yaml")
	required(line, "config")
}

func required(line *cobra.Command, flags ...string) {
	for _, each := range flags {
		if err := line.MarkFlagRequired(each); err != nil {
			panic(err) // a flag that was not declared just before
		}
	}
}

// words takes so many arguments or more, each into its field.
func words(needed int, fields ...*string) cobra.PositionalArgs {
	return func(line *cobra.Command, given []string) error {
		if err := cobra.RangeArgs(needed, len(fields))(line, given); err != nil {
			return fmt.Errorf("%w: %s", err, line.Use)
		}
		for i, each := range given {
			*fields[i] = each
		}
		return nil
	}
}
