package isa_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	. "github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A trial is a program that holds a form, and what is to come of it once it is loaded.
type trial struct {
	what string // what is special about it, for messages
	attr syscall.ProgLoadAttr
	code []Instruction
	run  func(*testing.T, *syscall.FD) (results int) // nil: it is loaded only
}

// A batch is a program that does many small things one after the other and notes what comes out. It is of the type syscall, whose
// context is a buffer that the program may read and write; or, where another type is needed, it keeps its notes in a map.
//
// r7 points to the buffer and r8 is spare; all others are for the instructions that are tried.
type batch struct {
	attr   syscall.ProgLoadAttr
	notes  *syscall.FD // the map; nil for the context
	data   []byte      // what the program is run on, with the map
	code   []Instruction
	inputs []uint64
	wants  []want
}

// A want is what a note must hold.
type want struct {
	what  string
	value uint64
}

const (
	bufferSize = 1 << 15 // what an offset reaches
	inputsAt   = 28 << 10
)

// free are the registers that a batch leaves to the instructions that are tried.
var free = [...]Register{R0, R9, R5, R1, R3, R4, R2, R6}

// pair picks two of the free registers; all 64 pairs come in turn.
func pair(n int) (a, b Register) { return free[n%8], free[(n+n/8+1)%8] }

func newBatch() *batch {
	return &batch{
		attr: syscall.ProgLoadAttr{Type: syscall.ProgTypeSyscall, Flags: syscall.ProgSleepable},
		code: []Instruction{Mov64Reg(R7, R1)},
	}
}

func (b *batch) do(ins ...Instruction) { b.code = append(b.code, ins...) }

// unknown sets a register to a number that the verifier doesn't know.
func (b *batch) unknown(r Register, v uint64) {
	n := 0
	for n < len(b.inputs) && b.inputs[n] != v {
		n++
	}
	if n == len(b.inputs) {
		b.inputs = append(b.inputs, v)
	}
	b.do(LoadMem(DW, r, R7, int16(inputsAt+8*n)))
}

// known sets a register to a number that the verifier knows.
func (b *batch) known(r Register, v uint64) { b.do(LoadImm64(r, int64(v))) }

// set does the one or the other: the verifier decides what it can, and the rest is decided when the program runs.
func (b *batch) set(known bool, r Register, v uint64) {
	if known {
		b.known(r, v)
	} else {
		b.unknown(r, v)
	}
}

// note keeps what a register holds. what is printed like fmt.Sprintf does, if need be.
func (b *batch) note(r Register, value uint64, what string, args ...any) {
	b.do(StoreMem(DW, R7, int16(8*len(b.wants)), r))
	b.wants = append(b.wants, want{fmt.Sprintf(what, args...), value})
}

// trial ends the program. functions stand behind its exit.
func (b *batch) trial(what string, functions ...Instruction) trial {
	b.do(Mov64Imm(R0, 0), Exit())
	b.do(functions...)
	return trial{what: what, attr: b.attr, code: b.code, run: b.run}
}

// run runs the program and compares the notes; it gives their number.
func (b *batch) run(t *testing.T, prog *syscall.FD) int {
	t.Helper()
	if 8*len(b.wants) > inputsAt || inputsAt+8*len(b.inputs) > bufferSize {
		t.Fatalf("%d notes and %d inputs are too many", len(b.wants), len(b.inputs))
	}
	buffer := make([]byte, bufferSize)
	for n, v := range b.inputs {
		binary.NativeEndian.PutUint64(buffer[inputsAt+8*n:], v)
	}
	run := syscall.TestRunAttr{Prog: prog, DataIn: b.data}
	key := make([]byte, 4)
	if b.notes == nil {
		run.CtxIn = buffer
	} else if err := syscall.MapUpdate(b.notes, key, buffer, syscall.UpdateAny); err != nil {
		t.Fatal(err)
	}
	if _, err := syscall.ProgTestRun(&run); err != nil {
		t.Fatal(err)
	}
	if b.notes != nil {
		if err := syscall.MapLookup(b.notes, key, buffer); err != nil {
			t.Fatal(err)
		}
	}
	wrong := 0
	for n, w := range b.wants {
		if got := binary.NativeEndian.Uint64(buffer[8*n:]); got != w.value {
			if wrong++; wrong <= 5 {
				t.Errorf("%s: the kernel has %#x, want %#x", w.what, got, w.value)
			}
		}
	}
	if wrong > 5 {
		t.Errorf("%d of %d results are wrong in all", wrong, len(b.wants))
	}
	return len(b.wants)
}

// numbers are what registers are set to: ends of ranges, halves that differ, shifts at and above the width, and 0.
var numbers = [...]uint64{
	0, 1, 0xffff_ffff_ffff_ffff, 1 << 63, 1<<63 - 1, 1 << 31, 1<<31 - 1, 0xffff_ffff, 0xffff_ffff_8000_0000, 0xffff_ffff_0000_0001,
	31, 32, 63, 64, 0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210, 0x8080, 0x7f,
}

// constants are the values of imm that are tried for an operand.
func constants(o Operand) []int32 {
	switch o.Kind {
	case OperandS32:
		return []int32{0, 1, -1, 1<<31 - 1, -1 << 31, 0x12345678, 64}
	case OperandDivisor:
		return []int32{1, -1, 1<<31 - 1, -1 << 31, 7, 16}
	case OperandShift32:
		return []int32{0, 1, 15, 31}
	case OperandShift64:
		return []int32{0, 1, 31, 32, 63}
	}
	return []int32{0} // the constructor takes none
}

// calculations are the trials of arithmetic: all pairs of numbers, all pairs of registers.
func calculations(f Info) []trial {
	b := newBatch()
	n := 0
	try := func(a, second uint64, imm int32) {
		dst, src := pair(n)
		known := n%4 == 3
		n++
		b.set(known, src, second)
		b.set(known, dst, a)
		if dst == src {
			second = a
		}
		if f.Imm.Kind != OperandReserved {
			second = uint64(int64(imm))
		}
		ins, _ := construct(f.Mnemonic, dst, src, 0, imm, 0)
		b.do(ins)
		b.note(dst, arithmetic(f.Mnemonic, a, second), "%v of %#x and %#x", ins, a, second)
	}
	eachOperands(f, try)
	return []trial{b.trial("calculations")}
}

// eachOperands tries a form that takes two numbers with all pairs of them: the second is a register's, or the constant.
func eachOperands(f Info, try func(a, second uint64, imm int32)) {
	for _, a := range numbers {
		if f.Src.Kind == OperandRead {
			for _, second := range numbers {
				try(a, second, 0)
			}
			continue
		}
		for _, imm := range constants(f.Imm) {
			try(a, 0, imm)
		}
	}
}

// branches are the trials of conditional jumps, forwards and backwards.
func branches(f Info) []trial {
	b := newBatch()
	n := 0
	try := func(a, second uint64, imm int32) {
		dst, src := pair(n)
		known, back := n%4 == 3, n%3 == 2
		n++
		b.set(known, src, second)
		b.set(known, dst, a)
		if dst == src {
			second = a
		}
		if f.Imm.Kind != OperandReserved {
			second = uint64(int64(imm))
		}
		off := int16(1)
		if back {
			off = -3
		}
		ins, _ := construct(f.Mnemonic, dst, src, off, imm, 0)
		if back {
			b.do(Mov64Imm(R8, 0), Jump(2), Mov64Imm(R8, 1), Jump(1), ins)
		} else {
			b.do(Mov64Imm(R8, 1), ins, Mov64Imm(R8, 0))
		}
		taken := uint64(0)
		if jumps(f.Mnemonic, a, second) {
			taken = 1
		}
		b.note(R8, taken, "%v with %#x and %#x", ins, a, second)
	}
	eachOperands(f, try)
	return []trial{b.trial("branches"), long(1<<15-1, jumps(f.Mnemonic, 0, 0), func(off int) Instruction {
		ins, _ := construct(f.Mnemonic, R0, R1, int16(off), 0, 0)
		return ins
	})}
}

// long is a trial of a jump over many instructions. jump is taken if the numbers are such that it is. The first jump only makes the
// rest reachable for the verifier: code that isn't is refused.
func long(slots int, taken bool, jump func(off int) Instruction) trial {
	b := newBatch()
	b.unknown(R0, 0)
	b.unknown(R1, 0)
	b.do(Mov64Imm(R8, 1), JSET64Imm(R0, 1, 1), jump(slots))
	for range slots {
		b.do(Mov64Imm(R8, 2))
	}
	if taken {
		b.note(R8, 1, "%v, taken", jump(slots))
	} else {
		b.note(R8, 2, "%v, not taken", jump(slots))
	}
	return b.trial("a long jump")
}

// An address is a way to say fp-16+at: a register that is fp plus something, and an offset.
type address struct {
	base Register
	off  int16
}

const slot = -16 // from fp, where the memory is that is tried

// address sets the base up. Offsets include the smallest and the largest.
func (b *batch) address(n, at int, base Register) address {
	off := [...]int{slot + at, at, 0, 1<<15 - 1, -1 << 15}[n%5]
	if n%5 == 0 {
		return address{R10, int16(off)}
	}
	b.do(Mov64Reg(base, R10), Add64Imm(base, int32(slot+at-off)))
	return address{base, int16(off)}
}

// loads are the trials of loads from the stack.
func loads(f Info) []trial {
	b := newBatch()
	size := f.Size.Bytes()
	n := 0
	for _, v := range numbers {
		for at := 0; at < 8; at += size {
			dst, base := pair(n)
			b.set(n%4 == 3, R8, v)
			b.do(StoreMem(DW, R10, slot, R8))
			a := b.address(n, at, base)
			n++
			ins, _ := construct(f.Mnemonic, dst, a.base, a.off, 0, 0)
			b.do(ins)
			memory := wordOf(v)
			value := memory.get(at, size)
			if f.Op.Mode() == ModeMEMSX {
				value = signed(value, size)
			}
			b.note(dst, value, "%v of byte %d in %#x", ins, at, v)
		}
	}
	return []trial{b.trial("loads")}
}

// stores are the trials of stores to the stack.
func stores(f Info) []trial {
	b := newBatch()
	size := f.Size.Bytes()
	n := 0
	try := func(v uint64, imm int32) {
		at := n * size % 8
		src, base := pair(n)
		if base == src {
			base = R8
		}
		before := numbers[n%len(numbers)]
		b.unknown(src, before)
		b.do(StoreMem(DW, R10, slot, src))
		b.set(n%4 == 3, src, v)
		a := b.address(n, at, base)
		n++
		ins, _ := construct(f.Mnemonic, a.base, src, a.off, imm, 0)
		b.do(ins, LoadMem(DW, R8, R10, slot))
		memory := wordOf(before)
		memory.set(at, size, v)
		b.note(R8, memory.number(), "%v of %#x to byte %d in %#x", ins, v, at, before)
	}
	for range 4 { // until every place has had its turn
		for _, v := range numbers {
			if f.Src.Kind == OperandRead {
				try(v, 0)
			}
		}
		for _, imm := range constants(f.Imm) {
			if f.Src.Kind != OperandRead {
				try(uint64(int64(imm)), imm)
			}
		}
	}
	return []trial{b.trial("stores")}
}

// atomics are the trials of atomic operations on the stack.
func atomics(f Info) []trial {
	b := newBatch()
	size := f.Op.Size().Bytes()
	n := 0
	for _, before := range numbers {
		for _, v := range numbers[:9] {
			at := n * size % 8
			src, base := pair(n)
			if src == R0 && f.ImplicitReads.Has(R0) {
				src = R2
			}
			if base == src || base == R0 {
				base = R8
			}
			memory := wordOf(before)
			r0 := numbers[n%len(numbers)]
			if n%2 == 0 { // what is compared with the memory
				r0 = r0<<32 | memory.get(at, 4)
				if size == 8 {
					r0 = before
				}
			}
			b.unknown(src, before)
			b.do(StoreMem(DW, R10, slot, src))
			b.set(n%4 == 3, R0, r0)
			b.set(n%4 == 3, src, v)
			a := b.address(n, at, base)
			n++
			ins, _ := construct(f.Mnemonic, a.base, src, a.off, 0, 0)
			b.do(ins)
			if src == R0 {
				r0 = v
			}
			after := atomically(f.Mnemonic, size, memory.get(at, size), v, r0)
			memory.set(at, size, after.mem)
			what := fmt.Sprintf("%v on byte %d in %#x, with %#x", ins, at, before, v)
			if f.ImplicitReads.Has(R0) {
				what += fmt.Sprintf(" and r0 %#x", r0)
				b.note(R0, after.r0, "%s: r0", what)
			}
			b.note(src, after.src, "%s: %v", what, src)
			b.do(LoadMem(DW, src, R10, slot))
			b.note(src, memory.number(), "%s: memory", what)
		}
	}
	return []trial{b.trial("atomic operations")}
}
