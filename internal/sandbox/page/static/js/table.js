// table blocks.
import { h } from "./dom.js";
import { richText } from "./richtext.js";
import { withEmoji } from "./emoji.js";

/** table is a table block; its first row is the heading, as Slack shows it. */
export function table(block, surface) {
  const [heading = [], ...rows] = block.rows ?? [];
  const cells = (tag, row) => row.map((cell, column) => h(tag, { class: classOf(block.column_settings?.[column]) }, cellOf(cell, surface.directory)));
  return h("div", { class: "b-table", tabindex: "0" }, h("table", {},
    h("thead", {}, h("tr", {}, cells("th", heading))),
    h("tbody", {}, rows.map((row) => h("tr", {}, cells("td", row))))));
}

function classOf(settings) {
  return [settings?.align && `align-${settings.align}`, settings?.is_wrapped && "is-wrapped"].filter(Boolean).join(" ") || undefined;
}

function cellOf(cell, directory) {
  if (cell.type === "rich_text") return richText(cell, directory);
  if (cell.type === "raw_number") return String(cell.text ?? cell.value ?? "");
  return withEmoji(String(cell.text ?? ""), true);
}
