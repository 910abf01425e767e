// Block Kit as Slack shows it. A surface says what controls do:
//   {directory, act(block, element, value), options(block, element, typed), values, errors, place}
import { h } from "./dom.js";
import { textObject, unescaped } from "./mrkdwn.js";
import { richText } from "./richtext.js";
import { control } from "./controls.js";
import { inputBlock } from "./inputs.js";
import { chart } from "./chart.js";
import { table } from "./table.js";
import { picture } from "./picture.js";

const kinds = {
  section,
  header: (block, surface) => h("h3", { class: "b-header" }, textObject(block.text, surface.directory)),
  divider: () => h("hr", { class: "b-divider" }),
  context,
  actions: (block, surface) => h("div", { class: "b-actions" }, block.elements.map((element) => control(block, element, surface))),
  input: inputBlock,
  rich_text: (block, surface) => richText(block, surface.directory),
  table,
  data_table: table,
  image: (block, surface) => picture(block, surface.directory),
  markdown: (block) => h("div", { class: "b-markdown" }, unescaped(block.text ?? "")),
  data_visualization: chart,
};

/** blocks is the nodes of a list of blocks. */
export function blocks(list, surface) {
  return list.map((block, place) => one({ block_id: `block-${place}`, ...block }, surface));
}

function one(block, surface) {
  const draw = Object.hasOwn(kinds, block.type) ? kinds[block.type] : unknown;
  try {
    return h("div", { class: "block", data: { block: block.type, blockId: block.block_id } }, draw(block, surface));
  } catch (error) {
    return unknown(block, surface, error);
  }
}

function unknown(block, _surface, error) {
  const why = error ? ` could not be shown: ${error.message}` : " is not shown by this sandbox";
  return h("div", { class: "b-unknown", data: { testid: "unknown-block" } }, h("code", {}, String(block.type)), why);
}

function section(block, surface) {
  const text = block.text && h("div", { class: "b-text" }, textObject(block.text, surface.directory));
  const fields = block.fields && h("div", { class: "b-fields" }, block.fields.map((field) => h("div", { class: "b-field" }, textObject(field, surface.directory))));
  const accessory = block.accessory && h("div", { class: "b-accessory" }, accessoryOf(block, surface));
  return h("div", { class: accessory ? "b-section with-accessory" : "b-section" }, h("div", { class: "b-body" }, text, fields), accessory);
}

function accessoryOf(block, surface) {
  if (block.accessory.type === "image") return h("img", { class: "b-thumb", src: block.accessory.image_url, alt: block.accessory.alt_text });
  return control(block, block.accessory, surface);
}

function context(block, surface) {
  return h("div", { class: "b-context" }, block.elements.map((element) => {
    if (element.type === "image") return h("img", { class: "b-context-image", src: element.image_url, alt: element.alt_text });
    return h("span", {}, textObject(element, surface.directory));
  }));
}
