// The bot's home tab.
import { drawn, h } from "./dom.js";
import { blocks } from "./blocks.js";
import { heldBy, surface, valuesOf } from "./surface.js";

/** homeTab is a part: update(view, directory, names) draws the view that the bot published for this person. */
export function homeTab(does) {
  const node = h("div", { class: "home", tabindex: "0", data: { testid: "home" } });
  let current = {};
  const part = drawn(node, (view) => {
    if (!view?.blocks) return [h("p", { class: "home-empty" }, "The bot has not published a home tab for this person.")];
    const values = heldBy(view);
    const here = surface({
      name: "home", directory: current.directory, values,
      act: (block, element, value) => does.clickInView(view.id, block, element, value, valuesOf(view.blocks, values)),
      search: (block, element, typed) => does.searchInView(view.id, block, element, typed),
    });
    return [h("div", { class: "home-blocks" }, blocks(view.blocks, here))];
  });
  return {
    node,
    update(view, directory, names) {
      current = { directory };
      part.update(view ?? null, names);
    },
  };
}
