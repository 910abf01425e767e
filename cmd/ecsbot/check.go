package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"ecsbot/actions/fleet"
	"ecsbot/bot"
	"ecsbot/internal/config"
)

// How long a check may take: Slack has the first half to itself, because the roles are
// assumed in the name that it gives the bot.
const (
	checkTime      = 29 * time.Second
	checkSlackTime = 15 * time.Second
)

// checkCommand validates a configuration.
type checkCommand struct {
	Config  string
	Offline bool
}

func (c *checkCommand) declare(line *cobra.Command) {
	line.Use, line.Short = "check", "Check a configuration"
	configuration(line, &c.Config)
	line.Flags().BoolVar(&c.Offline, "offline", false, "check the file alone, and ask neither Slack nor AWS")
}

// Run checks the file, then what it names in Slack and on AWS.
func (c checkCommand) Run(around surroundings) error {
	loaded, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	if err := checkRates(loaded); err != nil {
		return err
	}
	valid := fmt.Sprintf("%s is valid: %d environments, %d grants", c.Config, len(loaded.Environments), len(loaded.Grants))
	if c.Offline {
		_, err = fmt.Fprintln(around.stdout, valid)
		return err
	}
	settings, err := slackFrom(around.getenv)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(around.ctx, checkTime)
	defer cancel()
	found := append([]bot.Finding{{Level: bot.Sound, Text: valid}}, look(ctx, loaded, settings)...)
	return tell(around.stdout, c.Config, found)
}

// look asks Slack and AWS side by side.
func look(ctx context.Context, loaded *config.Config, settings bot.Settings) []bot.Finding {
	settings.Command = loaded.Slack.Command
	account, err := newAccountCheck(ctx, loaded)
	var slack bot.Inspection
	var tags, roles, diagnosis, backstop []bot.Finding
	var looked map[fleet.Scope]*discovery
	var running sync.WaitGroup
	running.Go(func() {
		within, cancel := context.WithTimeout(ctx, checkSlackTime)
		defer cancel()
		slack = bot.Inspect(within, settings, wantedOf(loaded))
		if err == nil {
			roles = account.roles(ctx, slack)
		}
	})
	if err == nil {
		running.Go(func() { looked = account.discover(ctx); tags = account.tags(looked) })
	}
	running.Wait()
	if err == nil {
		running.Go(func() { diagnosis = account.examine(ctx, slack, looked) })
		running.Go(func() { backstop = account.backstop(ctx, slack, looked) })
	}
	running.Wait()
	if err != nil {
		tags = []bot.Finding{{Level: bot.Broken, Text: plain(err) + ": correct the AWS variables and files of this machine"}}
	}
	return slices.Concat(slack.Findings, tags, roles, backstop, diagnosis)
}

// tell prints a line for each finding. Errors among them are an error.
func tell(out io.Writer, path string, found []bot.Finding) error {
	count := map[bot.Level]int{}
	for _, each := range found {
		count[each.Level]++
		line := each.Text
		if each.Where != "" {
			line = each.Where + ": " + line
		}
		if _, err := fmt.Fprintf(out, "%s: %s\n", each.Level, printable(line)); err != nil {
			return fmt.Errorf("printing what was found: %w", err)
		}
	}
	if count[bot.Broken] > 0 {
		return fmt.Errorf("%s: the check found errors: %d, and warnings: %d", path, count[bot.Broken], count[bot.Doubtful])
	}
	return nil
}

// printable keeps what others have named from moving the cursor or breaking the line.
func printable(text string) string {
	return strings.Map(func(char rune) rune {
		if unicode.IsPrint(char) {
			return char
		}
		return ' '
	}, text)
}

// place is where something stands in the configuration: file:line.
func place(loaded *config.Config, path ...any) string {
	return fmt.Sprintf("%s:%d", filepath.Base(loaded.Path), loaded.Line(path...))
}
