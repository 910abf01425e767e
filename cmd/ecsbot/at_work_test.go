package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ecsbot/internal/sandbox"
	sandboxaws "ecsbot/internal/sandbox/aws"
	sandboxslack "ecsbot/internal/sandbox/slack"
)

// realSandbox serves one on a real port; the environment points any client at it.
func realSandbox(t *testing.T, change ...func(*sandboxaws.Options)) (*local, map[string]string) {
	t.Helper()
	listener, err := listenLocally("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	options := sandboxaws.Options{Fleet: sandboxaws.DemoFleet()}
	for _, each := range change {
		each(&options)
	}
	local := newLocal(listener, sandbox.Options{Slack: patient(), AWS: options})
	go local.server.Serve(listener)
	t.Cleanup(local.close)
	environment := map[string]string{}
	for _, line := range local.environment() {
		name, value, _ := strings.Cut(line, "=")
		environment[name] = value
	}
	return local, environment
}

// pointAWS points this process's AWS clients at the sandbox: the SDK reads its own environment.
func pointAWS(t *testing.T, environment map[string]string) {
	t.Helper()
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		t.Setenv(name, environment[name])
	}
}

// patient is a Slack whose three seconds are long, where time is real and a machine may be slow:
// that they are kept to is tested in bubbles of time.
func patient() sandboxslack.Options { return sandboxslack.Options{Patience: time.Minute} }

// demoFile is the demo's configuration as a file.
func demoFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ecsbot.yaml")
	if err := os.WriteFile(path, demoConfig, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// atWork is the real command `run`, pointed at a sandbox by nothing but its environment.
type atWork struct {
	out, errors *safeBuffer
	alive       context.Context //nolint:containedctx // until it has ended
	end         context.CancelFunc
	status      int
}

// startRun starts it, and returns when it is ready.
func startRun(t *testing.T, environment map[string]string, path string) *atWork {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	alive, ended := context.WithCancel(context.WithoutCancel(ctx))
	made := &atWork{out: &safeBuffer{}, errors: &safeBuffer{}, alive: alive, end: end}
	around := surroundings{ctx: ctx, stdout: made.out, stderr: made.errors, getenv: func(name string) string { return environment[name] }}
	go func() {
		defer ended()
		made.status = execute(around, []string{"run", "--config", path})
	}()
	if !made.errors.await(alive, "msg=ready") {
		t.Fatalf("never ready: %s", made.errors.String())
	}
	return made
}

// stop ends it, and returns its exit status.
func (a *atWork) stop() int {
	a.end()
	<-a.alive.Done()
	return a.status
}

// restart lets alice restart staging/api, and waits until AWS is asked.
func (a *atWork) restart(t *testing.T, local *local) {
	t.Helper()
	if err := local.Slack.Command("alice", "ops", "/ecs restart staging api"); err != nil {
		t.Fatal(err)
	}
	if err := local.AWS.Await(a.alive, func() bool { return local.AWS.Counts()["ecs:UpdateService"] == 1 }); err != nil {
		t.Fatalf("never restarted: %s", a.errors.String())
	}
}
