package compile

import (
	"math"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/compiler/regalloc"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
)

// A selection chooses instructions for the operations of a function. The instructions use virtual registers; package regalloc
// finds real ones.
//
// Constants, and addresses in the frame and of maps, are made where they are used and not where they are defined, because most of them
// become part of an instruction.
type selection struct {
	*unit
	p        *dsl.Program
	body     *record.Body
	f        *ir.Func
	order    []ir.B  // the layout
	place    []int32 // by block: its place in the layout
	depths   []int   // by block: how many loops it is in
	uses     []int32 // how often each value is used
	frame    []int32 // by object: its offset from the frame pointer
	depth    int32   // how many bytes of the frame the objects take
	reg      []regalloc.V
	machine  *regalloc.Func
	ops      [][]op           // parallel to the blocks and instructions of machine
	instrs   []regalloc.Instr // of all blocks so far
	opsOf    []op             // parallel to instrs
	extended []bool           // values whose upper half is used; see markExtended
	made     map[madeKey]regalloc.V
	at       int   // the block that is being translated
	site     int32 // the line of the current operation; constants for it get that line
}

// madeKey is a constant that is in a register within the block.
type madeKey struct {
	op  ir.Op
	aux int32
	imm int64
}

// An op is what an instruction on virtual registers becomes: up to four instructions, with the registers that the allocator finds.
type op struct {
	code     [4]template
	count    uint8
	kind     opKind
	opposite bool // branchOp: it jumps if the condition does not hold
	site     int32
	target   int32 // the function that is called, or what the address is of: an index into body.Subs or Maps, or into Names
}

type opKind uint8

const (
	plainOp opKind = iota
	entryOp        // a parameter, which is in its register already: there is nothing to do
	kernelCallOp
	subCallOp
	subAddressOp
	mapAddressOp
	mapValueOp
	branchOp
	mayGotoOp
	returnOp
)

// A template is an instruction with places for registers.
type template struct {
	ins      isa.Instruction
	dst, src operandOf
}

// operandOf says which register is put into a field of an instruction.
type operandOf uint8

const (
	fixed operandOf = iota // the register that is there already
	def                    // the register of the value that is made
	use0                   // the register of the first value that is used, and so on
	use1
)

// selectInstructions makes the function that the allocator works on.
func (s *selection) selectInstructions() {
	s.reg = make([]regalloc.V, len(s.f.Values))
	s.machine.Blocks = make([]regalloc.Block, len(s.order))
	s.ops = make([][]op, len(s.order))
	room := len(s.order)
	for _, b := range s.order {
		room += len(s.f.Blocks[b].Values)
	}
	s.instrs, s.opsOf = make([]regalloc.Instr, 0, room), make([]op, 0, room)
	for i, b := range s.order {
		s.at = i
		s.machine.Blocks[i].Depth = s.depths[b]
		clear(s.made)
		from := len(s.instrs)
		s.block(b)
		to := len(s.instrs)
		s.machine.Blocks[i].Instrs, s.ops[i] = s.instrs[from:to:to], s.opsOf[from:to:to]
	}
}

// holder is the value whose register v can use: v itself, or another value with the same bits.
func (s *selection) holder(v ir.V) (ir.V, *ir.Value) {
	value := &s.f.Values[v]
	for value.Op == ir.ZExt || value.Op == ir.Copy {
		v = value.Args[0]
		value = &s.f.Values[v]
	}
	return v, value
}

// v is the virtual register of a value.
func (s *selection) v(v ir.V) regalloc.V {
	v, value := s.holder(v)
	if value.Op.Remake() {
		return s.remake(value)
	}
	if s.reg[v] == 0 {
		s.reg[v] = s.newV(false)
	}
	return s.reg[v]
}

func (s *selection) newV(remat bool) regalloc.V {
	s.machine.Values++
	s.machine.Remat = append(s.machine.Remat, remat)
	return regalloc.V(s.machine.Values)
}

// add appends an instruction.
func (s *selection) add(in regalloc.Instr, o op) {
	s.instrs, s.opsOf = append(s.instrs, in), append(s.opsOf, o)
}

// instructions is an op with some instructions.
func instructions(site int32, code ...template) op {
	o := op{site: site, count: uint8(len(code))}
	copy(o.code[:], code)
	return o
}

func anyUse(v regalloc.V) regalloc.Use { return regalloc.Use{V: v, Reg: regalloc.AnyReg} }

// remake makes a constant or an address in a register, unless the block has it in one already.
func (s *selection) remake(v *ir.Value) regalloc.V {
	key := madeKey{v.Op, v.Aux, v.Imm}
	if v.Op == ir.Const && !v.Type.Wide() {
		key.imm = int64(uint32(v.Imm)) // in the form in which the register holds it
	}
	if made, ok := s.made[key]; ok {
		return made
	}
	made := s.makeConstant(v)
	if s.made == nil {
		s.made = make(map[madeKey]regalloc.V)
	}
	s.made[key] = made
	return made
}

// makeConstant makes a constant or an address in a register of its own.
func (s *selection) makeConstant(v *ir.Value) regalloc.V {
	to := s.newV(true)
	in := regalloc.Instr{Def: to, DefReg: regalloc.AnyReg}
	switch v.Op {
	case ir.Const:
		s.add(in, instructions(s.site, constantTemplate(v.Type, v.Imm)))
	case ir.FrameAddr:
		off := s.frame[v.Aux] + int32(v.Imm)
		s.add(in, instructions(s.site, template{isa.Mov64Reg(0, isa.R10), def, fixed}, template{isa.Add64Imm(0, off), def, fixed}))
	case ir.MapAddr:
		o := instructions(s.site, template{isa.LoadMapFD(0, 0), def, fixed})
		o.kind, o.target = mapAddressOp, v.Aux
		s.add(in, o)
	case ir.MapValue:
		o := instructions(s.site, template{isa.LoadMapValue(0, 0, uint32(v.Imm)), def, fixed})
		o.kind, o.target = mapValueOp, v.Aux
		s.add(in, o)
	default: // FuncAddr
		o := instructions(s.site, template{isa.LoadFunc(0, 0), def, fixed})
		o.kind, o.target = subAddressOp, v.Aux
		s.add(in, o)
	}
	return to
}

// constantTemplate is the shortest instruction that makes a constant.
func constantTemplate(typ ir.Type, n int64) template {
	switch {
	case n >= 0 && n <= math.MaxUint32 && n != int64(int32(n)), !typ.Wide() && n != int64(int32(n)):
		return template{isa.Mov32Imm(0, int32(n)), def, fixed}
	case n == int64(int32(n)) && (typ.Wide() || n >= 0):
		return template{isa.Mov64Imm(0, int32(n)), def, fixed}
	case !typ.Wide():
		return template{isa.Mov32Imm(0, int32(n)), def, fixed}
	}
	return template{isa.LoadImm64(0, n), def, fixed}
}

// second is the last operand of an operation: a constant that fits the instruction, or a register.
func (s *selection) second(v *ir.Value, wide bool) (imm int32, isImm bool, use regalloc.V) {
	n := v.Imm
	if len(v.Args) == 2 {
		c, ok := s.constant(v.Args[1])
		if !ok {
			return 0, false, s.v(v.Args[1])
		}
		n = c
	}
	switch v.Op {
	case ir.Shl, ir.Shr, ir.Sar: // in code that never runs, a constant may be too large; the machine uses only its low bits
		if n &= 63; !wide {
			n &= 31
		}
	}
	if fitsImm(n, wide) {
		return int32(n), true, 0
	}
	typ := ir.I32
	if wide {
		typ = ir.I64
	}
	return 0, false, s.remake(&ir.Value{Op: ir.Const, Type: typ, Imm: n, Site: v.Site})
}

// constant is a constant as its register holds it. One of 32 bits has a zero upper half, whatever it is used for.
func (s *selection) constant(v ir.V) (int64, bool) {
	n, ok := s.f.Const(v)
	if ok && !s.f.Values[v].Type.Wide() {
		n = int64(uint32(n))
	}
	return n, ok
}

// fitsImm reports whether a constant fits into an instruction. In an operation of 64 bits, its sign is extended; in one of 32 bits,
// only the low 32 bits matter.
func fitsImm(n int64, wide bool) bool {
	return n == int64(int32(n)) || !wide && n == int64(uint32(n))
}

// binaries are the instructions for operations of two operands.
var binaries = [...]struct {
	operation isa.Opcode
	signed    bool
}{
	ir.Add: {isa.OpAdd, false}, ir.Sub: {isa.OpSub, false}, ir.Mul: {isa.OpMul, false},
	ir.Div: {isa.OpDiv, false}, ir.Mod: {isa.OpMod, false}, ir.SDiv: {isa.OpDiv, true}, ir.SMod: {isa.OpMod, true},
	ir.And: {isa.OpAnd, false}, ir.Or: {isa.OpOr, false}, ir.Xor: {isa.OpXor, false},
	ir.Shl: {isa.OpLsh, false}, ir.Shr: {isa.OpRsh, false}, ir.Sar: {isa.OpArsh, false},
}

// widths are the bits that sign extensions and swaps work on.
var widths = [...]int64{ir.SExt8: 8, ir.SExt16: 16, ir.SExt32: 32, ir.Swap16: 16, ir.Swap32: 32, ir.Swap64: 64}

func aluClass(wide bool) isa.Opcode {
	if wide {
		return isa.ClassALU64
	}
	return isa.ClassALU
}

// block selects the instructions of a block.
func (s *selection) block(b ir.B) {
	block := &s.f.Blocks[b]
	m := &s.machine.Blocks[s.at]
	for _, v := range block.Values {
		value := &s.f.Values[v]
		if value.Op == ir.Phi {
			m.Params = append(m.Params, s.v(v))
			continue
		}
		if s.site = value.Site; s.site == 0 {
			s.site = block.Site
		}
		s.value(v, value)
	}
	if s.site = block.Site; s.site == 0 {
		s.site = lastSite(s.f, block)
	}
	s.end(b, block)
}

// lastSite is the line of the last operation in a block that has a line.
func lastSite(f *ir.Func, block *ir.Block) int32 {
	for i := len(block.Values) - 1; i >= 0; i-- {
		if site := f.Values[block.Values[i]].Site; site != 0 {
			return site
		}
	}
	return 0
}

// value selects the instructions for an operation.
func (s *selection) value(n ir.V, v *ir.Value) {
	wide := v.Type.Wide()
	switch v.Op {
	case ir.Const, ir.FrameAddr, ir.MapAddr, ir.MapValue, ir.FuncAddr, ir.ZExt, ir.Copy:
		// made where they are used
	case ir.Param:
		s.add(regalloc.Instr{Def: s.v(n), DefReg: isa.Register(v.Imm)}, op{kind: entryOp, site: v.Site})
	case ir.Compare, ir.Not:
		if s.uses[n] > 0 {
			s.condition(n, v)
		}
	case ir.Neg:
		s.add(regalloc.Instr{Def: s.v(n), DefReg: regalloc.AnyReg, Tied: s.v(v.Args[0])},
			instructions(v.Site, template{isa.Instruction{Op: aluClass(wide) | isa.OpNeg}, def, fixed}))
	case ir.Trunc:
		s.convert(n, v, isa.Mov32Reg(0, 0))
	case ir.ToArena:
		s.convert(n, v, isa.AddrSpaceCast(0, 0, 1))
	case ir.FromArena:
		s.convert(n, v, isa.AddrSpaceCast(0, 0, 1<<16))
	case ir.SExt8, ir.SExt16, ir.SExt32:
		s.extend(n, v)
	case ir.Swap16, ir.Swap32, ir.Swap64:
		s.swap(n, v)
	case ir.Load:
		s.load(n, v)
	case ir.Store, ir.StoreConst:
		s.store(v)
	case ir.Atomic:
		s.atomic(n, v)
	case ir.CallHelper, ir.CallKernel, ir.CallSub:
		s.call(n, v)
	default:
		s.binary(n, v)
	}
}

func (s *selection) binary(n ir.V, v *ir.Value) {
	wide := v.Type.Wide()
	b := binaries[v.Op]
	in := regalloc.Instr{Def: s.v(n), DefReg: regalloc.AnyReg, Tied: s.v(v.Args[0])}
	ins := isa.Instruction{Op: aluClass(wide) | b.operation}
	if b.signed {
		ins.Off = 1
	}
	imm, isImm, use := s.second(v, wide)
	if isImm && !isZeroDivisor(v.Op, imm) {
		ins.Imm = int64(imm)
		s.add(in, s.extend32(n, instructions(v.Site, template{ins, def, fixed})))
		return
	}
	if isImm {
		use = s.remake(&ir.Value{Op: ir.Const, Type: v.Type, Site: v.Site})
	}
	ins.Op |= isa.SrcX
	in.Uses, in.Commutes = []regalloc.Use{anyUse(use)}, v.Op.Commutes() && v.Type != ir.Ptr
	s.add(in, s.extend32(n, instructions(v.Site, template{ins, def, use0})))
}

// isZeroDivisor reports whether an operation divides by the constant 0, which Linux accepts only in a register.
func isZeroDivisor(op ir.Op, imm int32) bool {
	switch op {
	case ir.Div, ir.Mod, ir.SDiv, ir.SMod:
		return imm == 0
	}
	return false
}

// convert is an instruction from one register to another.
func (s *selection) convert(n ir.V, v *ir.Value, ins isa.Instruction) {
	s.add(regalloc.Instr{Def: s.v(n), DefReg: regalloc.AnyReg, Uses: []regalloc.Use{anyUse(s.v(v.Args[0]))}, Early: true},
		instructions(v.Site, template{ins, def, use0}))
}

// extend selects a sign extension: one instruction from ISA v4 on, two shifts before.
func (s *selection) extend(n ir.V, v *ir.Value) {
	bits := int32(widths[v.Op])
	wide := v.Type.Wide()
	if s.target.has(isa.V4) {
		s.convert(n, v, isa.Instruction{Op: aluClass(wide) | isa.OpMov | isa.SrcX, Off: int16(bits)})
		return
	}
	by := 32 - bits
	if wide {
		by = 64 - bits
	}
	shift := func(op isa.Opcode) template {
		return template{isa.Instruction{Op: aluClass(wide) | op, Imm: int64(by)}, def, fixed}
	}
	s.add(regalloc.Instr{Def: s.v(n), DefReg: regalloc.AnyReg, Tied: s.v(v.Args[0])},
		instructions(v.Site, shift(isa.OpLsh), shift(isa.OpArsh)))
}

// swap selects the reversal of bytes. Before ISA v4, that is a conversion to the byte order that the machine does not have.
func (s *selection) swap(n ir.V, v *ir.Value) {
	ins := isa.Instruction{Op: isa.ClassALU | isa.OpEnd | isa.SrcX, Imm: widths[v.Op]} // to big-endian
	if s.target.ByteOrder == isa.BigEndian {
		ins.Op = isa.ClassALU | isa.OpEnd
	}
	s.add(regalloc.Instr{Def: s.v(n), DefReg: regalloc.AnyReg, Tied: s.v(v.Args[0])}, instructions(v.Site, template{ins, def, fixed}))
}

func (s *selection) call(n ir.V, v *ir.Value) {
	in := regalloc.Instr{DefReg: regalloc.AnyReg, Clobbers: isa.CallerSaved}
	for i, a := range v.Args {
		in.Uses = append(in.Uses, regalloc.Use{V: s.handOver(a), Reg: isa.R1 + isa.Register(i)})
	}
	if s.uses[n] > 0 {
		in.Def, in.DefReg = s.v(n), isa.R0
	}
	o := op{site: v.Site, count: 1}
	switch v.Op {
	case ir.CallHelper:
		o.code[0].ins = isa.CallHelper(int32(v.Imm))
	case ir.CallKernel:
		o.code[0].ins = isa.CallKfunc(int32(v.Imm), 0)
		o.kind, o.target = kernelCallOp, v.Aux
	default:
		o.kind, o.target = subCallOp, v.Aux
	}
	s.add(in, o)
}
