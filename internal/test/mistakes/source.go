package mistakes

import (
	"embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed *.go
var files embed.FS

// A Source is the text of a mistake in this package.
type Source struct {
	File        string // base name
	First, Last int    // lines, from 1
	Wrong, Seen []int  // lines that are marked
	Build       string // the function that makes the program or the types, without indentation
	Spoil       string // the function that changes it, without indentation; "" when there is none
}

// Sources reads the source text of all mistakes, by their names. Functions that several mistakes use have their own name, and types have
// SharedName.
func Sources() (map[string]*Source, error) {
	all := make(map[string]*Source)
	for _, f := range Fields() {
		text, err := fs.ReadFile(files, f.File)
		if err != nil {
			return nil, err
		}
		if err := readSources(f.File, string(text), all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// readSources finds the literals that have a name and a function that builds a program.
func readSources(file, text string, all map[string]*Source) error {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, text, parser.ParseComments)
	if err != nil {
		return err
	}
	lines := strings.Split(text, "\n")
	if shared := sharedText(set, tree, lines); shared != "" {
		all[SharedName(file)] = &Source{File: file, Build: shared}
	}
	for _, d := range tree.Decls {
		if d, ok := d.(*ast.FuncDecl); ok { // named as the tables name it
			all[d.Name.Name] = &Source{File: file, Build: declarationText(set, lines, d, d.Doc)}
		}
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		parts := make(map[string]ast.Expr)
		for _, e := range literal.Elts {
			if pair, ok := e.(*ast.KeyValueExpr); ok {
				if key, ok := pair.Key.(*ast.Ident); ok {
					parts[key.Name] = pair.Value
				}
			}
		}
		name, isText := parts["Name"].(*ast.BasicLit)
		build, spoil := parts["Build"], parts["Spoil"]
		if build == nil {
			build, spoil = parts["Types"], parts["SpoilTypes"]
		}
		if !isText || build == nil {
			return true
		}
		title, unquoted := strconv.Unquote(name.Value)
		if unquoted != nil {
			err = fmt.Errorf("%s: %s: %w", file, name.Value, unquoted)
			return false
		}
		s := &Source{File: file, First: set.Position(literal.Pos()).Line, Last: set.Position(literal.End()).Line}
		for n := s.First; n <= s.Last; n++ {
			if strings.Contains(lines[n-1], "// wrong: ") {
				s.Wrong = append(s.Wrong, n)
			}
			if strings.Contains(lines[n-1], "// seen: ") {
				s.Seen = append(s.Seen, n)
			}
		}
		s.Build = functionText(set, lines, build)
		if spoil != nil {
			s.Spoil = functionText(set, lines, spoil)
		}
		all[title] = s
		return false
	})
	return err
}

// SharedName is the name in Sources of the declarations that the programs of a file share.
func SharedName(file string) string { return "shared by " + file }

// sharedText returns the types of a file.
func sharedText(set *token.FileSet, tree *ast.File, lines []string) string {
	var parts []string
	for _, d := range tree.Decls {
		if d, ok := d.(*ast.GenDecl); ok && d.Tok == token.TYPE {
			parts = append(parts, declarationText(set, lines, d, d.Doc))
		}
	}
	return strings.Join(parts, "\n\n")
}

// declarationText returns the text of a declaration with its comment.
func declarationText(set *token.FileSet, lines []string, d ast.Decl, doc *ast.CommentGroup) string {
	from := d.Pos()
	if doc != nil {
		from = doc.Pos()
	}
	return strings.Join(lines[set.Position(from).Line-1:set.Position(d.End()).Line], "\n")
}

// functionText returns the text of an expression and the comment after its last line, without the indentation of its first line.
func functionText(set *token.FileSet, lines []string, e ast.Expr) string {
	from, to := set.Position(e.Pos()), set.Position(e.End())
	part := append([]string(nil), lines[from.Line-1:to.Line]...)
	indent := part[0][:len(part[0])-len(strings.TrimLeft(part[0], "\t"))]
	if from.Line == to.Line {
		return strings.TrimSuffix(part[0][from.Column-1:], ",")
	}
	part[0] = part[0][from.Column-1:]
	part[len(part)-1] = part[len(part)-1][:to.Column-1]
	for i := 1; i < len(part); i++ {
		part[i] = strings.TrimPrefix(part[i], indent)
	}
	return strings.Join(part, "\n")
}
