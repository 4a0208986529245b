package howto_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// mostLines is how long a page may be, with its code: three screens.
const mostLines = 200

var (
	link   = regexp.MustCompile(`\]\(([^)#:\n]+)(?:#[^)\n]*)?\)`)
	fenced = regexp.MustCompile("(?ms)^```.*?^```$|`[^`\n]*`")
)

// TestPages: pages are short, all of their code comes from files, and files that they link to exist.
func TestPages(t *testing.T) {
	pages, err := filepath.Glob("*/README.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, page := range append(pages, "README.md") {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		if n := strings.Count(text, "\n"); n > mostLines {
			t.Errorf("%s has %d lines", page, n)
		}
		for _, block := range fenced.FindAllStringIndex(text, -1) {
			if strings.HasPrefix(text[block[0]:], "```") && !strings.HasSuffix(text[:block[0]], " -->\n") {
				t.Errorf("%s: a block is not from a file: %s", page, text[block[0]:block[1]])
			}
		}
		for _, m := range link.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}
