// The question that a control with a `confirm` object asks first.
import { h } from "./dom.js";
import { textObject } from "./mrkdwn.js";

/** confirmed asks, and resolves to whether the person said yes. */
export function confirmed(question, directory) {
  return new Promise((resolve) => {
    const yes = h("button", {
      type: "button", class: `b-button ${question.style === "danger" ? "b-danger" : "b-primary"}`, data: { testid: "confirm-yes" }, onclick: () => dialog.close("yes"),
    }, textObject(question.confirm, directory));
    const no = h("button", { type: "button", class: "b-button", data: { testid: "confirm-no" }, onclick: () => dialog.close() }, textObject(question.deny, directory));
    const dialog = h("dialog", { class: "dialog confirm", data: { testid: "confirm" }, "aria-labelledby": "confirm-title" },
      h("h2", { class: "dialog-title", id: "confirm-title" }, textObject(question.title, directory)),
      h("div", { class: "dialog-body" }, textObject(question.text, directory)),
      h("div", { class: "dialog-foot" }, no, yes));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
    yes.focus();
  });
}
