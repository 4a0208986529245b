// The tabs: arrow keys go from one to the next, as in any list of tabs. The address remembers the tab.
const tabs = [...document.querySelectorAll('[role="tab"]')];

function selectTab(tab, focus) {
  for (const t of tabs) {
    const on = t === tab;
    t.setAttribute("aria-selected", String(on));
    t.tabIndex = on ? 0 : -1;
    byId(t.getAttribute("aria-controls")).hidden = !on;
  }
  if (focus) tab.focus();
  if (tab.id === "tab-steps" && !stopped) move("begin");
  history.replaceState(null, "", tab.id.replace("tab-", "#view="));
}

for (const [n, tab] of tabs.entries()) {
  tab.addEventListener("click", () => selectTab(tab, false));
  tab.addEventListener("keydown", (event) => {
    const to = { ArrowRight: n + 1, ArrowLeft: n - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    selectTab(tabs[(to + tabs.length) % tabs.length], true);
  });
}
const firstTab = () => selectTab(byId(location.hash.replace("#view=", "tab-")) ?? tabs[0], false);
