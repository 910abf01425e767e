package aws

import (
	"fmt"
	"slices"
	"time"
)

// Failure is how the tasks of a deployment fail.
type Failure string

// The ways to fail.
const (
	FailExit   Failure = "exit"   // the container exits with code 1 soon after its start
	FailHealth Failure = "health" // the task runs, but never becomes healthy
	FailImage  Failure = "image"  // the image cannot be pulled
	FailMemory Failure = "oom"    // the container is killed for its memory
	FailKey    Failure = "key"    // the container exits with code 1 while it logs a private key, line by line
)

// failing is what a failure looks like to whoever describes the task.
type failing struct {
	atPull    bool
	code      string
	reason    string
	container string // the container's reason
	exit      int
	lines     []string // last words in the log
}

// failures are the ways to fail, by name.
func failures() map[Failure]failing {
	return map[Failure]failing{
		FailExit: {
			code: "EssentialContainerExited", reason: "Essential container in task exited", exit: 1,
			lines: []string{
				"panic: configuration: DATABASE_HOST: no such host", "", "goroutine 1 [running]:",
				"main.connect(0xc000112000)", "\t/src/cmd/server/main.go:88 +0x1d4",
				"main.main()", "\t/src/cmd/server/main.go:41 +0x2f8", "exit status 1",
			},
		},
		FailHealth: {
			code: "ServiceSchedulerInitiated", reason: "Task failed container health checks", exit: 143,
			lines: []string{`{"level":"error","msg":"health check: cache not reachable","path":"/healthz","status":503}`},
		},
		FailImage: {
			atPull: true, code: "TaskFailedToStart", container: "CannotPullContainerError",
			reason: "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref %s: not found",
		},
		FailMemory: {
			code: "EssentialContainerExited", reason: "Essential container in task exited", exit: 137,
			container: "OutOfMemoryError: Container killed due to memory usage",
			lines:     []string{`{"level":"warn","msg":"heap grows","bytes":536870912,"limit":536870912}`},
		},
		FailKey: {
			code: "EssentialContainerExited", reason: "Essential container in task exited", exit: 1,
			lines: privateKey()[:keyLines],
		},
	}
}

// failureNames are the names of the ways to fail, and the empty one for none.
func failureNames() []string {
	names := []string{""}
	for failure := range failures() {
		names = append(names, string(failure))
	}
	slices.Sort(names)
	return names
}

// failToStart ends a task whose image cannot be pulled.
func (t *task) failToStart(now time.Time) {
	if t.last != "PENDING" || t.desired != "RUNNING" {
		return
	}
	how := failures()[FailImage]
	if failures()[t.fail].atPull {
		how = failures()[t.fail]
	}
	t.stopCode, t.stopReason = how.code, fmt.Sprintf(how.reason, orElse(t.missing, t.containers[0].image))
	if t.deployment != nil {
		t.deployment.countFailure(now)
	}
	t.end(nil, t.stopReason, now)
}

// failRunning ends a task that was started but does not live.
func (t *task) failRunning(now time.Time) {
	if t.last != "RUNNING" || t.desired != "RUNNING" {
		return
	}
	how := failures()[t.fail]
	t.log(now, how.lines...)
	t.stopCode, t.stopReason = how.code, how.reason
	if t.fail == FailHealth {
		t.health = "UNHEALTHY"
		t.service.say(now, "(service %s) (task %s) failed container health checks.", t.service.name, t.id)
	}
	t.deployment.countFailure(now)
	exit := how.exit
	t.end(&exit, how.container, now)
}

// runOut is the end of a one-off task.
func (t *task) runOut(now time.Time) {
	if t.last != "RUNNING" || t.desired != "RUNNING" {
		return
	}
	t.log(now, t.overrides.spoken(t.definition)...)
	t.stopCode, t.stopReason = "EssentialContainerExited", "Essential container in task exited"
	exit := t.overrides.exitCode()
	t.end(&exit, "", now)
}

// crash ends a running task as if its container had exited by itself.
func (t *task) crash(exit int, reason string, now time.Time) {
	t.stopCode, t.stopReason = "EssentialContainerExited", reason
	t.end(&exit, "", now)
}
