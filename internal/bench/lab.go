package bench

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"ecsbot/internal/sandbox"
	"ecsbot/internal/sandbox/aws"
	"ecsbot/internal/sandbox/slack"
)

// developers is how many people ask: all of them in the group S0BACKEND and in opsChannel.
const developers = 20

const opsChannel = "C01OPS"

// lab is a sandbox in this process, on a port of its own.
type lab struct {
	*sandbox.Sandbox
	server  *http.Server
	address string
}

// terms are what one lab is like.
type terms struct {
	fleet     aws.Fleet
	slack     time.Duration // added to every Slack call
	strict    bool          // AWS's own throttles
	authorize func(aws.Request) error
}

func newLab(terms terms) (*lab, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the sandbox: %w", err)
	}
	limits, workspace, throttles := slack.Unlimited(), workspace(), aws.Unlimited()
	if terms.strict {
		throttles = aws.DefaultLimits()
	}
	address := "http://" + listener.Addr().String()
	made := sandbox.New(address, sandbox.Options{
		Slack: slack.Options{Workspace: &workspace, Limits: &limits, Latency: terms.slack, Keep: 20_000},
		AWS:   aws.Options{Fleet: terms.fleet, Limits: throttles, Latency: awsLatency, Authorize: terms.authorize},
	})
	l := &lab{Sandbox: made, server: &http.Server{Handler: made, ReadHeaderTimeout: 10 * time.Second}, address: address}
	go func() { _ = l.server.Serve(listener) }() // ends with close
	return l, nil
}

func (l *lab) close() {
	_ = l.server.Close()
	l.Close()
}

// environment points any bot at the lab.
func (l *lab) environment() []string {
	key, keySecret := l.AWS.BaseKey()
	return []string{
		"SLACK_API_URL=" + l.address + sandbox.SlackPath, "SLACK_BOT_TOKEN=" + slack.BotToken, "SLACK_APP_TOKEN=" + slack.AppToken,
		"AWS_ENDPOINT_URL=" + l.address + sandbox.AWSPath, "AWS_REGION=" + sandbox.Region,
		"AWS_ACCESS_KEY_ID=" + key, "AWS_SECRET_ACCESS_KEY=" + keySecret, "AWS_EC2_METADATA_DISABLED=true",
	}
}

// workspace is the demo's, with developers.
func workspace() slack.Workspace {
	made := slack.DemoWorkspace()
	for i := range developers {
		id := developer(i)
		made.Users = append(made.Users, slack.User{ID: id, Name: id, RealName: id, Title: "Developer", Team: made.TeamID})
		made.Groups[0].Users = append(made.Groups[0].Users, id)
		made.Channels[0].Members = append(made.Channels[0].Members, id)
	}
	return made
}

// developer is one of them, round and round.
func developer(i int) string { return fmt.Sprintf("U0DEV%02d", i%developers) }

// inEnvironments are the services of a generated fleet that are in some environments, as
// "environment service".
func inEnvironments(fleet aws.Fleet, environments ...string) []string {
	var services []string
	for _, wanted := range environments {
		for _, cluster := range fleet.Clusters {
			for _, service := range cluster.Services {
				if service.Tags["Environment"] == wanted {
					services = append(services, wanted+" "+service.Name)
				}
			}
		}
	}
	return services
}
