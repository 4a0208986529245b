package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
)

// A page is a document. Paths are from the root, with slashes.
type page struct {
	from, to string // the Markdown file, and the HTML file in the site
	title    string
	group    string // of the navigation
	source   []byte
	tree     ast.Node
	anchors  map[string]bool // of its headings
}

// The groups of the navigation, in order, by where their pages are. The first that fits is taken.
var groups = []struct{ name, under string }{
	{"Tutorial", "docs/tutorial/"},
	{"How to", "docs/howto/"},
	{"Reference", "docs/reference/"},
	{"Reference", "docs/isa.md"},
	{"Reference", "docs/mistakes.md"},
	{"Explanation", "docs/"},
	{"Project", ""},
}

// markdown reads what GitHub reads: tables, strike-through, links that are only written, and HTML, as all texts are our own.
var markdown = goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithParserOptions(parser.WithAutoHeadingID()),
	goldmark.WithRendererOptions(html.WithUnsafe()))

// ownID is an id that a text gives to a place by HTML.
var ownID = regexp.MustCompile(`<a id="([^"]+)"`)

// readPages reads all documents below a root.
func readPages(root string) ([]*page, error) {
	var pages []*page
	add := func(from string) error {
		source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(from)))
		if err != nil {
			return err
		}
		pages = append(pages, newPage(from, source))
		return nil
	}
	for _, from := range []string{"README.md", "examples/README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"} {
		if err := add(from); err != nil {
			return nil, err
		}
	}
	err := fs.WalkDir(os.DirFS(root), "docs", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "testdata":
			return fs.SkipDir
		case path.Ext(name) == ".md":
			return add(name)
		}
		return nil
	})
	return pages, err
}

func newPage(from string, source []byte) *page {
	p := &page{from: from, to: htmlName(from), source: source, anchors: make(map[string]bool)}
	for _, g := range groups {
		if strings.HasPrefix(from, g.under) {
			p.group = g.name
			break
		}
	}
	p.tree = markdown.Parser().Parse(text.NewReader(source), parser.WithContext(parser.NewContext(parser.WithIDs(slugs(p.anchors)))))
	for _, id := range ownID.FindAllSubmatch(source, -1) {
		p.anchors[string(id[1])] = true
	}
	p.title = strings.TrimSuffix(path.Base(from), ".md")
	for n := p.tree.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok && h.Level == 1 {
			p.title = string(plain(h, source))
			break
		}
	}
	return p
}

// htmlName is the file of a document in the site: README.md is the index of its folder.
func htmlName(from string) string {
	if path.Base(from) == "README.md" {
		return path.Join(path.Dir(from), "index.html")
	}
	return strings.TrimSuffix(from, ".md") + ".html"
}

// plain is the text of a node.
func plain(n ast.Node, source []byte) []byte {
	var b bytes.Buffer
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Segment.Value(source))
			continue
		}
		b.Write(plain(c, source))
	}
	return b.Bytes()
}

// slugs gives headings the ids that GitHub gives them, so that links work in both places.
type slugs map[string]bool

// Generate makes the id of a heading: letters in lower case, digits, - and _; blanks become -.
func (s slugs) Generate(value []byte, _ ast.NodeKind) []byte {
	var b strings.Builder
	for _, r := range strings.ToLower(string(value)) {
		switch {
		case r == ' ':
			b.WriteByte('-')
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			b.WriteRune(r)
		}
	}
	id := b.String()
	for n := 1; s[id]; n++ {
		id = fmt.Sprintf("%s-%d", b.String(), n)
	}
	s[id] = true
	return []byte(id)
}

// Put notes an id that a document states itself.
func (s slugs) Put(value []byte) { s[string(value)] = true }

// A site is the pages, and the files that they lead to.
type site struct {
	root  string
	pages []*page
	at    map[string]*page // by from
	files map[string]bool  // that links lead to: sources, folders, pictures
}

func newSite(root string) (*site, error) {
	pages, err := readPages(root)
	if err != nil {
		return nil, err
	}
	s := &site{root: root, pages: pages, at: make(map[string]*page), files: make(map[string]bool)}
	for _, p := range pages {
		s.at[p.from] = p
	}
	var errs []error
	for _, p := range pages {
		errs = append(errs, s.resolve(p)...)
	}
	return s, errors.Join(errs...)
}
