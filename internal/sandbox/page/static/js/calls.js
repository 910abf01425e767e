// The calls that AWS got last, the newest first; the same call again and again is one line.
import { drawn, h, keyed } from "./dom.js";
import { secondsOf } from "./time.js";

const store = "ecsbot.calls";

/** callLog is {node, update(calls), renamed()}; nameOf(id) names the person behind a call. */
export function callLog(nameOf) {
  const list = h("ol", { class: "calls-list", tabindex: "0" });
  const filter = h("input", { type: "checkbox", checked: localStorage.getItem(store) === "changes", data: { testid: "changes-only" } });
  const node = h("section", { class: "calls", "aria-label": "AWS calls" },
    h("header", { class: "calls-head" }, h("h2", {}, "AWS calls"), h("label", { class: "calls-filter" }, filter, "changes only")), list);
  let last = [];
  const update = (calls) => {
    last = calls;
    const shown = filter.checked ? calls.filter((call) => call.changes) : calls;
    const items = shown.length ? gathered(shown).map((item) => ({ ...item, who: whoOf(item.call, nameOf) })) : [{ id: "none" }];
    keyed(list, items, (item) => item.id, () => drawn(h("li", {}), (item) => (item.id === "none" ? [h("span", { class: "calls-none" }, "None yet")] : lineOf(item))));
  };
  filter.addEventListener("change", () => {
    localStorage.setItem(store, filter.checked ? "changes" : "all");
    update(last);
  });
  return { node, update, renamed: () => update(last) };
}

function gathered(calls) {
  const items = [];
  for (const call of calls) {
    const before = items.at(-1);
    const isSame = before && before.call.operation === call.operation && before.call.who === call.who && before.call.error === call.error && before.call.resource === call.resource;
    if (isSame) before.times++;
    else items.push({ call, times: 1 });
  }
  return items.map((item) => ({ ...item, id: `${item.call.time} ${item.call.operation} ${item.call.resource}` }));
}

// AWS's error names end in words that say nothing.
const shortOf = (error) => String(error).replace(/(Exception|Error)?(:.*)?$/s, "") || "refused";

// The session of a person's operation is named for their Slack user ID.
function whoOf(call, nameOf) {
  const id = String(call.who ?? "").split("-").at(-1);
  return nameOf(id) ?? call.who;
}

function lineOf({ call, times, who }) {
  return [
    h("time", {}, secondsOf(call.time)),
    h("span", { class: call.changes ? "call-name is-change" : "call-name" }, call.operation),
    times > 1 && h("span", { class: "call-times" }, `×${times}`),
    h("span", { class: "call-what" }, call.resource),
    h("span", { class: "call-who", title: call.who }, who),
    call.error && h("span", { class: "flag flag-bad", title: call.error }, shortOf(call.error)),
  ];
}
