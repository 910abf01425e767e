// What Slack itself says to a person, for a few seconds, above everything.
import { glyph, h } from "./dom.js";

const stay = 7000; // milliseconds
const place = document.getElementById("toasts");

/** toast shows a sentence; kind is "error" or "note". */
export function toast(words, kind = "error") {
  const leave = () => {
    node.remove();
    if (!place.childElementCount) place.hidePopover();
  };
  const node = h("div", { class: `toast toast-${kind}`, data: { testid: "toast" } }, glyph(kind === "error" ? "warning" : "check"), h("span", {}, words),
    h("button", { type: "button", class: "quiet", "aria-label": "Dismiss", onclick: leave }, glyph("close", "icon small")));
  place.append(node);
  raise();
  setTimeout(leave, stay);
}

// A popover that is shown again lies above a dialog that was opened since.
function raise() {
  place.popover = "manual";
  if (place.matches(":popover-open")) place.hidePopover();
  place.showPopover();
}
