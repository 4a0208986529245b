package compile

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
)

// A lowering turns the values that a Go function wrote into SSA form for the target. It looks names up, leaves out branches for what
// the target lacks, makes values of variables, and replaces operations that the ISA level lacks by others.
//
// It follows Braun, Buchwald, Hack, Leißa, Mallon and Zwinkau, Simple and Efficient Construction of Static Single Assignment Form
// (2013). A block is translated after all blocks that lead to it, except in loops. When a variable is read, its value is looked for
// backward; where several ways meet, a phi is added.
type lowering struct {
	*unit
	p    *dsl.Program
	body *record.Body
	from *ir.Func
	to   *ir.Func

	block  []ir.B          // by reachable block of from: the block of to
	value  []ir.V          // by value of from: the value of to
	known  []int8          // by Bool of from: not yet known, no, yes, not constant
	vars   []ir.V          // the value of each variable at the end of each block of to, by block and variable
	sealed []bool          // all ways into the block are translated
	open   [][]phi         // the phis of blocks that are not sealed
	fields []lookup        // by name
	void   map[ir.V]string // calls of kernel functions without a result, by value of from, with their names
	absent []int           // by value of from: 1 + the parameter that it is, if the kernel does not pass that; nil if it passes all
	at     ir.B
	site   int32
}

type phi struct {
	v        ir.V
	variable int32
}

// lower returns the function in SSA form. It returns nil if there are findings.
func (u *unit) lower(p *dsl.Program, body *record.Body) *ir.Func {
	from := body.IR
	l := &lowering{unit: u, p: p, body: body, from: from, to: ir.New(p.Name)}
	l.to.Frame, l.to.Names, l.to.Sites = from.Frame, from.Names, from.Sites
	l.block = make([]ir.B, len(from.Blocks))
	l.value = make([]ir.V, len(from.Values))
	l.known = make([]int8, len(from.Values))
	l.fields = make([]lookup, len(from.Names))
	order := l.reachable()
	l.to.Grow(len(from.Values) + len(from.Values)/8)
	l.vars = make([]ir.V, len(order)*len(from.Vars))
	l.sealed = make([]bool, len(order))
	l.open = make([][]phi, len(order))
	left := make([]int, len(order)) // how many ways into each block are not translated yet
	for _, b := range order {
		for _, s := range l.succs(b) {
			left[l.block[s]]++
		}
	}
	for _, b := range order {
		l.at = l.block[b]
		if left[l.at] == 0 {
			l.seal(l.at)
		}
		if l.to.Blocks[l.at].Values == nil {
			l.to.Blocks[l.at].Values = make([]ir.V, 0, len(from.Blocks[b].Values)+2)
		}
		for _, v := range from.Blocks[b].Values {
			l.site = from.Values[v].Site
			l.checkAbsent(v)
			l.checkVoid(from.Values[v].Args...)
			l.value[v] = l.translate(v, &from.Values[v])
		}
		l.end(b)
		for _, s := range l.succs(b) {
			s := l.block[s]
			if left[s]--; left[s] == 0 && s <= l.at { // a loop's way back to a block that is translated
				l.seal(s)
			}
		}
	}
	return l.to
}

// reachable lists the blocks that can be reached in the target, in reverse postorder, and numbers them.
func (l *lowering) reachable() []ir.B {
	order := l.from.PostorderReversedBy(l.succs)
	l.to.GrowBlocks(2 * len(order)) // later passes split some
	for i, b := range order {
		l.block[b] = ir.B(i)
		if i > 0 {
			l.to.NewBlock()
		}
	}
	return order
}

// succs are the blocks that a block leads to in the target.
func (l *lowering) succs(b ir.B) []ir.B {
	block := &l.from.Blocks[b]
	if block.Kind == ir.Branch {
		switch l.constant(block.X) {
		case yes:
			return block.Succs[:1]
		case no:
			return block.Succs[1:]
		}
	}
	return block.Succs
}

// What is known about a Bool.
const (
	unknownBool = iota
	no
	yes
	depends
)

// constant decides the Bools that depend only on the target.
func (l *lowering) constant(v ir.V) int8 {
	if l.known[v] != unknownBool {
		return l.known[v]
	}
	value := &l.from.Values[v]
	known := int8(depends)
	switch value.Op {
	case ir.Has:
		known = no
		if l.has(value.Aux) {
			known = yes
		}
	case ir.Not:
		switch l.constant(value.Args[0]) {
		case yes:
			known = no
		case no:
			known = yes
		}
	case ir.And, ir.Or:
		decides := int8(no)
		if value.Op == ir.Or {
			decides = yes
		}
		x, y := l.constant(value.Args[0]), l.constant(value.Args[1])
		switch {
		case x == decides || y == decides:
			known = decides
		case x != depends && y != depends:
			known = x
		}
	}
	l.known[v] = known
	return known
}

// end ends the current block.
func (l *lowering) end(b ir.B) {
	from, to := &l.from.Blocks[b], &l.to.Blocks[l.at]
	to.Kind, to.Site = from.Kind, from.Site
	l.site = from.Site
	l.useAbsent(from.X)
	l.checkVoid(from.X)
	succs := l.succs(b)
	if from.Kind == ir.Branch && len(succs) == 1 {
		to.Kind = ir.Jump
	} else if from.X != 0 {
		to.Cond, to.X = from.Cond, l.value[from.X]
		if x := &l.to.Values[to.X]; to.Kind == ir.Return && x.Op == ir.Trunc {
			to.X = x.Args[0] // the upper half of a 32-bit result is not used: callers cut it off themselves
		}
	} else if from.Kind == ir.Return && l.returnsZero() {
		to.X = l.constantValue(ir.I64, 0)
	}
	for _, s := range succs {
		l.to.Edge(l.at, l.block[s])
	}
	if len(succs) == 2 && succs[0] == succs[1] {
		to.Kind, to.X = ir.Jump, 0
		s := &l.to.Blocks[to.Succs[0]]
		to.Succs = to.Succs[:1]
		s.Preds = s.Preds[:len(s.Preds)-1]
	}
}

// returnsZero reports whether the function has no result, and the kernel expects one that means nothing: tracing programs have to return
// 0, although the functions and tracepoints that they are for are void.
func (l *lowering) returnsZero() bool {
	place := l.target.Place
	return l.p == l.program && place != nil && place.Type.MayBeVoid(place.Hook) && l.p.Proto.Result.Void()
}

// emit adds a value to the current block.
func (l *lowering) emit(v ir.Value, args ...ir.V) ir.V {
	v.Site = l.site
	return l.to.Append(l.at, v, args...)
}

func (l *lowering) constantValue(typ ir.Type, n int64) ir.V {
	return l.emit(ir.Value{Op: ir.Const, Type: typ, Imm: n})
}

// translate returns the value in the target's function.
func (l *lowering) translate(n ir.V, v *ir.Value) ir.V {
	switch v.Op {
	case ir.VarGet:
		return l.readVariable(v.Aux, l.at)
	case ir.VarSet:
		l.setVariable(v.Aux, l.at, l.value[v.Args[0]])
		return 0
	case ir.FieldLoad:
		return l.fieldLoad(v)
	case ir.FieldStore:
		l.fieldStore(v)
		return 0
	case ir.FieldAddr:
		return l.fieldAddr(v)
	case ir.ReadKernel:
		return l.readKernel(v)
	case ir.EnumValue:
		return l.enumValue(v)
	case ir.KernelCall:
		return l.kernelCall(n, v)
	case ir.Has:
		n := int64(0)
		if l.has(v.Aux) {
			n = 1
		}
		return l.constantValue(ir.Bool, n)
	case ir.Load:
		if v.Aux == ir.ArgumentLoad {
			return l.argument(n, *v)
		}
	case ir.CallHelper:
		l.checkHelper(v)
		if l.resultOf32(v) {
			return l.helperResult32(v)
		}
	case ir.SDiv, ir.SMod:
		if l.target.Level != 0 && l.target.Level < isa.V4 {
			return l.divideSigned(v)
		}
	case ir.Swap16, ir.Swap32, ir.Swap64:
		if v.Imm == 1 && l.target.ByteOrder == isa.BigEndian {
			return l.value[v.Args[0]]
		}
	}
	low := *v
	if v.Op == ir.Swap16 || v.Op == ir.Swap32 || v.Op == ir.Swap64 {
		low.Imm = 0
	}
	return l.emit(low, l.args(v)...)
}

// args are a value's arguments, in the target's function.
func (l *lowering) args(v *ir.Value) []ir.V {
	args := make([]ir.V, 0, linux.MostCallArguments)
	for _, a := range v.Args {
		args = append(args, l.value[a])
	}
	return args
}

// resultOf32 reports whether a helper's result may have only 32 valid bits. Linux calls the functions of maps directly, without the
// helper around them. Until 6.4 these functions returned an int, so the upper half of R0 may be anything; usually it is zero.
func (l *lowering) resultOf32(v *ir.Value) bool {
	if l.target.has(isa.V4) {
		return false // Linux 6.6
	}
	switch v.Imm {
	case helperMapUpdate, helperMapDelete, helperMapPush, helperMapPop, helperMapPeek:
		return true
	}
	return false
}

const (
	helperMapUpdate = 2
	helperMapDelete = 3
	helperMapPush   = 87
	helperMapPop    = 88
	helperMapPeek   = 89
)

// helperResult32 calls a helper and extends its result's sign.
func (l *lowering) helperResult32(v *ir.Value) ir.V {
	return l.emit(ir.Value{Op: ir.SExt32, Type: v.Type}, l.emit(*v, l.args(v)...))
}

// divideSigned uses the unsigned division, for ISA levels that have no signed one. Before it, it removes the signs with (x ^ s) - s,
// where all bits of s are the sign of x. After it, it sets the sign of the result.
func (l *lowering) divideSigned(v *ir.Value) ir.V {
	typ := v.Type
	last := int64(31)
	if typ == ir.I64 {
		last = 63
	}
	op := func(op ir.Op, x, y ir.V) ir.V { return l.emit(ir.Value{Op: op, Type: typ}, x, y) }
	signOf := func(x ir.V) ir.V { return l.emit(ir.Value{Op: ir.Sar, Type: typ, Imm: last}, x) }
	withSign := func(x, sign ir.V) ir.V { return op(ir.Sub, op(ir.Xor, x, sign), sign) }
	x := l.value[v.Args[0]]
	var y ir.V
	if len(v.Args) == 2 {
		y = l.value[v.Args[1]]
	} else {
		y = l.constantValue(typ, v.Imm)
	}
	sx, sy := signOf(x), signOf(y)
	ax, ay := withSign(x, sx), withSign(y, sy)
	if v.Op == ir.SMod {
		return withSign(op(ir.Mod, ax, ay), sx)
	}
	return withSign(op(ir.Div, ax, ay), op(ir.Xor, sx, sy))
}

func (l *lowering) setVariable(n int32, b ir.B, v ir.V) {
	l.vars[int(b)*len(l.from.Vars)+int(n)] = v
}

// readVariable returns the value of a variable at the end of a block, as far as the block is translated.
func (l *lowering) readVariable(n int32, b ir.B) ir.V {
	if v := l.vars[int(b)*len(l.from.Vars)+int(n)]; v != 0 {
		return v
	}
	var v ir.V
	switch preds := l.to.Blocks[b].Preds; {
	case !l.sealed[b]:
		v = l.newPhi(n, b)
		l.open[b] = append(l.open[b], phi{v, n})
	case len(preds) == 0: // it was never set, so only code that is never reached reads it
		v = l.prepend(b, ir.Value{Op: ir.Const, Type: l.from.Vars[n].Type})
	case len(preds) == 1:
		v = l.readVariable(n, preds[0])
	default:
		v = l.newPhi(n, b)
		l.setVariable(n, b, v)
		l.complete(v, n, b)
	}
	l.setVariable(n, b, v)
	return v
}

func (l *lowering) newPhi(n int32, b ir.B) ir.V {
	return l.prepend(b, ir.Value{Op: ir.Phi, Type: l.from.Vars[n].Type, Site: l.from.Vars[n].Site})
}

// prepend adds a value at the start of a block.
func (l *lowering) prepend(b ir.B, v ir.Value) ir.V {
	v.Block = b
	n := l.to.NewValue(v)
	block := &l.to.Blocks[b]
	at := 0
	for v.Op != ir.Phi && at < len(block.Values) && l.to.Values[block.Values[at]].Op == ir.Phi {
		at++
	}
	block.Values = append(block.Values, 0)
	copy(block.Values[at+1:], block.Values[at:])
	block.Values[at] = n
	return n
}

// complete gives a phi its arguments.
func (l *lowering) complete(v ir.V, n int32, b ir.B) {
	preds := l.to.Blocks[b].Preds
	args := make([]ir.V, len(preds))
	for i, p := range preds {
		args[i] = l.readVariable(n, p)
	}
	l.to.Values[v].Args = l.to.NewArgs(args...)
}

// seal completes the phis of a block whose ways in are all translated.
func (l *lowering) seal(b ir.B) {
	if l.sealed[b] {
		return
	}
	l.sealed[b] = true
	for _, p := range l.open[b] {
		l.complete(p.v, p.variable, b)
	}
	l.open[b] = nil
}
