// Presses keys on the narrow page of ports.log and writes what is wrong into the root element.
"use strict";
addEventListener("load", () => {
  const wrong = [];
  let checks = 0;
  const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const inView = (what, row) => {
    checks++;
    const { top, bottom } = row.getBoundingClientRect(), bar = document.querySelector(".bar").getBoundingClientRect().bottom;
    if (top < bar || bottom > innerHeight) wrong.push(`${what}: the row is from ${top} to ${bottom}, seen is ${bar} to ${innerHeight}`);
  };
  try {
    checks++;
    if (document.documentElement.scrollHeight <= innerHeight) wrong.push("the page does not scroll: this is no narrow one");
    for (const key of ["e", "g", "j", "G", "k"]) {
      press(key);
      inView("after " + key, document.querySelector(".row[aria-current]"));
    }
    scrollTo(0, document.documentElement.scrollHeight);
    press("/");
    const filter = document.getElementById("filter");
    filter.value = "packet := x.Packet()";
    filter.dispatchEvent(new Event("input", { bubbles: true }));
    filter.form.requestSubmit();
    inView("after the search", document.querySelector(".row.found"));
    checks++;
    if (document.documentElement.scrollWidth > innerWidth) wrong.push("the page scrolls sideways");
  } catch (e) {
    wrong.push(String(e));
  }
  document.documentElement.dataset.result = wrong.length ? wrong.join("; ") : `passed ${checks}`;
});
