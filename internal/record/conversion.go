package record

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// Cut brings the result of an operation into the form in which registers hold numbers of that width.
func (b *Builder) Cut(w Width, v ir.V) ir.V {
	switch {
	case w.Bits() >= 32:
		return v
	case !w.Signed():
		return b.Emit(ir.Value{Op: ir.And, Type: ir.I32, Imm: 1<<w.Bits() - 1}, v)
	case w.Bits() == 8:
		return b.Emit(ir.Value{Op: ir.SExt8, Type: ir.I32}, v)
	}
	return b.Emit(ir.Value{Op: ir.SExt16, Type: ir.I32}, v)
}

// Convert is Go's conversion to another integer type. A longer number is cut to its low bits, and a shorter one is extended, with its
// sign if it is signed.
func (b *Builder) Convert(to, from Width, x ir.V) ir.V {
	switch {
	case from.Bits() == 64 && to.Bits() < 64:
		return b.Cut(to, b.Emit(ir.Value{Op: ir.Trunc, Type: ir.I32}, x))
	case from.Bits() < 64 && to.Bits() == 64:
		op := ir.ZExt
		if from.Signed() {
			op = ir.SExt32 // narrower numbers are kept extended to 32 bits
		}
		return b.Emit(ir.Value{Op: op, Type: ir.I64}, x)
	case from.Bits() < to.Bits() && (to.Bits() == 32 || to.Signed() || !from.Signed()): // the form is already right
		return x
	}
	return b.Cut(to, x)
}

// When says on which machines Swap reverses the bytes. It is Imm of ir.Swap16, ir.Swap32 and ir.Swap64.
type When int64

const (
	Always  When = 0 // on any machine
	Network When = 1 // on machines that do not use network order
)

// Swap reverses the bytes of a number.
func (b *Builder) Swap(w Width, x ir.V, when When) ir.V {
	switch w.Bits() {
	case 16:
		return b.Cut(w, b.Emit(ir.Value{Op: ir.Swap16, Type: ir.I32, Imm: int64(when)}, x))
	case 32:
		return b.Emit(ir.Value{Op: ir.Swap32, Type: ir.I32, Imm: int64(when)}, x)
	case 64:
		return b.Emit(ir.Value{Op: ir.Swap64, Type: ir.I64, Imm: int64(when)}, x)
	}
	return x
}

// Load reads a number at an address and an offset. network says that its bytes are in network order.
func (b *Builder) Load(w Width, base ir.V, off int32, network bool) ir.V {
	v := b.Emit(ir.Value{Op: ir.Load, Type: w.Type(), Size: w.Bytes(), Off: off}, base)
	switch {
	case network && w.Bits() > 8:
		return b.Swap(w, v, Network)
	case w.Signed():
		return b.Cut(w, v)
	}
	return v // loads extend with zeros
}

// Store writes a number as Load reads it. aux is the Aux of ir.Store.
func (b *Builder) Store(w Width, base ir.V, off int32, network bool, aux int32, v ir.V) {
	if network {
		v = b.Swap(w, v, Network)
	}
	b.Emit(ir.Value{Op: ir.Store, Size: w.Bytes(), Off: off, Aux: aux}, base, v)
}

// Argument is a number that a caller passed. No caller promises anything about the bits above the width, so they are cut off. In a
// register it is a whole word; a narrow argument that was loaded is extended with zeros.
func (b *Builder) Argument(w Width, v ir.V, inRegister bool) ir.V {
	switch {
	case w.Bits() == 64:
		return v
	case inRegister:
		return b.Cut(w, b.Emit(ir.Value{Op: ir.Trunc, Type: ir.I32}, v))
	case w.Signed():
		return b.Cut(w, v)
	}
	return v
}
