package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ecsbot/internal/config"
	"ecsbot/internal/sandbox"
	sandboxaws "ecsbot/internal/sandbox/aws"
	sandboxslack "ecsbot/internal/sandbox/slack"
)

// sandboxCommand runs the local Slack and AWS alone.
type sandboxCommand struct {
	Listen  string
	EnvFile string
	Fleet   string
	Config  string
}

func (c *sandboxCommand) declare(line *cobra.Command) {
	line.Use, line.Short = "sandbox", "Run the local Slack and AWS alone, for any client"
	line.Flags().StringVar(&c.Listen, "listen", "127.0.0.1:8080", "where to listen; 127.0.0.1 only, port 0 takes any")
	line.Flags().StringVar(&c.EnvFile, "env-file", "", "write the variables that point clients at it to this file too")
	line.Flags().StringVar(&c.Fleet, "fleet", "", "a fleet in YAML instead of the built-in one")
	line.Flags().StringVar(&c.Config, "config", "", "hold operator sessions to the IAM documents of this configuration (default: the demo's, with the built-in fleet)")
}

// Run serves until it is interrupted.
func (c sandboxCommand) Run(around surroundings) error {
	options := sandbox.Options{AWS: sandboxaws.Options{Fleet: sandboxaws.ShownFleet()}}
	if c.Fleet != "" {
		file, err := os.Open(c.Fleet)
		if err != nil {
			return usageError(err.Error())
		}
		defer file.Close()
		if options.AWS.Fleet, err = sandboxaws.LoadFleet(file); err != nil {
			return usageError(fmt.Sprintf("%s: %v", c.Fleet, err))
		}
	}
	held, err := c.boundary(&options)
	if err != nil {
		return err
	}
	listener, err := listenLocally(c.Listen)
	if err != nil {
		return err
	}
	local := newLocal(listener, options)
	defer local.close()
	lines := local.environment()
	fmt.Fprintf(around.stdout, "%s\n", strings.Join(lines, "\n"))
	if c.EnvFile != "" {
		if err := os.WriteFile(c.EnvFile, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			return fmt.Errorf("writing the variables: %w", err)
		}
	}
	fmt.Fprintf(around.stderr, "The page is at %s/\n%s\n", local.address, held)
	return local.serve(around.ctx)
}

// boundary attaches IAM documents to the roles, and says whose. The printed key is that of the
// bot's own role, and may do everything beside: other clients use it, too.
func (c sandboxCommand) boundary(options *sandbox.Options) (string, error) {
	path, text := c.Config, demoConfig
	switch {
	case path == "" && c.Fleet != "":
		return "IAM: nothing is held to any document; --config F holds operator sessions to those of a configuration.", nil
	case path == "":
		path = "the demo's configuration"
	default:
		var err error
		if text, err = os.ReadFile(path); err != nil {
			return "", usageError(err.Error())
		}
	}
	loaded, err := config.Parse(path, text)
	if err != nil {
		return "", err
	}
	boundary, err := boundaryOf(loaded)
	if err != nil {
		return "", err
	}
	delete(boundary.Roles, sandboxaws.BaseRole())
	options.AWS.Authorize, options.AWS.Roles = boundary.Authorize, boundary.Texts()
	return fmt.Sprintf("IAM: operator sessions are held to the documents of %s; the printed key may do everything, and is the bot's role.", path), nil
}

// local is a sandbox on a listener.
type local struct {
	*sandbox.Sandbox
	address  string
	listener net.Listener
	server   *http.Server
}

func newLocal(listener net.Listener, options sandbox.Options) *local {
	address := "http://" + listener.Addr().String()
	made := sandbox.New(address, options)
	return &local{
		Sandbox: made, address: address, listener: listener,
		server: &http.Server{Handler: made, ReadHeaderTimeout: 10 * time.Second},
	}
}

// environment is the variables that point any client at the sandbox.
func (l *local) environment() []string {
	key, keySecret := l.AWS.BaseKey()
	variables := map[string]string{
		"SLACK_API_URL": l.address + sandbox.SlackPath, "SLACK_BOT_TOKEN": sandboxslack.BotToken, "SLACK_APP_TOKEN": sandboxslack.AppToken,
		"AWS_ENDPOINT_URL": l.address + sandbox.AWSPath, "AWS_REGION": sandbox.Region,
		"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": keySecret,
	}
	lines := make([]string, 0, len(variables))
	for name, value := range variables {
		lines = append(lines, name+"="+value)
	}
	slices.Sort(lines)
	return lines
}

// serve answers until ctx ends.
func (l *local) serve(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { l.server.Close() })
	defer stop()
	if err := l.server.Serve(l.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the sandbox: %w", err)
	}
	return nil
}

func (l *local) close() {
	l.server.Close()
	l.Sandbox.Close() //nolint:staticcheck // close would call itself
}

// listenLocally refuses to listen where others could reach it: whoever reaches the page is
// everybody in it.
func listenLocally(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, usageError(fmt.Sprintf("--listen %s: %v", address, err))
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, usageError(fmt.Sprintf("--listen %s: the sandbox listens on 127.0.0.1 only; whoever reaches its page is everybody in it", address))
	}
	return listen(address)
}
