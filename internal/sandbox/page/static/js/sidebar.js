// The list of channels that the person sees, and the bot's home tab.
import { drawn, glyph, h, keyed, toggle } from "./dom.js";

/** home is the place of the bot's home tab among the channels. */
export const home = "home";

/** sidebar draws into node; choose(channelID) is called with the one picked. */
export function sidebar(node, choose) {
  const seen = new Map();
  return (state, current) => {
    const channels = state.channels ?? [];
    const items = [
      { kind: "title", id: "t-channels", name: "Channels" },
      ...channels.filter((channel) => !channel.im).map((channel) => itemOf(channel, current, seen)),
      { kind: "title", id: "t-apps", name: "Apps" },
      { kind: "channel", id: home, name: "ecsbot home", sort: "home" },
      ...channels.filter((channel) => channel.im).map((channel) => itemOf(channel, current, seen)),
    ];
    keyed(node, items, (item) => item.id, (item) => (item.kind === "title" ? titlePart() : channelPart(choose)));
    for (const each of node.querySelectorAll("[data-channel]")) {
      toggle(each, "data-current", each.dataset.channel === current);
      if (each.dataset.channel === current) each.setAttribute("aria-current", "page");
      else each.removeAttribute("aria-current");
    }
  };
}

// What came since the channel was last looked at makes it bold, as in Slack.
function itemOf(channel, current, seen) {
  const last = newest(channel);
  if (channel.id === current || !seen.has(channel.id)) seen.set(channel.id, last);
  return { kind: "channel", id: channel.id, name: channel.im ? "ecsbot" : channel.name, sort: sortOf(channel), isUnread: last > seen.get(channel.id), isOutside: channel.member === false };
}

function newest(channel) {
  return (channel.messages ?? []).reduce((latest, message) => [message.ts, ...(message.replies ?? []).map((reply) => reply.ts)].reduce((a, b) => (b > a ? b : a), latest), "");
}

function sortOf(channel) {
  if (channel.im) return "chat";
  if (channel.private) return "lock";
  return channel.shared ? "shared" : "hash";
}

function titlePart() {
  const node = h("h2", { class: "side-title" });
  return drawn(node, (item) => [item.name]);
}

function channelPart(choose) {
  const node = h("button", { type: "button", class: "side-channel", onclick: () => choose(node.dataset.channel) });
  return drawn(node, (each) => {
    node.dataset.channel = each.id;
    node.className = `side-channel ${each.isUnread ? "is-unread" : ""} ${each.isOutside ? "is-outside" : ""}`;
    return [glyph(each.sort), h("span", { class: "side-label" }, each.name), each.isUnread && h("span", { class: "side-dot", "aria-label": "unread" })];
  });
}
