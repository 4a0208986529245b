package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/gen/genfiles"
	"github.com/bpfsmith/bpfsmith/internal/test/browser"
)

func projectRoot(t *testing.T) string {
	t.Helper()
	root, err := genfiles.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// TestNoLinkIsBroken: the links of all documents lead to a page, a heading of a page, or a file.
func TestNoLinkIsBroken(t *testing.T) {
	s, err := newSite(projectRoot(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.pages) < 35 || len(s.files) < 20 {
		t.Errorf("%d pages lead to %d files", len(s.pages), len(s.files))
	}
	for _, g := range groups {
		if !slices.ContainsFunc(s.pages, func(p *page) bool { return p.group == g.name }) {
			t.Errorf("%s has no pages", g.name)
		}
	}
}

// TestBrokenLinksAreFound: each link that leads nowhere is an error that names its page.
func TestBrokenLinksAreFound(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"README.md": "# Home\n[a](docs/a.md#one-two) [b](docs/a.md#three) [c](docs/no.md) [d](#home) [e](#away) [f](../out.md)\n" +
			"[g](https://example.com/none) [h](docs/a.go) [i](docs) [j](docs/a.md#named)\n",
		"docs/a.md": "# A\n## One: two\n<a id=\"named\"></a>\n", "docs/a.go": "package a\n", "examples/README.md": "# E\n",
		"CONTRIBUTING.md": "# C\n", "CHANGELOG.md": "# L\n", "SECURITY.md": "# S\n",
	} {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err := newSite(root)
	if err == nil {
		t.Fatal("nothing is found")
	}
	lines := strings.Split(err.Error(), "\n")
	want := []string{"README.md: [b](docs/a.md#three): ", "README.md: [c](docs/no.md): ", "README.md: [e](#away): ",
		"README.md: [f](../out.md): "}
	for n, line := range lines {
		if n >= len(want) || !strings.HasPrefix(line, want[n]) {
			t.Errorf("%s", line)
		}
	}
	if len(lines) != len(want) {
		t.Errorf("%d are found, want %d", len(lines), len(want))
	}
}

// TestPagesInABrowser opens pages as a desktop and as a phone do.
func TestPagesInABrowser(t *testing.T) {
	dir := t.TempDir()
	if _, err := write(projectRoot(t), dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"index.html", "docs/tutorial/02_registers/index.html", "docs/isa.html", "docs/reference/helpers.html"} {
		for _, width := range []int{1280, 375} {
			p := browser.Open(t, filepath.Join(dir, filepath.FromSlash(name)), browser.Options{Width: width, Height: 800})
			var wide, main, current int
			p.Eval("document.documentElement.scrollWidth", &wide)
			p.Eval("document.querySelectorAll('main h1').length", &main)
			p.Eval("document.querySelectorAll('nav[aria-label] details[open] a[aria-current=page]').length", &current)
			if wide > width || main != 1 || current != 1 {
				t.Errorf("%s at %d px: %d px wide, %d first headings, %d places in the navigation", name, width, wide, main, current)
			}
			if problems := p.Problems(); len(problems) > 0 {
				t.Errorf("%s: %q", name, problems)
			}
		}
	}
}
