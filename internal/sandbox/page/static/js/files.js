// Files as Slack shows a snippet: the first lines, and the rest when asked for.
import { glyph, h } from "./dom.js";

const shownLines = 8;

/** fileCard is a shared file with its preview. */
export function fileCard(file) {
  const text = file.preview ?? "";
  const lines = text.replace(/\n$/, "").split("\n");
  const code = h("pre", { class: "file-text", tabindex: "0" }, lines.slice(0, shownLines).join("\n"));
  const isLong = lines.length > shownLines;
  return h("div", { class: isLong ? "file is-folded" : "file", data: { testid: "file" } },
    h("div", { class: "file-head" }, glyph("file"), h("span", { class: "file-title" }, file.title || file.name || file.id),
      h("span", { class: "file-size" }, sizeOf(file.size)), file.url && h("a", { class: "file-open", href: file.url, target: "_blank", rel: "noopener noreferrer" }, "Open")),
    text && code,
    isLong && folding(code, lines));
}

function folding(code, lines) {
  const button = h("button", { type: "button", class: "file-more", "aria-expanded": "false", data: { testid: "file-expand" } }, `Show all ${lines.length} lines`);
  button.addEventListener("click", () => {
    const isOpen = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!isOpen));
    button.textContent = isOpen ? `Show all ${lines.length} lines` : "Show less";
    code.textContent = (isOpen ? lines.slice(0, shownLines) : lines).join("\n");
    code.parentElement.classList.toggle("is-folded", isOpen);
  });
  return button;
}

function sizeOf(bytes) {
  if (!Number.isFinite(bytes)) return "";
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
