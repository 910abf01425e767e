// One message: who, when, what, its files and its thread.
import { drawn, glyph, h } from "./dom.js";
import { avatar, badges } from "./avatar.js";
import { blocks } from "./blocks.js";
import { mrkdwn } from "./mrkdwn.js";
import { clockOf, dateOf } from "./time.js";
import { fileCard } from "./files.js";
import { surface } from "./surface.js";

/** messagePart is a part for keyed; place says where the message stands and what can be done there. */
export function messagePart(place) {
  const node = h("article", { class: "message", data: { testid: "message" } });
  const values = new Map();
  const part = drawn(node, ({ message, isFollowing }, names) => {
    node.dataset.ts = message.ts;
    node.className = classOf(message, isFollowing);
    return draw(message, { ...place, values, names });
  });
  return { node, update: (item) => part.update(item, place.directory(), place.names()) };
}

function classOf(message, isFollowing) {
  return ["message", isFollowing && "is-following", message.ephemeral && "is-ephemeral", message.pending && "is-pending", message.bot && "is-bot"].filter(Boolean).join(" ");
}

function draw(message, place) {
  const author = authorOf(message, place.directory());
  return [
    h("div", { class: "message-side" }, avatar(author), h("time", { class: "message-clock" }, clockOf(message.ts))),
    h("div", { class: "message-main" },
      message.ephemeral && h("p", { class: "message-private" }, glyph("eye", "icon small"), "Only visible to you"),
      h("header", { class: "message-head" }, h("span", { class: "message-name" }, author.name), badges(author),
        h("time", { class: "message-time", datetime: dateOf(message.ts).toISOString() }, clockOf(message.ts))),
      body(message, place),
      (message.files ?? []).map(fileCard),
      message.error && message.error !== message.text && h("p", { class: "message-error", role: "alert" }, glyph("warning", "icon small"), message.error),
      replies(message, place)),
    replyButton(message, place),
  ];
}

function authorOf(message, directory) {
  const known = directory.people.get(message.user) ?? {};
  return { ...known, id: message.user, name: message.name || known.name || "Slackbot", bot: message.bot && message.user !== "USLACKBOT" };
}

function body(message, place) {
  const directory = place.directory();
  const edited = message.edited && h("span", { class: "message-edited" }, "(edited)");
  if (!message.bot || !message.blocks?.length) return h("div", { class: "message-text" }, mrkdwn(message.text ?? "", directory), edited);
  const here = surface({
    name: `m-${message.ts}`, directory, values: place.values,
    act: (block, element, value) => place.act(message, block, element, value),
    search: (block, element, typed) => place.search(message, block, element, typed),
  });
  return h("div", { class: "message-blocks" }, blocks(message.blocks, here), edited);
}

function replies(message, place) {
  if (!place.openThread || !message.replyCount) return undefined;
  const last = message.replies?.at(-1);
  return h("button", { type: "button", class: "message-replies", data: { testid: "open-thread" }, onclick: () => place.openThread(message.ts) },
    h("strong", {}, message.replyCount === 1 ? "1 reply" : `${message.replyCount} replies`),
    last && h("span", { class: "message-last" }, `last at ${clockOf(last.ts)}`), glyph("chevron", "icon small"));
}

function replyButton(message, place) {
  if (!place.openThread || message.ephemeral) return undefined;
  return h("button", { type: "button", class: "message-reply quiet", title: "Reply in thread", "aria-label": "Reply in thread", onclick: () => place.openThread(message.ts) }, glyph("reply"));
}
