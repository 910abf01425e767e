package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"text/template"
)

// raisedRate is ecsbot's aws.rates under load.
const raisedRate = "5000/5000"

// workshop has the programs, and the folder in which they work.
type workshop struct {
	options   Options
	folder    string
	temporary bool
	runs      int
}

// newWorkshop builds the programs from the repository that the run stands in.
func newWorkshop(ctx context.Context, options Options) (*workshop, error) {
	if _, err := os.Stat("cmd/ecsbot"); err != nil {
		return nil, errors.New("run it in the root of the repository: there is no cmd/ecsbot here")
	}
	made := &workshop{options: options, folder: options.Folder}
	if made.folder == "" {
		folder, err := os.MkdirTemp("", "ecsbot-bench-")
		if err != nil {
			return nil, fmt.Errorf("making a folder: %w", err)
		}
		made.folder, made.temporary = folder, true
	}
	for name, source := range map[string]string{"ecsbot": "./cmd/ecsbot", "barebot": "./internal/bench/barebot"} {
		made.say("building %s", name)
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(made.folder, name), source)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if output, err := build.CombinedOutput(); err != nil {
			made.close()
			return nil, fmt.Errorf("building %s: %w\n%s", name, err, output)
		}
	}
	return made, nil
}

func (w *workshop) close() {
	if w.temporary {
		_ = os.RemoveAll(w.folder)
	}
}

func (w *workshop) say(format string, arguments ...any) {
	fmt.Fprintf(w.options.Progress, format+"\n", arguments...)
}

// configuration is ecsbot's, for the people and the fleet of a lab.
const configuration = `slack:
  audit_channel: C02AUDIT
aws:
  region: eu-west-1
  tag: Environment
{{- if .}}
  rates:
{{- range .}}
    {{.}}: ` + raisedRate + `
{{- end}}
{{- end}}
environments:
  dev: {protected: false, operator_role: "arn:aws:iam::111122223333:role/ecsbot-operator"}
  staging: {protected: false, operator_role: "arn:aws:iam::111122223333:role/ecsbot-operator"}
  prod: {protected: true, operator_role: "arn:aws:iam::111122223333:role/ecsbot-operator"}
grants:
  - {group: S0BACKEND, role: operator, environments: [dev, staging]}
  - {group: S0SRE, role: admin, environments: ["*", prod]}
ledger:
  sqlite: ecsbot.db
http:
  listen: 127.0.0.1:0
`

// raisedRates are the buckets that the loads here use up.
func raisedRates() []string {
	return []string{"service_modify", "service_read", "cluster_read", "cluster_resource_read", "sts"}
}

// ecsbot starts the bot in a lab, with a new ledger, and returns when its sockets are open
// and it is ready.
func (w *workshop) ecsbot(ctx context.Context, in *lab, rates []string) (*child, error) {
	bot, err := w.start(ctx, in, rates)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(bot.connected(ctx, in, 2), bot.ready(ctx)); err != nil {
		bot.stop()
		return nil, err
	}
	return bot, nil
}

// start starts the bot in a lab, with a new ledger, and does not wait for it.
func (w *workshop) start(ctx context.Context, in *lab, rates []string) (*child, error) {
	folder, path, err := w.configure(rates)
	if err != nil {
		return nil, err
	}
	return startChild(ctx, in, folder, filepath.Join(w.folder, "ecsbot"), "run", "--config", path)
}

// configure makes a folder with a configuration.
func (w *workshop) configure(rates []string) (folder, path string, err error) {
	w.runs++
	folder = filepath.Join(w.folder, fmt.Sprintf("run%d", w.runs))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", "", fmt.Errorf("making a folder: %w", err)
	}
	path = filepath.Join(folder, "ecsbot.yaml")
	file, err := os.Create(path)
	if err != nil {
		return "", "", fmt.Errorf("writing the configuration: %w", err)
	}
	err = template.Must(template.New("configuration").Parse(configuration)).Execute(file, rates)
	if err := errors.Join(err, file.Close()); err != nil {
		return "", "", fmt.Errorf("writing the configuration: %w", err)
	}
	return folder, path, nil
}

// barebot starts the bare bot in a lab and returns when it is connected.
func (w *workshop) barebot(ctx context.Context, in *lab) (*child, error) {
	bot, err := startChild(ctx, in, w.folder, filepath.Join(w.folder, "barebot"))
	if err != nil {
		return nil, err
	}
	return bot, bot.connected(ctx, in, 1)
}
