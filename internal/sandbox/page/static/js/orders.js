// What one can do to a service in the sandbox: order a failure, change its tag.
import { h } from "./dom.js";

const kinds = [
  ["", "succeeds"],
  ["exit", "exits at once"],
  ["health", "fails its health check"],
  ["image", "cannot pull its image"],
  ["oom", "runs out of memory"],
];

/** failureOrder is a part: the choice of how the next deployment of a service goes. */
export function failureOrder(order) {
  const choice = h("select", { class: "f-select", data: { testid: "fail-next" } }, kinds.map(([kind, words]) => h("option", { value: kind }, words)));
  let service;
  choice.addEventListener("change", () => order(service.name, choice.value));
  return {
    node: h("label", { class: "order" }, h("span", {}, "The next deployment"), choice),
    update(next) {
      service = next;
      if (document.activeElement !== choice) choice.value = next.failNext ?? "";
    },
  };
}

/** tagField is a part: the service's own Environment tag, which decides who may touch it. */
export function tagField(setTag) {
  const field = h("input", { class: "f-text", placeholder: "no tag", spellcheck: "false", autocapitalize: "off", data: { testid: "tag" } });
  const save = h("button", { type: "submit", class: "b-button", hidden: true }, "Set");
  const form = h("form", { class: "order" }, h("label", {}, h("span", {}, "Environment tag"), field), save);
  let service = {};
  const settle = () => (save.hidden = field.value.trim() === (service.environment ?? ""));
  field.addEventListener("input", settle);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await setTag(service.arn, "Environment", field.value.trim())) field.blur();
  });
  return {
    node: form,
    update(next) {
      const isUntouched = field.value.trim() === (service.environment ?? "");
      service = next;
      if (isUntouched) field.value = next.environment ?? "";
      settle();
    },
  };
}
