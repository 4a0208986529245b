package isa

// A rule says what one field of a form may hold. The upper half is an operand kind; the lower half is the value, where the
// field is fixed.
type rule uint64

// The rules, as the table writes them. OperandKind explains each; a field that the table leaves out is reserved and must be 0.
const (
	write  = rule(OperandWrite) << 32
	update = rule(OperandUpdate) << 32
	read   = rule(OperandRead) << 32
	addr   = rule(OperandAddress) << 32

	off16   = rule(OperandOffset) << 32
	jump16  = rule(OperandJump16) << 32
	fdIndex = rule(OperandFDIndex) << 32

	s32      = rule(OperandS32) << 32
	divisor  = rule(OperandDivisor) << 32
	shift32  = rule(OperandShift32) << 32
	shift64  = rule(OperandShift64) << 32
	jump32   = rule(OperandJump32) << 32
	helperID = rule(OperandHelper) << 32
	btfFunc  = rule(OperandKfunc) << 32
	btfVar   = rule(OperandVariable) << 32
	spaces   = rule(OperandSpaces) << 32
	atomic   = rule(OperandAtomic) << 32
	const64  = rule(OperandConst64) << 32
	mapFD    = rule(OperandMapFD) << 32
	mapIndex = rule(OperandMapIndex) << 32
	funcRel  = rule(OperandFunc) << 32

	nextHigh = rule(OperandNextHigh) << 32
	nextOff  = rule(OperandNextOffset) << 32
	nextFD   = rule(OperandNextFD) << 32

	is = rule(OperandFixed) << 32 // is + value
)

func (r rule) kind() OperandKind { return OperandKind(r >> 32) }

// A flow is what an instruction does to the program counter.
type flow uint8

const (
	flowNext       flow = iota // goes on with the next instruction
	flowJump                   // goes elsewhere
	flowBranch                 // goes on or elsewhere
	flowJumpReg                // goes where a register points
	flowCallHelper             // the calls come back to the next instruction
	flowCallRel
	flowCallKfunc
	flowCallReg
	flowExit // leaves the function
)

// A row of the table; see forms.
type row struct {
	name          string // the constructor's, and the size where that takes one
	make          string // the constructor's name where it isn't name
	mnem          string // the short name in the style of the kernel's headers
	op            Opcode
	dst, src      rule
	off, imm      rule
	next          rule // the imm of the second slot
	flow          flow
	reads, writes RegisterSet // in addition to the operands
	level         Level
	since         KernelVersion
	internal      bool   // exists only inside Linux, see DecodeXlated
	text          string // as the kernel's verifier prints it
	xlated        string // as bpftool prints it in code that is read back; "" where that is text
	llvm          string // as LLVM's assembler reads it; "" where it can't
	also          string // another way to write it, for Parse
	does          string
}

// An OperandKind says what a field of an instruction is for and so what it may hold.
type OperandKind uint8

// Operand kinds. The first five are for registers and reserved fields, the others for off and imm.
const (
	OperandReserved OperandKind = iota // must be 0
	OperandWrite                       // a register that is written
	OperandUpdate                      // a register that is read, then written
	OperandRead                        // a register that is read
	OperandAddress                     // a register that is read as the base of a memory address

	OperandOffset  // off: bytes from the address register
	OperandJump16  // off: slots from the next instruction
	OperandFDIndex // off: an index into the kernel's fd_array, 0 for vmlinux; 0 to 32767

	OperandS32      // imm: a signed constant, sign-extended where it meets 64 bits
	OperandDivisor  // imm: a signed constant; RFC 9669 allows 0, Linux doesn't
	OperandShift32  // imm: a shift by 0 to 31; RFC 9669 masks other values, Linux refuses them
	OperandShift64  // imm: a shift by 0 to 63; other values as for OperandShift32
	OperandJump32   // imm: slots from the next instruction
	OperandHelper   // imm: a helper's number; 0, bpf_unspec, is refused
	OperandKfunc    // imm: a kernel function's BTF id
	OperandVariable // imm: a kernel variable's BTF id
	OperandSpaces   // imm: 1 casts from address space 1 to 0, 65536 from 0 to 1
	OperandAtomic   // imm: an atomic operation, AtomicOpAdd and so on
	OperandConst64  // imm: the low half of a 64-bit constant
	OperandMapFD    // imm: a map's file descriptor
	OperandMapIndex // imm: a map's index in the kernel's fd_array
	OperandFunc     // imm: slots from the load's second slot to a subprogram

	OperandNextHigh   // imm of the second slot: the high half of a 64-bit constant
	OperandNextOffset // imm of the second slot: an unsigned offset into a map's value
	OperandNextFD     // imm of the second slot: a BTF object's file descriptor, 0 for vmlinux

	OperandFixed // a value that picks the form; in src it is a subtype, not a register
)

// IsRegister reports whether the operand is a register.
func (k OperandKind) IsRegister() bool { return k >= OperandWrite && k <= OperandAddress }

// Reads reports whether the operand is a register that is read.
func (k OperandKind) Reads() bool { return k >= OperandUpdate && k <= OperandAddress }

// Writes reports whether the operand is a register that gets a new value.
func (k OperandKind) Writes() bool { return k == OperandWrite || k == OperandUpdate }

// An Operand is the rule for one field of a form.
type Operand struct {
	Kind  OperandKind
	Value int64 // of OperandFixed, as the field holds it, with sign
}

// operand turns a rule into its public view; bits is the width of the field, for the sign of fixed values.
func (r rule) operand(bits uint) Operand {
	v := int64(int32(uint32(r)))
	if bits == 16 {
		v = int64(int16(uint16(r)))
	}
	return Operand{Kind: r.kind(), Value: v}
}

// Range returns the smallest and the largest value that can be encoded. In three kinds, not all values between them are
// allowed: OperandHelper excludes 0, OperandSpaces allows only its two ends, OperandAtomic only the operations.
func (o Operand) Range() (lo, hi int64) {
	switch o.Kind {
	case OperandReserved:
		return 0, 0
	case OperandFixed:
		return o.Value, o.Value
	case OperandWrite, OperandUpdate, OperandRead, OperandAddress:
		return int64(R0), int64(R10)
	case OperandOffset, OperandJump16:
		return -1 << 15, 1<<15 - 1
	case OperandFDIndex:
		return 0, 1<<15 - 1
	case OperandSpaces:
		return 1, 1 << 16
	case OperandAtomic:
		return AtomicOpAdd, AtomicOpStoreRelease
	case OperandNextHigh, OperandNextOffset, OperandNextFD:
		return 0, 1<<32 - 1
	}
	return -1 << 31, 1<<31 - 1
}

// Contains reports whether the field may hold v.
func (o Operand) Contains(v int64) bool {
	lo, hi := o.Range()
	switch o.Kind {
	case OperandSpaces:
		return v == lo || v == hi
	case OperandHelper:
		return v != 0 && v >= lo && v <= hi
	case OperandAtomic:
		return isAtomic(v)
	}
	return v >= lo && v <= hi
}

// isAtomic reports whether v is an atomic operation.
func isAtomic(v int64) bool {
	switch v {
	case AtomicOpAdd, AtomicOpOr, AtomicOpAnd, AtomicOpXor,
		AtomicOpAdd | AtomicOpFetch, AtomicOpOr | AtomicOpFetch, AtomicOpAnd | AtomicOpFetch, AtomicOpXor | AtomicOpFetch,
		AtomicOpXchg, AtomicOpCmpXchg, AtomicOpLoadAcquire, AtomicOpStoreRelease:
		return true
	}
	return false
}

// LinuxAccepts reports whether Linux accepts v in the field of a program that is loaded. Linux refuses some values that have a
// meaning in RFC 9669, and that Append therefore encodes: constant divisors of 0 and shifts by the width or more.
func (o Operand) LinuxAccepts(v int64) bool {
	switch o.Kind {
	case OperandDivisor:
		return v != 0 && o.Contains(v)
	case OperandShift32:
		return v >= 0 && v <= 31
	case OperandShift64:
		return v >= 0 && v <= 63
	}
	return o.Contains(v)
}

// allowed says in words what the field may hold.
func (o Operand) allowed() string {
	switch o.Kind {
	case OperandReserved:
		return "0"
	case OperandFixed:
		return itoa(o.Value)
	case OperandSpaces:
		return "1 (address space 1 to 0), 65536 (0 to 1)"
	case OperandHelper:
		return "the number of a helper, from 1"
	case OperandAtomic:
		return "an atomic operation"
	}
	lo, hi := o.Range()
	if o.Kind.IsRegister() {
		return "r0 to r10"
	}
	return itoa(lo) + " to " + itoa(hi)
}
