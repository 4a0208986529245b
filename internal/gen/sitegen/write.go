package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed page.html
var layoutText string

//go:embed style.css
var style []byte

var layout = template.Must(template.New("page").Parse(layoutText))

// A sheet is what a file of the site is filled with.
type sheet struct {
	Title, Home, Style, Playground string
	Groups                         []group
	Body                           template.HTML
}

// A group is a part of the navigation.
type group struct {
	Name  string
	Open  bool // the page is one of them
	Links []entry
}

type entry struct {
	Title, To string
	Here      bool
}

// playground is made by playgroundgen.
const playground = "playground.html"

// write writes the site into a folder, and counts its files.
func write(root, to string) (files int, err error) {
	s, err := newSite(root)
	if err != nil {
		return 0, err
	}
	out := map[string][]byte{"style.css": style}
	for _, p := range s.pages {
		var body bytes.Buffer
		if err := markdown.Renderer().Render(&body, p.source, p.tree); err != nil {
			return 0, fmt.Errorf("%s: %w", p.from, err)
		}
		if out[p.to], err = s.sheet(p.to, p.title, template.HTML(body.String())); err != nil {
			return 0, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.files)) {
		file, text, err := s.copy(name)
		if err != nil {
			return 0, err
		}
		out[file] = text
	}
	for name, text := range out {
		file := filepath.Join(to, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return 0, err
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return 0, err
		}
	}
	return len(out), nil
}

// sheet fills the layout.
func (s *site) sheet(at, title string, body template.HTML) ([]byte, error) {
	sh := sheet{Title: title, Home: relative(at, "index.html", ""), Style: relative(at, "style.css", ""),
		Playground: relative(at, playground, ""), Body: body}
	for _, g := range groups {
		if len(sh.Groups) == 0 || sh.Groups[len(sh.Groups)-1].Name != g.name {
			sh.Groups = append(sh.Groups, s.group(g.name, at))
		}
	}
	var b bytes.Buffer
	err := layout.Execute(&b, sh)
	return b.Bytes(), err
}

// group is a part of the navigation of a page. The index of a folder stands before what is in it.
func (s *site) group(name, at string) group {
	g := group{Name: name}
	pages := slices.DeleteFunc(slices.Clone(s.pages), func(p *page) bool { return p.group != name })
	slices.SortStableFunc(pages, func(a, b *page) int {
		return strings.Compare(strings.TrimSuffix(a.from, "README.md"), strings.TrimSuffix(b.from, "README.md"))
	})
	for _, p := range pages {
		g.Links = append(g.Links, entry{Title: p.title, To: relative(at, p.to, ""), Here: p.to == at})
		g.Open = g.Open || p.to == at
	}
	return g
}

// copy is the file of the site for a file or a folder of the source.
func (s *site) copy(name string) (file string, text []byte, err error) {
	full := filepath.Join(s.root, filepath.FromSlash(name))
	if entries, err := os.ReadDir(full); err == nil {
		file = copyName(name, true)
		var list strings.Builder
		for _, e := range entries {
			list.WriteString("<li>" + template.HTMLEscapeString(e.Name()) + "</li>\n")
		}
		text, err = s.sheet(file, name, template.HTML("<h1>"+template.HTMLEscapeString(name)+"</h1>\n<ul>\n"+list.String()+"</ul>\n"))
		return file, text, err
	}
	if text, err = os.ReadFile(full); err != nil {
		return "", nil, err
	}
	file = copyName(name, false)
	if isPicture(name) {
		return file, text, nil
	}
	text, err = s.sheet(file, path.Base(name), template.HTML("<h1>"+template.HTMLEscapeString(name)+"</h1>\n<pre><code>"+
		template.HTMLEscapeString(string(text))+"</code></pre>\n"))
	return file, text, err
}
