// rich_text blocks: sections, lists, quotes and preformatted text.
import { h } from "./dom.js";
import { emoji, withEmoji } from "./emoji.js";
import { link, mention } from "./mrkdwn.js";
import { dateToken } from "./time.js";

/** richText is a rich_text block. Mentions in it are shown, and reach nobody. */
export function richText(block, directory) {
  return h("div", { class: "b-rich" }, lists(block.elements ?? []).map((element) => part(element, directory)));
}

const parts = {
  rich_text_section: (element, directory) => h("div", { class: "rich-section" }, inlines(element, directory)),
  rich_text_quote: (element, directory) => h("blockquote", {}, inlines(element, directory)),
  rich_text_preformatted: (element, directory) => h("pre", { class: "code-block" }, inlines(element, directory, true)),
};

function part(element, directory) {
  if (Array.isArray(element)) return list(element, directory);
  const draw = parts[element.type];
  return draw ? draw(element, directory) : h("div", { class: "b-unknown" }, h("code", {}, element.type));
}

// Slack nests lists by their indent, as neighbours rather than as children: gather neighbours first.
function lists(elements) {
  return elements.reduce((gathered, element) => {
    const last = gathered.at(-1);
    if (element.type !== "rich_text_list") gathered.push(element);
    else if (Array.isArray(last)) last.push(element);
    else gathered.push([element]);
    return gathered;
  }, []);
}

function list(neighbours, directory) {
  return h("div", { class: "rich-lists" }, neighbours.map((each) => {
    const items = each.elements.map((item) => h("li", {}, inlines(item, directory)));
    const start = each.style === "ordered" && each.offset ? each.offset + 1 : undefined;
    return h(each.style === "ordered" ? "ol" : "ul", { class: `indent-${Math.min(each.indent ?? 0, 8)}`, start }, items);
  }));
}

function inlines(element, directory, isCode = false) {
  return (element.elements ?? []).map((each) => inline(each, directory, isCode));
}

const inlineKinds = {
  text: (each) => each.text,
  link: (each) => link(each.url, each.text || each.url),
  emoji: (each) => emoji(each.name),
  user: (each, directory) => mention(directory.person(each.user_id)),
  usergroup: (each, directory) => mention(directory.group(each.usergroup_id)),
  channel: (each, directory) => mention(directory.channel(each.channel_id)),
  broadcast: (each) => mention(`@${each.range}`, "mention-all"),
  date: (each) => dateToken(each.timestamp, each.format),
  color: (each) => each.value,
};

function inline(each, directory, isCode) {
  const draw = inlineKinds[each.type];
  if (!draw) return h("span", { class: "b-unknown-inline" }, each.type);
  const drawn = each.type === "text" && !isCode ? withEmoji(each.text, false) : draw(each, directory);
  return dressed(drawn, each.style ?? {});
}

const styles = [["code", "code"], ["strike", "s"], ["italic", "em"], ["bold", "strong"], ["underline", "u"]];

function dressed(node, style) {
  return styles.filter(([name]) => style[name]).reduce((inner, [, tag]) => h(tag, {}, inner), node);
}
