package main

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
)

// A source is a Go file whose declarations are shown.
type source struct {
	name     string
	text     string
	set      *token.FileSet
	file     *ast.File
	examples []*doc.Example
}

func readSource(name string) (*source, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	s := &source{name: name, text: string(text), set: token.NewFileSet()}
	if s.file, err = parser.ParseFile(s.set, name, text, parser.ParseComments); err != nil {
		return nil, err
	}
	s.examples = doc.Examples(s.file)
	return s, nil
}

// output is what an Example prints.
func (s *source) output(name string) (string, error) {
	for _, e := range s.examples {
		if "Example"+e.Name == name {
			if e.Output == "" {
				return "", fmt.Errorf("%s: %s has no output", s.name, name)
			}
			return strings.TrimRight(e.Output, "\n"), nil
		}
	}
	return "", fmt.Errorf("%s has no Example %s", s.name, name)
}

// code is a declaration with its comment, or the body of an Example.
func (s *source) code(name string) (string, error) {
	for _, d := range s.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.Name != name {
				continue
			}
			if strings.HasPrefix(name, "Example") {
				return body(s.slice(d.Body.Lbrace+1, d.Body.Rbrace)), nil
			}
			return s.with(d.Doc, d), nil
		case *ast.GenDecl:
			if declares(d, name) {
				return s.with(d.Doc, d), nil
			}
		}
	}
	return "", fmt.Errorf("%s declares no %s", s.name, name)
}

// declares reports whether a declaration of types, variables or constants has the name.
func declares(d *ast.GenDecl, name string) bool {
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.Name == name {
				return true
			}
		case *ast.ValueSpec:
			for _, n := range spec.Names {
				if n.Name == name {
					return true
				}
			}
		}
	}
	return false
}

// with is the text of a node, with its comment.
func (s *source) with(comment *ast.CommentGroup, node ast.Node) string {
	start := node.Pos()
	if comment != nil {
		start = comment.Pos()
	}
	return s.slice(start, node.End())
}

func (s *source) slice(from, to token.Pos) string {
	return s.text[s.set.Position(from).Offset:s.set.Position(to).Offset]
}

var outputComment = regexp.MustCompile(`(?i)^\s*//\s*(unordered )?output:`)

// body is the body of an Example, without its output, and without one level of indentation.
func body(text string) string {
	var lines []string
	for line := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		if outputComment.MatchString(line) {
			break
		}
		lines = append(lines, strings.TrimPrefix(line, "\t"))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n\t ")
}
