package main

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// resolve changes the links of a page to those of the site. It returns an error for each that leads nowhere.
func (s *site) resolve(p *page) (errs []error) {
	_ = ast.Walk(p.tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if !entering {
			return ast.WalkContinue, nil
		}
		var to *[]byte
		switch n := n.(type) {
		case *ast.Link:
			to = &n.Destination
		case *ast.Image:
			to = &n.Destination
		default:
			return ast.WalkContinue, nil
		}
		target, err := s.target(p, string(*to))
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: [%s](%s): %w", p.from, plain(n, p.source), *to, err))
		}
		*to = []byte(target)
		return ast.WalkContinue, nil
	})
	return errs
}

// target is where a link of a page leads to in the site.
func (s *site) target(p *page, link string) (string, error) {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "" || u.Host != "" {
		return link, err
	}
	if u.Path == "" {
		return link, s.anchor(p, u.Fragment)
	}
	name := path.Join(path.Dir(p.from), u.Path)
	if name == ".." || strings.HasPrefix(name, "../") {
		return link, fmt.Errorf("this is outside of the project")
	}
	info, err := os.Stat(filepath.Join(s.root, filepath.FromSlash(name)))
	if err != nil {
		return link, fmt.Errorf("there is no %s", name)
	}
	other := s.at[name]
	if info.IsDir() {
		other = s.at[path.Join(name, "README.md")]
	}
	if other != nil {
		return relative(p.to, other.to, u.Fragment), s.anchor(other, u.Fragment)
	}
	s.files[name] = true
	return relative(p.to, copyName(name, info.IsDir()), ""), nil
}

// anchor checks that a page has a heading with an id.
func (s *site) anchor(p *page, id string) error {
	if id == "" || p.anchors[id] {
		return nil
	}
	return fmt.Errorf("%s has no heading with the id %s", p.from, id)
}

// isPicture reports whether a file is shown within pages.
func isPicture(name string) bool {
	switch path.Ext(name) {
	case ".png", ".svg":
		return true
	}
	return false
}

// copyName is the file of the site that shows a file or a folder of the source. Pictures stay what they are.
func copyName(name string, folder bool) string {
	switch {
	case folder:
		return path.Join("source", name, "index.html")
	case isPicture(name):
		return name
	}
	return path.Join("source", name+".html")
}

// relative is the link from one file of the site to another.
func relative(from, to, fragment string) string {
	rel, err := filepath.Rel(filepath.FromSlash(path.Dir(from)), filepath.FromSlash(to))
	if err != nil { // both are relative, so this cannot be
		rel = to
	}
	return (&url.URL{Path: filepath.ToSlash(rel), Fragment: fragment}).String()
}
