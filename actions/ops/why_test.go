package ops

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
)

func exited(code int, reason string) []fleet.Container {
	return []fleet.Container{{Name: "metrics"}, {Name: "api", ExitCode: &code, Reason: reason}}
}

func TestWhatIsKeptOfAFailureHasItsBound(t *testing.T) {
	task := fleet.Task{ID: "0123456789abcdef", StopCode: "EssentialContainerExited", Stopped: time.Unix(1_700_000_000, 0), Containers: exited(1, "")}
	for name, lines := range map[string][]string{
		"no lines": nil, "few": {"first", "last"}, "many": strings.Split(strings.Repeat("a line of the log\n", 5000)+"last", "\n"),
		"one that is too long": {strings.Repeat("é", 10_000)},
	} {
		text := kept(task, actions.Facts{Facts: facts(task, strings.TrimSpace)}, lines)
		if len(text) > keptBytes || !utf8.ValidString(text) {
			t.Errorf("%s: %d bytes are kept", name, len(text))
		}
		if !strings.HasPrefix(text, "task 01234567 failed: ") || !strings.Contains(text, "exit code 1 (the program reported an error)") {
			t.Errorf("%s: kept %q", name, text[:min(len(text), 200)])
		}
		if last := name == "many" || name == "few"; last && !strings.HasSuffix(text, "last") {
			t.Errorf("%s: the last line is missing", name)
		}
	}
}

func TestTasksThatFailedAreToldFromThoseThatWereStopped(t *testing.T) {
	for name, test := range map[string]struct {
		task fleet.Task
		want bool
		says string
	}{
		"exit code":          {fleet.Task{StopCode: "EssentialContainerExited", Containers: exited(3, "")}, true, "api: exit code 3"},
		"out of memory":      {fleet.Task{StopCode: "EssentialContainerExited", Containers: exited(137, "OutOfMemoryError: killed")}, true, "api: OutOfMemoryError: killed"},
		"no image":           {fleet.Task{StopCode: "TaskFailedToStart", StopReason: "CannotPullContainerError"}, true, "CannotPullContainerError"},
		"spot":               {fleet.Task{StopCode: "SpotInterruption"}, true, "AWS took its Spot capacity back"},
		"unhealthy":          {fleet.Task{StopCode: "ServiceSchedulerInitiated", StopReason: "Task failed health checks", Health: "UNHEALTHY"}, true, "Task failed health checks"},
		"by hand":            {fleet.Task{StopCode: "UserInitiated", StopReason: "Task stopped by user", Containers: exited(143, "")}, false, "Task stopped by user"},
		"scaled in":          {fleet.Task{StopCode: "ServiceSchedulerInitiated", StopReason: "Scaling activity", Containers: exited(0, "")}, false, "Scaling activity"},
		"replaced":           {fleet.Task{StopCode: "ServiceSchedulerInitiated", StopReason: "Scaling activity", Containers: exited(143, "")}, false, "Scaling activity"},
		"nothing was said":   {fleet.Task{}, false, "not said"},
		"a code by a signal": {fleet.Task{StopCode: "EssentialContainerExited", Containers: exited(129, "")}, true, "api: exit code 129"},
	} {
		if got := hasFailed(test.task); got != test.want {
			t.Errorf("%s: failed is %v", name, got)
		}
		if got := shortReason(test.task); got != test.says {
			t.Errorf("%s: %q, want %q", name, got, test.says)
		}
	}
	if exitWords(129) != "ended by signal 1" || exitWords(3) != "the program reported an error of its own" {
		t.Error("exit codes without words of their own")
	}
}

func TestATaskIsNamedByTheStartOfItsID(t *testing.T) {
	for text, want := range map[string]string{"1F3a": "1f3a", "arn:aws:ecs:eu-west-1:111122223333:task/staging/0123456789abcdef": "0123456789abcdef"} {
		if got, err := taskID(text); err != nil || got != want {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1f3", "zzzz", "$(id)", strings.Repeat("a", 65)} {
		if got, err := taskID(text); err == nil {
			t.Errorf("%q is %q, want an error", text, got)
		}
	}
}

func TestWhatWasKeptElsewhereIsNotToldHere(t *testing.T) {
	service := fleet.Service{Ref: fleet.Ref{ARN: "arn:api", Environment: "staging"}}
	entry := ledger.Entry{Event: ledger.Failed, Target: "arn:api", Environment: "staging", Reason: "rolled back"}
	for says, row := range map[string]struct {
		entry   ledger.Entry
		service fleet.Service
		want    bool
	}{
		"its own":                   {entry, service, true},
		"of another service":        {ledger.Entry{Event: ledger.Failed, Target: "arn:web", Environment: "staging", Reason: "rolled back"}, service, false},
		"before it was tagged anew": {ledger.Entry{Event: ledger.Failed, Target: "arn:api", Environment: "prod", Reason: "rolled back"}, service, false},
		"of what has no ARN":        {ledger.Entry{Event: ledger.Failed, Environment: "staging", Reason: "x"}, fleet.Service{Ref: fleet.Ref{Environment: "staging"}}, false},
		"that says nothing":         {ledger.Entry{Event: ledger.Failed, Target: "arn:api", Environment: "staging"}, service, false},
		"that is only a reading":    {ledger.Entry{Event: ledger.Read, Action: "status", Target: "arn:api", Environment: "staging", Result: "task x"}, service, false},
	} {
		if got := explains(row.entry, row.service); got != row.want {
			t.Errorf("%s: %v", says, got)
		}
	}
}

// What was kept has log lines in it: who may not read logs is shown what ECS said, and no more.
func TestKeptLinesAreForWhoMayReadLogs(t *testing.T) {
	task := fleet.Task{ID: "0123456789abcdef", Containers: exited(1, "")}
	entry := ledger.Entry{Result: kept(task, actions.Facts{Facts: facts(task, strings.TrimSpace)}, []string{"panic: no such host", "goodbye"}), Reason: "failed"}
	for mayReadLogs, want := range map[bool]bool{true: true, false: false} {
		told := account(entry, mayReadLogs)
		if strings.Contains(told, "panic") != want || strings.Contains(told, "goodbye") != want || !strings.Contains(told, "exit code 1") || !strings.HasPrefix(told, "failed\n") {
			t.Errorf("may read logs: %v: told %q", mayReadLogs, told)
		}
	}
}
