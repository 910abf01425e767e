// A list of messages with days between them, which stays at its end until somebody scrolls up.
import { glyph, h, keyed } from "./dom.js";
import { messagePart } from "./message.js";
import { dateOf, dayOf } from "./time.js";

const close = 5 * 60; // seconds within which an author's next message needs no head of its own
const near = 48; // pixels from the end that still count as the end

/** messageList is {node, update(messages), toEnd()}. */
export function messageList(place, empty) {
  const content = h("div", { class: "messages-content" });
  const scroller = h("div", { class: "messages", tabindex: "0", role: "log", "aria-label": "Messages" }, h("div", { class: "messages-space" }), content);
  const jump = h("button", { type: "button", class: "messages-jump", hidden: true, onclick: () => toEnd() }, "New messages", glyph("down", "icon small"));
  const node = h("div", { class: "messages-frame" }, scroller, jump);
  let isAtEnd = true;
  let top = 0;
  const toEnd = () => {
    isAtEnd = true;
    jump.hidden = true;
    scroller.scrollTop = scroller.scrollHeight;
    top = scroller.scrollTop;
  };
  // What arrives moves the end away, too: only scrolling up leaves it.
  scroller.addEventListener("scroll", () => {
    const reachesEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < near;
    if (reachesEnd || scroller.scrollTop < top) isAtEnd = reachesEnd;
    if (isAtEnd) jump.hidden = true;
    top = scroller.scrollTop;
  }, { passive: true });
  const watch = new ResizeObserver(() => isAtEnd && toEnd());
  watch.observe(content);
  watch.observe(scroller);
  let count = 0;
  return {
    node,
    toEnd,
    update(messages) {
      const items = messages.length ? itemsOf(messages) : [{ key: "empty", kind: "empty" }];
      keyed(content, items, (item) => item.key, (item) => partOf(item, place, empty));
      if (messages.length > count && !isAtEnd) jump.hidden = false;
      count = messages.length;
    },
  };
}

function partOf(item, place, empty) {
  if (item.kind === "day") return { node: h("div", { class: "day" }, h("span", {}, item.day)), update() {} };
  if (item.kind === "empty") return { node: empty, update() {} };
  return messagePart(place);
}

function itemsOf(messages) {
  const items = [];
  let before;
  for (const message of messages) {
    const day = dayOf(message.ts);
    if (!before || dayOf(before.ts) !== day) items.push({ key: `day ${day}`, kind: "day", day });
    if (before?.isRoot) items.push({ key: "replies", kind: "day", day: "Replies" });
    items.push({ key: keyOf(message), kind: "message", message, isFollowing: follows(before, message) });
    before = message;
  }
  return items;
}

const keyOf = (message) => `${message.ts} ${message.ephemeral ? "private" : ""}`;

function follows(before, message) {
  if (!before || before.user !== message.user || Boolean(before.ephemeral) !== Boolean(message.ephemeral)) return false;
  if (message.ephemeral || before.isRoot || before.replyCount || dayOf(before.ts) !== dayOf(message.ts)) return false;
  return dateOf(message.ts) - dateOf(before.ts) < close * 1000;
}
