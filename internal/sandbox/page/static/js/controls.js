// Interactive elements of sections and action rows: a use of one is told to the bot at once.
import { glyph, h } from "./dom.js";
import { textObject, unescaped } from "./mrkdwn.js";
import { field, holdsValue } from "./fields.js";
import { confirmed } from "./confirm.js";

/** control is an interactive element; surface.act tells the bot. */
export function control(block, element, surface) {
  if (element.type === "button" || element.type === "workflow_button") return button(block, element, surface);
  if (element.type === "overflow") return overflow(block, element, surface);
  if (holdsValue(element)) return choosing(block, element, surface);
  return h("span", { class: "b-unknown" }, h("code", {}, element.type), " is not shown by this sandbox");
}

async function dispatch(node, block, element, value, surface) {
  if (element.confirm && !(await confirmed(element.confirm, surface.directory))) return false;
  node.classList.add("is-busy");
  node.setAttribute("aria-busy", "true");
  try {
    await surface.act(block, element, value);
  } finally {
    node.classList.remove("is-busy");
    node.removeAttribute("aria-busy");
  }
  return true;
}

function button(block, element, surface) {
  const style = ["primary", "danger"].includes(element.style) ? `b-${element.style}` : "";
  const node = h("button", {
    type: "button", class: `b-button ${style}`, "aria-label": element.accessibility_label,
    data: { actionId: element.action_id, blockId: block.block_id },
  }, textObject(element.text, surface.directory), element.url && glyph("external", "icon small"));
  node.addEventListener("click", () => {
    if (node.getAttribute("aria-busy")) return;
    if (element.url && /^https?:/i.test(element.url)) window.open(element.url, "_blank", "noopener,noreferrer");
    dispatch(node, block, element, { value: element.value }, surface);
  });
  return node;
}

function choosing(block, element, surface) {
  const holder = h("div", { class: "b-choosing" });
  const draw = () => holder.replaceChildren(field(element, {
    name: `${surface.name}-${block.block_id}-${element.action_id}`,
    blockId: block.block_id,
    label: element.placeholder?.text ?? element.action_id,
    value: surface.value(block, element),
    directory: surface.directory,
    search: (typed) => surface.search(block, element, typed),
    async change(value, cause) {
      if (cause === "character") return surface.record(block, element, value);
      const before = surface.value(block, element);
      surface.record(block, element, value);
      if (await dispatch(holder, block, element, value, surface)) return undefined;
      surface.record(block, element, before);
      return draw();
    },
  }));
  draw();
  return holder;
}

function overflow(block, element, surface) {
  const menu = h("div", { class: "b-menu", role: "menu", hidden: true });
  const opener = h("button", {
    type: "button", class: "b-button b-more", aria: { haspopup: "menu", expanded: "false", label: "More actions" },
    data: { actionId: element.action_id, blockId: block.block_id },
  }, glyph("more"));
  const holder = h("div", { class: "b-overflow" }, opener, menu);
  const show = (on) => {
    menu.hidden = !on;
    opener.setAttribute("aria-expanded", String(on));
    if (!on) return;
    menu.scrollIntoView({ block: "nearest" });
    menu.firstElementChild?.focus();
  };
  menu.append(...(element.options ?? []).map((option) => h("button", {
    type: "button", class: "b-menu-item", role: "menuitem", data: { value: option.value },
    onclick: () => {
      show(false);
      opener.focus();
      if (option.url && /^https?:/i.test(option.url)) window.open(option.url, "_blank", "noopener,noreferrer");
      dispatch(opener, block, element, { selected_option: option }, surface);
    },
  }, unescaped(option.text.text))));
  opener.addEventListener("click", () => show(menu.hidden));
  holder.addEventListener("focusout", (event) => !holder.contains(event.relatedTarget) && show(false));
  menu.addEventListener("keydown", (event) => walk(event, menu, () => {
    show(false);
    opener.focus();
  }));
  return holder;
}

function walk(event, menu, leave) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") leave();
  else if (step) {
    const items = [...menu.children];
    items.at((items.indexOf(document.activeElement) + step) % items.length).focus();
  } else return;
  event.preventDefault();
  event.stopPropagation();
}
