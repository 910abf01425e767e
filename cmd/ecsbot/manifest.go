package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"ecsbot/bot"
)

// manifestCommand prints the manifest from which Slack makes the app.
type manifestCommand struct {
	Command string
}

func (m *manifestCommand) declare(line *cobra.Command) {
	line.Use, line.Short = "manifest", "Print the Slack app manifest"
	line.Flags().StringVar(&m.Command, "command", "/ecs", "the slash command")
}

// Run prints JSON, which Slack's form takes as it is.
func (m manifestCommand) Run(around surroundings) error {
	text, err := json.MarshalIndent(bot.Manifest(m.Command), "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the manifest: %w", err)
	}
	_, err = fmt.Fprintf(around.stdout, "%s\n", text)
	return err
}
