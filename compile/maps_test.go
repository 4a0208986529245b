package compile_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// counters counts its runs in a map, by way of a function.
func counters(a, b *dsl.MapSpec) *dsl.Program {
	sub := dsl.Assembly("sub",
		dsl.Proto("u64"),
		dsl.LoadMapData(r1, b, 8),
		dsl.LoadMap(r2, a),
		dsl.LoadMem(dw, r0, r1, 0),
		dsl.Exit(),
	)
	return dsl.Assembly("counters",
		dsl.LoadImm64(r2, 1),
		dsl.StoreImm(w, fp, -4, 0),
		dsl.LoadMap(r1, a),
		dsl.Mov64Reg(r2, fp),
		dsl.Add64Imm(r2, -4),
		dsl.CallHelper(1),
		dsl.JEQ64Imm(r0, 0, "out"), // what is known of a looked up value: nothing
		dsl.LoadMem(dw, r0, r0, 0),
		dsl.Call(sub),
		dsl.Label("out"),
		dsl.Mov64Imm(r0, 0),
		dsl.Exit(),
	)
}

func TestMapsAreReferredToInEitherByteOrder(t *testing.T) {
	a := &dsl.MapSpec{Name: "a", Type: dsl.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 10}
	b := &dsl.MapSpec{Name: "b", Type: dsl.MapArray, KeySize: 4, ValueSize: 16, MaxEntries: 1}
	for _, order := range []isa.ByteOrder{isa.LittleEndian, isa.BigEndian} {
		o, err := compile.Compile(counters(a, b), compile.Target{ByteOrder: order})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(o.Maps, []*dsl.MapSpec{a, b}) {
			t.Fatalf("maps %v", o.Maps)
		}
		before := slices.Clone(o.Code)
		var asked []string
		code, err := o.CodeWithMaps(func(m *dsl.MapSpec) (int32, error) {
			asked = append(asked, m.Name)
			return int32(m.Name[0]), nil
		})
		if err != nil || fmt.Sprint(asked) != "[a b]" {
			t.Errorf("asked for %v, %v", asked, err)
		}
		if !slices.Equal(before, o.Code) {
			t.Error("the object was changed")
		}
		decoded, err := isa.Decode(code, order)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, ins := range decoded {
			if ins.IsWide() && ins.Src != isa.PseudoNumber {
				got = append(got, fmt.Sprint(ins.Dst, ins.Src, uint32(ins.Imm), ins.Imm>>32))
			}
		}
		want := []string{"r1 r1 97 0", "r1 r2 98 8", "r2 r1 97 0"}
		if !slices.Equal(got, want) {
			t.Errorf("loads of maps %v, want %v", got, want)
		}
		if got := fmt.Sprint(o.MapRefs); len(o.MapRefs) != 3 || o.MapRefs[0] != (compile.MapRef{Slot: 3, Map: 0}) ||
			o.MapRefs[1].Map != 1 || o.MapRefs[2].Map != 0 {
			t.Errorf("references %s", got)
		}
		if _, err := o.CodeWithMaps(func(*dsl.MapSpec) (int32, error) { return 0, errors.New("not today") }); err == nil ||
			err.Error() != `map "a": not today` {
			t.Errorf("a map that cannot be had gives %v", err)
		}
	}
}

// TestReferencesStayWhereCodeIsAdded: gotols are put before loads of maps.
func TestReferencesStayWhereCodeIsAdded(t *testing.T) {
	m := &dsl.MapSpec{Name: "m", Type: dsl.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 1}
	items := []dsl.Item{dsl.Mov64Reg(r6, r1), dsl.JEQ64Imm(r6, 7, "end")}
	for range 40000 {
		items = append(items, dsl.Add64Imm(r6, 1))
	}
	items = append(items, dsl.LoadMap(r1, m), dsl.Label("end"), dsl.Mov64Imm(r0, 0), dsl.Exit())
	o, err := compile.Compile(dsl.Assembly("p", items...), compile.Target{})
	if err != nil {
		t.Fatal(err)
	}
	if len(o.MapRefs) != 1 || o.Item(o.MapRefs[0].Slot).To() != m || binary.LittleEndian.Uint16(o.Code[8*o.MapRefs[0].Slot:]) != 0x1118 {
		t.Errorf("references %v", o.MapRefs)
	}
}

func TestMapsThatCannotBe(t *testing.T) {
	bad := &dsl.MapSpec{Name: "bad", Err: errors.New("a hole of 3 bytes"), Pos: dsl.Position{File: "/x/maps.go", Line: 7}}
	hash := &dsl.MapSpec{Name: "hash", Type: dsl.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 10}
	one := &dsl.MapSpec{Name: "one", Type: dsl.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 1}
	_, err := compile.Compile(dsl.Assembly("p",
		dsl.LoadMap(r1, nil),
		dsl.LoadMap(r1, bad),
		dsl.LoadMapData(r1, hash, 0),
		dsl.LoadMapData(r1, one, 8),
		dsl.LoadMapData(r1, one, 7),
		dsl.Mov64Imm(r0, 0),
		dsl.Exit(),
	), compile.Target{})
	var findings mistake.Findings
	if !errors.As(err, &findings) || len(findings) != 4 {
		t.Fatalf("findings: %v", err)
	}
	for i, want := range []string{
		"the map is nil\n\thelp: name the declaration, a *dsl.MapSpec",
		`map "bad" is not valid: a hole of 3 bytes` + "\n\tit is declared at /x/maps.go:7",
		`map "hash" is not a variable: it is a hash with 10 elements`,
		`byte 8 is not in the value of map "one", which has 8 bytes`,
	} {
		if f := findings[i]; f.Kind != mistake.BadMap || !strings.Contains(f.Error(), want) ||
			!strings.Contains(f.Error(), "maps_test.go:") {
			t.Errorf("finding %d is %v, want … %s", i, f, want)
		}
	}
}
