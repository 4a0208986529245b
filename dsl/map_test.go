package dsl_test

import (
	"slices"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

func TestMapsOfAProgram(t *testing.T) {
	a, b, c := &dsl.MapSpec{Name: "a"}, &dsl.MapSpec{Name: "b"}, &dsl.MapSpec{Name: "a"}
	sub := dsl.Assembly("sub", dsl.LoadMap(isa.R1, c), dsl.LoadMapData(isa.R1, a, 8), dsl.Exit())
	p := dsl.Assembly("p", dsl.LoadMap(isa.R1, b), dsl.LoadMap(isa.R1, b), dsl.LoadMap(isa.R2, a),
		dsl.Call(sub), dsl.LoadMap(isa.R1, nil), dsl.Exit())
	if got := slices.Collect(p.Maps()); !slices.Equal(got, []*dsl.MapSpec{b, a, c}) {
		t.Errorf("maps %v", got)
	}
	for range p.Maps() {
		break // which must not go on
	}
	for i, want := range []string{`r1 = map "b"`, `r1 = map "b"`, `r2 = map "a"`, "call sub", "r1 = a nil map", "exit"} {
		if got := p.Items[i].String(); got != want {
			t.Errorf("item %d is %s, want %s", i, got, want)
		}
	}
	if got := sub.Items[1].String(); got != `r1 = value of map "a" + 8` {
		t.Errorf("item is %s", got)
	}
	if sub.Items[1].To() != a || sub.Items[2].To() != nil {
		t.Error("items do not know their maps")
	}
}

func TestMapTypesAreTheKernels(t *testing.T) {
	for n := range dsl.MapType(40) {
		got := n.String()
		if want := syscall.MapType(n).String(); got != want && got[:3] != "map" {
			t.Errorf("map type %d is called %s, the kernel says %s", uint32(n), got, want)
		}
	}
}
