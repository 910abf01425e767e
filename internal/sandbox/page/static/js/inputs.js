// input blocks: a label, a field, a hint, and the error that the bot put at it.
import { h } from "./dom.js";
import { textObject } from "./mrkdwn.js";
import { field, holdsValue } from "./fields.js";

/** inputBlock is an input block; its value is recorded, and dispatched only where it says so. */
export function inputBlock(block, surface) {
  const { element } = block;
  if (!holdsValue(element)) return h("div", { class: "b-unknown" }, h("code", {}, element.type), " is not shown by this sandbox");
  const error = surface.errors?.[block.block_id];
  const name = `${surface.name}-${block.block_id}-${element.action_id}`;
  const control = field(element, {
    name,
    blockId: block.block_id,
    describedBy: `${name}-note`,
    value: surface.value(block, element),
    directory: surface.directory,
    search: (typed) => surface.search(block, element, typed),
    change(value, cause) {
      surface.record(block, element, value);
      if (dispatches(block, cause)) surface.act(block, element, value);
    },
  });
  const isGroup = ["checkboxes", "radio_buttons", "multi_static_select"].includes(element.type);
  return h(isGroup ? "fieldset" : "div", { class: error ? "b-input has-error" : "b-input" },
    h(isGroup ? "legend" : "label", { class: "b-label", for: isGroup ? undefined : name },
      textObject(block.label, surface.directory), block.optional && h("span", { class: "b-optional" }, "optional")),
    control,
    h("div", { class: "b-note", id: `${name}-note` },
      error && h("p", { class: "b-error", role: "alert", data: { testid: "field-error" } }, error),
      block.hint && h("p", { class: "b-hint" }, textObject(block.hint, surface.directory))));
}

function dispatches(block, cause) {
  if (!block.dispatch_action) return false;
  if (cause === "choice") return true;
  const triggers = block.element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  return triggers.includes(cause === "enter" ? "on_enter_pressed" : "on_character_entered");
}
