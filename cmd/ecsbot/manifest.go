package main

import (
	"encoding/json"
	"fmt"

	"ecsbot/bot"
)

// manifestCommand prints the manifest from which Slack makes the app.
type manifestCommand struct {
	Command string `default:"/ecs" help:"The slash command."`
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
