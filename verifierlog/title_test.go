package verifierlog

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"strconv"
	"testing"
)

// TestEveryKindHasATitle reads the kinds from their source, so that none is forgotten. Unknown mistakes have the kernel's words instead.
func TestEveryKindHasATitle(t *testing.T) {
	file, err := goparser.ParseFile(token.NewFileSet(), "kind.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			return true
		}
		kind, err := strconv.Unquote(literal.Value)
		if err != nil {
			t.Fatal(err)
		}
		kinds++
		if (Kind(kind).Title() == "") != (Kind(kind) == Unknown) {
			t.Errorf("%s: title %q", kind, Kind(kind).Title())
		}
		return true
	})
	if kinds < 50 {
		t.Errorf("only %d kinds were found", kinds)
	}
}
