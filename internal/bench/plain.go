package main

import (
	"encoding/binary"
	"fmt"

	"github.com/bpfsmith/bpfsmith/isa"
)

// A plainOp is an operation of plain, numbered without gaps, so that its switch becomes an indirect jump.
type plainOp uint8

const (
	plainExit plainOp = iota
	plainAdd64Imm
	plainAdd64Reg
	plainSub64Reg
	plainMul64Imm
	plainMod64Reg
	plainXor64Imm
	plainRsh64Imm
	plainMov64Imm
	plainMov64Reg
	plainAdd32Reg
	plainLoad16
	plainLoad32
	plainLoad64
	plainStore32
	plainStore64
	plainJump
	plainJEQ64Imm
	plainJNE64Imm
	plainJGE64Reg
	plainJLT64Imm
)

var plainOps = map[isa.Opcode]plainOp{
	isa.Exit().Op: plainExit, isa.Add64Imm(0, 0).Op: plainAdd64Imm, isa.Add64Reg(0, 0).Op: plainAdd64Reg,
	isa.Sub64Reg(0, 0).Op: plainSub64Reg, isa.Mul64Imm(0, 0).Op: plainMul64Imm, isa.Mod64Reg(0, 0).Op: plainMod64Reg,
	isa.Xor64Imm(0, 0).Op: plainXor64Imm, isa.Rsh64Imm(0, 0).Op: plainRsh64Imm, isa.Mov64Imm(0, 0).Op: plainMov64Imm,
	isa.Mov64Reg(0, 0).Op: plainMov64Reg, isa.Add32Reg(0, 0).Op: plainAdd32Reg,
	isa.LoadMem(isa.H, 0, 0, 0).Op: plainLoad16, isa.LoadMem(isa.W, 0, 0, 0).Op: plainLoad32,
	isa.LoadMem(isa.DW, 0, 0, 0).Op: plainLoad64, isa.StoreMem(isa.W, 0, 0, 0).Op: plainStore32,
	isa.StoreMem(isa.DW, 0, 0, 0).Op: plainStore64, isa.Jump(0).Op: plainJump, isa.JEQ64Imm(0, 0, 0).Op: plainJEQ64Imm,
	isa.JNE64Imm(0, 0, 0).Op: plainJNE64Imm, isa.JGE64Reg(0, 0, 0).Op: plainJGE64Reg, isa.JLT64Imm(0, 0, 0).Op: plainJLT64Imm,
}

// A plainInstr is an instruction that plain runs.
type plainInstr struct {
	op       plainOp
	dst, src uint8
	off      int32 // for jumps, the index of the target
	imm      uint64
}

// plainCode makes the code of a loop. It has no 64-bit loads, so indexes are slots.
func plainCode(ins []isa.Instruction) []plainInstr {
	var code []plainInstr
	for n, i := range ins {
		if i.Op == isa.Sub64Imm(0, 0).Op {
			i = isa.Add64Imm(i.Dst, int32(-i.Imm))
		}
		op, ok := plainOps[i.Op]
		if !ok {
			panic(fmt.Sprint("the plain loop does not have ", i))
		}
		one := plainInstr{op, uint8(i.Dst), uint8(i.Src), int32(i.Off), uint64(i.Imm)}
		if distance, _, ok := i.Displacement(); ok {
			one.off = int32(n + 1 + int(distance))
		}
		code = append(code, one)
	}
	return code
}

// plain runs the instructions of the loops, with no check of memory, no limit and no faults: the least that a switch costs. Its R1 stands
// for the memory, and R10 for the stack.
func plain(code []plainInstr, memory []byte, stack *[512]byte) uint64 {
	var r [16]uint64
	pc := 0
	for {
		in := &code[pc]
		pc++
		switch in.op {
		case plainAdd64Imm:
			r[in.dst&15] += in.imm
			continue
		case plainAdd64Reg:
			r[in.dst&15] += r[in.src&15]
			continue
		case plainSub64Reg:
			r[in.dst&15] -= r[in.src&15]
			continue
		case plainMul64Imm:
			r[in.dst&15] *= in.imm
			continue
		case plainMod64Reg:
			r[in.dst&15] %= r[in.src&15]
			continue
		case plainXor64Imm:
			r[in.dst&15] ^= in.imm
			continue
		case plainRsh64Imm:
			r[in.dst&15] >>= in.imm & 63
			continue
		case plainMov64Imm:
			r[in.dst&15] = in.imm
			continue
		case plainMov64Reg:
			r[in.dst&15] = r[in.src&15]
			continue
		case plainAdd32Reg:
			r[in.dst&15] = uint64(uint32(r[in.dst&15]) + uint32(r[in.src&15]))
			continue
		case plainLoad16:
			r[in.dst&15] = uint64(binary.LittleEndian.Uint16(memory[in.off:]))
			continue
		case plainLoad32:
			r[in.dst&15] = uint64(binary.LittleEndian.Uint32(memory[in.off:]))
			continue
		case plainLoad64:
			r[in.dst&15] = binary.LittleEndian.Uint64(stack[len(stack)+int(in.off):])
			continue
		case plainStore32:
			binary.LittleEndian.PutUint32(memory[in.off:], uint32(r[in.src&15]))
			continue
		case plainStore64:
			binary.LittleEndian.PutUint64(stack[len(stack)+int(in.off):], r[in.src&15])
			continue
		case plainJump:
		case plainJEQ64Imm:
			if r[in.dst&15] != in.imm {
				continue
			}
		case plainJNE64Imm:
			if r[in.dst&15] == in.imm {
				continue
			}
		case plainJGE64Reg:
			if r[in.dst&15] < r[in.src&15] {
				continue
			}
		case plainJLT64Imm:
			if r[in.dst&15] >= in.imm {
				continue
			}
		case plainExit:
			return r[isa.R0]
		}
		pc = int(in.off)
	}
}
