// The first tab: a log, and the page that explains it. That page is in a frame of its own, which may run its script and nothing else.
const log = byId("log"), report = byId("report"), frame = byId("report-frame");
let explained = ""; // the log that the frame shows

async function explainLog(go) {
  const text = log.value, status = byId("explain-status");
  if (text.trim() === "") {
    report.hidden = true;
    explained = status.textContent = "";
    return;
  }
  if (text !== explained) {
    const answer = await engine.ask("explain", { log: text });
    if (!answer || text !== log.value) return; // the log has changed meanwhile
    explained = answer.error ? "" : text;
    status.textContent = answer.error ?? answer.heading;
    status.classList.toggle("bad", Boolean(answer.error));
    report.hidden = Boolean(answer.error);
    frame.srcdoc = answer.page ?? "";
  }
  if (go && !report.hidden) {
    report.scrollIntoView({ block: "start" });
    frame.focus({ preventScroll: true });
  }
}

frame.addEventListener("load", () => (report.dataset.shown = String(frame.srcdoc !== "")));
log.addEventListener("input", later(() => explainLog(false)));
log.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) explainLog(true);
});
byId("explain").addEventListener("click", () => explainLog(true));
byId("clear-log").addEventListener("click", () => {
  log.value = "";
  explainLog(false);
  log.focus();
});

const whole = byId("report-whole");
function fillWindow(on) {
  report.classList.toggle("whole", on);
  whole.setAttribute("aria-pressed", String(on));
  whole.textContent = on ? "Back to the log" : "Fill the window";
  document.querySelector("header").inert = document.querySelector("#panel-explain .input").inert = on;
}
whole.addEventListener("click", () => fillWindow(!report.classList.contains("whole")));
report.addEventListener("keydown", (event) => event.key === "Escape" && fillWindow(false));

byId("report-save").addEventListener("click", () => {
  const url = URL.createObjectURL(new Blob([frame.srcdoc], { type: "text/html" }));
  make("a", { href: url, download: "explained.html" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
});

function showLogExamples(examples) {
  byId("log-examples").append("Try: ", ...examples.map(({ title, text }) => {
    const button = make("button", { type: "button" }, title);
    button.addEventListener("click", () => {
      log.value = text;
      explainLog(false);
    });
    return button;
  }));
}
