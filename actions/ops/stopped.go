package ops

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ecsbot/actions/fleet"
)

// newestStopFirst sorts tasks by when they stopped; those that are stopping come first.
func newestStopFirst(stopped []fleet.Task) {
	slices.SortStableFunc(stopped, func(a, b fleet.Task) int {
		if isStopping := a.Stopped.IsZero(); isStopping != b.Stopped.IsZero() {
			if isStopping {
				return -1
			}
			return 1
		}
		return cmp.Or(b.Stopped.Compare(a.Stopped), cmp.Compare(a.ID, b.ID))
	})
}

// hasFailed says whether a task stopped otherwise than it was asked to.
func hasFailed(task fleet.Task) bool {
	switch task.StopCode {
	case "TaskFailedToStart", "SpotInterruption", "TerminationNotice", "InfrastructureHealth":
		return true
	case "UserInitiated":
		return false
	case "ServiceSchedulerInitiated": // whatever its exit code: it was asked to stop
		return task.Health == "UNHEALTHY" || strings.Contains(task.StopReason, "failed")
	}
	return culprit(task) != nil
}

// culprit is the container that brought the task down; nil where none did.
func culprit(task fleet.Task) *fleet.Container {
	for position := range task.Containers {
		if task.Containers[position].Reason != "" {
			return &task.Containers[position]
		}
	}
	for position, container := range task.Containers {
		if container.ExitCode != nil && *container.ExitCode != 0 {
			return &task.Containers[position]
		}
	}
	return nil
}

// shortReason says in a few words why a task stopped.
func shortReason(task fleet.Task) string {
	if guilty := culprit(task); guilty != nil {
		switch {
		case guilty.Reason != "":
			return guilty.Name + ": " + guilty.Reason
		case task.StopCode == "EssentialContainerExited" || task.StopCode == "":
			return fmt.Sprintf("%s: exit code %d", guilty.Name, *guilty.ExitCode)
		}
	}
	return cmp.Or(task.StopReason, stopWords(task.StopCode), "not said")
}

// stopWords is what a stop code means (Amazon ECS API reference, Task.stopCode).
func stopWords(code string) string {
	return map[string]string{
		"TaskFailedToStart":         "it could not be started",
		"EssentialContainerExited":  "a container without which it cannot run has ended",
		"UserInitiated":             "somebody stopped it",
		"ServiceSchedulerInitiated": "the service's scheduler stopped it",
		"SpotInterruption":          "AWS took its Spot capacity back",
		"TerminationNotice":         "the machine under it was about to end",
		"InfrastructureHealth":      "the machine under it was not healthy",
	}[code]
}

// exitWords is what a container's exit code means; the codes above 128 are those of signals.
func exitWords(code int) string {
	if words, known := map[int]string{
		0:   "ended by itself, without an error",
		1:   "the program reported an error",
		2:   "the program reported an error, often wrong usage",
		125: "the container could not be run",
		126: "the command could not be executed",
		127: "the command was not found",
		134: "aborted itself",
		137: "killed: out of memory, or too slow to stop",
		139: "crashed: segmentation fault",
		143: "asked to stop",
		255: "the program reported an error, or its exit code was out of range",
	}[code]; known {
		return words
	}
	if code > 128 && code < 128+65 {
		return fmt.Sprintf("ended by signal %d", code-128)
	}
	return "the program reported an error of its own"
}
