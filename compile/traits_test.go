package compile

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/isa"
)

// TestTraitsAreWhatTheTableSays compares what is remembered of each form with what package isa says about instructions of it.
func TestTraitsAreWhatTheTableSays(t *testing.T) {
	u := &unit{}
	for form := range isa.Forms() {
		info := form.Info()
		for dst := isa.R0; dst <= isa.R9; dst++ {
			in := instr{Instruction: isa.Instruction{Op: info.Op}}
			fixed := func(o isa.Operand, other int64) int64 {
				switch o.Kind {
				case isa.OperandFixed:
					return o.Value
				case isa.OperandReserved:
					return 0
				case isa.OperandAtomic:
					return isa.AtomicOpXchg
				}
				return other
			}
			in.Dst = isa.Register(fixed(info.Dst, int64(dst)))
			in.Src = isa.Register(fixed(info.Src, int64(dst+1)))
			in.Off = int16(fixed(info.Off, 1))
			in.Imm = fixed(info.Imm, 1)
			got, traits, err := u.classify(&in)
			if err != nil || got != form {
				t.Errorf("%v: %+v is the form %v, %v", form, in.Instruction, got, err)
				break
			}
			writes := info.ImplicitWrites
			for r := isa.R0; r <= isa.R10; r++ {
				if traits.writes(&in, r) {
					writes |= isa.Registers(r)
				}
			}
			if writes != in.Writes() {
				t.Errorf("%v: writes %v; want %v", form, writes, in.Writes())
			}
			if in.is(jumps) != in.IsJump() || in.is(branches) != in.IsConditional() || in.is(ends) != in.IsTerminator() ||
				in.is(exits) != in.IsExit() || in.is(calls) != in.IsCall() {
				t.Errorf("%v: flags %b", form, in.flags)
			}
			if traits.level != info.Level || (traits.limit != 0) != (linuxTakes(info.Imm.Kind) != "") {
				t.Errorf("%v: %+v", form, *traits)
			}
			if _, _, ok := in.Displacement(); ok && !mayRefer(in.Op) {
				t.Errorf("%v refers to code, and mayRefer does not know", form)
			}
			if distance, field, ok := in.Displacement(); (ok && field == isa.FieldOff && in.IsJump()) != isShort(in.Op) {
				t.Errorf("%v: isShort(%#x) is %v; the distance %d stands in %v", form, uint8(in.Op), isShort(in.Op), distance, field)
			}
		}
	}
}
