// The engine asks the program in the worker, one request after the other. A request that takes too long is ended with the worker, and the next
// one gets a new worker.
const byId = (id) => document.getElementById(id);
const timeLimit = 20_000; // milliseconds
const slow = 400; // after which the page shows that it works

const engine = {
  module: null, // compiled once
  worker: null,
  ready: false,
  waiting: [], // requests that were not sent yet
  current: null, // the request that is worked on
  timers: [],

  start() {
    const code = new Blob([byId("worker").textContent], { type: "text/javascript" });
    const url = URL.createObjectURL(code);
    this.worker = new Worker(url);
    URL.revokeObjectURL(url);
    this.ready = false;
    const worker = this.worker;
    worker.onmessage = ({ data }) => worker === this.worker && this.heard(data);
    worker.onerror = (e) => worker === this.worker && this.broken(e.message || "it cannot be started");
    worker.postMessage({ start: this.module ? { module: this.module } : { wasm: byId("wasm").textContent } });
  },

  heard(message) {
    if (message.ready) {
      this.ready = true;
      this.module = message.module;
      this.next();
    } else if (message.ended) this.broken(message.why ?? "it has ended");
    else if (message.id === this.current?.id) this.finish(JSON.parse(message.answer));
  },

  // broken begins again with a new worker. Without a module none could be started: a new one would not help.
  broken(why) {
    this.worker.terminate();
    const error = { error: "The program in this page has stopped: " + why + "." };
    if (this.module) this.start();
    else for (const r of this.waiting.splice(0)) r.resolve(error);
    this.finish(error);
  },

  // ask returns the answer. A newer request with the same name makes one that still waits superfluous: its answer is null.
  ask(name, request = {}) {
    for (const old of this.waiting.filter((r) => r.name === name)) old.resolve(null);
    this.waiting = this.waiting.filter((r) => r.name !== name);
    return new Promise((resolve) => {
      this.waiting.push({ id: ++this.count, name, request, resolve });
      this.next();
    });
  },
  count: 0,

  next() {
    if (!this.ready || this.current || !this.waiting.length) return;
    this.current = this.waiting.shift();
    const { id, name, request } = this.current;
    this.timers = [
      setTimeout(() => (byId("busy").hidden = false), slow),
      setTimeout(() => this.stop(`This takes longer than ${timeLimit / 1000} seconds, and was stopped.`), timeLimit),
    ];
    this.worker.postMessage({ id, name, request: JSON.stringify(request) });
  },

  finish(answer) {
    for (const t of this.timers.splice(0)) clearTimeout(t);
    byId("busy").hidden = true;
    this.current?.resolve(answer);
    this.current = null;
    this.next();
  },

  stop(error) {
    if (!this.current) return;
    this.worker.terminate();
    this.start();
    this.finish({ error });
  },
};
byId("stop").addEventListener("click", () => engine.stop("Stopped."));
engine.start();

// make builds an element. What is typed, and what answers contain, is only ever inserted as text.
function make(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
}

// later calls f when nothing has been typed for a moment.
function later(f, wait = 300) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(f, wait);
  };
}
