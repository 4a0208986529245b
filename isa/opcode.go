package isa

// An Opcode is the first byte of an instruction. Its low three bits are the class; what the other five mean depends on it:
//
//	ALU, ALU64, JMP, JMP32    operation (4 bits)  source (1 bit)  class
//	LD, LDX, ST, STX          mode (3 bits)       size (2 bits)   class
type Opcode uint8

// Instruction classes: the low three bits of an opcode.
const (
	ClassLD    Opcode = 0 // 64-bit constants, and packet access of classic BPF
	ClassLDX   Opcode = 1 // loads from memory
	ClassST    Opcode = 2 // stores of a constant
	ClassSTX   Opcode = 3 // stores of a register, and atomic operations
	ClassALU   Opcode = 4 // arithmetic in 32 bits
	ClassJMP   Opcode = 5 // jumps that compare 64 bits, calls, exit
	ClassJMP32 Opcode = 6 // jumps that compare 32 bits, and the long jump
	ClassALU64 Opcode = 7 // arithmetic in 64 bits
)

// Sources: where arithmetic and jumps take their second operand from.
const (
	SrcK Opcode = 0x00 // the constant in imm
	SrcX Opcode = 0x08 // the register src
)

// Operations of the classes ALU and ALU64: the upper four bits of an opcode.
const (
	OpAdd  Opcode = 0x00
	OpSub  Opcode = 0x10
	OpMul  Opcode = 0x20
	OpDiv  Opcode = 0x30 // signed with off 1
	OpOr   Opcode = 0x40
	OpAnd  Opcode = 0x50
	OpLsh  Opcode = 0x60
	OpRsh  Opcode = 0x70
	OpNeg  Opcode = 0x80
	OpMod  Opcode = 0x90 // signed with off 1
	OpXor  Opcode = 0xa0
	OpMov  Opcode = 0xb0 // sign-extending with off 8, 16 or 32
	OpArsh Opcode = 0xc0
	OpEnd  Opcode = 0xd0 // byte order; the source bit picks little (K) or big (X) endian, in ALU64 an unconditional swap
)

// Operations of the classes JMP and JMP32: the upper four bits of an opcode.
const (
	OpJA    Opcode = 0x00 // in JMP by off, in JMP32 by imm, with SrcX to a register
	OpJEQ   Opcode = 0x10
	OpJGT   Opcode = 0x20
	OpJGE   Opcode = 0x30
	OpJSET  Opcode = 0x40
	OpJNE   Opcode = 0x50
	OpJSGT  Opcode = 0x60
	OpJSGE  Opcode = 0x70
	OpCall  Opcode = 0x80
	OpExit  Opcode = 0x90
	OpJLT   Opcode = 0xa0
	OpJLE   Opcode = 0xb0
	OpJSLT  Opcode = 0xc0
	OpJSLE  Opcode = 0xd0
	OpJCOND Opcode = 0xe0 // may_goto; inside Linux also a call in the interpreter

	OpTailCall Opcode = 0xf0 // inside Linux only
)

// Modes of the classes LD, LDX, ST and STX: the upper three bits of an opcode.
const (
	ModeIMM    Opcode = 0x00 // a 64-bit constant
	ModeABS    Opcode = 0x20 // packet access at a constant
	ModeIND    Opcode = 0x40 // packet access at a register and a constant
	ModeMEM    Opcode = 0x60 // memory
	ModeMEMSX  Opcode = 0x80 // memory, sign-extended
	ModeATOMIC Opcode = 0xc0 // memory, atomically; imm has the operation
)

// Modes that exist only inside Linux (include/linux/filter.h, Linux 6.18): memory that may fault, and a barrier.
const (
	ModePROBEMEM     Opcode = 0x20
	ModePROBEMEMSX   Opcode = 0x40
	ModePROBEMEM32   Opcode = 0xa0
	ModePROBEMEM32SX Opcode = 0xc0
	ModePROBEATOMIC  Opcode = 0xe0
	ModeNOSPEC       Opcode = 0xc0
)

// Atomic operations: the imm of the mode ATOMIC.
const (
	AtomicOpAdd          = 0x00
	AtomicOpOr           = 0x40
	AtomicOpAnd          = 0x50
	AtomicOpXor          = 0xa0
	AtomicOpFetch        = 0x01 // added to the four above: the old value goes to src
	AtomicOpXchg         = 0xe1
	AtomicOpCmpXchg      = 0xf1
	AtomicOpLoadAcquire  = 0x100
	AtomicOpStoreRelease = 0x110
)

// What the constant of a 64-bit load stands for, which is kept in Src (BPF_PSEUDO_… in include/uapi/linux/bpf.h, Linux 6.18).
const (
	PseudoNumber        = 0 // the number itself
	PseudoMapFD         = 1 // the map with this file descriptor
	PseudoMapValue      = 2 // an address in the value of the map with this file descriptor, which has one element
	PseudoBTFID         = 3 // a variable of the kernel, by BTF id
	PseudoFunc          = 4 // a function of the same program
	PseudoMapIndex      = 5 // PseudoMapFD, with an index into fd_array
	PseudoMapIndexValue = 6 // PseudoMapValue, with an index into fd_array
)

// What the constant of a call stands for, which is kept in Src.
const (
	PseudoHelper = 0 // a helper's number
	PseudoCall   = 1 // a function of the same program
	PseudoKfunc  = 2 // a function of the kernel, by BTF id
)

// Class returns the class bits.
func (op Opcode) Class() Opcode { return op & 0x07 }

// Source returns the source bit, SrcK or SrcX, of an arithmetic or jump opcode.
func (op Opcode) Source() Opcode { return op & 0x08 }

// Operation returns the operation bits of an arithmetic or jump opcode.
func (op Opcode) Operation() Opcode { return op & 0xf0 }

// comparisons lists each comparison with the one that holds where it does not, and the one with its operands exchanged.
var comparisons = [...]struct{ op, negated, mirrored Opcode }{
	{OpJEQ, OpJNE, OpJEQ},
	{OpJNE, OpJEQ, OpJNE},
	{OpJGT, OpJLE, OpJLT},
	{OpJGE, OpJLT, OpJLE},
	{OpJLT, OpJGE, OpJGT},
	{OpJLE, OpJGT, OpJGE},
	{OpJSGT, OpJSLE, OpJSLT},
	{OpJSGE, OpJSLT, OpJSLE},
	{OpJSLT, OpJSGE, OpJSGT},
	{OpJSLE, OpJSGT, OpJSGE},
}

// Negated returns the conditional jump that is taken exactly when op is not: JLE for JGT. Class and source stay the same. ok is
// false where there is none, as for JSET and may_goto. op must be a conditional jump.
func (op Opcode) Negated() (not Opcode, ok bool) {
	for _, c := range comparisons {
		if c.op == op.Operation() {
			return op&^0xf0 | c.negated, true
		}
	}
	return op, false
}

// Mirrored returns the comparison that has the same result with exchanged operands: JLT for JGT. Class and source stay the
// same. JEQ, JNE and JSET are their own mirror images.
func (op Opcode) Mirrored() Opcode {
	for _, c := range comparisons {
		if c.op == op.Operation() {
			return op&^0xf0 | c.mirrored
		}
	}
	return op
}

// Mode returns the mode bits of a load or store opcode.
func (op Opcode) Mode() Opcode { return op & 0xe0 }

// Size returns the size bits of a load or store opcode.
func (op Opcode) Size() Size { return Size(op & 0x18) }

// A Size is the width of a memory access, as the opcode has it. Only the four constants are sizes.
type Size uint8

// The sizes of memory accesses.
const (
	W  Size = 0x00 // a word, 4 bytes
	H  Size = 0x08 // a half word, 2 bytes
	B  Size = 0x10 // a byte
	DW Size = 0x18 // a double word, 8 bytes
)

// Bytes returns 1, 2, 4 or 8, and 0 for a value that is not a size.
func (s Size) Bytes() int {
	switch s {
	case B:
		return 1
	case H:
		return 2
	case W:
		return 4
	case DW:
		return 8
	}
	return 0
}

// String returns B, H, W or DW.
func (s Size) String() string {
	switch s {
	case B:
		return "B"
	case H:
		return "H"
	case W:
		return "W"
	case DW:
		return "DW"
	}
	return "Size(" + itoa(int64(s)) + ")"
}

// sized is the opcode base with a size in it. A value that is not a size must not turn into the opcode of another instruction.
// So sized returns opcode 0 for it, which no instruction has: the encoder refuses it.
func sized(base Opcode, size Size) Opcode {
	if size&^DW != 0 {
		return 0
	}
	return base | Opcode(size)
}
