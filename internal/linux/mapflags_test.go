package linux_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// TestFlagsAreNamedAsTheirConstants reads the constants in the source: the flag of each bit has the name of its constant.
func TestFlagsAreNamedAsTheirConstants(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "mapflags.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := linux.MapFlags(0)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		shift, ok := spec.Values[0].(*ast.BinaryExpr)
		if typ, named := spec.Type.(*ast.Ident); !ok || !named || typ.Name != "MapFlags" {
			return true
		}
		bit, err := strconv.Atoi(shift.Y.(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		flag := linux.MapFlags(1) << bit
		if got := flag.String(); got != spec.Names[0].Name {
			t.Errorf("flag %d is called %q; its constant is %s", bit, got, spec.Names[0].Name)
		}
		seen |= flag
		return true
	})
	if seen != linux.AllMapFlags {
		t.Errorf("the constants have the bits %#x, want %#x", uint32(seen), uint32(linux.AllMapFlags))
	}
	for want, flags := range map[string]linux.MapFlags{
		"0":                        0,
		"MapReadOnly|MapMmapable":  linux.MapReadOnly | linux.MapMmapable,
		"MapNoPrealloc|0x80000000": linux.MapNoPrealloc | 1<<31,
	} {
		if got := flags.String(); got != want {
			t.Errorf("%#x is %q, want %q", uint32(flags), got, want)
		}
	}
}
