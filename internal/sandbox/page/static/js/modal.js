// The forms that the bot opens: the topmost view of the person's stack, as a dialog.
import { h, refill } from "./dom.js";
import { blocks } from "./blocks.js";
import { withEmoji } from "./emoji.js";
import { heldBy, surface, valuesOf } from "./surface.js";

/** modal keeps one dialog in line with the person's views; does is what a person can do. */
export function modal(does) {
  const filled = new Map();
  let shown;
  return (views, directory) => {
    const view = views.at(-1);
    for (const id of filled.keys()) if (!views.some((each) => each.id === id)) filled.delete(id);
    if (shown && shown.id !== view?.id) {
      shown.dialog.remove();
      shown = undefined;
    }
    if (!view) return;
    shown ??= open(view.id, does);
    if (!filled.has(view.id)) filled.set(view.id, heldBy(view));
    draw(shown, view, filled.get(view.id), directory, does);
  };
}

function open(id, does) {
  const form = h("form", { class: "modal-form", novalidate: true });
  const dialog = h("dialog", { class: "dialog modal", data: { testid: "modal", view: id }, "aria-labelledby": "modal-title" }, form);
  const shown = { id, dialog, form, drawn: "", close: () => does.close(id) };
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    shown.close();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(shown, does);
  });
  document.body.append(dialog);
  dialog.showModal();
  return shown;
}

async function submit(shown, does) {
  if (shown.form.classList.contains("is-busy") || !shown.view.submit) return;
  const missing = shown.view.blocks.filter((block) => block.type === "input" && !block.optional && isEmpty(block, shown.values));
  shown.missing = Object.fromEntries(missing.map((block) => [block.block_id, "Please complete this required field."]));
  shown.redraw();
  if (missing.length) return;
  shown.form.classList.add("is-busy");
  await does.submit(shown.id, valuesOf(shown.view.blocks, shown.values));
  shown.form.classList.remove("is-busy");
}

function isEmpty(block, values) {
  const value = valuesOf([block], values)[block.block_id]?.[block.element.action_id] ?? {};
  const held = Object.entries(value).filter(([key]) => key !== "type").map(([, each]) => each);
  return held.every((each) => each === null || each === undefined || each === "" || (Array.isArray(each) && each.length === 0));
}

function draw(shown, view, values, directory, does) {
  Object.assign(shown, { view, values });
  shown.dialog.dataset.hash = view.hash ?? "";
  shown.redraw = () => {
    const now = JSON.stringify([view, shown.missing]);
    if (now === shown.drawn) return;
    const isFirst = !shown.drawn;
    shown.drawn = now;
    refill(shown.form, ...content(shown, directory, does));
    if (isFirst) shown.form.querySelector("[autofocus], .modal-body input, .modal-body textarea, .modal-body select, .b-primary")?.focus();
    if (view.errors || shown.missing) shown.form.querySelector(".has-error")?.scrollIntoView({ block: "nearest" });
  };
  shown.redraw();
}

function content(shown, directory, does) {
  const { view, values } = shown;
  const here = surface({
    name: `v-${view.id}`, directory, values, errors: { ...shown.missing, ...view.errors },
    act: (block, element, value) => does.clickInView(view.id, block, element, value, valuesOf(view.blocks, values)),
    search: (block, element, typed) => does.searchInView(view.id, block, element, typed),
  });
  return [
    h("header", { class: "dialog-title" }, h("h2", { id: "modal-title" }, withEmoji(view.title?.text ?? "")),
      h("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: () => shown.close() }, "✕")),
    h("div", { class: "dialog-body modal-body" }, blocks(view.blocks ?? [], here)),
    h("footer", { class: "dialog-foot" },
      h("button", { type: "button", class: "b-button", data: { testid: "modal-close" }, onclick: () => shown.close() }, view.close?.text ?? (view.submit ? "Cancel" : "Close")),
      view.submit && h("button", { type: "submit", class: "b-button b-primary", data: { testid: "modal-submit" } }, withEmoji(view.submit.text))),
  ];
}
