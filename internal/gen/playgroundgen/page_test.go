package main

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/gen/genfiles"
	"github.com/bpfsmith/bpfsmith/internal/test/browser"
)

// built is the page, made once for all tests.
var built = sync.OnceValues(func() ([]byte, error) {
	root, err := genfiles.Root()
	if err != nil {
		return nil, err
	}
	wasm, err := build(root)
	if err != nil {
		return nil, err
	}
	return document(wasm)
})

// open opens the page in a browser, and waits for its program.
func open(t *testing.T, o browser.Options) *browser.Page {
	t.Helper()
	if testing.Short() {
		t.Skip("it compiles for another system")
	}
	page, err := built()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "playground.html")
	if err := os.WriteFile(file, page, 0o644); err != nil {
		t.Fatal(err)
	}
	p := browser.Open(t, file, o)
	p.Wait(`document.documentElement.dataset.ready`)
	return p
}

// picture keeps a picture in the folder PAGE_DIR, to look at.
func picture(t *testing.T, p *browser.Page, name string, whole bool) {
	t.Helper()
	if dir := os.Getenv("PAGE_DIR"); dir != "" {
		p.Picture(filepath.Join(dir, name+".png"), whole)
	}
}

// The windows in which the page is tested.
var (
	desktop = browser.Options{Width: 1280, Height: 900}
	phone   = browser.Options{Width: 375, Height: 740, Phone: true}
)

// TestExplainsALog chooses the first example and looks at the explanation.
func TestExplainsALog(t *testing.T) {
	p := open(t, desktop)
	p.Eval(`document.querySelector("#log-examples button").click()`, nil)
	p.Wait(`document.getElementById("report").dataset.shown === "true"`)
	want := "A pointer that may be nil is used, at ports.go:27"
	if got := p.Text(`document.getElementById("explain-status").textContent`); got != want {
		t.Errorf("the page says %q, want %q", got, want)
	}
	if got, want := p.InFrame(`document.querySelector(".row.blamed .text").textContent`), "(db) lock *(u64 *)(r0 +0) += r1"; got != want {
		t.Errorf("the mistake is at %q, want %q", got, want)
	}
	picture(t, p, "explain", true)
	for _, problem := range p.Problems() {
		t.Error(problem)
	}
}
