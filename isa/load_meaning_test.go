package isa_test

import (
	"encoding/binary"
	"math/bits"
	"strings"
)

// What instructions do, in Go: written from RFC 9669, and from nothing in this package, so that the kernel's results can be held
// against it. Forms go by their mnemonics.

// arithmetic is what dst holds after an instruction of the classes ALU and ALU64. a is dst before it; b is src, or imm with its
// sign extended. Where the width is 32 bits, only the lower halves count, and the upper half of the result is 0.
func arithmetic(mnemonic string, a, b uint64) uint64 {
	name := strings.TrimSuffix(strings.TrimSuffix(mnemonic, "_K"), "_X")
	switch name {
	case "MOVSX64_8":
		return uint64(int64(int8(b)))
	case "MOVSX64_16":
		return uint64(int64(int16(b)))
	case "MOVSX64_32":
		return uint64(int64(int32(b)))
	case "MOVSX32_8":
		return uint64(uint32(int8(b)))
	case "MOVSX32_16":
		return uint64(uint32(int16(b)))
	}
	for _, order := range []string{"LE", "BE", "BSWAP"} {
		if width, ok := strings.CutPrefix(name, order); ok {
			return reordered(order, width, a)
		}
	}
	if op, ok := strings.CutSuffix(name, "32"); ok {
		a, b = uint64(uint32(a)), uint64(uint32(b))
		return uint64(uint32(binary64or32(op, a, b, int64(int32(a)), int64(int32(b)), 31)))
	}
	return binary64or32(strings.TrimSuffix(name, "64"), a, b, int64(a), int64(b), 63)
}

// binary64or32 computes with operands that are extended to 64 bits without and with sign; mask cuts the shifts.
func binary64or32(op string, a, b uint64, signedA, signedB int64, mask uint64) uint64 {
	switch op {
	case "ADD":
		return a + b
	case "SUB":
		return a - b
	case "MUL":
		return a * b
	case "DIV":
		if b == 0 {
			return 0
		}
		return a / b
	case "MOD":
		if b == 0 {
			return a
		}
		return a % b
	case "SDIV":
		if b == 0 {
			return 0
		}
		return uint64(signedA / signedB) // Go, as RFC 9669, has min / -1 = min
	case "SMOD":
		if b == 0 {
			return a
		}
		return uint64(signedA % signedB)
	case "OR":
		return a | b
	case "AND":
		return a & b
	case "XOR":
		return a ^ b
	case "LSH":
		return a << (b & mask)
	case "RSH":
		return a >> (b & mask)
	case "ARSH":
		return uint64(signedA >> (b & mask))
	case "MOV":
		return b
	case "NEG":
		return -a
	}
	panic("no arithmetic called " + op)
}

// reordered is the low part of v in the byte order, as this machine reads it; the rest is 0.
func reordered(order, width string, v uint64) uint64 {
	little := binary.NativeEndian.Uint16([]byte{1, 0}) == 1
	if order == "LE" && little || order == "BE" && !little {
		switch width {
		case "16":
			return uint64(uint16(v))
		case "32":
			return uint64(uint32(v))
		}
		return v
	}
	switch width {
	case "16":
		return uint64(bits.ReverseBytes16(uint16(v)))
	case "32":
		return uint64(bits.ReverseBytes32(uint32(v)))
	}
	return bits.ReverseBytes64(v)
}

// jumps tells whether a conditional jump is taken. b is src, or imm with its sign extended.
func jumps(mnemonic string, a, b uint64) bool {
	name := strings.TrimSuffix(strings.TrimSuffix(mnemonic, "_K"), "_X")
	signedA, signedB := int64(a), int64(b)
	if strings.HasSuffix(name, "32") {
		a, b, signedA, signedB = uint64(uint32(a)), uint64(uint32(b)), int64(int32(a)), int64(int32(b))
	}
	switch name[:len(name)-2] {
	case "JEQ":
		return a == b
	case "JNE":
		return a != b
	case "JGT":
		return a > b
	case "JGE":
		return a >= b
	case "JLT":
		return a < b
	case "JLE":
		return a <= b
	case "JSET":
		return a&b != 0
	case "JSGT":
		return signedA > signedB
	case "JSGE":
		return signedA >= signedB
	case "JSLT":
		return signedA < signedB
	case "JSLE":
		return signedA <= signedB
	}
	panic("no jump called " + mnemonic)
}

// A word is 8 bytes of memory, as this machine stores the number.
type word [8]byte

func wordOf(v uint64) (w word) {
	binary.NativeEndian.PutUint64(w[:], v)
	return w
}

func (w word) number() uint64 { return binary.NativeEndian.Uint64(w[:]) }

// get reads size bytes at a position.
func (w word) get(at, size int) uint64 {
	switch size {
	case 1:
		return uint64(w[at])
	case 2:
		return uint64(binary.NativeEndian.Uint16(w[at:]))
	case 4:
		return uint64(binary.NativeEndian.Uint32(w[at:]))
	}
	return w.number()
}

// set writes the low size bytes of v at a position.
func (w *word) set(at, size int, v uint64) {
	switch size {
	case 1:
		w[at] = byte(v)
	case 2:
		binary.NativeEndian.PutUint16(w[at:], uint16(v))
	case 4:
		binary.NativeEndian.PutUint32(w[at:], uint32(v))
	default:
		binary.NativeEndian.PutUint64(w[:], v)
	}
}

// signed extends the sign of the low size bytes.
func signed(v uint64, size int) uint64 {
	shift := 64 - 8*size
	return uint64(int64(v<<shift) >> shift)
}

// An atomicResult is what is there after an atomic operation: the number in memory, and the registers.
type atomicResult struct{ mem, src, r0 uint64 }

// atomically computes an atomic operation on a number of size bytes in memory.
func atomically(mnemonic string, size int, mem, src, r0 uint64) atomicResult {
	cut := uint64(1)<<(8*size-1)<<1 - 1 // all ones for 8 bytes
	name := strings.TrimPrefix(mnemonic, "ATOMIC_")
	name, _, _ = strings.Cut(strings.TrimPrefix(name, "FETCH_"), "_")
	after := atomicResult{mem: mem, src: src, r0: r0}
	switch name {
	case "ADD":
		after.mem = (mem + src) & cut
	case "OR":
		after.mem = (mem | src) & cut
	case "AND":
		after.mem = mem & src & cut
	case "XOR":
		after.mem = (mem ^ src) & cut
	case "XCHG":
		after.mem, after.src = src&cut, mem
	case "CMPXCHG":
		if r0&cut == mem {
			after.mem = src & cut
		}
		after.r0 = mem
	default:
		panic("no atomic operation called " + mnemonic)
	}
	if strings.Contains(mnemonic, "FETCH_") {
		after.src = mem
	}
	return after
}
