// The worker runs the program in WebAssembly, away from the page: the page goes on while it works, and can end it at any time.
"use strict";
{
  const reply = (message) => postMessage(message);

  // bytesOf reads base64.
  const bytesOf = (text) => Uint8Array.fromBase64?.(text) ?? Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

  const start = async ({ module, wasm }) => {
    if (!module) {
      const stream = new Blob([bytesOf(wasm)]).stream().pipeThrough(new DecompressionStream("gzip"));
      module = await WebAssembly.compile(await new Response(stream).arrayBuffer());
    }
    const go = new Go();
    const instance = await WebAssembly.instantiate(module, go.importObject);
    go.run(instance).then(() => reply({ ended: true }), (e) => reply({ ended: true, why: String(e) }));
    reply({ ready: true, module });
  };

  onmessage = async ({ data }) => {
    try {
      if (data.start) await start(data.start);
      else reply({ id: data.id, answer: bpfsmith(data.name, data.request) });
    } catch (e) {
      reply({ ended: true, why: String(e) });
    }
  };
}
