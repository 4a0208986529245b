package opt

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// simplifyAddress moves what is added to an address into the offset of the access. Then all loads from a map's value share the map's
// address, which takes two slots.
func simplifyAddress(w *work, n ir.V) bool {
	v := w.value(n)
	x := v.Args[0]
	vx := w.value(x)
	if vx.Type != ir.Ptr {
		return false
	}
	off := int64(v.Off) + vx.Imm
	if off != int64(int16(off)) {
		return false
	}
	switch {
	case vx.Op == ir.Add && len(vx.Args) == 1:
		x = vx.Args[0]
	case vx.Op == ir.MapValue && vx.Imm != 0:
		x = w.emit(n, ir.Value{Op: ir.MapValue, Type: ir.Ptr, Aux: vx.Aux})
		v = w.value(n)
	default:
		return false
	}
	v.Off = int32(off)
	w.uses[v.Args[0]]--
	v.Args[0] = x
	w.uses[x]++
	return true
}

// simplifyStore puts a constant into the store instruction.
func simplifyStore(w *work, n ir.V) bool {
	v := w.value(n)
	c, ok := w.constOf(v.Args[1])
	if !ok {
		return simplifyAddress(w, n)
	}
	imm := int64(int32(c))
	switch v.Size {
	case 1:
		imm = int64(uint8(c))
	case 2:
		imm = int64(uint16(c))
	case 8:
		if uint64(imm) != c {
			return simplifyAddress(w, n)
		}
	}
	w.become(n, ir.StoreConst, imm, v.Args[0])
	return true
}
