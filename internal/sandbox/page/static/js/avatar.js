// Faces and badges of people and bots.
import { h, svg } from "./dom.js";

const colours = 8;

/** avatar is a person's initial on their own colour, or the bot's mark. */
export function avatar({ id = "", name = "", bot = false }) {
  if (bot) return h("span", { class: "avatar avatar-bot", "aria-hidden": "true" }, svg("svg", {}, svg("use", { href: "/static/icon.svg#mark" })));
  if (id === "USLACKBOT") return h("span", { class: "avatar avatar-slack", "aria-hidden": "true" }, "S");
  return h("span", { class: `avatar tone-${toneOf(id)}`, "aria-hidden": "true" }, (name[0] ?? "?").toUpperCase());
}

// A spread over the letters that tells the demo's five people apart.
function toneOf(id) {
  return [...id].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 9973, 7) % colours;
}

/** badges says what is unusual about an author: a bot, or somebody from another company. */
export function badges({ bot, external, team, guest }) {
  return [
    bot && h("span", { class: "badge" }, "APP"),
    external && h("span", { class: "badge badge-external", title: "From another company" }, team && !/^T[0-9A-Z]+$/.test(team) ? team : "external"),
    guest && h("span", { class: "badge" }, "guest"),
  ].filter(Boolean);
}
