package opt

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// memory uses values that were loaded or stored before instead of loading them again. It removes stores to objects of the frame that
// are never read.
func memory(w *work) {
	w.room()
	order := w.blocks()
	m := &memoryPass{w: w, places: newPlaces(w, order), after: make([][]int32, len(w.f.Blocks)), done: make([]bool, len(w.f.Blocks))}
	for _, b := range order {
		m.enter(b)
		m.block(b)
		m.after[b] = m.save()
		m.done[b] = true
	}
	w.settle()
}

// known is a piece of memory with known contents.
type known struct {
	place  place
	value  ir.V // the value whose low bytes it holds; 0 if it holds the constant imm
	imm    int64
	loaded bool // value has the form that a load of that size, signed or not, gives
	signed bool
	typ    ir.Type
}

// most is how much is known at a time. Older knowledge is forgotten, so that an access costs the same in long blocks.
const most = 24

// memoryPass has a list of everything that was ever known. What is known at one place is a list of indices into it, in rising order.
type memoryPass struct {
	w      *work
	places *places
	all    []known
	now    []int32   // oldest first
	after  [][]int32 // by block: what is known at its end
	done   []bool
	space  []int32 // memory for the lists in after
}

// save keeps what is known here for the blocks that follow.
func (m *memoryPass) save() []int32 {
	if len(m.now) == 0 {
		return nil
	}
	if len(m.space)+len(m.now) > cap(m.space) {
		m.space = make([]int32, 0, 4096)
	}
	n := len(m.space)
	m.space = append(m.space, m.now...)
	return m.space[n:len(m.space):len(m.space)]
}

// enter sets what is known at the beginning of a block: what all blocks before it know of the same memory. A block that comes later in
// order, at the end of a loop, may have stored anything.
func (m *memoryPass) enter(b ir.B) {
	preds := m.w.f.Blocks[b].Preds
	m.now = m.now[:0]
	if b == 0 {
		return
	}
	for _, p := range preds {
		if !m.done[p] {
			return
		}
	}
	m.now = append(m.now, m.after[preds[0]]...)
	for _, p := range preds[1:] {
		if len(m.now) == 0 {
			return
		}
		kept, other := m.now[:0], m.after[p]
		for _, k := range m.now {
			for len(other) > 0 && other[0] < k {
				other = other[1:]
			}
			if len(other) > 0 && other[0] == k {
				kept = append(kept, k)
			}
		}
		m.now = kept
	}
}

func (m *memoryPass) block(b ir.B) {
	w := m.w
	for _, n := range w.f.Blocks[b].Values {
		for i, a := range w.value(n).Args {
			w.value(n).Args[i] = w.resolve(a)
		}
		switch v := w.value(n); v.Op {
		case ir.Load:
			m.load(n)
		case ir.Store, ir.StoreConst:
			at := m.places.of(n)
			if at.area == private && !m.places.read[at.id+1] {
				w.become(n, ir.None, 0)
				continue
			}
			m.kill(at)
			k := known{place: at, imm: v.Imm}
			if v.Op == ir.Store {
				k.value, k.imm = v.Args[1], 0
			}
			m.remember(k)
		case ir.Atomic:
			m.kill(m.places.of(n))
		case ir.CallHelper, ir.CallKernel, ir.CallSub:
			m.call()
		}
	}
}

func (m *memoryPass) remember(k known) {
	if k.place.size == 0 {
		return
	}
	if len(m.now) == most {
		copy(m.now, m.now[most/4:])
		m.now = m.now[:most-most/4]
	}
	m.now = append(m.now, int32(len(m.all)))
	m.all = append(m.all, k)
}

// kill forgets the memory that a store may change.
func (m *memoryPass) kill(at place) {
	kept := m.now[:0]
	for _, k := range m.now {
		if !m.all[k].place.alias(at) {
			kept = append(kept, k)
		}
	}
	m.now = kept
}

// call forgets the memory that a call may change: all except the objects whose address nobody else has.
func (m *memoryPass) call() {
	kept := m.now[:0]
	for _, k := range m.now {
		if m.all[k].place.area == private {
			kept = append(kept, k)
		}
	}
	m.now = kept
}

// load replaces a load by a known value, or remembers what is loaded.
func (m *memoryPass) load(n ir.V) {
	v := m.w.value(n)
	at := m.places.of(n)
	for i := len(m.now) - 1; i >= 0; i-- {
		if k := &m.all[m.now[i]]; k.place.same(at) && m.take(n, k) {
			return
		}
	}
	m.remember(known{place: at, value: n, loaded: true, signed: v.Signed, typ: v.Type})
}

// take makes a load a value that is known: its low bytes, extended as the load would extend them.
func (m *memoryPass) take(n ir.V, k *known) bool {
	w := m.w
	v := w.value(n)
	if k.value == 0 {
		if v.Type == ir.Ptr && k.imm != 0 {
			return false
		}
		w.becomeConst(n, extend(uint64(k.imm), v.Size, v.Signed))
		return true
	}
	from := w.value(k.value)
	if (from.Type == ir.Ptr) != (v.Type == ir.Ptr) {
		return false
	}
	switch {
	case v.Size == 8, k.loaded && !k.signed && !v.Signed, k.loaded && k.signed && v.Signed && k.typ == v.Type:
		w.rename(n, k.value)
		return true
	case v.Signed && v.Size < 4 || v.Signed && v.Type.Wide():
		op, _ := extending(8 * int64(v.Size))
		w.become(n, op, 0, k.value)
		return true
	case v.Size == 4:
		if narrow(from.Type) {
			w.rename(n, k.value)
		} else {
			v.Type = ir.I32
			w.become(n, ir.Trunc, 0, k.value)
		}
		return true
	}
	v.Type = ir.I32
	w.become(n, ir.And, 1<<(8*v.Size)-1, k.value)
	return true
}

// extend extends the low bytes of a number as a load does.
func extend(bits uint64, size uint8, signed bool) uint64 {
	shift := 64 - 8*uint64(size)
	if signed {
		return uint64(int64(bits<<shift) >> shift)
	}
	return bits << shift >> shift
}
