package compile

import (
	"math"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/isa"
)

// A kind says what is known of the value in a register.
type kind uint8

const ( // apply relies on the order
	unset    kind = iota // never written, or lost at a call
	scalar               // a number between min and max, unsigned
	context              // the context, off bytes into it
	stack                // the frame pointer plus off
	object               // a pointer to the kernel struct typ, off bytes into it
	acquired             // a pointer that has to be given back, off bytes into it; see references.go
	released             // what was one
	unknown              // anything: it is not judged
)

// A value is what is known of a register on one path. It is comparable: two
// paths that agree on all live values are one.
type value struct {
	kind     kind
	nullable bool  // an object that may be nil
	hidden   bool  // it comes from the stack, and the kernel remembers what was put there
	param    int8  // an object: the argument that it came from, for messages
	name     uint8 // acquired and released: the reference; numbers and unknown: see certain.go
	typ      btf.ID
	off      int64
	min, max uint64
}

func constant(n uint64) value     { return value{kind: scalar, min: n, max: n} }
func upTo(max uint64) value       { return value{kind: scalar, max: max} }
func (v *value) isConstant() bool { return v.kind == scalar && v.min == v.max }
func (v *value) isPointer() bool {
	return v.kind == context || v.kind == stack || v.kind == object || v.kind == acquired
}
func (v value) within(n uint64) bool { return v.kind == scalar && v.max <= n }

var anyNumber = value{kind: scalar, max: math.MaxUint64}

// A state is what is known at one instruction on one path.
type state [11]value

// apply is arithmetic on a register, with another value. Pointers keep what is
// known as long as constants are added to them; other arithmetic on them is for
// the kernel to judge.
//
// It is done at every step of every path, so values stay where they are.
func (v *value) apply(ins *isa.Instruction, by *value) {
	wide := ins.Op.Class() == isa.ClassALU64
	op := ins.Op.Operation()
	switch {
	case op == isa.OpMov:
		*v = move(ins, by, wide)
		return
	case v.kind > scalar || by.kind > scalar:
		switch {
		case !wide || !by.isConstant() || !v.isPointer() || op != isa.OpAdd && op != isa.OpSub:
			*v = value{kind: unknown, hidden: v.hidden || by.hidden}
		case op == isa.OpAdd:
			v.off += int64(by.min)
		default:
			v.off -= int64(by.min)
		}
		return
	}
	dst, src := *v, *by
	if !wide {
		dst, src = low32(dst), low32(src)
	}
	if dst.isConstant() && src.isConstant() {
		if n, ok := fold(op, wide, dst.min, src.min, ins.Off); ok {
			*v = constant(n)
			return
		}
	}
	limit, bits := uint64(math.MaxUint64), uint64(64)
	if !wide {
		limit, bits = math.MaxUint32, 32
	}
	switch {
	case op == isa.OpAnd:
		*v = upTo(min(dst.max, src.max))
	case op == isa.OpRsh && src.isConstant():
		shift := src.min & (bits - 1) // shifts by a register are masked
		*v = value{kind: scalar, min: dst.min >> shift, max: dst.max >> shift}
	case op == isa.OpMod && ins.Off == 0 && src.min > 0:
		*v = upTo(min(dst.max, src.max-1))
	case op == isa.OpDiv && ins.Off == 0:
		*v = upTo(dst.max)
	case op == isa.OpEnd && ins.Imm < 64:
		*v = upTo(1<<ins.Imm - 1)
	default:
		*v = upTo(limit)
	}
}

func move(ins *isa.Instruction, by *value, wide bool) value {
	src := *by
	switch {
	case ins.Off == 0 && wide:
		return src
	case src.kind != scalar:
		return value{kind: unknown, hidden: src.hidden}
	case ins.Off == 0:
		return low32(src)
	case src.max <= 1<<(uint(ins.Off)&63-1)-1: // not negative in the narrow type
		return src
	case wide:
		return anyNumber
	default:
		return upTo(math.MaxUint32)
	}
}

func low32(v value) value {
	switch {
	case v.kind != scalar:
		n := upTo(math.MaxUint32)
		n.hidden = v.hidden
		return n
	case v.isConstant():
		return constant(uint64(uint32(v.min)))
	case v.max <= math.MaxUint32:
		return v
	}
	return upTo(math.MaxUint32)
}

// fold computes with constants, as far as programs use that to steer branches.
func fold(op isa.Opcode, wide bool, a, b uint64, off int16) (uint64, bool) {
	bits := uint64(64)
	if !wide {
		bits = 32
	}
	var n uint64
	switch op {
	case isa.OpAdd:
		n = a + b
	case isa.OpSub:
		n = a - b
	case isa.OpMul:
		n = a * b
	case isa.OpAnd:
		n = a & b
	case isa.OpOr:
		n = a | b
	case isa.OpXor:
		n = a ^ b
	case isa.OpLsh:
		n = a << (b & (bits - 1))
	case isa.OpRsh:
		n = a >> (b & (bits - 1))
	case isa.OpDiv:
		if off != 0 || b == 0 {
			return 0, false
		}
		n = a / b
	case isa.OpMod:
		if off != 0 || b == 0 {
			return 0, false
		}
		n = a % b
	default:
		return 0, false
	}
	if !wide {
		n = uint64(uint32(n))
	}
	return n, true
}

// decide says whether a comparison of unsigned bounds is always or never true.
// Signed and bit-wise comparisons are decided for constants only.
func decide(op isa.Opcode, wide bool, a, b value) (always, never bool) {
	if a.kind != scalar || b.kind != scalar {
		return false, false
	}
	if !wide {
		if !a.within(math.MaxUint32) && !a.isConstant() || !b.within(math.MaxUint32) && !b.isConstant() {
			return false, false
		}
		a, b = low32(a), low32(b)
	}
	switch op {
	case isa.OpJEQ:
		return a.isConstant() && b.isConstant() && a.min == b.min, a.max < b.min || a.min > b.max
	case isa.OpJNE:
		return a.max < b.min || a.min > b.max, a.isConstant() && b.isConstant() && a.min == b.min
	case isa.OpJGT:
		return a.min > b.max, a.max <= b.min
	case isa.OpJGE:
		return a.min >= b.max, a.max < b.min
	case isa.OpJLT:
		return a.max < b.min, a.min >= b.max
	case isa.OpJLE:
		return a.max <= b.min, a.min > b.max
	}
	if !a.isConstant() || !b.isConstant() {
		return false, false
	}
	x, y := int64(a.min), int64(b.min)
	if !wide {
		x, y = int64(int32(x)), int64(int32(y))
	}
	var holds bool
	switch op {
	case isa.OpJSET:
		holds = x&y != 0
	case isa.OpJSGT:
		holds = x > y
	case isa.OpJSGE:
		holds = x >= y
	case isa.OpJSLT:
		holds = x < y
	case isa.OpJSLE:
		holds = x <= y
	default:
		return false, false
	}
	return holds, !holds
}

// negated is the comparison that holds where op does not, or 0.
func negated(op isa.Opcode) isa.Opcode {
	switch op {
	case isa.OpJEQ:
		return isa.OpJNE
	case isa.OpJNE:
		return isa.OpJEQ
	case isa.OpJGT:
		return isa.OpJLE
	case isa.OpJLE:
		return isa.OpJGT
	case isa.OpJGE:
		return isa.OpJLT
	case isa.OpJLT:
		return isa.OpJGE
	case isa.OpJSGT:
		return isa.OpJSLE
	case isa.OpJSLE:
		return isa.OpJSGT
	case isa.OpJSGE:
		return isa.OpJSLT
	case isa.OpJSLT:
		return isa.OpJSGE
	}
	return 0
}

// narrow is what is known of a after its comparison with b held.
func narrow(op isa.Opcode, wide bool, a, b value) value {
	if a.kind == object && a.nullable && b.isConstant() && b.min == 0 && wide {
		switch op {
		case isa.OpJEQ:
			return constant(0)
		case isa.OpJNE:
			a.nullable = false
		}
		return a
	}
	if a.kind != scalar || b.kind != scalar || !wide && !(a.within(math.MaxUint32) && b.within(math.MaxUint32)) {
		return a
	}
	switch op {
	case isa.OpJEQ:
		a.min, a.max = max(a.min, b.min), min(a.max, b.max)
	case isa.OpJNE:
		switch {
		case b.isConstant() && a.min == b.min && a.min < a.max:
			a.min++
		case b.isConstant() && a.max == b.min && a.min < a.max:
			a.max--
		}
	case isa.OpJGT:
		if b.min < math.MaxUint64 {
			a.min = max(a.min, b.min+1)
		}
	case isa.OpJGE:
		a.min = max(a.min, b.min)
	case isa.OpJLT:
		if b.max > 0 {
			a.max = min(a.max, b.max-1)
		}
	case isa.OpJLE:
		a.max = min(a.max, b.max)
	}
	return a
}
