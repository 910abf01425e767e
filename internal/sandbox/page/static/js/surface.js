// A surface is where blocks stand (a message, a form, the home tab): it keeps what people have filled in.
import { holdsValue, initialOf } from "./fields.js";

/**
 * surface gives blocks their values and their way to the bot. act(block, element, value) and
 * search(block, element, typed) are the place's own; name keeps the controls' IDs apart.
 */
export function surface({ name, directory, errors, values = new Map(), act, search }) {
  const key = (block, element) => `${block.block_id}/${element.action_id}`;
  return {
    name, directory, errors, act, search,
    value: (block, element) => values.get(key(block, element)),
    record: (block, element, value) => values.set(key(block, element), value),
  };
}

/** heldBy is what Slack already holds for a view's fields. */
export function heldBy(view) {
  const held = Object.entries(view.state?.values ?? {});
  return new Map(held.flatMap(([block, actions]) => Object.entries(actions).map(([action, value]) => [`${block}/${action}`, value])));
}

/** valuesOf is `view.state.values`: every field of the blocks with what it holds. */
export function valuesOf(blocks, values) {
  const state = {};
  for (const block of blocks) {
    for (const element of elementsOf(block).filter(holdsValue)) {
      const held = values.get(`${block.block_id}/${element.action_id}`) ?? initialOf(element);
      (state[block.block_id] ??= {})[element.action_id] = { type: element.type, ...held };
    }
  }
  return state;
}

function elementsOf(block) {
  if (block.type === "input") return [block.element];
  if (block.type === "actions") return block.elements;
  return block.type === "section" && block.accessory ? [block.accessory] : [];
}
