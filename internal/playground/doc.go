// Package playground answers the page of the playground: it explains logs, turns text into code and back, checks programs, and steps
// through them. The page is made for WebAssembly, but this package knows nothing of browsers, so its tests run everywhere.
//
// # Requests
//
// A [Playground] gets a request in JSON, and returns an answer in JSON. The name of the request says what to do; names are in a table
// (requests). Whatever a request contains, the answer is an object, and nothing panics: text comes from strangers, and programs may be
// wrong. An answer has either what was asked for, or an error with a text for the reader.
//
// Requests do not depend on each other. A request for a step has the whole program, and the step where the page is. The Playground keeps
// the machine between steps only to be fast. So the page may stop a request that takes too long, with all of WebAssembly, and begin again.
//
// # Limits
//
// Input has at most 16 MiB, code at most 65,536 instructions, memory 64 KiB, and a run a million instructions.
//
// The page and the command that writes it are in internal/gen/playgroundgen. The folder wasm has the program that a browser runs.
package playground
