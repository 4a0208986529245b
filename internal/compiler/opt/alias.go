package opt

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// A place is the memory that an access reaches: size bytes at off after a root.
type place struct {
	root ir.V  // the value that the address is computed from; 0 for objects of the frame and for maps
	area area  // what the root points into
	id   int32 // of the object or the map
	off  int32
	size int32 // 0: the access may be anywhere in the area
}

// An area is what an address points into, as far as that is known.
type area uint8

const (
	elsewhere area = iota // anything but private objects: it may be one of the next two
	inMap                 // the value of a map
	shared                // an object of the frame whose address others may have
	private               // an object of the frame whose address no other code has
)

// alias reports whether two accesses may share bytes.
func (p place) alias(q place) bool {
	switch {
	case p.area == private || q.area == private, p.area != elsewhere && q.area != elsewhere:
		if p.area != q.area || p.id != q.id {
			return false
		}
	case p.area != q.area || p.root != q.root:
		return true
	}
	if p.size == 0 || q.size == 0 {
		return true
	}
	return p.off < q.off+q.size && q.off < p.off+p.size
}

// same reports whether two accesses are known to be to the same bytes.
func (p place) same(q place) bool { return p == q && p.size != 0 }

// places knows the roots of addresses.
type places struct {
	w       *work
	object  []int32 // by value: the object of the frame that it points into, counted from 1
	escaped []bool  // by object
	read    []bool  // by object: something is loaded from it
}

// newPlaces follows the addresses of objects of the frame. An address escapes if it is used for anything except loads, stores and
// additions.
func newPlaces(w *work, order []ir.B) *places {
	p := &places{w: w, object: make([]int32, len(w.f.Values)), escaped: make([]bool, len(w.f.Frame)+1),
		read: make([]bool, len(w.f.Frame)+1)}
	if len(w.f.Frame) == 0 {
		return p
	}
	for _, b := range order {
		block := &w.f.Blocks[b]
		for _, n := range block.Values {
			v := w.value(n)
			if v.Op == ir.FrameAddr && int(v.Aux) < len(w.f.Frame) {
				p.object[n] = v.Aux + 1
				continue
			}
			for i, a := range v.Args {
				o := p.object[a]
				if o == 0 {
					continue
				}
				switch {
				case v.Op == ir.Add && i == 0 && v.Type == ir.Ptr:
					p.object[n] = o
				case i == 0 && (v.Op == ir.Store || v.Op == ir.StoreConst):
				case i == 0 && (v.Op == ir.Load || v.Op == ir.Atomic):
					p.read[o] = true
				case v.Op == ir.Compare:
				default:
					p.escaped[o] = true
				}
			}
		}
		if block.Kind == ir.Return {
			p.escaped[p.object[block.X]] = true // 0 means: not an address of an object
		}
	}
	// A phi may have taken an address that comes later in the order.
	for _, b := range order {
		for _, n := range w.f.Blocks[b].Values {
			v := w.value(n)
			if v.Op != ir.Phi {
				break
			}
			for _, a := range v.Args {
				p.escaped[p.object[a]] = true
			}
		}
	}
	return p
}

// of returns the place of an access.
func (p *places) of(n ir.V) place {
	v := p.w.value(n)
	x, off, size := v.Args[0], int64(v.Off), int32(v.Size)
	for {
		vx := p.w.value(x)
		if vx.Op != ir.Add || vx.Type != ir.Ptr {
			break
		}
		if len(vx.Args) == 2 {
			if p.object[x] == 0 && !p.intoMap(vx.Args[0]) {
				break // the sum can be a root too
			}
			size = 0 // somewhere in the object
		} else {
			off += vx.Imm
		}
		x = vx.Args[0]
	}
	if off != int64(int32(off)) {
		size = 0
	}
	q := place{root: x, off: int32(off), size: size}
	vx := p.w.value(x)
	switch {
	case vx.Op == ir.FrameAddr && p.object[x] > 0:
		q.root, q.id, q.off, q.area = 0, vx.Aux, q.off+int32(vx.Imm), private
		if p.escaped[p.object[x]] {
			q.area = shared
		}
	case vx.Op == ir.MapValue:
		q.root, q.id, q.off, q.area = 0, vx.Aux, q.off+int32(vx.Imm), inMap
	}
	return q
}

// intoMap reports whether an address points into a map's value. It also returns what is added to the value's address.
func (p *places) intoMap(x ir.V) bool {
	for {
		v := p.w.value(x)
		if v.Op != ir.Add || v.Type != ir.Ptr {
			return v.Op == ir.MapValue
		}
		x = v.Args[0]
	}
}
