package compile

import (
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/compiler/regalloc"
	"github.com/bpfsmith/bpfsmith/isa"
)

// compareOps are the jumps that compare, by condition. Those before LT exist since ISA v1. In v1, the others can be made by exchanging
// the operands.
var compareOps = [...]isa.Opcode{
	ir.EQ: isa.OpJEQ, ir.NE: isa.OpJNE, ir.TEST: isa.OpJSET,
	ir.GT: isa.OpJGT, ir.GE: isa.OpJGE, ir.SGT: isa.OpJSGT, ir.SGE: isa.OpJSGE,
	ir.LT: isa.OpJLT, ir.LE: isa.OpJLE, ir.SLT: isa.OpJSLT, ir.SLE: isa.OpJSLE,
}

// A comparison is a jump that is taken if a condition holds. If opposite is set, it is taken if the condition does not hold.
type comparison struct {
	ins      isa.Instruction
	uses     []regalloc.Use
	src      operandOf
	opposite bool
}

// comparison selects the jump for a condition on this ISA level. v1 has no "less", and before v3 jumps compare only 64 bits.
func (s *selection) comparison(cond ir.Cond, wide bool, x, y ir.V, imm int64, site int32) comparison {
	var c comparison
	c32 := !wide && !s.target.has(isa.V3)
	if c32 && cond.Signed() {
		return s.compareShifted(cond, x, y, imm, site)
	}
	if c32 {
		wide = true // the upper halves are zero
	}
	class := isa.ClassJMP
	if !wide {
		class = isa.ClassJMP32
	}
	if y != 0 {
		if n, ok := s.constant(y); ok {
			y, imm = 0, n
		}
	}
	if c32 && cond != ir.TEST {
		imm = int64(uint32(imm)) // as a register would hold it
	}
	left := s.v(x)
	c.uses = []regalloc.Use{anyUse(left)}
	op, opposite := s.jumpFor(cond)
	c.opposite = opposite
	if y == 0 && fitsImm(imm, wide) {
		c.ins = isa.Instruction{Op: class | op, Imm: int64(int32(imm))}
		return c
	}
	var right regalloc.V
	if y == 0 {
		right = s.remake(&ir.Value{Op: ir.Const, Type: ir.I64, Imm: imm, Site: site})
	} else {
		right = s.v(y)
	}
	c.ins = isa.Instruction{Op: class | op | isa.SrcX}
	c.uses = append(c.uses, anyUse(right))
	c.src = use1
	return c
}

// jumpFor is the opcode for a condition, or for its opposite.
func (s *selection) jumpFor(cond ir.Cond) (op isa.Opcode, opposite bool) {
	if op := compareOps[cond]; !isLess(op) || s.target.has(isa.V2) {
		return op, false
	}
	not, _ := cond.Negated()
	return compareOps[not], true
}

// isLess reports whether a jump is one of those that were added with ISA v2.
func isLess(op isa.Opcode) bool {
	switch op.Operation() {
	case isa.OpJLT, isa.OpJLE, isa.OpJSLT, isa.OpJSLE:
		return true
	}
	return false
}

// compareShifted compares signed numbers of 32 bits in 64 bits. Shifted to the upper half, they have the same order.
func (s *selection) compareShifted(cond ir.Cond, x, y ir.V, imm int64, site int32) comparison {
	up := func(v regalloc.V) regalloc.V {
		to := s.newV(false)
		s.add(regalloc.Instr{Def: to, DefReg: regalloc.AnyReg, Tied: v}, instructions(site, template{isa.Lsh64Imm(0, 32), def, fixed}))
		return to
	}
	left := up(s.v(x))
	var right regalloc.V
	if n, ok := s.constant(y); ok {
		y, imm = 0, n
	}
	if y == 0 {
		right = s.remake(&ir.Value{Op: ir.Const, Type: ir.I64, Imm: imm << 32, Site: site})
	} else {
		right = up(s.v(y))
	}
	op, opposite := s.jumpFor(cond)
	return comparison{ins: isa.Instruction{Op: isa.ClassJMP | op | isa.SrcX}, uses: []regalloc.Use{anyUse(left), anyUse(right)}, src: use1,
		opposite: opposite}
}

// condition makes a Bool in a register: 1, or 0 if a jump was not taken.
func (s *selection) condition(n ir.V, v *ir.Value) {
	if v.Op == ir.Not {
		s.add(regalloc.Instr{Def: s.v(n), DefReg: regalloc.AnyReg, Tied: s.v(v.Args[0])},
			instructions(v.Site, template{isa.Xor32Imm(0, 1), def, fixed}))
		return
	}
	var y ir.V
	if len(v.Args) == 2 {
		y = v.Args[1]
	}
	c := s.comparison(v.Cond, v.Wide, v.Args[0], y, v.Imm, v.Site)
	whenTaken, otherwise := int32(1), int32(0)
	if c.opposite {
		whenTaken, otherwise = 0, 1
	}
	c.ins.Off = 1
	s.add(regalloc.Instr{Def: s.v(n), DefReg: regalloc.AnyReg, Uses: c.uses}, instructions(v.Site,
		template{isa.Mov64Imm(0, whenTaken), def, fixed},
		template{c.ins, use0, c.src},
		template{isa.Mov64Imm(0, otherwise), def, fixed}))
}

// end selects the ending of a block, and the arguments for the blocks after it.
func (s *selection) end(b ir.B, block *ir.Block) {
	var branch *regalloc.Instr
	var o op
	switch block.Kind {
	case ir.Branch:
		c := s.comparison(block.Cond, block.Wide, block.X, block.Y, block.Imm, block.Site)
		branch = &regalloc.Instr{Uses: c.uses, Branch: true}
		o = instructions(block.Site, template{c.ins, use0, c.src})
		o.kind, o.opposite = branchOp, c.opposite
	case ir.MayGoto:
		branch = &regalloc.Instr{Branch: true}
		o = instructions(block.Site, template{isa.MayGoto(0), fixed, fixed})
		o.kind = mayGotoOp
	case ir.Return:
		branch = &regalloc.Instr{Branch: true}
		o = instructions(block.Site, template{isa.Exit(), fixed, fixed})
		o.kind = returnOp
		if block.X != 0 {
			value := &s.f.Values[block.X]
			x := regalloc.V(0)
			if value.Op.Remake() {
				x = s.makeConstant(value)
			} else {
				x = s.v(block.X)
			}
			branch.Uses = []regalloc.Use{{V: x, Reg: isa.R0}}
		}
	}
	m := &s.machine.Blocks[s.at]
	for _, to := range block.Succs {
		edge := regalloc.Edge{To: int(s.place[to])}
		nth := s.wayIn(b, to)
		for _, v := range s.f.Blocks[to].Values {
			phi := &s.f.Values[v]
			if phi.Op != ir.Phi {
				break
			}
			edge.Args = append(edge.Args, s.handOver(phi.Args[nth]))
		}
		m.Succs = append(m.Succs, edge)
	}
	if branch != nil {
		branch.DefReg = regalloc.AnyReg
		s.add(*branch, o)
	}
}

// handOver is v for the argument of a phi or of a call. Constants are made again for it, so that they are in its register.
func (s *selection) handOver(v ir.V) regalloc.V {
	if _, value := s.holder(v); value.Op.Remake() {
		return s.makeConstant(value)
	}
	return s.v(v)
}

// wayIn is the index of the way into a block that comes from another block.
func (s *selection) wayIn(from, to ir.B) int {
	for i, p := range s.f.Blocks[to].Preds {
		if p == from {
			return i
		}
	}
	return 0
}
