// Slack's mrkdwn as nodes. What looks like markup of any other kind stays text.
import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { dateToken } from "./time.js";

/** mrkdwn is the nodes of a mrkdwn text; names are looked up in the directory. */
export function mrkdwn(text, directory) {
  return text.split(/```/).flatMap((part, place, all) => {
    const isClosed = place % 2 === 1 && place < all.length - 1;
    if (isClosed) return [h("pre", { class: "code-block" }, plainOf(part.replace(/^\n|\n$/g, "")))];
    return lines((place % 2 === 1 ? "```" : "") + part, directory);
  });
}

/** unescaped undoes Slack's three escapes. */
export const unescaped = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

/** textObject is a text object of either type, as nodes. */
export function textObject(object, directory) {
  if (!object) return [];
  if (object.type === "plain_text") return withEmoji(object.text ?? "", object.emoji !== false);
  return mrkdwn(object.text ?? "", directory);
}

function lines(text, directory) {
  const nodes = [];
  let quoted = [];
  const flush = () => {
    if (quoted.length) nodes.push(h("blockquote", {}, inline(quoted.join("\n"), directory)));
    quoted = [];
  };
  const plain = [];
  const flushPlain = () => {
    if (plain.length) nodes.push(...inline(plain.join("\n"), directory));
    plain.length = 0;
  };
  for (const line of text.split("\n")) {
    const quote = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (quote) flushPlain();
    else flush();
    (quote ? quoted : plain).push(quote ? quote[1] : line);
  }
  flush();
  flushPlain();
  return nodes;
}

const spans = [
  { mark: "*", tag: "strong" },
  { mark: "_", tag: "em" },
  { mark: "~", tag: "s" },
];

// Inline code and <…> tokens come first: nothing inside them is styled.
const atoms = /(`[^`\n]+`|<[^<>\n]+>)/;

function inline(text, directory) {
  return styled(text.split(atoms), directory);
}

// A style runs over atoms too (`*<@U1> did it*`), so the parts are joined by private-use marks while the
// styles are found, and put back afterwards.
function styled(parts, directory) {
  const kept = parts.filter((_, place) => place % 2 === 1);
  let next = 0;
  const text = parts.map((part, place) => (place % 2 ? String.fromCodePoint(0xf0000 + next++) : part.replace(/[\u{f0000}-\u{ffffd}]/gu, ""))).join("");
  return spanned(text, (part) => restored(part, kept, directory));
}

function spanned(text, leaf) {
  for (const { mark, tag } of spans) {
    const found = spanPattern(mark).exec(text);
    if (!found) continue;
    const start = found.index + found[1].length;
    const end = start + found[2].length + 2;
    return [...spanned(text.slice(0, start), leaf), h(tag, {}, spanned(found[2], leaf)), ...spanned(text.slice(end), leaf)];
  }
  return leaf(text);
}

function spanPattern(mark) {
  return new RegExp(`(^|[^\\p{L}\\p{N}${mark}])[${mark}](?!\\s)([^${mark}\\n]*[^${mark}\\s])[${mark}](?![\\p{L}\\p{N}${mark}])`, "u");
}

function restored(text, kept, directory) {
  return text.split(/([\u{f0000}-\u{ffffd}])/u).flatMap((part, place) => {
    if (place % 2 === 0) return part ? withEmoji(unescaped(part)) : [];
    const atom = kept[part.codePointAt(0) - 0xf0000];
    return atom.startsWith("`") ? [h("code", {}, plainOf(atom.slice(1, -1)))] : [token(atom.slice(1, -1), directory)];
  });
}

// In code, links and mentions show their label and style nothing.
function plainOf(text) {
  return unescaped(text.replace(/<([^<>|\n]+)(?:\|([^<>\n]*))?>/g, (_, target, label) => label || target));
}

function token(inside, directory) {
  const [target, label] = cut(inside, "|");
  if (target.startsWith("@")) return mention(directory.person(target.slice(1), label));
  if (target.startsWith("#")) return mention(directory.channel(target.slice(1), label));
  if (target.startsWith("!")) return special(target.slice(1), label, directory);
  return link(unescaped(target), unescaped(label || target));
}

function special(target, label, directory) {
  if (target.startsWith("subteam^")) return mention(directory.group(target.slice(8), label));
  if (target.startsWith("date^")) return dateSpan(target.split("^"), label);
  return mention(`@${target}`, "mention-all");
}

function dateSpan([, seconds, format, address], fallback) {
  const words = Number.isFinite(Number(seconds)) ? dateToken(seconds, format ?? "") : unescaped(fallback ?? "");
  return address ? link(address, words) : h("time", { title: fallback ? unescaped(fallback) : undefined }, words);
}

/** mention is the chip of a person, group or channel. */
export function mention(words, className = "") {
  return h("span", { class: `mention ${className}` }, words);
}

/** link opens elsewhere; only web and mail addresses become links at all. */
export function link(address, ...words) {
  if (!/^(https?:|mailto:)/i.test(address)) return h("span", { class: "link-refused", title: address }, words);
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, words);
}

function cut(text, separator) {
  const place = text.indexOf(separator);
  return place < 0 ? [text, ""] : [text.slice(0, place), text.slice(place + 1)];
}
