package opt

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// work is a function while it is worked on, and what passes share.
type work struct {
	f    *ir.Func
	c    Config
	uses []int32 // how often each value is used; exact after count, and kept so by become and replace

	// Constants stand at the beginning of the entry block, each once, so that
	// equal values have equal numbers.
	constants map[constant]ir.V
	pool      []ir.V // made since the last settle

	before []ir.V // values to add in the current block before the current one

	order   []ir.B // as PostorderReversed; nil after the ways between blocks changed
	parents *tree  // the dominator tree of order, once it was needed
	slots   []ir.V // the table of number, kept for the next time
	facts   [3][]fact
}

type constant struct {
	typ ir.Type
	imm int64
}

const numOps = ir.CallSub + 1

// value is a value by its number. The pointer is good until the next value is made.
func (w *work) value(n ir.V) *ir.Value { return &w.f.Values[n] }

// narrow reports whether a value of the type has the upper half of its register zero.
func narrow(t ir.Type) bool { return t == ir.I32 || t == ir.Bool }

// normal is how a constant of a type is written: of narrow ones, int32.
func normal(t ir.Type, bits uint64) int64 {
	if t == ir.I32 {
		return int64(int32(bits))
	}
	return int64(bits)
}

// constOf is what the register of a constant holds.
func (w *work) constOf(n ir.V) (uint64, bool) {
	if n == 0 {
		return 0, false
	}
	v := w.value(n)
	if v.Op != ir.Const {
		return 0, false
	}
	if narrow(v.Type) {
		return uint64(uint32(v.Imm)), true
	}
	return uint64(v.Imm), true
}

// constant gives the value of a constant.
func (w *work) constant(t ir.Type, bits uint64) ir.V {
	key := constant{t, normal(t, bits)}
	if n, ok := w.constants[key]; ok && w.value(n).Op == ir.Const {
		return n
	}
	n := w.make(ir.Value{Op: ir.Const, Type: t, Imm: key.imm, Block: 0})
	w.pool = append(w.pool, n)
	if w.constants == nil {
		w.constants = map[constant]ir.V{}
	}
	w.constants[key] = n
	return n
}

// make makes a value that stands in no block's list yet.
func (w *work) make(v ir.Value, args ...ir.V) ir.V {
	n := w.f.NewValue(v, args...)
	for len(w.uses) < len(w.f.Values) {
		w.uses = append(w.uses, 0)
	}
	for _, a := range args {
		w.uses[a]++
	}
	return n
}

// blocks lists the blocks that can be reached, each before those that it leads to but for the
// ways back of loops.
func (w *work) blocks() []ir.B {
	if w.order == nil {
		w.order, w.parents = w.f.PostorderReversed(), nil
	}
	return w.order
}

// tree is the dominator tree.
func (w *work) tree() *tree {
	order := w.blocks()
	if w.parents == nil {
		w.parents = newTree(w.f, order)
	}
	return w.parents
}

// count counts how often values are used.
func (w *work) count() {
	w.room()
	clear(w.uses)
	for b := range w.f.Blocks {
		block := &w.f.Blocks[b]
		for _, n := range block.Values {
			for _, a := range w.f.Values[n].Args {
				w.uses[a]++
			}
		}
		w.uses[block.X]++
		w.uses[block.Y]++
	}
}

// room is for passes that change uses, but do not ask how many there are.
func (w *work) room() {
	if cap(w.uses) < len(w.f.Values) {
		w.uses = make([]int32, len(w.f.Values), len(w.f.Values)*5/4)
	}
	w.uses = w.uses[:len(w.f.Values)]
}

func (w *work) single(n ir.V) bool { return w.uses[n] == 1 }

// become makes another operation of a value, of the same type.
func (w *work) become(n ir.V, op ir.Op, imm int64, args ...ir.V) {
	v := w.value(n)
	for _, a := range v.Args {
		w.uses[a]--
	}
	v.Op, v.Imm = op, imm
	if len(args) <= cap(v.Args) {
		v.Args = append(v.Args[:0], args...)
	} else {
		v.Args = w.f.NewArgs(args...)
	}
	for _, a := range args {
		w.uses[a]++
	}
}

// becomeConst makes a constant of a value.
func (w *work) becomeConst(n ir.V, bits uint64) {
	w.become(n, ir.Const, normal(w.value(n).Type, bits))
}

// replace makes x stand for n. A narrow operation looks at the lower half of
// a register and gives a value without an upper one, so when x may have an upper
// half, n stays as what cuts it off.
func (w *work) replace(n, x ir.V) {
	v := w.value(n)
	if narrow(v.Type) && !narrow(w.value(x).Type) {
		v.Type = ir.I32
		w.become(n, ir.Trunc, 0, x)
		return
	}
	w.rename(n, x)
}

// rename makes x stand for n, whose register would hold the same.
func (w *work) rename(n, x ir.V) {
	w.become(n, ir.Copy, 0, x)
	if !w.cast(n) {
		w.uses[x] += w.uses[n] - 1
	}
}

// cast reports whether a copy makes a pointer a number, or the other way round. Such copies stay, so that the two are not
// confused.
func (w *work) cast(n ir.V) bool {
	v := w.value(n)
	return (v.Type == ir.Ptr) != (w.value(v.Args[0]).Type == ir.Ptr)
}

// resolve gives what a value is a copy of.
func (w *work) resolve(n ir.V) ir.V {
	for w.value(n).Op == ir.Copy && !w.cast(n) {
		n = w.value(n).Args[0]
	}
	return n
}

// settle takes copies out, and brings constants into the entry block.
func (w *work) settle() {
	if len(w.pool) > 0 {
		entry := &w.f.Blocks[0]
		list := make([]ir.V, 0, len(entry.Values)+len(w.pool))
		entry.Values = append(append(list, w.pool...), entry.Values...)
		w.pool = w.pool[:0]
	}
	for b := range w.f.Blocks {
		block := &w.f.Blocks[b]
		kept := block.Values[:0]
		body, mixed := false, false
		for _, n := range block.Values {
			v := w.value(n)
			switch v.Op {
			case ir.None:
				continue
			case ir.Copy:
				if !w.cast(n) {
					continue
				}
			case ir.Phi:
				mixed = mixed || body
			}
			body = body || v.Op != ir.Phi
			for i, a := range v.Args {
				v.Args[i] = w.resolve(a)
			}
			kept = append(kept, n)
		}
		block.Values = kept
		if mixed {
			w.phisFirst(block)
		}
		if block.X != 0 {
			block.X = w.resolve(block.X)
		}
		if block.Y != 0 {
			block.Y = w.resolve(block.Y)
		}
	}
}

// phisFirst moves phis that became other operations after the remaining phis.
func (w *work) phisFirst(block *ir.Block) {
	var rest []ir.V
	kept := block.Values[:0]
	for _, n := range block.Values {
		if w.value(n).Op == ir.Phi {
			kept = append(kept, n)
		} else {
			rest = append(rest, n)
		}
	}
	block.Values = append(kept, rest...)
}
