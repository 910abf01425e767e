// The people switcher: who one is in the local Slack.
import { drawn, h, keyed, toggle } from "./dom.js";
import { avatar } from "./avatar.js";

/** peopleSwitcher draws into node; choose(id) is called with the one picked. */
export function peopleSwitcher(node, choose) {
  node.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...node.children];
    const next = all.at((all.indexOf(document.activeElement) + step) % all.length);
    next.focus();
    choose(next.dataset.person);
  });
  return (people, current) => {
    keyed(node, people, (person) => person.id, () => personPart(choose));
    for (const each of node.children) mark(each, current);
  };
}

function mark(node, current) {
  const isMe = node.dataset.person === current;
  node.setAttribute("aria-checked", String(isMe));
  node.tabIndex = isMe ? 0 : -1;
  if (isMe && !node.hasAttribute("data-current")) node.scrollIntoView({ block: "nearest", inline: "center" });
  toggle(node, "data-current", isMe);
}

function personPart(choose) {
  const node = h("button", { type: "button", class: "person", role: "radio", onclick: () => choose(node.dataset.person) });
  return drawn(node, (each) => {
    node.dataset.person = each.id;
    node.title = [each.name, each.title, each.external && "from another company"].filter(Boolean).join(", ");
    return [avatar(each), h("span", { class: "person-words" },
      h("span", { class: "person-name" }, each.name),
      h("span", { class: "person-title" }, roleOf(each)))];
  });
}

function roleOf(person) {
  if (person.external) return "other company";
  return person.title || (person.guest ? "guest" : "no group");
}
