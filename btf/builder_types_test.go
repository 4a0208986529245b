package btf_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
)

// TestTypesOfDataAreRead has cilium read what the builder writes of data types.
func TestTypesOfDataAreRead(t *testing.T) {
	var b btf.Builder
	u32, u64 := b.Int("unsigned int", 4, false), b.Int("unsigned long long", 8, false)
	pair := b.Struct("pair", 16, btf.Member{Name: "a", Type: u32}, btf.Member{Name: "b", Type: u64, Offset: 8})
	array := b.Array(pair, u32, 3)
	b.Union("either", 8, btf.Member{Name: "one", Type: u32}, btf.Member{Name: "other", Type: u64})
	be := b.Typedef("__be32", u32)
	b.Enum("colour", btf.Enumerator{Name: "RED", Value: -1}, btf.Enumerator{Name: "BLUE", Value: 2})
	b.Struct("all", 56, btf.Member{Name: "pairs", Type: array}, btf.Member{Name: "address", Type: be, Offset: 48},
		btf.Member{Name: "ok", Type: b.Bool("bool"), Offset: 52})
	v := b.Var("count", u64)
	b.Datasec(".data", 8, btf.Variable{Var: v, Size: 8})
	b.TypeTag("kptr", b.Const(pair))
	b.DeclTag("note", pair, -1)
	raw, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	spec, err := cbtf.LoadSpecFromReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var all *cbtf.Struct
	if err := spec.TypeByName("all", &all); err != nil {
		t.Fatal(err)
	}
	if all.Size != 56 || len(all.Members) != 3 || all.Members[1].Offset.Bytes() != 48 || all.Members[1].Type.TypeName() != "__be32" {
		t.Errorf("the struct is read as %+v", all)
	}
	if a, ok := all.Members[0].Type.(*cbtf.Array); !ok || a.Nelems != 3 || a.Type.TypeName() != "pair" {
		t.Errorf("the array is read as %v", all.Members[0].Type)
	}
	if i, ok := all.Members[2].Type.(*cbtf.Int); !ok || i.Encoding != cbtf.Bool || i.Size != 1 {
		t.Errorf("the bool is read as %v", all.Members[2].Type)
	}
	var either *cbtf.Union
	if err := spec.TypeByName("either", &either); err != nil || either.Size != 8 || len(either.Members) != 2 {
		t.Errorf("the union is read as %+v, %v", either, err)
	}
	var colour *cbtf.Enum
	if err := spec.TypeByName("colour", &colour); err != nil || int32(colour.Values[0].Value) != -1 || colour.Values[1].Name != "BLUE" {
		t.Errorf("the enumeration is read as %+v, %v", colour, err)
	}
	var data *cbtf.Datasec
	if err := spec.TypeByName(".data", &data); err != nil || len(data.Vars) != 1 || data.Vars[0].Size != 8 ||
		data.Vars[0].Type.TypeName() != "count" {
		t.Errorf("the section is read as %+v, %v", data, err)
	}
}

func TestAMemberTooFarInIsRefused(t *testing.T) {
	var b btf.Builder
	b.Struct("big", math.MaxUint32, btf.Member{Name: "far", Type: b.Bool("bool"), Offset: 1 << 29})
	if _, err := b.Bytes(); err == nil || !strings.Contains(err.Error(), `"far"`) {
		t.Errorf("got %v", err)
	}
}

// TestTagsAreAnyText: the text of a declaration tag may have what no name has.
func TestTagsAreAnyText(t *testing.T) {
	var b btf.Builder
	pair := b.Struct("pair", 4, btf.Member{Name: "first", Type: b.Int("int", 4, true)})
	b.DeclTag("0=\tpushq\t%rbp", pair, 0)
	raw, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	types, err := btf.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := types.Check(); err != nil {
		t.Error(err)
	}
	for tag := range types.DeclTags() {
		if want := (btf.DeclTag{Tag: "0=\tpushq\t%rbp", Target: pair, Component: 0}); tag != want {
			t.Errorf("%+v, want %+v", tag, want)
		}
	}
	if kind, err := types.Kind(pair); err != nil || kind != btf.KindStruct {
		t.Errorf("%v %v", kind, err)
	}
}
