//go:build js

// Wasm is the program that the page of the playground runs: it gives the page one function, bpfsmith(name, request), which takes and
// returns JSON. internal/gen/playgroundgen builds it into the page.
package main

import (
	"syscall/js"

	"github.com/bpfsmith/bpfsmith/internal/playground"
)

func main() {
	p := playground.New()
	js.Global().Set("bpfsmith", js.FuncOf(func(_ js.Value, args []js.Value) any {
		if len(args) != 2 || args[0].Type() != js.TypeString || args[1].Type() != js.TypeString {
			return `{"error":"bpfsmith takes the name of a request and the request, two strings"}`
		}
		return string(p.Answer(args[0].String(), []byte(args[1].String())))
	}))
	select {} // the page calls the function from now on
}
