package isa_test

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"unsafe"

	. "github.com/bpfsmith/bpfsmith/isa"
)

func TestReadsAndWrites(t *testing.T) {
	none := Registers()
	for _, c := range []struct {
		ins           Instruction
		reads, writes RegisterSet
	}{
		{Add64Imm(R3, 5), Registers(R3), Registers(R3)},
		{Add64Reg(R3, R4), Registers(R3, R4), Registers(R3)},
		{Mov64Imm(R3, 5), none, Registers(R3)},
		{Mov32Reg(R3, R4), Registers(R4), Registers(R3)},
		{Mov64SX8(R3, R4), Registers(R4), Registers(R3)},
		{Neg64(R3), Registers(R3), Registers(R3)},
		{ToBE16(R3), Registers(R3), Registers(R3)},
		{AddrSpaceCast(R3, R4, 1), Registers(R4), Registers(R3)},
		{JEQ64Imm(R3, 1, 0), Registers(R3), none},
		{JSLT32Reg(R3, R4, 0), Registers(R3, R4), none},
		{Jump(0), none, none},
		{JumpLong(0), none, none},
		{MayGoto(0), none, none},
		{GotoX(R3), Registers(R3), none},
		{CallHelper(1), none, CallerSaved},
		{CallRel(1), none, CallerSaved},
		{CallKfunc(1, 0), none, CallerSaved},
		{CallX(R7), Registers(R7), CallerSaved},
		{Exit(), Registers(R0), none},
		{LoadMem(DW, R3, R4, 0), Registers(R4), Registers(R3)},
		{LoadMem(DW, R3, R3, 0), Registers(R3), Registers(R3)},
		{StoreMem(W, R3, 0, R4), Registers(R3, R4), none},
		{StoreImm(W, R3, 0, 4), Registers(R3), none},
		{AtomicAdd64(R3, 0, R4), Registers(R3, R4), none},
		{AtomicFetchAdd64(R3, 0, R4), Registers(R3, R4), Registers(R4)},
		{AtomicXchg32(R3, 0, R4), Registers(R3, R4), Registers(R4)},
		{AtomicCmpXchg64(R3, 0, R4), Registers(R0, R3, R4), Registers(R0)},
		{LoadAcquire(W, R3, R4, 0), Registers(R4), Registers(R3)},
		{StoreRelease(W, R3, 0, R4), Registers(R3, R4), none},
		{LoadAbs(W, 0), Registers(R6), CallerSaved},
		{LoadInd(W, R7, 0), Registers(R6, R7), CallerSaved},
		{LoadImm64(R3, 0), none, Registers(R3)},
		{LoadMapValue(R3, 0, 0), none, Registers(R3)},
		{Instruction{}, none, none},
	} {
		if got := c.ins.Reads(); got != c.reads {
			t.Errorf("%v reads %v, want %v", c.ins, got, c.reads)
		}
		if got := c.ins.Writes(); got != c.writes {
			t.Errorf("%v writes %v, want %v", c.ins, got, c.writes)
		}
	}
}

func TestControlFlow(t *testing.T) {
	type is struct{ jump, conditional, terminator, exit, call, helper, sub, kfunc, indirect, wide bool }
	for _, c := range []struct {
		ins  Instruction
		want is
	}{
		{Add64Imm(R1, 1), is{}},
		{JEQ64Imm(R1, 1, 1), is{jump: true, conditional: true}},
		{JSLE32Reg(R1, R2, 1), is{jump: true, conditional: true}},
		{MayGoto(1), is{jump: true, conditional: true}},
		{Jump(1), is{jump: true, terminator: true}},
		{JumpLong(1), is{jump: true, terminator: true}},
		{GotoX(R1), is{jump: true, terminator: true, indirect: true}},
		{Exit(), is{terminator: true, exit: true}},
		{CallHelper(1), is{call: true, helper: true}},
		{CallHelper(0), is{call: true, helper: true}}, // not resolved yet
		{CallRel(1), is{call: true, sub: true}},
		{CallKfunc(0, 0), is{call: true, kfunc: true}},
		{CallX(R1), is{call: true, indirect: true}},
		{LoadFunc(R1, 1), is{wide: true}},
		{Instruction{Op: 0x85, Src: 3}, is{}},
		{Instruction{Op: 0xff}, is{}},
	} {
		i := c.ins
		got := is{
			i.IsJump(), i.IsConditional(), i.IsTerminator(), i.IsExit(), i.IsCall(), i.IsHelperCall(),
			i.IsSubprogramCall(), i.IsKfuncCall(), i.IsIndirect(), i.IsWide(),
		}
		if got != c.want {
			t.Errorf("%v:\ngot  %+v\nwant %+v", i, got, c.want)
		}
		if want := 1; i.IsWide() != (i.Slots() == 2) || !i.IsWide() && i.Slots() != want {
			t.Errorf("%v has %d slots", i, i.Slots())
		}
	}
}

func TestDisplacement(t *testing.T) {
	for _, c := range []struct {
		ins   Instruction
		field Field
		limit int64
	}{
		{JEQ64Imm(R1, 7, -3), FieldOff, 1 << 15},
		{JEQ32Reg(R1, R2, -3), FieldOff, 1 << 15},
		{Jump(-3), FieldOff, 1 << 15},
		{MayGoto(-3), FieldOff, 1 << 15},
		{JumpLong(-3), FieldImm, 1 << 31},
		{CallRel(-3), FieldImm, 1 << 31},
		{LoadFunc(R1, -3), FieldImm, 1 << 31},
	} {
		if d, f, ok := c.ins.Displacement(); d != -3 || f != c.field || !ok {
			t.Errorf("%v: displacement %d in %v, %v", c.ins, d, f, ok)
		}
		for _, d := range []int64{0, 1, -1, c.limit - 1, -c.limit} {
			moved, err := c.ins.WithDisplacement(d)
			if err != nil {
				t.Errorf("%v by %d: %v", c.ins, d, err)
			}
			if got, _, _ := moved.Displacement(); int64(got) != d {
				t.Errorf("%v by %d: %d", c.ins, d, got)
			}
			if _, err := Append(nil, Native, moved); err != nil {
				t.Errorf("%v by %d: %v", c.ins, d, err)
			}
			if back, _ := moved.WithDisplacement(-3); back != c.ins {
				t.Errorf("%v: other fields have changed: %#v", c.ins, back)
			}
		}
		for _, d := range []int64{c.limit, -c.limit - 1, 1 << 40} {
			if moved, err := c.ins.WithDisplacement(d); !errors.Is(err, RuleRange) || moved != c.ins {
				t.Errorf("%v by %d: %v, %v", c.ins, d, moved, err)
			}
		}
	}
	_, err := JEQ64Imm(R1, 0, 0).WithDisplacement(40000)
	if want := "(JEQ64Imm): off 40000: out of range; allowed: -32768 to 32767 slots"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	for _, i := range []Instruction{Exit(), GotoX(R1), CallHelper(1), CallX(R1), LoadImm64(R1, 1), {}} {
		if _, _, ok := i.Displacement(); ok {
			t.Errorf("%v has a displacement", i)
		}
		if _, err := i.WithDisplacement(1); err == nil {
			t.Errorf("%v takes a displacement", i)
		}
	}
}

func TestRegisterSet(t *testing.T) {
	s := Registers(R6, R0, FP)
	if got := slices.Collect(s.All()); !slices.Equal(got, []Register{R0, R6, R10}) {
		t.Errorf("%v ranges over %v", s, got)
	}
	for range s.All() {
		break
	}
	if s.Len() != 3 || s.String() != "{r0, r6, r10}" || !s.Has(R6) || s.Has(R1) || s.Has(200) {
		t.Errorf("%v", s)
	}
	if s.Without(R6).With(R1) != Registers(R0, R1, R10) || s.Without(R1) != s {
		t.Errorf("%v without r6, with r1 is %v", s, s.Without(R6).With(R1))
	}
	if CallerSaved&CalleeSaved != 0 || CallerSaved|CalleeSaved|Registers(FP) != 1<<11-1 || Arguments.Has(R0) {
		t.Error("the calling convention doesn't have each register once")
	}
	if Registers(16, 255) != 0 {
		t.Error("a value that is no register is in the set")
	}
}

func TestSizes(t *testing.T) {
	for size, n := range map[Size]int{B: 1, H: 2, W: 4, DW: 8, 1: 0, 0x20: 0, 0xff: 0} {
		if size.Bytes() != n {
			t.Errorf("%v has %d bytes, want %d", size, size.Bytes(), n)
		}
	}
	if unsafe.Sizeof(Instruction{}) != 16 {
		t.Errorf("an Instruction has %d bytes, want 16", unsafe.Sizeof(Instruction{}))
	}
}

func TestNativeOrder(t *testing.T) {
	want := LittleEndian
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		want = BigEndian
	}
	if Native != want {
		t.Errorf("Native is %v, this machine is %v", Native, want)
	}
}

func TestKernelVersions(t *testing.T) {
	v := KernelVersion{6, 6}
	for other, want := range map[KernelVersion]bool{{6, 6}: true, {6, 5}: true, {5, 12}: true, {6, 9}: false, {7, 0}: false, {}: false} {
		if v.AtLeast(other) != want {
			t.Errorf("%v at least %v: %v", v, other, !want)
		}
	}
}

func TestParseKernelVersion(t *testing.T) {
	for release, want := range map[string]KernelVersion{
		"6.18": {6, 18}, "6.18.44": {6, 18}, "6.1.0-13-amd64": {6, 1}, "7.0-rc1": {7, 0}, "5.4+": {5, 4},
		"": {}, "6": {}, "6.": {}, "x.1": {}, "256.1": {}, "6.256": {}, "-1.2": {},
	} {
		if got, ok := ParseKernelVersion(release); got != want || ok != (want != (KernelVersion{})) {
			t.Errorf("%q is %v, %v, want %v", release, got, ok, want)
		}
	}
}
