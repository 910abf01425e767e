// The elements that hold a value. Each reports it as Slack's `view.state.values` has it.
import { h } from "./dom.js";
import { textObject, unescaped } from "./mrkdwn.js";
import { searchable, searchableMany } from "./searchable.js";

const kinds = {
  plain_text_input: textInput,
  number_input: (element, ask) => typed(element, ask, { type: "text", inputmode: element.is_decimal_allowed ? "decimal" : "numeric" }),
  email_text_input: (element, ask) => typed(element, ask, { type: "email" }),
  url_text_input: (element, ask) => typed(element, ask, { type: "url" }),
  datepicker: (element, ask) => picked(element, ask, "date", "selected_date"),
  timepicker: (element, ask) => picked(element, ask, "time", "selected_time"),
  static_select: select,
  external_select: searchable,
  multi_external_select: searchableMany,
  multi_static_select: ticked,
  checkboxes: ticked,
  radio_buttons: radio,
  users_select: (element, ask) => chosenID(element, ask, "selected_user", ask.directory.people),
  channels_select: (element, ask) => chosenID(element, ask, "selected_channel", ask.directory.channels),
  conversations_select: (element, ask) => chosenID(element, ask, "selected_conversation", ask.directory.channels),
};

/** holdsValue says whether an element is a field at all. */
export const holdsValue = (element) => Object.hasOwn(kinds, element.type);

/**
 * field is a field's control. ask is {value, change(value, cause), search(typed), directory, name, label};
 * cause is "enter", "character" or "choice", which decide whether an input dispatches.
 */
export function field(element, ask) {
  return kinds[element.type](element, { ...ask, value: ask.value ?? initialOf(element) });
}

/** initialOf is the value that an element starts with. */
export function initialOf(element) {
  const { type } = element;
  const text = element.initial_value;
  const values = {
    plain_text_input: { value: text ?? null },
    number_input: { value: text ?? null },
    email_text_input: { value: text ?? null },
    url_text_input: { value: text ?? null },
    datepicker: { selected_date: element.initial_date ?? null },
    timepicker: { selected_time: element.initial_time ?? null },
    users_select: { selected_user: element.initial_user ?? null },
    channels_select: { selected_channel: element.initial_channel ?? null },
    conversations_select: { selected_conversation: element.initial_conversation ?? null },
    checkboxes: { selected_options: element.initial_options ?? [] },
    multi_static_select: { selected_options: element.initial_options ?? [] },
    multi_external_select: { selected_options: element.initial_options ?? [] },
  };
  return { type, ...(values[type] ?? { selected_option: element.initial_option ?? null }) };
}

function textInput(element, ask) {
  return element.multiline ? multiline(element, ask) : typed(element, ask, { type: "text" });
}

function typed(element, ask, props) {
  const input = h("input", { class: "f-text", ...shared(element, ask), ...props, value: ask.value.value ?? "" });
  const report = (cause) => ask.change({ type: element.type, value: input.value || null }, cause);
  input.addEventListener("input", () => report("character"));
  input.addEventListener("keydown", (event) => event.key === "Enter" && report("enter"));
  return input;
}

function multiline(element, ask) {
  const area = h("textarea", { class: "f-text f-area", rows: "4", ...shared(element, ask), value: ask.value.value ?? "" });
  area.addEventListener("input", () => ask.change({ type: element.type, value: area.value || null }, "character"));
  return area;
}

function shared(element, ask) {
  return {
    ...hooks(element, ask),
    placeholder: element.placeholder?.text,
    maxlength: element.max_length,
    autofocus: element.focus_on_load,
    autocomplete: "off",
  };
}

function hooks(element, ask) {
  return { id: ask.name, data: { actionId: element.action_id, blockId: ask.blockId }, "aria-label": ask.label, "aria-describedby": ask.describedBy };
}

function picked(element, ask, type, key) {
  const input = h("input", { class: "f-text f-short", type, ...hooks(element, ask), value: ask.value[key] ?? "" });
  input.addEventListener("change", () => ask.change({ type: element.type, [key]: input.value || null }, "choice"));
  return input;
}

/** optionsOf is an element's options with those of its groups. */
export const optionsOf = (element) => element.options ?? (element.option_groups ?? []).flatMap((group) => group.options);

function select(element, ask) {
  const options = optionsOf(element);
  const place = options.findIndex((option) => option.value === ask.value.selected_option?.value);
  let next = 0;
  const choice = (option) => h("option", { value: String(next), selected: next++ === place, data: { value: option.value } }, unescaped(option.text.text));
  const menu = element.options
    ? element.options.map(choice)
    : (element.option_groups ?? []).map((group) => h("optgroup", { label: unescaped(group.label.text) }, group.options.map(choice)));
  const empty = h("option", { value: "", selected: place < 0, disabled: true, hidden: true }, element.placeholder?.text ?? "Select an option");
  const control = h("select", { class: "f-select", ...hooks(element, ask) }, empty, menu);
  control.addEventListener("change", () => ask.change({ type: element.type, selected_option: options[Number(control.value)] ?? null }, "choice"));
  return control;
}

function chosenID(element, ask, key, known) {
  const choices = [...known.values()].map((each) => h("option", { value: each.id, selected: each.id === ask.value[key] }, each.name));
  const empty = h("option", { value: "", disabled: true, hidden: true, selected: !ask.value[key] }, element.placeholder?.text ?? "Select");
  const control = h("select", { class: "f-select", ...hooks(element, ask) }, empty, choices);
  control.addEventListener("change", () => ask.change({ type: element.type, [key]: control.value }, "choice"));
  return control;
}

function ticked(element, ask) {
  const chosen = new Set((ask.value.selected_options ?? []).map((option) => option.value));
  const options = optionsOf(element);
  const change = (option, isOn) => {
    if (isOn) chosen.add(option.value);
    else chosen.delete(option.value);
    ask.change({ type: element.type, selected_options: options.filter((each) => chosen.has(each.value)) }, "choice");
  };
  return h("div", { class: "f-choices", role: "group", ...hooks(element, ask) }, options.map((option) =>
    choiceLine(option, ask, { type: "checkbox", checked: chosen.has(option.value), onchange: (event) => change(option, event.target.checked) })));
}

function radio(element, ask) {
  const current = ask.value.selected_option?.value;
  return h("div", { class: "f-choices", role: "radiogroup", ...hooks(element, ask) }, optionsOf(element).map((option) =>
    choiceLine(option, ask, {
      type: "radio", name: `${ask.name}-choice`, checked: option.value === current,
      onchange: () => ask.change({ type: element.type, selected_option: option }, "choice"),
    })));
}

function choiceLine(option, ask, props) {
  return h("label", { class: "f-choice" }, h("input", { ...props, value: option.value }), h("span", {},
    h("span", {}, textObject(option.text, ask.directory)),
    option.description && h("span", { class: "f-description" }, textObject(option.description, ask.directory))));
}
