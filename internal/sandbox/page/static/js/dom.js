// Building and updating the page's nodes. Text only ever enters as text nodes, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/** h makes an element: properties by name, `on…` as listeners, `data` and `aria` as objects. */
export function h(tag, props = {}, ...children) {
  return furnish(document.createElement(tag), props, children);
}

/** svg makes an SVG element in the same way. */
export function svg(tag, props = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), props, children);
}

function furnish(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "data") Object.assign(node.dataset, defined(value));
    else if (name === "aria") for (const [key, said] of Object.entries(defined(value))) node.setAttribute(`aria-${key}`, said);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

function defined(object) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== null));
}

/** glyph is one of the line icons of glyphs.svg. */
export function glyph(name, className = "icon") {
  return svg("svg", { class: className, "aria-hidden": "true" }, svg("use", { href: `/static/glyphs.svg#${name}` }));
}

/** setText changes a node's text only where it differs, so that a selection in it survives. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** toggle sets or removes an attribute without a value. */
export function toggle(node, name, on) {
  if (node.hasAttribute(name) !== Boolean(on)) node.toggleAttribute(name, Boolean(on));
}

/**
 * keyed brings parent's children in line with items. Each item has a part {node, update} that is made
 * once by create(item), so that focus, typing and scroll positions survive a new state.
 */
export function keyed(parent, items, key, create) {
  parent.parts ??= new Map();
  const wanted = new Set(items.map((item) => String(key(item))));
  for (const [name, part] of parent.parts) {
    if (wanted.has(name)) continue;
    part.node.remove();
    parent.parts.delete(name);
  }
  items.forEach((item, place) => {
    const name = String(key(item));
    if (!parent.parts.has(name)) parent.parts.set(name, create(item));
    const part = parent.parts.get(name);
    part.update(item);
    if (parent.children[place] !== part.node) parent.insertBefore(part.node, parent.children[place] ?? null);
  });
}

/** drawn is a part for keyed that draws its content anew whenever the item differs. */
export function drawn(node, draw) {
  let last;
  return {
    node,
    update(item, ...rest) {
      const now = JSON.stringify([item, ...rest]);
      if (now === last) return;
      last = now;
      refill(node, draw(item, ...rest));
    },
  };
}

/** refill replaces a node's children and gives the focus back to the control that had it. */
export function refill(node, ...children) {
  const focused = node.contains(document.activeElement) ? markOf(document.activeElement) : undefined;
  node.replaceChildren(...children.flat(Infinity).filter(Boolean));
  if (focused) node.querySelector(focused)?.focus({ preventScroll: true });
}

function markOf(control) {
  const { actionId, blockId, testid } = control.dataset;
  if (actionId) return `[data-action-id="${CSS.escape(actionId)}"][data-block-id="${CSS.escape(blockId ?? "")}"]`;
  return testid ? `[data-testid="${CSS.escape(testid)}"]` : undefined;
}
