"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const log = byId("log"), inspect = byId("inspect"), title = byId("inspect-title");
  const filter = byId("filter"), count = byId("count"), help = byId("help"), fold = byId("fold");
  const nodes = new Map(JSON.parse(byId("nodes").textContent || "[]").map((n) => [n.row, n]));
  const rows = [...log.querySelectorAll(".row")];
  const insns = rows.filter((r) => r.classList.contains("insn"));

  let current = null; // the chosen row
  let followed = ""; // the register or slot whose history is shown

  // make builds an element. Text from the log is only ever inserted as text.
  function make(tag, attributes, ...children) {
    const e = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
    e.append(...children);
    return e;
  }

  // breakable allows line breaks after the commas of a long value.
  const breakable = (text) => text.split(/(?<=,)/).flatMap((piece) => [piece, make("wbr", {})]);

  // before and after compute the known values before and after a node: they go back to the last complete state.
  function after(node) {
    const chain = [];
    for (let n = node; n; n = nodes.get(n.from)) {
      chain.push(n);
      if (n.whole) break;
    }
    const state = new Map();
    for (const n of chain.reverse()) {
      for (const [name, value] of n.set) value === "" ? state.delete(name) : state.set(name, value);
    }
    return state;
  }
  const before = (node) => (nodes.has(node.from) ? after(nodes.get(node.from)) : new Map());

  // history lists where a register or slot got its values on the path to a node, oldest first. Reading it is not a change.
  function history(name, node) {
    const chain = [];
    for (let n = node; n; n = nodes.get(n.from)) chain.push(n);
    const found = [];
    let value = "", frame = 0;
    for (const n of chain.reverse()) {
      const hit = n.set.find(([x]) => x === name);
      const next = hit ? hit[1] : n.whole && n.set.length > 0 ? "" : value;
      if (next !== value || (n.frame !== frame && next !== "")) found.push({ node: n, value: next });
      value = next;
      frame = n.frame;
    }
    return found;
  }

  // A state between instructions is shown with the instruction before it.
  function rowOf(node) {
    for (let n = node; n; n = nodes.get(n.from)) if (n.pc >= 0) return n;
    return node;
  }

  function order(a, b) {
    const key = (s) => (s[0] === "R" ? Number(s.slice(1)) : s.startsWith("fp") ? 100 - Number(s.slice(2)) : 1000);
    return key(a) - key(b) || (a < b ? -1 : 1);
  }

  function showState(node) {
    const row = byId("row" + node.row), was = before(node), is = after(node);
    title.textContent = "Registers and stack at instruction " + node.pc + (node.frame ? ", frame " + node.frame : "");
    const last = node.row === blamedRow;
    const body = make("tbody", {});
    for (const name of [...new Set([...was.keys(), ...is.keys()])].sort(order)) {
      const changed = !last && was.get(name) !== is.get(name);
      body.append(make("tr", {},
        make("td", {}, make("button", { type: "button", "data-follow": name, title: "History of " + name }, name)),
        make("td", {}, ...breakable(was.get(name) ?? "–")),
        ...(last ? [] : [make("td", changed ? { class: "changed" } : {}, ...breakable(changed ? is.get(name) ?? "lost" : ""))])));
    }
    const head = make("tr", {}, make("th", {}, ""), make("th", {}, "before"), ...(last ? [] : [make("th", {}, "changed to")]));
    const table = make("table", {}, make("thead", {}, head), body);
    inspect.replaceChildren(make("p", { class: "insn-text" }, node.pc + ": " + row.querySelector(".text").textContent), table);
    if (!body.children.length) table.replaceWith(make("p", { class: "hint" }, "The log says nothing about the registers here."));
  }

  function showHistory(node) {
    title.textContent = "History of " + followed + " up to instruction " + node.pc;
    const steps = history(followed, node);
    const body = make("tbody", {});
    for (const { node: n, value } of steps) {
      const at = rowOf(n), row = byId("row" + at.row);
      const text = at.pc < 0 ? "at the beginning" : row.querySelector(".text").textContent;
      body.append(make("tr", {},
        make("td", {}, make("button", { type: "button", "data-go": String(at.row) }, at.pc < 0 ? "entry" : String(at.pc))),
        make("td", {}, n.gap ? "in lines that are left out" : text),
        make("td", {}, ...breakable(value === "" ? "lost" : value))));
      row?.classList.add("step-of");
    }
    const table = make("table", {}, make("thead", {}, make("tr", {}, make("th", {}, "at"), make("th", {}, "instruction"), make("th", {}, "value"))), body);
    const back = make("button", { type: "button", "data-follow": "" }, "All registers");
    inspect.replaceChildren(steps.length ? table : make("p", { class: "hint" }, followed + " was never written on this path."), make("p", { class: "hint" }, back));
    inspect.scrollTop = inspect.scrollHeight; // show the newest value first
  }

  function show() {
    for (const e of document.querySelectorAll(".followed, .step-of")) e.classList.remove("followed", "step-of");
    if (!current) return;
    const node = nodes.get(Number(current.dataset.row));
    if (!node) return;
    if (followed) {
      showHistory(node);
      for (const e of document.querySelectorAll("[data-r]")) e.classList.toggle("followed", e.dataset.r === followed);
    } else showState(node);
  }

  function reveal(row) {
    for (let e = row.parentElement; e && e !== log; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
  }

  // center scrolls only a panel: scrollIntoView would move the page too.
  function center(box, e) {
    if (!box || box.hidden || box.scrollHeight <= box.clientHeight) return;
    const a = box.getBoundingClientRect(), b = e.getBoundingClientRect();
    if (b.top < a.top + 30 || b.bottom > a.bottom - 30) box.scrollTop += b.top - a.top - box.clientHeight / 2 + b.height / 2;
  }

  function choose(row, focus) {
    if (!row) return;
    reveal(row);
    current?.removeAttribute("aria-current");
    current?.setAttribute("tabindex", "-1");
    current = row;
    row.setAttribute("aria-current", "true");
    row.setAttribute("tabindex", "0");
    center(log, row);
    if (focus) {
      row.focus({ preventScroll: true });
      row.scrollIntoView({ block: "nearest" }); // for a narrow page, which scrolls as a whole
    }
    for (const e of document.querySelectorAll(".line.here")) e.classList.remove("here");
    for (const e of document.querySelectorAll(".line")) {
      if ((row.dataset.at && e.dataset.at === row.dataset.at) || (row.dataset.pc && e.dataset.slot === row.dataset.pc)) {
        e.classList.add("here");
        const panel = e.closest(".file");
        if (e.dataset.at && panel.hidden && byId("listing")?.hidden !== false) selectTab(panel.id);
        center(panel, e);
      }
    }
    show();
  }

  function follow(name) {
    followed = name;
    if (!current) choose(byId("row" + blamedRow) ?? insns.at(-1));
    else show();
  }

  // Folded rows are skipped.
  const visible = (row) => !row.closest("details:not([open])");
  function move(step) {
    const list = insns.filter(visible);
    const at = list.indexOf(current);
    choose(list[at < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + step))], true);
  }

  let hits = [], hit = -1;
  function find() {
    const words = filter.value.trim().toLowerCase();
    for (const r of hits) r.classList.remove("hit", "found");
    hits = words === "" ? [] : rows.filter((r) => r.textContent.toLowerCase().includes(words));
    hit = -1;
    for (const r of hits) r.classList.add("hit");
    count.textContent = words === "" ? "" : hits.length === 0 ? "not found" : hits.length + (hits.length === 1 ? " line" : " lines");
  }
  function go(step) {
    if (hits.length === 0) return;
    hit = hit < 0 ? (step > 0 ? 0 : hits.length - 1) : (hit + step + hits.length) % hits.length;
    count.textContent = hit + 1 + " of " + hits.length;
    const row = hits[hit];
    reveal(row);
    if (row.classList.contains("insn")) choose(row, false);
    for (const e of rows) e.classList.toggle("found", e === row);
    center(log, row);
    row.scrollIntoView({ block: "nearest" });
  }

  function selectTab(id) {
    for (const tab of document.querySelectorAll('[role="tab"]')) {
      const on = tab.getAttribute("aria-controls") === id;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      byId(tab.getAttribute("aria-controls")).hidden = !on;
    }
    for (const e of byId(id).querySelectorAll(".here, .blamed")) center(byId(id), e);
  }
  function nextTab(step) {
    const tabs = [...document.querySelectorAll('[role="tab"]')];
    const at = tabs.findIndex((t) => t.getAttribute("aria-selected") === "true");
    if (tabs.length) selectTab(tabs[(at + step + tabs.length) % tabs.length].getAttribute("aria-controls"));
  }

  function toggleFolds() {
    const all = [...log.querySelectorAll("details")], open = all.some((d) => !d.open);
    for (const d of all) d.open = open;
    fold?.setAttribute("aria-pressed", String(open));
    if (current) center(log, current);
  }

  document.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest(selector);
    let e;
    if ((e = on("[data-follow]"))) follow(e.dataset.follow);
    else if ((e = on("[data-go]")) || (e = on(".step"))) choose(byId("row" + (e.dataset.go ?? e.dataset.row)), true);
    else if ((e = on('[role="tab"]'))) selectTab(e.getAttribute("aria-controls"));
    else if ((e = on("[data-r]"))) {
      const row = on(".row.insn");
      followed = e.dataset.r;
      row ? choose(row, true) : follow(e.dataset.r);
    } else if ((e = on(".row.insn"))) choose(e, true);
    else if ((e = on(".line.used"))) {
      const same = insns.filter((r) => (e.dataset.at ? r.dataset.at === e.dataset.at : r.dataset.pc === e.dataset.slot));
      const shown = same.filter(visible);
      choose(shown.at(-1) ?? same.at(-1), false);
    } else if (on("#fold")) toggleFolds();
    else if (on("#to-error")) choose(byId("row" + blamedRow), true);
    else if (on("#open-help")) help.showModal();
  });

  filter.addEventListener("input", find);
  filter.form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(1);
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.target === filter) {
      if (event.key === "Escape") {
        filter.value = "";
        find();
        (current ?? log).focus({ preventScroll: true });
      } else if (event.key === "ArrowDown") go(1);
      else if (event.key === "ArrowUp") go(-1);
      else return;
      event.preventDefault();
      return;
    }
    const inTabs = event.target.closest('[role="tablist"]');
    const keys = {
      j: () => move(1), k: () => move(-1), g: () => choose(insns[0], true), G: () => choose(insns.at(-1), true),
      e: () => choose(byId("row" + blamedRow), true), o: toggleFolds, s: () => nextTab(1),
      n: () => go(1), N: () => go(-1), "?": () => help.showModal(),
      "/": () => { filter.focus(); filter.select(); },
      Escape: () => (followed ? follow("") : (filter.value = "", find())),
    };
    if (inTabs && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
      nextTab(event.key === "ArrowRight" ? 1 : -1);
      document.querySelector('[role="tab"][aria-selected="true"]').focus();
    } else if (event.target.closest("#log") && event.key === "ArrowDown") move(1);
    else if (event.target.closest("#log") && event.key === "ArrowUp") move(-1);
    else if (/^[0-9]$/.test(event.key)) follow("R" + event.key);
    else if (Object.hasOwn(keys, event.key)) keys[event.key]();
    else return;
    event.preventDefault();
  });

  if (blamedRow >= 0) choose(byId("row" + blamedRow), false);
  else if (insns.length) choose(insns.at(-1), false);
  const first = document.querySelector(".file:not([hidden])");
  const bad = first?.querySelector(".line.blamed");
  if (bad) center(first, bad);
})();
