// The third tab: the program in a machine, step by step.
const breaks = new Set(); // slots
const memory = byId("memory");
const memoryOf = new Map(); // what the memory is, by the type of the program
let stopped = null; // the state that is shown

// programChanged begins again with the program of the second tab.
function programChanged() {
  byId("memory-label").textContent = memoryOf.get(current.kind) ?? "Memory";
  byId("bytes-title").textContent = memoryOf.get(current.kind)?.startsWith("The packet") ? "The packet" : "Memory at r1";
  const slots = new Set(current.listing.map((i) => i.slot));
  for (const slot of breaks) if (!slots.has(slot)) breaks.delete(slot);
  showCode();
  stopped = null;
  if (!byId("panel-steps").hidden) move("begin");
}

async function move(name) {
  if (!current.hex) {
    byId("where").textContent = "There is no program yet: write one, or choose an example.";
    showState(null);
    return;
  }
  const request = { hex: current.hex, kind: current.kind, maps: current.maps, memory: memory.value, at: stopped?.step ?? 0, move: name, breaks: [...breaks] };
  const answer = await engine.ask("step", request);
  if (!answer) return;
  if (answer.error) {
    byId("where").textContent = answer.error;
    byId("where").classList.add("bad");
    return;
  }
  const before = stopped;
  stopped = answer;
  showState(before);
}

function showCode() {
  byId("code").replaceChildren(...current.listing.map(({ slot, text }) => {
    const row = make("button", { type: "button", class: "insn", "data-slot": slot, "aria-pressed": String(breaks.has(slot)) },
      make("span", { class: "dot", "aria-hidden": "true" }), make("span", { class: "slot" }, String(slot)), make("span", { class: "text" }, text));
    row.addEventListener("click", () => {
      breaks.has(slot) ? breaks.delete(slot) : breaks.add(slot);
      row.setAttribute("aria-pressed", String(breaks.has(slot)));
    });
    return row;
  }));
}

// valueRow shows a register or a word of the stack.
function valueRow({ name, hex, number, points, bytes }, old) {
  const value = points ? "→ " + points : bytes ?? (number.length === 1 ? number : `${hex}  ${number}`);
  const changed = old !== undefined && old !== hex;
  return make("tr", changed ? { class: "changed" } : {}, make("th", { scope: "row" }, name), make("td", { title: hex }, value));
}

function showValues(id, now, before, none) {
  const old = new Map((before ?? []).map((r) => [r.name, r.hex]));
  const rows = (now ?? []).map((r) => valueRow(r, before && (old.get(r.name) ?? "")));
  byId(id).replaceChildren(...(rows.length || !none ? rows : [make("tr", {}, make("td", { class: "soft" }, none))]));
}

// showBytes shows bytes in lines of eight or sixteen, with their places.
function showBytes(now, before) {
  const bytes = now ? now.split(" ") : [], old = before?.split(" ");
  const width = 8, lines = [];
  for (let at = 0; at < bytes.length; at += width) {
    const line = make("div", {}, make("span", { class: "slot" }, String(at)));
    for (let n = at; n < Math.min(at + width, bytes.length); n++) {
      const changed = old && old[n] !== bytes[n];
      line.append(make("span", changed ? { class: "byte changed" } : { class: "byte" }, bytes[n]));
    }
    lines.push(line);
  }
  byId("bytes").replaceChildren(...(lines.length ? lines : [make("p", { class: "soft" }, "none")]));
}

function showState(before) {
  const s = stopped;
  for (const e of byId("code").children) {
    const here = s && Number(e.dataset.slot) === s.slot;
    here ? e.setAttribute("aria-current", "step") : e.removeAttribute("aria-current");
    e.classList.toggle("fault", Boolean(here && s.fault));
    e.classList.toggle("caller", Boolean(s?.calls?.includes(Number(e.dataset.slot))));
    if (here) center(byId("code"), e);
  }
  showValues("registers", s?.registers, before?.registers);
  showValues("stack", s?.stack, before?.stack, "all zero");
  showBytes(s?.memory, before?.memory);
  byId("fields-more").hidden = !s?.fields?.length;
  byId("fields").replaceChildren(...(s?.fields ?? []).map((f) => make("tr", {}, make("th", { scope: "row" }, f.name), make("td", {}, f.value))));
  byId("map-states").replaceChildren(...(s?.maps ?? []).flatMap((m) => [
    make("h2", {}, m.name, " ", make("small", {}, m.elements?.length ? "elements that are not zero" : "nothing in it but zeros")),
    make("table", { class: "values" }, make("tbody", {}, ...(m.elements ?? []).map(([key, value]) =>
      make("tr", {}, make("th", { scope: "row" }, key), make("td", {}, value))))),
  ]));
  byId("printed-more").hidden = !s?.printed?.length;
  byId("printed").textContent = (s?.printed ?? []).join("\n");
  if (!s) return;
  const where = byId("where"), next = current.listing.find((i) => i.slot === s.slot);
  where.className = "where" + (s.fault ? " bad" : s.done ? " good" : "");
  const steps = count(s.step, "instruction");
  if (s.fault) where.textContent = `Stopped at instruction ${s.slot}, after ${steps}: ${s.fault}`;
  else if (s.done) where.textContent = `The end, after ${steps}: the program returns ${s.result}.`;
  else where.textContent = `After ${steps}. Next is ${s.slot}: ${next?.text ?? ""}` + (s.calls?.length ? `, in a function called at ${s.calls.at(-1)}` : "");
  for (const b of document.querySelectorAll("[data-move]")) {
    const back = ["begin", "back", "backContinue"].includes(b.dataset.move);
    b.setAttribute("aria-disabled", String(back ? s.step === 0 : s.done));
  }
}

// center scrolls a box, and not the page.
function center(box, e) {
  const a = box.getBoundingClientRect(), b = e.getBoundingClientRect();
  if (b.top < a.top || b.bottom > a.bottom) box.scrollTop += b.top - a.top - box.clientHeight / 2 + b.height / 2;
}

for (const b of document.querySelectorAll("[data-move]")) {
  b.addEventListener("click", () => b.getAttribute("aria-disabled") !== "true" && move(b.dataset.move));
}
memory.addEventListener("input", later(() => {
  stopped = null;
  move("begin");
}));

// The keys are those of bpfsmith debug. They work where nothing is typed.
const moveKeys = { s: "step", n: "next", c: "continue", g: "begin", S: "back", C: "backContinue" };
byId("panel-steps").addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("textarea, input, select")) return;
  if (Object.hasOwn(moveKeys, event.key)) move(moveKeys[event.key]);
  else if (event.target.closest("#code") && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    const rows = [...byId("code").children], at = rows.indexOf(document.activeElement);
    rows[Math.max(0, Math.min(rows.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)))]?.focus();
  } else return;
  event.preventDefault();
});
