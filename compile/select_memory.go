package compile

import (
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/compiler/regalloc"
	"github.com/bpfsmith/bpfsmith/isa"
)

// address is the base of a memory access: a register, or the frame pointer.
func (s *selection) address(v *ir.Value) (use []regalloc.Use, base operandOf, reg isa.Register, off int16) {
	if p := &s.f.Values[v.Args[0]]; p.Op == ir.FrameAddr {
		return nil, fixed, isa.R10, int16(s.frame[p.Aux] + int32(p.Imm) + v.Off)
	}
	return []regalloc.Use{anyUse(s.v(v.Args[0]))}, use0, 0, int16(v.Off)
}

// nextUse is the register of the next value that is used, after those in uses.
func nextUse(uses []regalloc.Use) operandOf { return use0 + operandOf(len(uses)) }

func (s *selection) load(n ir.V, v *ir.Value) {
	uses, base, reg, off := s.address(v)
	ins := isa.LoadMem(sizeOf(uint32(v.Size)), 0, reg, off)
	signed := v.Signed && v.Size < 8
	if signed && v.Type.Wide() {
		ins = isa.LoadMemSX(sizeOf(uint32(v.Size)), 0, reg, off)
	}
	o := instructions(v.Site, template{ins, def, base})
	if signed && !v.Type.Wide() && v.Size < 4 {
		o.code[1] = template{isa.Instruction{Op: isa.ClassALU | isa.OpMov | isa.SrcX, Off: int16(8 * v.Size)}, def, def}
		o.count = 2
	}
	s.add(regalloc.Instr{Def: s.v(n), DefReg: regalloc.AnyReg, Uses: uses, Early: true}, o)
}

func (s *selection) store(v *ir.Value) {
	size := sizeOf(uint32(v.Size))
	n, isConst := v.Imm, true
	if v.Op == ir.Store {
		n, isConst = s.constant(v.Args[1])
	}
	if isConst && v.Size < 8 { // only its low bytes are stored
		n = int64(int32(n))
	}
	isConst = isConst && n == int64(int32(n))
	var value regalloc.V
	switch {
	case isConst && !s.target.has(isa.V4) && s.mayBeContext(v.Args[0]):
		isConst = false
		value = s.makeConstant(&ir.Value{Op: ir.Const, Type: ir.I64, Imm: n})
	case !isConst:
		value = s.v(v.Args[1])
	}
	uses, base, reg, off := s.address(v)
	if isConst {
		s.add(regalloc.Instr{Uses: uses}, instructions(v.Site, template{isa.StoreImm(size, reg, off, int32(n)), base, fixed}))
		return
	}
	src := nextUse(uses)
	s.add(regalloc.Instr{Uses: append(uses, anyUse(value))}, instructions(v.Site, template{isa.StoreMem(size, reg, off, 0), base, src}))
}

// mayBeContext reports whether a pointer may be an argument of the function plus an offset. Until Linux 6.3, constants could not be
// stored into the context, only registers.
func (s *selection) mayBeContext(p ir.V) bool {
	for {
		v := &s.f.Values[p]
		switch v.Op {
		case ir.Param:
			return true
		case ir.Add, ir.Copy:
			p = v.Args[0]
		default:
			return false
		}
	}
}

// atomic selects an atomic operation. Operations that return the old value have it in the register of their operand,
// compare-and-exchange has it in R0.
func (s *selection) atomic(n ir.V, v *ir.Value) {
	value := s.v(v.Args[1])
	var third regalloc.V
	if len(v.Args) > 2 {
		third = s.v(v.Args[2])
	}
	uses, base, reg, off := s.address(v)
	ins := isa.Instruction{Op: isa.ClassSTX | isa.ModeATOMIC | isa.Opcode(sizeOf(uint32(v.Size))), Dst: reg, Off: off, Imm: v.Imm}
	src := nextUse(uses)
	switch plain := v.Imm &^ isa.AtomicOpFetch; {
	case v.Imm == isa.AtomicOpCmpXchg: // third is the expected old value
		s.add(regalloc.Instr{Def: s.v(n), DefReg: isa.R0, Tied: third, Uses: append(uses, anyUse(value))},
			instructions(v.Site, template{ins, base, src}))
	case v.Imm != isa.AtomicOpXchg && (v.Imm == plain || s.uses[n] == 0):
		ins.Imm = plain
		s.add(regalloc.Instr{Uses: append(uses, anyUse(value))}, instructions(v.Site, template{ins, base, src}))
	default:
		s.add(regalloc.Instr{Def: s.v(n), DefReg: regalloc.AnyReg, Tied: value, Uses: uses},
			instructions(v.Site, template{ins, base, def}))
	}
}
