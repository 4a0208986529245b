package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// When a table or a fixture changes, the pages must be written again. The tool's help is compared in cmd/bpfsmith, which has it without
// a build.
func TestPagesAreFresh(t *testing.T) {
	for _, f := range files() {
		if f.Path == folder+"tool.md" {
			continue
		}
		want, err := f.Contents()
		if err != nil {
			t.Fatal(err)
		}
		have, err := os.ReadFile(filepath.Join("../../..", f.Path))
		if err != nil {
			t.Fatal(err)
		}
		if string(have) != string(want) {
			t.Errorf("%s is stale: run go generate ./internal/gen/referencegen", f.Path)
		}
	}
}

// TestRowsHaveTheirCells: each row of a table has as many cells as its head.
func TestRowsHaveTheirCells(t *testing.T) {
	for _, f := range files() {
		if f.Path == folder+"tool.md" {
			continue
		}
		text, err := f.Contents()
		if err != nil {
			t.Fatal(err)
		}
		width := 0
		for n, line := range strings.Split(string(text), "\n") {
			if !strings.HasPrefix(line, "|") {
				width = 0
				continue
			}
			cells := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
			if width == 0 {
				width = cells
			}
			if cells != width {
				t.Errorf("%s:%d: %d cells, want %d", f.Path, n+1, cells-1, width-1)
			}
		}
	}
}

// TestWordsAreThere: each kind of argument, and each effect of a function that a row has, is said in words.
func TestWordsAreThere(t *testing.T) {
	for k := linux.ArgUnclaimed + 1; k < linux.ArgKinds; k++ {
		if argTexts[k] == "" {
			t.Errorf("kind %d of arguments has no words", k)
		}
	}
	said := linux.FuncReleases | linux.FuncTransfers
	for _, e := range functionTexts {
		said |= e.effect
	}
	for _, e := range needTexts {
		said |= e.effect
	}
	for f := range linux.Functions() {
		said := said
		if _, ok := f.Holding(); ok {
			said |= linux.FuncAcquires // what is held says it
		}
		if f.Does&^said != 0 {
			t.Errorf("%s: effects %#x have no words", f.Name, f.Does&^said)
		}
	}
}

func TestCommands(t *testing.T) {
	help := "Usage:\n  x [command]\n\nAvailable Commands:\n  asm         Text\n  help        About\n  run         A\n\nFlags:\n  -h\n"
	if got := strings.Join(commands(help), " "); got != "asm run" {
		t.Errorf("commands are %q", got)
	}
}
