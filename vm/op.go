package vm

import "github.com/bpfsmith/bpfsmith/isa"

// An op is what one step of the machine does. Each form of the instruction set that means something else has one; forms that differ only
// in an operand share one: a subtraction of a constant is an addition, and loads of 64-bit constants are moves.
//
// The numbers are dense, so that the switch in fast_gen.go becomes one indirect jump.
type op uint16

const (
	opEnd op = iota // after the last instruction
	opTrace
	opNothing

	// Arithmetic in 64 bits: the form with a constant, then the one with a register.
	opAdd64Imm
	opAdd64Reg
	opSub64Reg
	opMul64Imm
	opMul64Reg
	opDiv64Imm
	opDiv64Reg
	opMod64Imm
	opMod64Reg
	opSDiv64Imm
	opSDiv64Reg
	opSMod64Imm
	opSMod64Reg
	opOr64Imm
	opOr64Reg
	opAnd64Imm
	opAnd64Reg
	opXor64Imm
	opXor64Reg
	opLsh64Imm
	opLsh64Reg
	opRsh64Imm
	opRsh64Reg
	opArsh64Imm
	opArsh64Reg
	opNeg64
	opMov64Imm
	opMov64Reg
	opMov64SX8
	opMov64SX16
	opMov64SX32

	// The same in 32 bits.
	opAdd32Imm
	opAdd32Reg
	opSub32Reg
	opMul32Imm
	opMul32Reg
	opDiv32Imm
	opDiv32Reg
	opMod32Imm
	opMod32Reg
	opSDiv32Imm
	opSDiv32Reg
	opSMod32Imm
	opSMod32Reg
	opOr32Imm
	opOr32Reg
	opAnd32Imm
	opAnd32Reg
	opXor32Imm
	opXor32Reg
	opLsh32Imm
	opLsh32Reg
	opRsh32Imm
	opRsh32Reg
	opArsh32Imm
	opArsh32Reg
	opNeg32
	opMov32Reg
	opMov32SX8
	opMov32SX16

	// Byte order. The machine is little-endian, so a move to that order only cuts off the upper bits.
	opZext16
	opSwap16
	opSwap32
	opSwap64

	// Jumps. The target is in off.
	opJump
	opMayGoto
	opGotoX
	opJEQ64Imm
	opJEQ64Reg
	opJNE64Imm
	opJNE64Reg
	opJGT64Imm
	opJGT64Reg
	opJGE64Imm
	opJGE64Reg
	opJLT64Imm
	opJLT64Reg
	opJLE64Imm
	opJLE64Reg
	opJSGT64Imm
	opJSGT64Reg
	opJSGE64Imm
	opJSGE64Reg
	opJSLT64Imm
	opJSLT64Reg
	opJSLE64Imm
	opJSLE64Reg
	opJSET64Imm
	opJSET64Reg
	opJEQ32Imm
	opJEQ32Reg
	opJNE32Imm
	opJNE32Reg
	opJGT32Imm
	opJGT32Reg
	opJGE32Imm
	opJGE32Reg
	opJLT32Imm
	opJLT32Reg
	opJLE32Imm
	opJLE32Reg
	opJSGT32Imm
	opJSGT32Reg
	opJSGE32Imm
	opJSGE32Reg
	opJSLT32Imm
	opJSLT32Reg
	opJSLE32Imm
	opJSLE32Reg
	opJSET32Imm
	opJSET32Reg

	// Calls.
	opCall
	opCallHelper
	opCallKfunc
	opCallX
	opExit
	opRefused // what Linux refuses where it can be reached

	// Memory.
	opLoad8
	opLoad16
	opLoad32
	opLoad64
	opLoadSX8
	opLoadSX16
	opLoadSX32
	opStore8
	opStore16
	opStore32
	opStore64
	opStoreImm8
	opStoreImm16
	opStoreImm32
	opStoreImm64
	opLoadMap      // the address that stands for a map; its number is in imm
	opLoadMapValue // the address of byte off of its value
	opLoadVariable // the address of a variable of the kernel; its number is in imm
	opAtomic       // the operation is in the lower half of imm, the bytes of memory in the upper one
	opLoadPacket   // the offset is in the lower half of imm, the bytes in the upper one

	firstFused // of the sequences that are one step; see fast_gen.go
)

// opcodes gives the op of each opcode. Where an opcode has several forms, it is the op of the plain one; special (decode.go) knows the
// others. Missing opcodes are opEnd, which the decoder of package isa never lets pass.
var opcodes = [256]op{
	isa.ClassALU64 | isa.OpAdd | isa.SrcK:  opAdd64Imm,
	isa.ClassALU64 | isa.OpAdd | isa.SrcX:  opAdd64Reg,
	isa.ClassALU64 | isa.OpSub | isa.SrcK:  opAdd64Imm, // of the negative constant
	isa.ClassALU64 | isa.OpSub | isa.SrcX:  opSub64Reg,
	isa.ClassALU64 | isa.OpMul | isa.SrcK:  opMul64Imm,
	isa.ClassALU64 | isa.OpMul | isa.SrcX:  opMul64Reg,
	isa.ClassALU64 | isa.OpDiv | isa.SrcK:  opDiv64Imm,
	isa.ClassALU64 | isa.OpDiv | isa.SrcX:  opDiv64Reg,
	isa.ClassALU64 | isa.OpMod | isa.SrcK:  opMod64Imm,
	isa.ClassALU64 | isa.OpMod | isa.SrcX:  opMod64Reg,
	isa.ClassALU64 | isa.OpOr | isa.SrcK:   opOr64Imm,
	isa.ClassALU64 | isa.OpOr | isa.SrcX:   opOr64Reg,
	isa.ClassALU64 | isa.OpAnd | isa.SrcK:  opAnd64Imm,
	isa.ClassALU64 | isa.OpAnd | isa.SrcX:  opAnd64Reg,
	isa.ClassALU64 | isa.OpXor | isa.SrcK:  opXor64Imm,
	isa.ClassALU64 | isa.OpXor | isa.SrcX:  opXor64Reg,
	isa.ClassALU64 | isa.OpLsh | isa.SrcK:  opLsh64Imm,
	isa.ClassALU64 | isa.OpLsh | isa.SrcX:  opLsh64Reg,
	isa.ClassALU64 | isa.OpRsh | isa.SrcK:  opRsh64Imm,
	isa.ClassALU64 | isa.OpRsh | isa.SrcX:  opRsh64Reg,
	isa.ClassALU64 | isa.OpArsh | isa.SrcK: opArsh64Imm,
	isa.ClassALU64 | isa.OpArsh | isa.SrcX: opArsh64Reg,
	isa.ClassALU64 | isa.OpNeg | isa.SrcK:  opNeg64,
	isa.ClassALU64 | isa.OpMov | isa.SrcK:  opMov64Imm,
	isa.ClassALU64 | isa.OpMov | isa.SrcX:  opMov64Reg,

	isa.ClassALU | isa.OpAdd | isa.SrcK:  opAdd32Imm,
	isa.ClassALU | isa.OpAdd | isa.SrcX:  opAdd32Reg,
	isa.ClassALU | isa.OpSub | isa.SrcK:  opAdd32Imm,
	isa.ClassALU | isa.OpSub | isa.SrcX:  opSub32Reg,
	isa.ClassALU | isa.OpMul | isa.SrcK:  opMul32Imm,
	isa.ClassALU | isa.OpMul | isa.SrcX:  opMul32Reg,
	isa.ClassALU | isa.OpDiv | isa.SrcK:  opDiv32Imm,
	isa.ClassALU | isa.OpDiv | isa.SrcX:  opDiv32Reg,
	isa.ClassALU | isa.OpMod | isa.SrcK:  opMod32Imm,
	isa.ClassALU | isa.OpMod | isa.SrcX:  opMod32Reg,
	isa.ClassALU | isa.OpOr | isa.SrcK:   opOr32Imm,
	isa.ClassALU | isa.OpOr | isa.SrcX:   opOr32Reg,
	isa.ClassALU | isa.OpAnd | isa.SrcK:  opAnd32Imm,
	isa.ClassALU | isa.OpAnd | isa.SrcX:  opAnd32Reg,
	isa.ClassALU | isa.OpXor | isa.SrcK:  opXor32Imm,
	isa.ClassALU | isa.OpXor | isa.SrcX:  opXor32Reg,
	isa.ClassALU | isa.OpLsh | isa.SrcK:  opLsh32Imm,
	isa.ClassALU | isa.OpLsh | isa.SrcX:  opLsh32Reg,
	isa.ClassALU | isa.OpRsh | isa.SrcK:  opRsh32Imm,
	isa.ClassALU | isa.OpRsh | isa.SrcX:  opRsh32Reg,
	isa.ClassALU | isa.OpArsh | isa.SrcK: opArsh32Imm,
	isa.ClassALU | isa.OpArsh | isa.SrcX: opArsh32Reg,
	isa.ClassALU | isa.OpNeg | isa.SrcK:  opNeg32,
	isa.ClassALU | isa.OpMov | isa.SrcK:  opMov64Imm, // of the constant in 32 bits
	isa.ClassALU | isa.OpMov | isa.SrcX:  opMov32Reg,

	isa.ClassJMP | isa.OpJA | isa.SrcK:    opJump,
	isa.ClassJMP | isa.OpJA | isa.SrcX:    opGotoX,
	isa.ClassJMP32 | isa.OpJA | isa.SrcK:  opJump,
	isa.ClassJMP | isa.OpJCOND | isa.SrcK: opMayGoto,
	isa.ClassJMP | isa.OpJEQ | isa.SrcK:   opJEQ64Imm,
	isa.ClassJMP | isa.OpJEQ | isa.SrcX:   opJEQ64Reg,
	isa.ClassJMP | isa.OpJNE | isa.SrcK:   opJNE64Imm,
	isa.ClassJMP | isa.OpJNE | isa.SrcX:   opJNE64Reg,
	isa.ClassJMP | isa.OpJGT | isa.SrcK:   opJGT64Imm,
	isa.ClassJMP | isa.OpJGT | isa.SrcX:   opJGT64Reg,
	isa.ClassJMP | isa.OpJGE | isa.SrcK:   opJGE64Imm,
	isa.ClassJMP | isa.OpJGE | isa.SrcX:   opJGE64Reg,
	isa.ClassJMP | isa.OpJLT | isa.SrcK:   opJLT64Imm,
	isa.ClassJMP | isa.OpJLT | isa.SrcX:   opJLT64Reg,
	isa.ClassJMP | isa.OpJLE | isa.SrcK:   opJLE64Imm,
	isa.ClassJMP | isa.OpJLE | isa.SrcX:   opJLE64Reg,
	isa.ClassJMP | isa.OpJSGT | isa.SrcK:  opJSGT64Imm,
	isa.ClassJMP | isa.OpJSGT | isa.SrcX:  opJSGT64Reg,
	isa.ClassJMP | isa.OpJSGE | isa.SrcK:  opJSGE64Imm,
	isa.ClassJMP | isa.OpJSGE | isa.SrcX:  opJSGE64Reg,
	isa.ClassJMP | isa.OpJSLT | isa.SrcK:  opJSLT64Imm,
	isa.ClassJMP | isa.OpJSLT | isa.SrcX:  opJSLT64Reg,
	isa.ClassJMP | isa.OpJSLE | isa.SrcK:  opJSLE64Imm,
	isa.ClassJMP | isa.OpJSLE | isa.SrcX:  opJSLE64Reg,
	isa.ClassJMP | isa.OpJSET | isa.SrcK:  opJSET64Imm,
	isa.ClassJMP | isa.OpJSET | isa.SrcX:  opJSET64Reg,

	isa.ClassJMP32 | isa.OpJEQ | isa.SrcK:  opJEQ32Imm,
	isa.ClassJMP32 | isa.OpJEQ | isa.SrcX:  opJEQ32Reg,
	isa.ClassJMP32 | isa.OpJNE | isa.SrcK:  opJNE32Imm,
	isa.ClassJMP32 | isa.OpJNE | isa.SrcX:  opJNE32Reg,
	isa.ClassJMP32 | isa.OpJGT | isa.SrcK:  opJGT32Imm,
	isa.ClassJMP32 | isa.OpJGT | isa.SrcX:  opJGT32Reg,
	isa.ClassJMP32 | isa.OpJGE | isa.SrcK:  opJGE32Imm,
	isa.ClassJMP32 | isa.OpJGE | isa.SrcX:  opJGE32Reg,
	isa.ClassJMP32 | isa.OpJLT | isa.SrcK:  opJLT32Imm,
	isa.ClassJMP32 | isa.OpJLT | isa.SrcX:  opJLT32Reg,
	isa.ClassJMP32 | isa.OpJLE | isa.SrcK:  opJLE32Imm,
	isa.ClassJMP32 | isa.OpJLE | isa.SrcX:  opJLE32Reg,
	isa.ClassJMP32 | isa.OpJSGT | isa.SrcK: opJSGT32Imm,
	isa.ClassJMP32 | isa.OpJSGT | isa.SrcX: opJSGT32Reg,
	isa.ClassJMP32 | isa.OpJSGE | isa.SrcK: opJSGE32Imm,
	isa.ClassJMP32 | isa.OpJSGE | isa.SrcX: opJSGE32Reg,
	isa.ClassJMP32 | isa.OpJSLT | isa.SrcK: opJSLT32Imm,
	isa.ClassJMP32 | isa.OpJSLT | isa.SrcX: opJSLT32Reg,
	isa.ClassJMP32 | isa.OpJSLE | isa.SrcK: opJSLE32Imm,
	isa.ClassJMP32 | isa.OpJSLE | isa.SrcX: opJSLE32Reg,
	isa.ClassJMP32 | isa.OpJSET | isa.SrcK: opJSET32Imm,
	isa.ClassJMP32 | isa.OpJSET | isa.SrcX: opJSET32Reg,

	isa.ClassJMP | isa.OpCall | isa.SrcK: opCallHelper,
	isa.ClassJMP | isa.OpCall | isa.SrcX: opCallX,
	isa.ClassJMP | isa.OpExit | isa.SrcK: opExit,

	isa.ClassLDX | isa.ModeMEM | isa.Opcode(isa.B):   opLoad8,
	isa.ClassLDX | isa.ModeMEM | isa.Opcode(isa.H):   opLoad16,
	isa.ClassLDX | isa.ModeMEM | isa.Opcode(isa.W):   opLoad32,
	isa.ClassLDX | isa.ModeMEM | isa.Opcode(isa.DW):  opLoad64,
	isa.ClassLDX | isa.ModeMEMSX | isa.Opcode(isa.B): opLoadSX8,
	isa.ClassLDX | isa.ModeMEMSX | isa.Opcode(isa.H): opLoadSX16,
	isa.ClassLDX | isa.ModeMEMSX | isa.Opcode(isa.W): opLoadSX32,
	isa.ClassSTX | isa.ModeMEM | isa.Opcode(isa.B):   opStore8,
	isa.ClassSTX | isa.ModeMEM | isa.Opcode(isa.H):   opStore16,
	isa.ClassSTX | isa.ModeMEM | isa.Opcode(isa.W):   opStore32,
	isa.ClassSTX | isa.ModeMEM | isa.Opcode(isa.DW):  opStore64,
	isa.ClassST | isa.ModeMEM | isa.Opcode(isa.B):    opStoreImm8,
	isa.ClassST | isa.ModeMEM | isa.Opcode(isa.H):    opStoreImm16,
	isa.ClassST | isa.ModeMEM | isa.Opcode(isa.W):    opStoreImm32,
	isa.ClassST | isa.ModeMEM | isa.Opcode(isa.DW):   opStoreImm64,

	isa.ClassSTX | isa.ModeATOMIC | isa.Opcode(isa.B):  opAtomic,
	isa.ClassSTX | isa.ModeATOMIC | isa.Opcode(isa.H):  opAtomic,
	isa.ClassSTX | isa.ModeATOMIC | isa.Opcode(isa.W):  opAtomic,
	isa.ClassSTX | isa.ModeATOMIC | isa.Opcode(isa.DW): opAtomic,

	isa.ClassLD | isa.ModeABS | isa.Opcode(isa.B):  opLoadPacket,
	isa.ClassLD | isa.ModeABS | isa.Opcode(isa.H):  opLoadPacket,
	isa.ClassLD | isa.ModeABS | isa.Opcode(isa.W):  opLoadPacket,
	isa.ClassLD | isa.ModeIND | isa.Opcode(isa.B):  opLoadPacket,
	isa.ClassLD | isa.ModeIND | isa.Opcode(isa.H):  opLoadPacket,
	isa.ClassLD | isa.ModeIND | isa.Opcode(isa.W):  opLoadPacket,
	isa.ClassLD | isa.ModeIMM | isa.Opcode(isa.DW): opMov64Imm,
}
