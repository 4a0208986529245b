package opt

import (
	"math/bits"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
)

// A fact is what is known about a register: unsigned bounds of the number, and the bits that may be set.
type fact struct {
	min, max, may uint64
}

func exactly(c uint64) fact { return fact{c, c, c} }

// anything is all that is known about a value when only its type is known.
func anything(t ir.Type) fact {
	switch t {
	case ir.Bool:
		return fact{0, 1, 1}
	case ir.I32:
		return fact{0, 1<<32 - 1, 1<<32 - 1}
	}
	return fact{0, ^uint64(0), ^uint64(0)}
}

// upTo is a number of at most max.
func upTo(max uint64) fact { return fact{0, max, ^uint64(0) >> bits.LeadingZeros64(max)} }

// tight makes bounds and bits agree.
func (k fact) tight() fact {
	k.max = min(k.max, k.may)
	if k.max == 0 {
		k.may = 0
	} else {
		k.may &= ^uint64(0) >> bits.LeadingZeros64(k.max)
	}
	k.min = min(k.min, k.max) // only in code that is never reached
	return k
}

func (k fact) union(o fact) fact {
	return fact{min(k.min, o.min), max(k.max, o.max), k.may | o.may}
}

func (k fact) constant() bool { return k.min == k.max }

// below reports whether the number fits so many bits.
func (k fact) below(bits int) bool { return k.max>>bits == 0 }

// low is the fact about the lower half of a register.
func (k fact) low() fact {
	if k.below(32) {
		return k
	}
	return fact{0, 1<<32 - 1, k.may & (1<<32 - 1)}.tight()
}

// ranges finds out which numbers values may be, and removes what that makes superfluous: masks, extensions and comparisons. It claims
// no more than the kernel's verifier finds out by itself, because the program may have a mask or a comparison only to tell the
// verifier. So it claims nothing about quotients and remainders.
//
// In the first round, nothing is known about the phis at the heads of loops. The second round uses what the first has found about the
// values from the ends of the loops.
func ranges(w *work) {
	w.room()
	order := w.blocks()
	r := &rangePass{
		w:     w,
		tree:  w.tree(),
		edges: tableOf(w),
		facts: w.space(0),
		head:  make([]bool, len(w.f.Blocks)),
	}
	for _, b := range order {
		for _, p := range w.f.Blocks[b].Preds {
			if r.tree.back(p, b) {
				r.head[b], r.loops = true, true
			}
		}
	}
	r.findForgetting()
	r.in = r.impossible(1)
	if r.loops {
		r.walk()
		r.first, r.in = r.in, r.impossible(2)
	}
	r.last = true
	r.walk()
	w.settle()
}

// space returns room for a fact about each value. It may still hold facts of earlier passes.
func (w *work) space(i int) []fact {
	if cap(w.facts[i]) < len(w.f.Values) {
		w.facts[i] = make([]fact, len(w.f.Values)*5/4)
	}
	return w.facts[i][:len(w.f.Values)]
}

// impossible is the fact about a phi to which no value has come yet.
func (r *rangePass) impossible(i int) []fact {
	list := r.w.space(i)
	for _, b := range r.tree.order {
		for _, n := range r.edges.phis(b) {
			list[n] = fact{min: ^uint64(0)}
		}
	}
	return list
}

type rangePass struct {
	w     *work
	tree  *tree
	edges *edges
	facts []fact // by value, at the current place of the walk
	in    []fact // by phi, the union of the facts about its arguments
	first []fact // the facts of in after the first round, if there are two rounds
	head  []bool // by block, whether it is the head of a loop
	loops bool
	last  bool // the round that changes the function
	undo  []narrowed
	forgetting
}

// narrowed is what was known about a value before a branch told more about it.
type narrowed struct {
	value ir.V
	was   fact
	epoch int32
}

// walk goes down the dominator tree. What a branch tells about the numbers that it compares holds in all blocks under the block that it
// leads to.
func (r *rangePass) walk() {
	type part struct {
		end  int32 // where the block's part of the tree ends
		undo int
	}
	var stack []part
	for i, b := range r.tree.preorder {
		for len(stack) > 0 && stack[len(stack)-1].end <= int32(i) {
			r.back(stack[len(stack)-1].undo)
			stack = stack[:len(stack)-1]
		}
		stack = append(stack, part{r.tree.out[b], len(r.undo)})
		r.enter(b)
		r.block(b)
	}
	r.back(0)
}

// back forgets what was learnt after the list had so many entries.
func (r *rangePass) back(entries int) {
	for i := len(r.undo) - 1; i >= entries; i-- {
		r.set(r.undo[i].value, r.undo[i].was, r.undo[i].epoch)
	}
	r.undo = r.undo[:entries]
}

// enter learns from the branch that leads here, if nothing else leads here.
func (r *rangePass) enter(b ir.B) {
	preds := r.w.f.Blocks[b].Preds
	if len(preds) != 1 {
		return
	}
	from := &r.w.f.Blocks[preds[0]]
	if from.Kind == ir.Branch && from.Succs[0] != from.Succs[1] {
		r.assume(ending(from), from.Succs[0] == b)
	}
}

func (r *rangePass) block(b ir.B) {
	w := r.w
	block := &w.f.Blocks[b]
	r.enterEpoch(b)
	for _, n := range block.Values {
		v := w.value(n)
		if v.Op == ir.Phi {
			k := r.phi(n, b)
			r.set(n, k, r.now)
			if r.last && k.constant() {
				w.becomeConst(n, k.min)
			}
			continue
		}
		for i, a := range v.Args {
			v.Args[i] = w.resolve(a)
		}
		r.set(n, r.result(v), r.now)
		if w.forgets(v) {
			r.now++
		}
		if r.last {
			r.simplify(n)
		}
	}
	if r.last && block.Kind == ir.Branch {
		c := ending(block)
		c.x, c.y = w.resolve(c.x), w.resolve(c.y)
		if known := r.compare(c); known != open {
			c = comparison{cond: ir.EQ, wide: true, x: r.constant(0), imm: int64(known - always)}
		} else {
			c = r.shorter(c)
		}
		w.branch(b, c)
	}
	if block.Kind == ir.MayGoto {
		r.now++
	}
	for i, s := range block.Succs {
		r.leave(b, i, s)
	}
}

// constant makes a constant of 64 bits and records the fact about it.
func (r *rangePass) constant(c uint64) ir.V {
	n := r.w.constant(ir.I64, c)
	for len(r.facts) < len(r.w.f.Values) {
		r.facts = append(r.facts, exactly(c))
	}
	for len(r.epoch) > 0 && len(r.epoch) < len(r.w.f.Values) {
		r.epoch = append(r.epoch, r.now)
	}
	return n
}

// leave passes the facts about values that phis take from b on to the phis. What is known by the branch of b holds on its ways, even if
// they lead to a block that others lead to as well.
func (r *rangePass) leave(b ir.B, i int, to ir.B) {
	phis := r.edges.phis(to)
	if len(phis) == 0 {
		return
	}
	mark := len(r.undo)
	if block := &r.w.f.Blocks[b]; block.Kind == ir.Branch && block.Succs[0] != block.Succs[1] {
		r.assume(ending(block), i == 0)
	}
	for _, n := range phis {
		r.in[n] = r.in[n].union(r.known(r.w.resolve(r.edges.arg(n, b, i))))
	}
	r.back(mark)
}

// phi returns what is known about a phi.
func (r *rangePass) phi(n ir.V, b ir.B) fact {
	v := r.w.value(n)
	known := anything(v.Type)
	if v.Type == ir.Ptr {
		return known
	}
	come := known
	switch {
	case !r.head[b]:
		come = r.in[n]
	case r.first != nil:
		come = r.first[n]
	}
	if come.min > come.max {
		return known
	}
	return come
}
