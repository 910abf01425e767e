// On a narrow window one of Slack and the fleet is shown, by the tabs below.

/** tabs wires the tab bar to the stage, and returns show(name). */
export function tabs(stage) {
  const all = [...document.querySelectorAll("[data-tab]")];
  const show = (name) => {
    stage.dataset.show = name;
    for (const tab of all) tab.setAttribute("aria-pressed", String(tab.dataset.tab === name));
  };
  for (const tab of all) tab.addEventListener("click", () => show(tab.dataset.tab));
  return show;
}
