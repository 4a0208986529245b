package opt

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// work is a function while passes change it, with the state that passes share.
type work struct {
	f    *ir.Func
	c    Config
	uses []int32 // how often each value is used: exact after count; become and replace keep it exact

	// Constants are at the beginning of the entry block. Each is there once, so equal constants have equal numbers.
	constants map[constant]ir.V
	pool      []ir.V // made since the last settle

	before []ir.V // values to add before the current one in the current block

	order   []ir.B // as PostorderReversed lists them; nil after the ways between blocks changed
	parents *tree  // the dominator tree of order; nil until it is needed
	slots   []ir.V // the table of number, kept for its next run
	facts   [3][]fact
}

type constant struct {
	typ ir.Type
	imm int64
}

const numOps = ir.CallSub + 1

// value returns a value by its number. The pointer is valid until the next value is made.
func (w *work) value(n ir.V) *ir.Value { return &w.f.Values[n] }

// narrow reports whether values of the type have a zero upper half in their register.
func narrow(t ir.Type) bool { return t == ir.I32 || t == ir.Bool }

// normal is the form of a constant in a value of that type. A narrow one is an int32.
func normal(t ir.Type, bits uint64) int64 {
	if t == ir.I32 {
		return int64(int32(bits))
	}
	return int64(bits)
}

// constOf returns what the register of a constant holds.
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

// constant returns the value for a constant.
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

// make makes a value that is in no block's list yet.
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

// blocks lists the blocks that can be reached. Each comes before those that it leads to, except where a loop goes back.
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

// room is for passes that change uses but need no count of them.
func (w *work) room() {
	if cap(w.uses) < len(w.f.Values) {
		w.uses = make([]int32, len(w.f.Values), len(w.f.Values)*5/4)
	}
	w.uses = w.uses[:len(w.f.Values)]
}

func (w *work) single(n ir.V) bool { return w.uses[n] == 1 }

// become changes the operation of a value. The type stays.
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

// becomeConst makes a value a constant.
func (w *work) becomeConst(n ir.V, bits uint64) {
	w.become(n, ir.Const, normal(w.value(n).Type, bits))
}

// replace uses x in the place of n. A narrow operation looks at the lower half of a register, and its result has a zero upper half. So
// if x may have an upper half, n stays and cuts it off.
func (w *work) replace(n, x ir.V) {
	v := w.value(n)
	if narrow(v.Type) && !narrow(w.value(x).Type) {
		v.Type = ir.I32
		w.become(n, ir.Trunc, 0, x)
		return
	}
	w.rename(n, x)
}

// rename uses x in the place of n, if the register would hold the same.
func (w *work) rename(n, x ir.V) {
	w.become(n, ir.Copy, 0, x)
	if !w.cast(n) {
		w.uses[x] += w.uses[n] - 1
	}
}

// cast reports whether a copy makes a number of a pointer, or a pointer of a number. Such copies stay, so that pointers and numbers are
// not confused.
func (w *work) cast(n ir.V) bool {
	v := w.value(n)
	return (v.Type == ir.Ptr) != (w.value(v.Args[0]).Type == ir.Ptr)
}

// resolve returns what a value is a copy of.
func (w *work) resolve(n ir.V) ir.V {
	for w.value(n).Op == ir.Copy && !w.cast(n) {
		n = w.value(n).Args[0]
	}
	return n
}

// settle removes copies and moves constants into the entry block.
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

// phisFirst moves phis that became other operations after the phis that remain.
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
