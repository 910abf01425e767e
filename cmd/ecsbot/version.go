package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// versionCommand prints what was built.
type versionCommand struct{}

func (*versionCommand) declare(line *cobra.Command) {
	line.Use, line.Short = "version", "Print version, commit and Go"
}

// Run prints one line.
func (versionCommand) Run(around surroundings) error {
	version, commit := "devel", "unknown"
	if info, known := debug.ReadBuildInfo(); known {
		if info.Main.Version != "" && info.Main.Version != "(devel)" {
			version = info.Main.Version
		}
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				commit = setting.Value
			}
		}
	}
	_, err := fmt.Fprintf(around.stdout, "ecsbot %s, commit %s, %s\n", version, commit, runtime.Version())
	return err
}
