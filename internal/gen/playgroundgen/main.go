// Playgroundgen writes the playground as one file, playground.html. The file has the program in WebAssembly, and loads nothing: it works
// from a disk and without a network.
//
//	go run ./internal/gen/playgroundgen -o site
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bpfsmith/bpfsmith/internal/gen/genfiles"
)

func main() {
	dir := flag.String("o", "site", "the `folder` for playground.html; it is made if it is missing")
	flag.Parse()
	if err := run(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "playgroundgen:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	root, err := genfiles.Root()
	if err != nil {
		return err
	}
	wasm, err := build(root)
	if err != nil {
		return err
	}
	page, err := document(wasm)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	file := filepath.Join(dir, "playground.html")
	fmt.Printf("%s: %.1f MB, with %.1f MB of WebAssembly\n", file, float64(len(page))/1e6, float64(len(wasm))/1e6)
	return os.WriteFile(file, page, 0o644)
}
