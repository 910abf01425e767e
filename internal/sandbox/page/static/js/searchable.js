// external_select and multi_external_select: fields whose options the bot gives as one types.
import { h } from "./dom.js";
import { unescaped } from "./mrkdwn.js";

const pause = 200; // milliseconds after the last letter

/** searchable is the control of an external_select. */
export function searchable(element, ask) {
  const least = element.min_query_length ?? 3; // Slack's own default
  const chosen = ask.value.selected_option;
  const listID = `${ask.name}-options`;
  const input = h("input", {
    class: "f-text f-search", type: "text", role: "combobox", autocomplete: "off", id: ask.name,
    placeholder: element.placeholder?.text ?? "Type to search", value: chosen ? unescaped(chosen.text.text) : "",
    data: { actionId: element.action_id, blockId: ask.blockId },
    aria: { expanded: "false", controls: listID, autocomplete: "list", label: ask.label },
  });
  const list = h("div", { class: "f-options", role: "listbox", id: listID, hidden: true });
  const menu = optionMenu(input, list, (option) => {
    input.value = unescaped(option.text.text);
    ask.change({ type: element.type, selected_option: option }, "choice");
  });
  wireSearch(input, menu, least, ask);
  return h("div", { class: "f-combo" }, input, list);
}

/** searchableMany is the control of a multi_external_select: what is chosen stands before what is typed. */
export function searchableMany(element, ask) {
  let chosen = ask.value.selected_options ?? [];
  const listID = `${ask.name}-options`;
  const input = h("input", {
    class: "f-text f-search", type: "text", role: "combobox", autocomplete: "off", id: ask.name,
    placeholder: element.placeholder?.text ?? "Type to search",
    data: { actionId: element.action_id, blockId: ask.blockId },
    aria: { expanded: "false", controls: listID, autocomplete: "list", label: ask.label },
  });
  const list = h("div", { class: "f-options", role: "listbox", id: listID, hidden: true });
  const chips = h("div", { class: "f-chips" });
  const change = (options) => {
    chosen = options;
    draw();
    ask.change({ type: element.type, selected_options: chosen }, "choice");
  };
  const without = (option) => chosen.filter((each) => each.value !== option.value);
  const draw = () => {
    chips.hidden = chosen.length === 0;
    chips.replaceChildren(...chosen.map((option) => h("button", {
      type: "button", class: "f-chip", "aria-label": `Remove ${unescaped(option.text.text)}`, onclick: () => change(without(option)),
    }, unescaped(option.text.text), " ✕")));
  };
  const menu = optionMenu(input, list, (option) => {
    input.value = "";
    change([...without(option), option]);
  });
  wireSearch(input, menu, element.min_query_length ?? 3, ask);
  draw();
  return h("div", { class: "f-combo" }, chips, input, list);
}

function wireSearch(input, menu, least, ask) {
  let timer;
  let asked = 0;
  const leave = () => {
    asked++;
    clearTimeout(timer);
    menu.shut();
  };
  menu.onTaken(leave);
  const search = async () => {
    const turn = ++asked;
    if (input.value.length < least) return menu.say(`Type ${least} letters or more`);
    try {
      const answer = await ask.search(input.value);
      if (turn === asked) menu.offer(answer);
    } catch (error) {
      if (turn === asked) menu.say(error.message);
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, pause);
  });
  input.addEventListener("focus", () => {
    input.select();
    if (least === 0) search();
  });
  input.addEventListener("blur", leave);
}

function optionMenu(input, list, choose) {
  let options = [];
  let at = -1;
  const mark = (place) => {
    at = place;
    [...list.querySelectorAll("[role=option]")].forEach((node, each) => node.setAttribute("aria-selected", String(each === at)));
  };
  const show = (...children) => {
    list.replaceChildren(...children);
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    list.scrollIntoView({ block: "nearest" });
  };
  const shut = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  };
  let taken = shut;
  const take = (option) => {
    taken();
    choose(option);
  };
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") mark(Math.min(options.length - 1, at + 1));
    else if (event.key === "ArrowUp") mark(Math.max(0, at - 1));
    else if (event.key === "Enter" && options[at]) take(options[at]);
    else if (event.key === "Escape") shut();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const line = (option) => h("div", {
    class: "f-option", role: "option", data: { value: option.value }, onpointerdown: (event) => event.preventDefault(), onclick: () => take(option),
  }, unescaped(option.text.text), option.description && h("span", { class: "f-description" }, unescaped(option.description.text)));
  return {
    shut,
    onTaken: (then) => { taken = then; },
    say: (words) => show(h("div", { class: "f-none" }, words)),
    offer(answer) {
      const groups = answer.option_groups ?? [{ options: answer.options ?? [] }];
      options = groups.flatMap((group) => group.options);
      if (options.length === 0) return show(h("div", { class: "f-none" }, "No matching results"));
      show(...groups.flatMap((group) => [group.label && h("div", { class: "f-group" }, unescaped(group.label.text)), ...group.options.map(line)]).filter(Boolean));
      mark(0);
    },
  };
}
