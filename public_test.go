package bpfsmith_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestPublicNamesAreDocumented: each exported name of a public package has a comment, and each package has an Example that runs and a
// comment of its own.
func TestPublicNamesAreDocumented(t *testing.T) {
	names, packages := 0, 0
	err := filepath.WalkDir(".", func(dir string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		switch base := entry.Name(); {
		case base == "internal", base == "examples", base == "docs", base == "cmd", base == "testdata", len(base) > 1 && base[0] == '.':
			return fs.SkipDir
		}
		files, sources := token.NewFileSet(), 0
		paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			return err
		}
		var about, example bool
		for _, path := range paths {
			file, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			if strings.HasSuffix(path, "_test.go") {
				example = example || hasExample(file)
				continue
			}
			sources++
			about = about || file.Doc != nil
			names += missingComments(file, func(pos token.Pos, what string) {
				t.Errorf("%v: %s has no comment", files.Position(pos), what)
			})
		}
		if sources == 0 {
			return nil
		}
		packages++
		if !about {
			t.Errorf("%s: the package has no comment", dir)
		}
		if !example && dir != "." { // the root only maps the others
			t.Errorf("%s: the package has no Example with an Output", dir)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if packages < 20 || names < 2000 {
		t.Errorf("%d names in %d packages", names, packages)
	}
}

// hasExample reports whether a file has an Example that go test runs. What takes a *testing.T cannot run in one: then a test in the same
// file does what the Example shows.
func hasExample(file *ast.File) bool {
	shows, runs, tests := false, false, false
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil {
			continue
		}
		tests = tests || strings.HasPrefix(f.Name.Name, "Test")
		if !strings.HasPrefix(f.Name.Name, "Example") {
			continue
		}
		shows = true
		for _, c := range file.Comments {
			text := strings.ToLower(c.Text())
			runs = runs || f.Pos() < c.Pos() && c.End() < f.End() && (strings.HasPrefix(text, "output:") ||
				strings.HasPrefix(text, "unordered output:"))
		}
	}
	return runs || shows && tests
}

// missingComments calls missing for each exported name without a comment, and counts all.
func missingComments(file *ast.File, missing func(token.Pos, string)) (names int) {
	check := func(name *ast.Ident, comments ...*ast.CommentGroup) {
		if !name.IsExported() {
			return
		}
		names++
		for _, c := range comments {
			if c != nil {
				return
			}
		}
		missing(name.Pos(), name.Name)
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil || isExportedType(d.Recv.List[0].Type) {
				check(d.Name, d.Doc)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					check(spec.Name, spec.Doc, spec.Comment, d.Doc)
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						check(name, spec.Doc, spec.Comment, d.Doc)
					}
				}
			}
		}
	}
	return names
}

// isExportedType reports whether a receiver's type is exported.
func isExportedType(t ast.Expr) bool {
	switch t := t.(type) {
	case *ast.StarExpr:
		return isExportedType(t.X)
	case *ast.IndexExpr:
		return isExportedType(t.X)
	case *ast.IndexListExpr:
		return isExportedType(t.X)
	case *ast.Ident:
		return t.IsExported()
	}
	return false
}
