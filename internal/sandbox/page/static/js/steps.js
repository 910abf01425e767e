// The first steps of a newcomer, ticked off as they are taken.
import { drawn, glyph, h } from "./dom.js";

const steps = [
  { id: "restart", person: "alice", text: "/ecs restart staging api", title: "Restart a service as alice, a developer", why: "The card follows the deployment; the fleet changes beside it." },
  { id: "refused", person: "mallory", text: "/ecs restart staging api", title: "Be mallory, who is in no group, and try the same", why: "Refused, and mallory alone sees it." },
  { id: "audit", person: "bob", channel: "C02AUDIT", title: "Read what was recorded, as bob in #ecs-audit", why: "Every step and every refusal is in the ledger, and here." },
  { id: "fail", title: "Make the next deployment of billing in staging fail", why: "Choose how it fails, in the fleet." },
  { id: "rollback", person: "bob", text: "/ecs deploy staging billing 4.3.0", title: "Deploy it as bob, and roll it back from its card", why: "The card says why it failed, with the last lines of its log." },
];

const store = "ecsbot.steps";

/** firstSteps is {node, done(id), fold()}; take(step) brings one to where the step is taken. */
export function firstSteps(take) {
  const kept = read();
  const node = h("section", { class: "steps", "aria-label": "First steps", data: { testid: "first-steps" } });
  const part = drawn(node, () => content(kept, take, redraw));
  const redraw = () => {
    localStorage.setItem(store, JSON.stringify(kept));
    node.classList.toggle("is-folded", kept.isFolded);
    node.hidden = Boolean(kept.isOver);
    part.update(kept);
  };
  const fold = () => {
    kept.isFolded = true; // what was asked for needs the room
    redraw();
  };
  redraw();
  return {
    node,
    fold,
    done(id) {
      if (kept.done.includes(id)) return;
      kept.done.push(id);
      fold();
    },
  };
}

/** stepOf is the step that a sent text takes, if any. */
export function stepOf(person, text) {
  return steps.find((step) => step.text && step.person === person && text.trim() === step.text)?.id;
}

function read() {
  const isNarrow = matchMedia("(max-width: 719px)").matches;
  try {
    return { done: [], isFolded: isNarrow, ...JSON.parse(localStorage.getItem(store)) };
  } catch {
    return { done: [], isFolded: isNarrow };
  }
}

function content(kept, take, redraw) {
  const next = steps.find((step) => !kept.done.includes(step.id));
  if (!next && kept.isFolded) return [h("div", { class: "steps-head" }, h("span", { class: "steps-over" }, "First steps taken. Everything else is yours to try."), leave(kept, redraw))];
  const fold = h("button", {
    type: "button", class: "steps-fold quiet", "aria-expanded": String(!kept.isFolded), data: { testid: "steps-fold" },
    onclick: () => {
      kept.isFolded = !kept.isFolded;
      redraw();
    },
  }, glyph("down", "icon small"), h("span", { class: "hidden" }, kept.isFolded ? "Show the first steps" : "Hide the first steps"));
  const count = h("span", { class: "steps-count" }, `${kept.done.length} of ${steps.length}`);
  if (kept.isFolded) return [h("div", { class: "steps-head" }, line(next, false, take, true), count, fold)];
  return [
    h("div", { class: "steps-head" }, h("h2", {}, "First steps"), count, fold),
    h("ol", { class: "steps-list" }, steps.map((step) => h("li", {}, line(step, kept.done.includes(step.id), take, step === next)))),
  ];
}

function leave(kept, redraw) {
  return h("button", {
    type: "button", class: "quiet steps-leave", "aria-label": "Close", onclick: () => {
      kept.isOver = true;
      redraw();
    },
  }, glyph("close", "icon small"));
}

function line(step, isDone, take, isNext) {
  return h("button", { type: "button", class: `step ${isDone ? "is-done" : ""} ${isNext ? "is-next" : ""}`, data: { step: step.id }, onclick: () => take(step) },
    h("span", { class: "step-mark" }, isDone && glyph("check", "icon small")),
    h("span", { class: "step-words" }, h("span", { class: "step-title" }, step.title), isNext && h("span", { class: "step-why" }, step.why)),
    isNext && h("span", { class: "step-go" }, h("span", { class: "step-go-long" }, "Take me there"), h("span", { class: "step-go-short" }, "Go")));
}
