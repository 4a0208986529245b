package syscall_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestEveryNumberHasAName: package syscall has a name for each constant of package internal/linux that is a type of programs, maps, places
// or links.
func TestEveryNumberHasAName(t *testing.T) {
	names := func(file string) map[string]bool {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, declared := range parsed.Decls {
			if group, ok := declared.(*ast.GenDecl); ok && group.Tok == token.CONST {
				for _, spec := range group.Specs {
					for _, name := range spec.(*ast.ValueSpec).Names {
						found[name.Name] = true
					}
				}
			}
		}
		return found
	}
	here := names("types_gen.go")
	known := 0
	for _, file := range []string{"progtype.go", "maptype.go", "attachtype.go", "linktype.go"} {
		for _, name := range slices.Sorted(maps.Keys(names("../internal/linux/" + file))) {
			numbered := strings.HasPrefix(name, "ProgType") || strings.HasPrefix(name, "MapType") || strings.HasPrefix(name, "Attach") ||
				strings.HasPrefix(name, "LinkType")
			if !numbered {
				continue
			}
			known++
			if !here[name] {
				t.Errorf("%s is not here: run go generate ./syscall", name)
			}
		}
	}
	if known < 130 {
		t.Errorf("only %d constants were read", known)
	}
}
