// One service of the fleet: a line that says how it is, and its details when opened.
import { drawn, glyph, h, toggle } from "./dom.js";
import { failureOrder, tagField } from "./orders.js";
import { isLive, readinessOf, taskDot, taskLine } from "./task.js";
import { secondsOf } from "./time.js";

/** isMoving says whether a deployment of the service is under way. */
export const isMoving = (service) => service.rollout?.state === "IN_PROGRESS";

/** servicePart is a part for keyed; environment is the one of its cluster. */
export function servicePart(cluster, environment, does) {
  const line = drawn(h("span", { class: "service-line" }), (service) => lineOf(service, environment));
  const bar = h("span", { class: "service-bar" }, h("span", { class: "service-bar-done" }));
  const summary = h("summary", { class: "service-summary" }, line.node, bar);
  const facts = drawn(h("div", { class: "service-facts" }), factsOf);
  const order = failureOrder((service, kind) => does.fail(cluster, service, kind));
  const tag = tagField(does.tag);
  const details = h("div", { class: "service-details" }, facts.node, h("div", { class: "service-orders" }, order.node, tag.node));
  const node = h("details", { class: "service", data: { testid: "fleet-service" } }, summary, details);
  node.addEventListener("toggle", () => node.open && node.scrollIntoView({ block: "nearest" }));
  return {
    node,
    update(service) {
      node.dataset.service = `${cluster}/${service.name}`;
      node.dataset.rollout = service.rollout?.state ?? "";
      toggle(node, "data-moving", isMoving(service));
      line.update(service);
      bar.firstElementChild.style.width = `${Math.round(100 * progressOf(service))}%`;
      facts.update(service);
      order.update(service);
      tag.update(service);
    },
  };
}

function lineOf(service, environment) {
  const live = (service.tasks ?? []).filter(isLive);
  return [
    glyph("chevron", "icon small service-chevron"),
    h("span", { class: "service-name" }, service.name),
    h("span", { class: "service-version", title: service.image }, versionOf(service)),
    oddTag(service, environment),
    service.failNext && h("span", { class: "flag flag-warn", title: "The next deployment is ordered to fail" }, `will fail: ${service.failNext}`),
    stateFlag(service),
    h("span", { class: "service-dots", "aria-label": `${live.length} tasks` }, live.map((task) => taskDot(task, service.rollout))),
    h("span", { class: "service-count" }, `${service.running}/${service.desired}`),
  ];
}

function versionOf({ image = "" }) {
  const digest = image.split("@sha256:")[1];
  return digest ? `sha256:${digest.slice(0, 8)}` : image.split(":").at(-1);
}

// What decides who may touch a service is its own tag; where that is odd, the line says so.
function oddTag(service, environment) {
  if (service.conflict) return h("span", { class: "flag flag-warn", title: service.conflict }, glyph("tag", "icon small"), service.environment || "conflict");
  if (!service.environment) return h("span", { class: "flag flag-warn", title: "Without an Environment tag nobody can reach it" }, glyph("tag", "icon small"), "untagged");
  if (service.environment !== environment) return h("span", { class: "flag flag-warn", title: `Its own tag says ${service.environment}` }, glyph("tag", "icon small"), service.environment);
  return undefined;
}

function stateFlag(service) {
  const { state } = service.rollout ?? {};
  if (state === "FAILED") return h("span", { class: "flag flag-bad" }, "failed");
  if (state !== "IN_PROGRESS") return undefined;
  const { failed } = service.rollout;
  return h("span", { class: failed ? "flag flag-bad" : "flag flag-moving" }, failed ? `deploying, ${failed} failed` : "deploying");
}

// Each new task brings its part as it starts, runs and is healthy; the last fifth is the old ones' going.
function progressOf(service) {
  if (!isMoving(service)) return 1;
  const desired = Math.max(1, service.desired);
  const fresh = (service.tasks ?? []).filter((task) => task.deployment === service.rollout.id).map(readinessOf);
  const started = Math.min(1, fresh.reduce((sum, each) => sum + each, 0) / desired);
  const left = Math.min(1, service.rollout.old / desired);
  return Math.min(0.97, Math.max(0.04, 0.8 * started + 0.2 * started * (1 - left)));
}

function factsOf(service) {
  const live = (service.tasks ?? []).filter(isLive);
  const gone = (service.tasks ?? []).filter((task) => !isLive(task)).slice(-4);
  return [
    h("p", { class: "service-image" }, service.image, h("span", { class: "service-revision" }, ` ${service.revision}`)),
    service.rollout?.reason && service.rollout.state !== "COMPLETED" && h("p", { class: "service-reason" }, service.rollout.reason),
    h("ul", { class: "tasks" }, [...live, ...gone].map((task) => taskLine(task, service.rollout))),
    service.events?.length > 0 && h("ol", { class: "service-events", "aria-label": "Events" }, service.events.slice(0, 5).map(eventLine)),
  ];
}

function eventLine(event) {
  return h("li", {}, h("time", {}, secondsOf(event.time)), event.text);
}
