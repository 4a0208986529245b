// The second tab: text and hex of a program, each made of the other, and what the check finds.
const text = byId("text"), hex = byId("hex"), kind = byId("kind"), notation = byId("notation"), maps = byId("maps");

// The program that is shown. The third tab runs it.
const current = { hex: "", kind: "", maps: "", listing: [] };
let fromHex = false; // the reader typed hex last, so the text is made of it

async function translate() {
  const request = { llvm: notation.value === "llvm", kind: kind.value, maps: maps.value };
  const input = fromHex ? hex : text, before = input.value;
  request[fromHex ? "hex" : "text"] = before;
  const answer = await engine.ask("program", request);
  if (!answer || input.value !== before) return; // it has changed meanwhile
  if (!answer.mistake && !answer.error) (fromHex ? text : hex).value = fromHex ? answer.text : answer.hex;
  const wrong = answer.mistake;
  const said = (wrong?.line ? `Line ${wrong.line}, column ${wrong.column}: ` : "") + (wrong?.detail ?? answer.error ?? "");
  byId("text-mistake").textContent = fromHex ? "" : said;
  byId("hex-mistake").textContent = fromHex ? said : "";
  text.setAttribute("aria-invalid", String(!fromHex && said !== ""));
  hex.setAttribute("aria-invalid", String(fromHex && said !== ""));
  byId("maps-mistake").textContent = answer.mapMistake ?? "";
  if (answer.mapMistake) byId("maps-more").open = true;
  showVerdict(answer);
  showListing(answer);
  const runs = !said && answer.listing?.length;
  Object.assign(current, { hex: runs ? answer.hex : "", kind: kind.value, maps: maps.value, listing: runs ? answer.listing : [] });
  byId("go-steps").disabled = !runs;
  programChanged();
}

const count = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

function showVerdict(answer) {
  const verdict = byId("verdict"), n = answer.listing?.length ?? 0, found = answer.findings?.length ?? 0;
  verdict.className = "verdict";
  if (answer.error || answer.mistake) verdict.textContent = n ? `${count(n, "instruction")} before the mistake.` : "There is no program to check.";
  else if (n === 0) verdict.textContent = "Write a program, paste one in hex, or choose an example.";
  else if (answer.mapMistake) verdict.textContent = `${count(n, "instruction")}, not checked: the maps cannot be read.`;
  else if (!answer.checked) verdict.textContent = `${count(n, "instruction")}. Choose a type to check the program.`;
  else if (found) {
    verdict.textContent = `${count(n, "instruction")}. Linux refuses this program: ${count(found, "mistake")}.`;
    verdict.classList.add("bad");
  } else if (!answer.complete) verdict.textContent = `${count(n, "instruction")}. Nothing is found, but there are too many paths to check all.`;
  else {
    verdict.textContent = `${count(n, "instruction")}. The check finds nothing wrong.`;
    verdict.classList.add("good");
  }
}

function findingRow(f) {
  const also = f.again?.length ? "; also at " + f.again.slice(0, 4).join(", ") + (f.again.length > 4 ? `, and ${f.again.length - 4} more` : "") : "";
  const parts = [make("p", {}, make("b", {}, f.kind), " " + f.detail + also)];
  for (const line of [f.note, f.help && "What to do: " + f.help]) if (line) parts.push(make("p", { class: "soft" }, line));
  return make("div", { class: "finding" }, ...parts);
}

function showListing(answer) {
  const rows = [];
  const of = (slot) => (answer.findings ?? []).filter((f) => f.slot === slot).map(findingRow);
  rows.push(...of(-1));
  for (const { slot, hex, text } of answer.listing ?? []) {
    const found = of(slot);
    rows.push(make("div", { class: "insn" + (found.length ? " wrong" : "") },
      make("span", { class: "slot" }, String(slot)), make("span", { class: "text" }, text), make("span", { class: "hex" }, hex)), ...found);
  }
  byId("listing").replaceChildren(...rows);
}

const translateLater = later(translate);
text.addEventListener("input", () => { fromHex = false; translateLater(); });
hex.addEventListener("input", () => { fromHex = true; translateLater(); });
maps.addEventListener("input", translateLater);
kind.addEventListener("change", translate);
notation.addEventListener("change", () => {
  fromHex = hex.value.trim() !== ""; // the code stays, and its text is written anew
  translate();
});
byId("go-steps").addEventListener("click", () => selectTab(byId("tab-steps"), true));

function showKinds(kinds) {
  kind.append(...kinds.map(({ name }) => make("option", { value: name }, name || "none: the program is only run")));
  for (const k of kinds) memoryOf.set(k.name, k.memory);
}

function showProgramExamples(examples) {
  for (const group of document.querySelectorAll("[data-programs]")) {
    group.append("Try: ", ...examples.map((e) => {
      const button = make("button", { type: "button" }, e.title);
      button.addEventListener("click", () => useProgram(e));
      return button;
    }));
  }
}

function useProgram(e) {
  text.value = e.text;
  notation.value = "kernel";
  kind.value = e.kind ?? "";
  maps.value = e.maps ?? "";
  byId("maps-more").open = maps.value !== "";
  byId("memory").value = e.memory ?? "";
  breaks.clear();
  fromHex = false;
  return translate();
}
