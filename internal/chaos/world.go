package chaos

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ecsbot/internal/sandbox"
	"ecsbot/internal/sandbox/aws"
	"ecsbot/internal/sandbox/slack"
)

// services is how many there are in the fleet, a third of them protected.
const services = 300

// world is a sandbox in this process, and the bots before it.
type world struct {
	*sandbox.Sandbox
	program string
	folder  string
	dynamo  string // address of a DynamoDB; empty: SQLite
	gate    *gate
	server  *http.Server
	address string
	config  string
	planned map[point]int // where bots were to be killed
	kills   map[point]int // and where they were
	stalls  int
	out     io.Writer // for how far it is

	mutex   sync.Mutex
	printed map[string]bool     // every entry that any bot has said was stored
	calls   map[string]aws.Call // every UpdateService, by AWS's ID
	clicks  int
	races   map[string]bool // operations for which clicks raced
}

func newWorld(out io.Writer, program, folder, dynamo string) (*world, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("making a folder: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the sandbox: %w", err)
	}
	limits, people := slack.Unlimited(), slack.DemoWorkspace()
	address := "http://" + listener.Addr().String()
	made := sandbox.New(address, sandbox.Options{
		Slack: slack.Options{Workspace: &people, Limits: &limits, Keep: 50_000},
		AWS: aws.Options{Fleet: aws.Generated(services), Limits: aws.Unlimited(), Pace: aws.Pace{
			Schedule: 50 * time.Millisecond, Provisioning: 100 * time.Millisecond, Pulling: 200 * time.Millisecond,
			Starting: 200 * time.Millisecond, Draining: 200 * time.Millisecond, Retry: 100 * time.Millisecond, Run: time.Second,
		}},
	})
	w := &world{
		Sandbox: made, program: program, folder: folder, dynamo: dynamo, gate: &gate{next: made}, address: address,
		config: filepath.Join(folder, "ecsbot.yaml"), planned: map[point]int{}, kills: map[point]int{}, printed: map[string]bool{}, calls: map[string]aws.Call{},
		races: map[string]bool{}, out: out,
	}
	w.server = &http.Server{Handler: w.gate, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = w.server.Serve(listener) }() // ends with close
	place := "sqlite: ecsbot.db"
	if dynamo != "" {
		place = "dynamodb: {table: ecsbot, region: eu-west-1}"
	}
	if err := os.WriteFile(w.config, fmt.Appendf(nil, configuration, place), 0o600); err != nil {
		return nil, fmt.Errorf("writing the configuration: %w", err)
	}
	return w, nil
}

func (w *world) close() {
	_ = w.server.Close()
	w.Close()
}

// environment points any bot at the world.
func (w *world) environment() []string {
	key, keySecret := w.AWS.BaseKey()
	variables := []string{
		"SLACK_API_URL=" + w.address + sandbox.SlackPath, "SLACK_BOT_TOKEN=" + slack.BotToken, "SLACK_APP_TOKEN=" + slack.AppToken,
		"AWS_ENDPOINT_URL=" + w.address + sandbox.AWSPath, "AWS_REGION=" + sandbox.Region,
		"AWS_ACCESS_KEY_ID=" + key, "AWS_SECRET_ACCESS_KEY=" + keySecret, "AWS_EC2_METADATA_DISABLED=true",
		"ECSBOT_LEDGER_KEY=a key for the chaos test, which is no secret", "PATH=" + os.Getenv("PATH"), "HOME=" + w.folder,
	}
	if w.dynamo != "" {
		variables = append(variables, "AWS_ENDPOINT_URL_DYNAMODB="+w.dynamo)
	}
	return variables
}

// note keeps the calls that changed something: the sandbox remembers the newest only.
func (w *world) note() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, call := range w.AWS.Calls() {
		if call.Operation == "UpdateService" && call.Done {
			w.calls[call.ID] = call
		}
	}
}

// configuration is the bots', but for the ledger's place.
const configuration = `slack:
  audit_channel: C02AUDIT
aws:
  region: eu-west-1
  tag: Environment
  rates: {service_modify: 5000/5000, service_read: 5000/5000, sts: 5000/5000}
environments:
  dev: {protected: false, operator_role: "arn:aws:iam::111122223333:role/ecsbot-operator"}
  staging: {protected: false, operator_role: "arn:aws:iam::111122223333:role/ecsbot-operator"}
  prod: {protected: true, operator_role: "arn:aws:iam::111122223333:role/ecsbot-operator", approval: {from: [S0SRE], expires: 15s}}
grants:
  - {group: S0BACKEND, role: operator, environments: [dev, staging, prod]}
  - {group: S0SRE, role: admin, environments: ["*", prod]}
ledger:
  %s
http:
  listen: none
`
