package vm

import (
	"github.com/bpfsmith/bpfsmith/isa"
)

// An instr is an instruction as the machine runs it: constants are extended, and targets of jumps are indexes.
type instr struct {
	op       op // of the instruction, or of a sequence that begins with it
	dst, src uint8
	off      int32  // bytes from the address; for jumps and calls, the index of the target
	imm      uint64 // the constant as the operation takes it; for calls, the number of a helper or the id of a function
}

// decode makes an instr of the instruction with an index. detail says why it cannot be run; "" if it can.
func (p *Program) decode(index int) (out instr, detail string) {
	i := p.source[index]
	out = instr{op: opcodes[i.Op], dst: uint8(i.Dst), src: uint8(i.Src), off: int32(i.Off), imm: uint64(i.Imm)}
	switch i.Op.Class() {
	case isa.ClassALU:
		out.imm = uint64(uint32(i.Imm))
		detail = out.arithmetic(i)
	case isa.ClassALU64:
		detail = out.arithmetic(i)
	case isa.ClassJMP32:
		out.imm = uint64(uint32(i.Imm))
	case isa.ClassSTX:
		if out.op == opAtomic {
			out.imm = sized(i)
		}
	case isa.ClassLD:
		detail = out.load(i)
	}
	if out.op == opCallHelper {
		switch i.Src {
		case isa.PseudoCall:
			out.op = opCall
		case isa.PseudoKfunc:
			out.op = opCallKfunc
		}
	}
	if distance, _, ok := i.Displacement(); ok {
		target, exists := p.index(p.slot(index) + 1 + int(distance))
		if !exists {
			return out, "there is no instruction at its target"
		}
		if out.op == opMov64Imm { // the address of a function
			out.imm = codeAddress(target)
		} else {
			out.off = int32(target)
		}
	}
	return out, detail
}

// arithmetic changes what is special about operations on registers: those that off or imm distinguish, and constants that are known.
func (out *instr) arithmetic(i isa.Instruction) (detail string) {
	wide := i.Op.Class() == isa.ClassALU64
	constant := i.Op.Source() == isa.SrcK
	switch i.Op.Operation() {
	case isa.OpSub:
		if constant {
			out.imm = -out.imm
		}
	case isa.OpLsh, isa.OpRsh, isa.OpArsh:
		out.imm &= 63
		if !wide {
			out.imm &= 31
		}
	case isa.OpDiv, isa.OpMod:
		if i.Off == 1 {
			out.op = signedDivision[out.op]
		}
		if constant && i.Imm == 0 {
			out.byZero(i.Op.Operation(), wide)
		}
	case isa.OpMov:
		if constant {
			break
		}
		switch i.Off {
		case 1: // both address spaces of an arena are one here
		case -1:
			return "the kernel writes it while it rewrites a program; programs must not have it"
		case 8:
			out.op = opMov64SX8
			if !wide {
				out.op = opMov32SX8
			}
		case 16:
			out.op = opMov64SX16
			if !wide {
				out.op = opMov32SX16
			}
		case 32:
			out.op = opMov64SX32
		}
	case isa.OpEnd:
		swap := wide || i.Op.Source() == isa.SrcX
		switch {
		case swap && i.Imm == 16:
			out.op = opSwap16
		case swap && i.Imm == 32:
			out.op = opSwap32
		case swap:
			out.op = opSwap64
		case i.Imm == 16:
			out.op = opZext16
		case i.Imm == 32:
			out.op, out.src = opMov32Reg, out.dst
		default:
			out.op = opNothing
		}
	}
	return ""
}

// signedDivision gives the signed op of an unsigned one.
var signedDivision = [...]op{
	opDiv64Imm: opSDiv64Imm, opDiv64Reg: opSDiv64Reg, opMod64Imm: opSMod64Imm, opMod64Reg: opSMod64Reg,
	opDiv32Imm: opSDiv32Imm, opDiv32Reg: opSDiv32Reg, opMod32Imm: opSMod32Imm, opMod32Reg: opSMod32Reg,
}

// byZero makes a division by the constant 0 what it does: a quotient is 0, and a remainder is the dividend.
func (out *instr) byZero(operation isa.Opcode, wide bool) {
	switch {
	case operation == isa.OpDiv:
		out.op = opMov64Imm
	case wide:
		out.op = opNothing
	default:
		out.op, out.src = opMov32Reg, out.dst
	}
}

// load is for 64-bit constants, and for packet access.
func (out *instr) load(i isa.Instruction) (detail string) {
	if out.op == opLoadPacket {
		out.imm = sized(i)
		out.off = 0
		if i.Op.Mode() == isa.ModeIND {
			out.off = 1 // add src
		}
		return ""
	}
	switch i.Src {
	case isa.PseudoNumber, isa.PseudoFunc:
		return ""
	case isa.PseudoBTFID:
		out.op, out.imm = opLoadVariable, uint64(uint32(i.Imm))
	}
	return "" // a map: see decodeMap
}

// sized is the constant of an instruction whose op does not say how many bytes of memory it takes: they are in the upper half.
func sized(i isa.Instruction) uint64 { return uint64(i.Op.Size().Bytes())<<32 | uint64(uint32(i.Imm)) }
