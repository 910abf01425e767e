// Where one writes: Enter sends, a slash offers the commands, an @ the people, a bolt the shortcuts.
import { glyph, h, keyed, setText } from "./dom.js";

/**
 * composer is {node, update(ask), fill(text)}; ask is {placeholder, hints, commands, names, shortcuts, note, reason}.
 * send(text) is awaited; what could not be sent stays in the field. use(id) is one of the shortcuts.
 */
export function composer(send, use = () => {}) {
  const field = h("textarea", { class: "composer-field", rows: "1", spellcheck: "false", autocapitalize: "off", autocomplete: "off", data: { testid: "composer" } });
  const button = h("button", { type: "submit", class: "composer-send", "aria-label": "Send", title: "Send", data: { testid: "send" } }, glyph("send"));
  const offers = h("div", { class: "offers", role: "listbox", "aria-label": "Suggestions", hidden: true });
  const hints = h("div", { class: "hints" });
  const note = h("p", { class: "composer-note" });
  const shortcuts = h("div", { class: "composer-shortcuts" });
  const form = h("form", { class: "composer-form" }, offers, shortcuts, field, button);
  const node = h("div", { class: "composer" }, hints, form, note);
  const self = { field, offers, ask: { commands: [], names: [] }, at: 0 };
  const settle = () => {
    field.style.height = "auto";
    if (field.scrollHeight) field.style.height = `${Math.min(field.scrollHeight, 160)}px`;
    button.disabled = !field.value.trim();
    offer(self, fill);
  };
  const fill = (text, isDone = true) => {
    field.value = text;
    field.focus();
    settle();
    if (isDone) offers.hidden = true;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    deliver(field, send, settle);
  });
  field.addEventListener("input", settle);
  field.addEventListener("blur", () => setTimeout(() => (offers.hidden = document.activeElement !== field || offers.hidden), 120));
  field.addEventListener("keydown", (event) => press(event, self, form, fill));
  settle();
  return { node, fill, update: (ask) => show(ask, { self, field, hints, shortcuts, note, form, fill, use }) };
}

async function deliver(field, send, settle) {
  const text = field.value.trim();
  if (!text) return;
  field.value = "";
  settle();
  const isSent = await send(text);
  if (!isSent && !field.value) field.value = text;
  settle();
}

function press(event, self, form, fill) {
  const list = [...self.offers.children];
  const isOpen = !self.offers.hidden && list.length > 0;
  if (isOpen && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    event.preventDefault();
    self.at = (self.at + (event.key === "ArrowDown" ? 1 : list.length - 1)) % list.length;
    mark(self);
  } else if (isOpen && event.key === "Tab" && !event.shiftKey) {
    event.preventDefault();
    fill(list[self.at].dataset.text);
  } else if (isOpen && event.key === "Escape") {
    self.offers.hidden = true;
  } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
}

function mark({ offers, at }) {
  [...offers.children].forEach((each, place) => each.setAttribute("aria-selected", String(place === at)));
}

function offer(self, fill) {
  const found = offersFor(self.field.value, self.ask);
  self.at = 0;
  self.offers.hidden = found.length === 0;
  self.offers.replaceChildren(...found.map((each) => h("div", {
    class: "offer", role: "option", data: { text: each.text }, onpointerdown: (event) => event.preventDefault(), onclick: () => fill(each.text),
  }, h("span", { class: "offer-name" }, each.name), h("span", { class: "offer-what" }, each.what))));
  mark(self);
}

function offersFor(text, { commands, names }) {
  if (/^\/\S*$/.test(text)) {
    return commands.filter((each) => each.command.startsWith(text)).map((each) => ({
      text: `${each.command} `, name: `${each.command} ${each.usage_hint ?? ""}`, what: each.description ?? "",
    }));
  }
  const typed = /(^|.*\s)@([\w.-]*)$/s.exec(text);
  if (!typed) return [];
  return names.filter((each) => each.name.startsWith(typed[2])).map((each) => ({ text: `${typed[1]}@${each.name} `, name: `@${each.name}`, what: each.title ?? "" }));
}

function show(ask, { self, field, hints, shortcuts, note, form, fill, use }) {
  self.ask = ask;
  field.placeholder = ask.placeholder;
  field.setAttribute("aria-label", ask.placeholder);
  form.hidden = Boolean(ask.reason);
  setText(note, ask.reason ?? ask.note ?? "");
  note.classList.toggle("is-reason", Boolean(ask.reason));
  keyed(shortcuts, ask.shortcuts ?? [], (each) => each.callback_id, (each) => ({ node: bolt(each, use), update() {} }));
  const wanted = ask.reason ? "" : ask.hints.join("\n");
  if (hints.dataset.shown === wanted) return;
  hints.dataset.shown = wanted;
  hints.replaceChildren(...(wanted ? ask.hints : []).map((hint) => h("button", { type: "button", class: "hint", data: { hint }, onclick: () => fill(hint) }, hint)));
}

const bolt = ({ callback_id: id, name }, use) => h("button", {
  type: "button", class: "composer-shortcut", title: name, "aria-label": name, data: { testid: "shortcut", shortcut: id }, onclick: () => use(id),
}, glyph("bolt"));
