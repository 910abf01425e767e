// Tasks: a dot in the service's line, and a line in its details.
import { h } from "./dom.js";
import { clockOf } from "./time.js";

const phases = {
  PROVISIONING: "starting", PENDING: "starting", ACTIVATING: "starting", RUNNING: "running",
  DEACTIVATING: "stopping", STOPPING: "stopping", DEPROVISIONING: "stopping", STOPPED: "stopped",
};

/** isLive says whether a task has not stopped yet. */
export const isLive = (task) => task.status !== "STOPPED";

// A service without a health check has no other health than UNKNOWN; only in a deployment is that a phase.
function phaseOf(task, rollout) {
  const phase = phases[task.status] ?? "starting";
  if (phase !== "running") return phase;
  if (task.health === "UNHEALTHY") return "unhealthy";
  const isNew = rollout?.state === "IN_PROGRESS" && task.deployment === rollout.id;
  return isNew && task.health === "UNKNOWN" ? "warming" : "running";
}

/** readinessOf is how far a task has come, from 0 to 1. */
export function readinessOf(task) {
  const steps = { starting: 0.25, running: 0.6 };
  return task.status === "RUNNING" && task.health === "HEALTHY" ? 1 : steps[phases[task.status]] ?? 0;
}

/** taskDot is a task as a dot whose colour and motion say how it is; those of earlier deployments are pale. */
export function taskDot(task, rollout) {
  const isOld = isLive(task) && rollout?.id && task.deployment !== rollout.id;
  return h("span", { class: `dot dot-${phaseOf(task, rollout)} ${isOld ? "is-old" : ""}`, title: `${shortID(task.id)} ${task.status.toLowerCase()}` });
}

/** taskLine is a task with its ID, state and age, or why it stopped. */
export function taskLine(task, rollout) {
  const isOver = !isLive(task);
  return h("li", { class: isOver ? "task is-over" : "task", data: { testid: "task", status: task.status } },
    taskDot(task, rollout),
    h("code", { class: "task-id", title: task.id }, shortID(task.id)),
    h("span", { class: "task-state" }, stateOf(task)),
    isOver && task.stoppedReason ? h("span", { class: "task-reason" }, task.stoppedReason) : task.startedAt && h("span", { class: "task-age" }, `since ${clockOf(task.startedAt)}`));
}

const shortID = (id) => String(id).split("/").at(-1).slice(0, 8);

function stateOf(task) {
  const state = task.status.toLowerCase();
  return task.status === "RUNNING" && task.health && task.health !== "UNKNOWN" ? `${state}, ${task.health.toLowerCase()}` : state;
}
