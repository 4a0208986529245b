package btf_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
)

// TestBrokenTypes gives types that no compiler makes. Check and Decode say what is wrong with them. Whatever reads them comes to an end,
// in little memory.
func TestBrokenTypes(t *testing.T) {
	const pointer, typedef, constant, array, composite = btf.KindPointer, btf.KindTypedef, btf.KindConst, btf.KindArray, btf.KindStruct
	const itself, inItself = "type 1: malformed BTF: it is made from itself", "malformed BTF: it contains itself"
	circle := []uint32{1, info(typedef, 0), 2, 1, info(typedef, 0), 3, 1, info(typedef, 0), 1}
	proto := []uint32{0, info(btf.KindFuncProto, 5), 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	chain := []uint32{}
	for i := range 100 {
		chain = append(chain, 0, info(pointer, 0), uint32(i+2))
	}
	nested := []uint32{}
	for i := range 40 {
		nested = append(nested, 0, info(composite, 1), 4, 1, uint32(i+2), 0)
	}
	long := []uint32{1, info(typedef, 0), 0}
	for _, tt := range []struct {
		name    string
		records []uint32
		strings string
		want    string // of Check
		decodes bool
	}{
		{"a typedef of itself", []uint32{1, info(typedef, 0), 1}, "s\x00", itself, false},
		{"a constant of itself", []uint32{0, info(constant, 0), 1}, "", itself, false},
		{"a pointer to itself", []uint32{0, info(pointer, 0), 1}, "", itself, false},
		{"an array of itself", []uint32{0, info(array, 0), 0, 1, 1, 2}, "", itself, false},
		{"three typedefs in a circle", circle, "s\x00", itself, false},
		{"a hundred pointers after each other", append(chain, 0, info(pointer, 0), 0), "", "more than 64 types after each other", false},
		{"a struct in itself", []uint32{1, info(composite, 1), 4, 0, 1, 0}, "s\x00", inItself, true},
		{"two structs in each other", []uint32{1, info(composite, 1), 4, 0, 2, 0, 1, info(composite, 1), 4, 0, 1, 0},
			"s\x00", inItself, true},
		{"a struct with arrays of itself", []uint32{1, info(composite, 1), 4, 0, 2, 0, 0, info(array, 0), 0, 1, 0, 2}, "s\x00",
			inItself, true},
		{"forty structs in each other", append(nested, 0, info(composite, 0), 4), "m\x00", "more than 32 structs within each other", true},
		{"a type that is not there", []uint32{1, info(typedef, 0), 7}, "s\x00",
			"type 1: malformed BTF: it refers to type 7, and the last is 1", false},
		{"a name that is not there", []uint32{99, info(typedef, 0), 0}, "s\x00",
			"type 1: malformed BTF: a name at offset 99 of 3 bytes", false},
		{"a member's name that is not there", []uint32{1, info(composite, 1), 4, 99, 0, 0}, "s\x00",
			"type 1: malformed BTF: a name at offset 99 of 3 bytes", false},
		{"a name without end", long, strings.Repeat("n", 512) + "\x00", "has more than 511 bytes", false},
		{"the longest name", long, strings.Repeat("n", 511) + "\x00", "", true},
		{"a path for a name", []uint32{1, info(composite, 0), 0}, "../../x\x00",
			`type 1: malformed BTF: "../../x" is not a name in C`, false},
		{"a line of code in a member's name", []uint32{1, info(composite, 1), 4, 3, 0, 0}, "s\x00n\nvar x int\x00",
			`malformed BTF: "n\nvar x int" is not a name in C`, false},
		{"a line of code in a function's name", []uint32{1, info(btf.KindFunc, 0), 2, 0, info(btf.KindFuncProto, 0), 0}, "f()\x00",
			`malformed BTF: "f()" is not a name in C`, false},
		{"a line of code in an integer's name", []uint32{1, info(btf.KindInt, 0), 4, 32}, "int\n\x00",
			`malformed BTF: "int\n" is not a name`, false},
		{"an integer with a name of two words", []uint32{1, info(btf.KindInt, 0), 4, 32}, "long int\x00", "", true},
		{"a function that returns its own type, and takes it", proto, "s\x00", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			raw := blob{records: tt.records, strings: tt.strings}.bytes(binary.NativeEndian)
			types, err := btf.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			err = types.Check()
			switch {
			case tt.want == "" && err == nil:
			case !errors.Is(err, btf.ErrMalformed) || !strings.Contains(err.Error(), tt.want):
				t.Errorf("Check: %v, want %q", err, tt.want)
			}
			if _, err := types.Decode(1); (err == nil) != tt.decodes || err != nil && !errors.Is(err, btf.ErrMalformed) {
				t.Errorf("Decode: %v, want success: %v", err, tt.decodes)
			}
			limited(t, func() { inspect(t, raw) })
		})
	}
}

// TestDeclarationEnds writes types that other code decoded: they may refer to each other in any way, and Decode never saw them.
func TestDeclarationEnds(t *testing.T) {
	def, constant := &cbtf.Typedef{Name: "d"}, &cbtf.Const{}
	def.Type, constant.Type = def, constant
	proto := &cbtf.FuncProto{Params: make([]cbtf.FuncParam, 5000)}
	proto.Return = proto
	for i := range proto.Params {
		proto.Params[i] = cbtf.FuncParam{Name: "f", Type: &cbtf.Pointer{Target: proto}}
	}
	pointer := &cbtf.Pointer{Target: proto}
	for name, typ := range map[string]cbtf.Type{"typedef": def, "const": constant, "prototype": proto, "pointer": pointer} {
		t.Run(name, func(t *testing.T) {
			limited(t, func() {
				if text := btf.Declaration(typ, "x"); len(text) > 10_000 {
					t.Errorf("%d bytes: %.100s", len(text), text)
				}
				_, _ = btf.Underlying(typ), btf.PointedTo(&cbtf.Pointer{Target: typ})
			})
		})
	}
}

// TestKernelsAreRight: Check finds nothing in what compilers make.
func TestKernelsAreRight(t *testing.T) {
	for _, kernel := range fixture.Kernels() {
		types, err := fixture.Open(kernel)
		if err != nil {
			t.Fatal(err)
		}
		if err := types.Check(); err != nil {
			t.Errorf("%s: %v", kernel, err)
		}
	}
	types, err := btf.Kernel()
	if err != nil {
		t.Logf("without a running kernel: %v", err)
		return
	}
	defer types.Close()
	if err := types.Check(); err != nil {
		t.Errorf("the running kernel: %v", err)
	}
}
