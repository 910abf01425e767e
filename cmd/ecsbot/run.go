package main

import (
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"

	"ecsbot/bot"
	"ecsbot/internal/config"
)

// runCommand runs the bot.
type runCommand struct {
	Config    string
	NewLedger bool
}

func (r *runCommand) declare(line *cobra.Command) {
	line.Use, line.Short = "run", "Run the bot"
	configuration(line, &r.Config)
	line.Flags().BoolVar(&r.NewLedger, "new-ledger", false, "begin a new ledger, though the audit channel shows another one")
}

// Run works until SIGTERM or SIGINT. SIGHUP reads the configuration again.
func (r runCommand) Run(around surroundings) error {
	garbage := newCollector(around.getenv)
	loaded, err := config.Load(r.Config)
	if err != nil {
		return err
	}
	slackSettings, err := slackFrom(around.getenv)
	if err != nil {
		return err
	}
	slackSettings.Rush = garbage.rush
	key, err := ledgerKey(around)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(around.stderr, nil))
	program, err := newProgram(around.ctx, parts{
		config: loaded, slack: slackSettings, log: log, entries: around.stdout, key: key, registry: newRegistry(), newLedger: r.NewLedger, now: time.Now,
		self: selfFromECS(around.ctx, around.getenv, log),
	})
	if err != nil {
		return err
	}
	again := make(chan os.Signal, 1)
	signal.Notify(again, syscall.SIGHUP)
	defer signal.Stop(again)
	go func() {
		for range again {
			program.reload()
		}
	}()
	go program.shed(around.ctx, garbage)
	return program.Run(around.ctx)
}

// reload reads the configuration again, and writes down what came of it. A bad one changes
// nothing, and neither does one whose changes need a new start.
func (p *program) reload() {
	loaded, err := config.Load(p.path)
	if err == nil {
		err = needsRestart(p.config.Load(), loaded)
	}
	if err != nil {
		p.log.Error("the configuration was not taken over: it stays as it was", "error", err)
	} else {
		p.adopt(loaded)
		p.log.Info("the configuration was read again")
	}
	p.runner.Reread(err)
}

// needsRestart names what a running program cannot take over, if anything.
func needsRestart(before, after *config.Config) error {
	changed := ""
	switch {
	case placeOf(before).String() != placeOf(after).String():
		changed = "ledger"
	case before.Slack != after.Slack:
		changed = "slack"
	case before.HTTP != after.HTTP:
		changed = "http"
	case before.AWS.Tag != after.AWS.Tag || fmt.Sprint(before.AWS.Rates, before.AWS.LiveTail) != fmt.Sprint(after.AWS.Rates, after.AWS.LiveTail):
		changed = "aws"
	case fmt.Sprint(scopesOf(before), clustersOf(before)) != fmt.Sprint(scopesOf(after), clustersOf(after)):
		changed = "environments, their regions, discovery roles or clusters"
	case strings.Join(before.Redact, "\n") != strings.Join(after.Redact, "\n"):
		changed = "redact"
	default:
		return nil
	}
	return fmt.Errorf("%s: a change of %s needs a new start", filepath.Base(after.Path), changed)
}

func clustersOf(loaded *config.Config) map[string][]string {
	clusters := map[string][]string{}
	for name, environment := range loaded.Environments {
		clusters[name] = environment.Clusters
	}
	return clusters
}

// slackFrom reads tokens and address from the environment. NAME_FILE names a file with the
// value of NAME in it.
func slackFrom(getenv func(string) string) (bot.Settings, error) {
	settings := bot.Settings{APIURL: getenv("SLACK_API_URL")}
	var err error
	if settings.BotToken, err = secret(getenv, "SLACK_BOT_TOKEN"); err != nil {
		return settings, err
	}
	settings.AppToken, err = secret(getenv, "SLACK_APP_TOKEN")
	return settings, err
}

func secret(getenv func(string) string, name string) (string, error) {
	if value := getenv(name); value != "" {
		return value, nil
	}
	path := getenv(name + "_FILE")
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading %s_FILE: %w", name, err)
	}
	return strings.TrimSpace(string(text)), nil
}

func newRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}
