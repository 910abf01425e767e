// The emoji that bots use, drawn alike on every machine; what is not here stays in its own letters.
import { svg } from "./dom.js";

const drawn = new Map(Object.entries({
  white_check_mark: "✅", heavy_check_mark: "✔", x: "❌", hourglass: "⌛", warning: "⚠", lock: "🔒", unlock: "🔓",
  rotating_light: "🚨", mag: "🔍", no_entry: "⛔", no_entry_sign: "🚫", arrows_counterclockwise: "🔄", eyes: "👀",
  information_source: "ℹ", rocket: "🚀", tada: "🎉", wave: "👋", bell: "🔔", fire: "🔥", key: "🔑", shield: "🛡",
  memo: "📝", package: "📦", large_green_circle: "🟢", large_yellow_circle: "🟡", red_circle: "🔴",
  large_orange_circle: "🟠", large_blue_circle: "🔵", black_circle: "⚫", white_circle: "⚪", large_green_square: "🟩",
  large_red_square: "🟥", large_yellow_square: "🟨", snowflake: "❄", robot_face: "🤖", question: "❓", exclamation: "❗",
  bulb: "💡", hammer_and_wrench: "🛠", arrow_up: "⬆", arrow_down: "⬇", arrow_right: "➡", arrow_left: "⬅",
  leftwards_arrow_with_hook: "↩", rewind: "⏪", arrow_forward: "▶", double_vertical_bar: "⏸", octagonal_sign: "🛑", raised_hand: "✋",
  stopwatch: "⏱", link: "🔗", bar_chart: "📊", chart_with_upwards_trend: "📈", page_facing_up: "📄", scroll: "📜",
  speech_balloon: "💬", pushpin: "📌", construction: "🚧", zzz: "💤", label: "🏷", thumbsup: "👍",
}));

const aliases = new Map(Object.entries({
  hourglass_flowing_sand: "hourglass", "+1": "thumbsup", green_circle: "large_green_circle", repeat: "arrows_counterclockwise",
  yellow_circle: "large_yellow_circle", orange_circle: "large_orange_circle", large_red_circle: "red_circle", stop_sign: "octagonal_sign",
  bulb_on: "bulb", pencil: "memo", pause_button: "double_vertical_bar", mag_right: "mag", police_car_light: "rotating_light",
  heavy_exclamation_mark: "exclamation", party_popper: "tada", hand: "raised_hand", timer_clock: "stopwatch",
}));

const names = new Map([...drawn].map(([name, letter]) => [letter, name]).concat([["⏳", "hourglass"], ["🔎", "mag"], ["🔁", "arrows_counterclockwise"]]));
const letters = new RegExp(`(${[...names.keys()].join("|")})\uFE0F?`, "gu");

/** emoji is the picture of a name, or the name between its colons. */
export function emoji(name) {
  const bare = name.replace(/::skin-tone-\d$/, "");
  const known = aliases.get(bare) ?? bare;
  if (!drawn.has(known)) return document.createTextNode(`:${name}:`);
  return svg("svg", { class: "emoji", role: "img", "aria-label": name.replaceAll("_", " ") }, svg("use", { href: `/static/emoji.svg#${known}` }));
}

/** withEmoji turns `:names:` and letters that have a picture into pictures; all else stays text. */
export function withEmoji(text, names = true) {
  const parts = names ? text.split(/(:[a-z0-9_+'-]+(?:::skin-tone-\d)?:)/) : [text];
  return parts.flatMap((part, place) => (place % 2 ? [emoji(part.slice(1, -1))] : pictured(part)));
}

function pictured(text) {
  return text.split(letters).filter(Boolean).map((part) => (names.has(part) ? emoji(names.get(part)) : part));
}
