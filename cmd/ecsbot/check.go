package main

import (
	"fmt"

	"ecsbot/internal/config"
)

// checkCommand validates a configuration.
type checkCommand struct {
	Config  string `required:"" help:"The configuration file."`
	Offline bool   `help:"Check the file alone, and ask neither Slack nor AWS."`
}

// Run checks.
func (c checkCommand) Run(around surroundings) error {
	if !c.Offline {
		return usageError("check asks Slack and AWS in a later version; give --offline to check the file alone")
	}
	loaded, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	if err := checkRates(loaded); err != nil {
		return err
	}
	_, err = fmt.Fprintf(around.stdout, "%s is valid: %d environments, %d grants\n", c.Config, len(loaded.Environments), len(loaded.Grants))
	return err
}
