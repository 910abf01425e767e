package main

import (
	"context"
	_ "embed"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/spf13/cobra"

	"ecsbot/bot"
	"ecsbot/internal/config"
	"ecsbot/internal/sandbox"
	sandboxaws "ecsbot/internal/sandbox/aws"
	sandboxslack "ecsbot/internal/sandbox/slack"
)

// demoConfig is the configuration of the demo.
//
//go:embed demo.yaml
var demoConfig []byte

// demoCommand runs sandbox and bot in one process.
type demoCommand struct {
	Listen  string
	Verbose bool

	slack sandboxslack.Options
}

func (c *demoCommand) declare(line *cobra.Command) {
	line.Use, line.Short = "demo", "Try it: a local Slack, a local AWS and the bot in one process; no account needed"
	line.Flags().StringVar(&c.Listen, "listen", "127.0.0.1:8080", "where the page is; 127.0.0.1 only, port 0 takes any")
	line.Flags().BoolVar(&c.Verbose, "verbose", false, "log what the bot logs, and print every entry of the ledger")
}

// Run serves until it is interrupted, or the bot ends.
func (c demoCommand) Run(around surroundings) error { return c.serve(around, demoConfig) }

func (c demoCommand) serve(around surroundings, configuration []byte) error {
	directory, err := os.MkdirTemp("", "ecsbot-demo-")
	if err != nil {
		return fmt.Errorf("making a place for the ledger (TMPDIR names a folder that can be written): %w", err)
	}
	defer func() { _ = os.RemoveAll(directory) }()
	loaded, err := config.Parse(filepath.Join(directory, "ecsbot.yaml"), configuration)
	if err != nil {
		return err
	}
	listener, err := listenLocally(c.Listen)
	if err != nil {
		return err
	}
	local := newLocal(listener, sandbox.Options{Slack: c.slack, AWS: sandboxaws.Options{Fleet: sandboxaws.ShownFleet()}})
	defer local.close()
	p := parts{config: loaded, log: slog.New(slog.DiscardHandler), registry: newRegistry(), now: time.Now}
	if c.Verbose {
		p.log, p.entries = slog.New(slog.NewTextHandler(around.stderr, nil)), around.stdout
	}
	local.point(&p)
	ctx, stop := context.WithCancel(around.ctx)
	defer stop()
	program, err := newProgram(ctx, p)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() { served <- local.serve(context.WithoutCancel(ctx)) })
	running.Go(func() {
		if once(ctx, program.Ready) { // nobody is to be refused for having come too early
			fmt.Fprintf(around.stdout, "ecsbot demo: a Slack and an AWS of your own, nothing leaves this machine.\n\n    %s/\n\nOpen it, be alice, and type  /ecs restart staging api\nStop with Ctrl-C.\n", local.address)
		}
	})
	err = program.Run(ctx)
	stop()
	local.close()
	running.Wait()
	if err == nil {
		err = <-served
	}
	return err
}

// point makes a program's Slack and AWS the sandbox: two addresses and made-up credentials.
func (l *local) point(p *parts) {
	p.slack = bot.Settings{BotToken: sandboxslack.BotToken, AppToken: sandboxslack.AppToken, APIURL: l.address + sandbox.SlackPath}
	key, keySecret := l.AWS.BaseKey()
	p.aws = []func(*awsconfig.LoadOptions) error{
		awsconfig.WithBaseEndpoint(l.address + sandbox.AWSPath),
		awsconfig.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(key, keySecret, "")),
	}
}
