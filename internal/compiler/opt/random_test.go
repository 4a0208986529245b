package opt

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
)

// author makes random functions as the language does: structured, with values of all widths,
// memory of all kinds, and much that can be simplified.
type author struct {
	r       *rand.Rand
	f       *ir.Func
	b       ir.B
	have    map[ir.Type][]ir.V
	depth   int
	budget  int
	context ir.V
}

func randomFunc(seed uint64) *ir.Func {
	a := &author{r: rand.New(rand.NewPCG(seed, 1)), f: ir.New("random"), have: map[ir.Type][]ir.V{}}
	a.budget = 10 + a.r.IntN(120)
	a.f.Frame = []ir.Object{{Name: "x", Size: 16}, {Name: "y", Size: 8}, {Name: "z", Size: 32}}
	a.context = a.add(ir.Value{Op: ir.Param, Type: ir.Ptr, Imm: 1})
	a.add(ir.Value{Op: ir.Param, Type: ir.I64, Imm: 2})
	a.add(ir.Value{Op: ir.Param, Type: ir.I32, Imm: 3})
	a.statements()
	a.finish()
	return a.f
}

// finish returns something, and lets others see some more of what there is.
func (a *author) finish() {
	for off := int32(16); off < regionSize; off += 8 {
		if t := a.integer(); len(a.have[t]) > 0 && a.r.IntN(2) == 0 {
			a.f.Append(a.b, ir.Value{Op: ir.Store, Size: 4, Off: off}, a.context, a.pick(t))
		}
	}
	x := a.pick(ir.I64)
	block := &a.f.Blocks[a.b]
	block.Kind, block.X = ir.Return, x
}

// add appends a value, which can be picked from then on.
func (a *author) add(v ir.Value, args ...ir.V) ir.V {
	n := a.f.Append(a.b, v, args...)
	if v.Type != ir.Void && v.Type != ir.Ptr {
		a.have[v.Type] = append(a.have[v.Type], n)
	}
	return n
}

var interesting = [...]int64{0, 1, -1, 2, 3, 7, 8, 10, 15, 16, 31, 32, 63, 64, 100, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x10000,
	0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, -0x8000000000000000, -2, -128, -256, -0x80000000}

// pick gives some value of a type: mostly one of the last.
func (a *author) pick(t ir.Type) ir.V {
	list := a.have[t]
	if len(list) == 0 || a.r.IntN(5) == 0 {
		imm := interesting[a.r.IntN(len(interesting))]
		switch t {
		case ir.Bool:
			imm &= 1
		case ir.I32:
			imm = int64(int32(imm))
		}
		return a.f.Append(a.b, ir.Value{Op: ir.Const, Type: t, Imm: imm})
	}
	if a.r.IntN(3) > 0 {
		return list[max(0, len(list)-1-a.r.IntN(4))]
	}
	return list[a.r.IntN(len(list))]
}

func (a *author) integer() ir.Type { return [...]ir.Type{ir.I32, ir.I64}[a.r.IntN(2)] }

func (a *author) statements() {
	for n := 1 + a.r.IntN(12); n > 0 && a.budget > 0; n-- {
		a.budget--
		switch k := a.r.IntN(24); {
		case k < 9:
			a.arithmetic()
		case k < 11:
			a.width()
		case k < 13:
			a.compare()
		case k < 18:
			a.access()
		case k < 19:
			a.call()
		case k < 23 && a.depth < 4:
			a.branch()
		case a.depth < 2:
			a.loop()
		}
	}
}

var arithmetic = [...]ir.Op{ir.Add, ir.Add, ir.Sub, ir.Mul, ir.Div, ir.Mod, ir.SDiv, ir.SMod, ir.And, ir.And, ir.Or, ir.Xor, ir.Shl,
	ir.Shr, ir.Sar, ir.Neg}

func (a *author) arithmetic() {
	t := a.integer()
	v := ir.Value{Op: arithmetic[a.r.IntN(len(arithmetic))], Type: t}
	x := a.pick(t)
	switch {
	case v.Op == ir.Neg:
		a.add(v, x)
	case v.Op == ir.Shl || v.Op == ir.Shr || v.Op == ir.Sar:
		if a.r.IntN(3) > 0 {
			v.Imm = int64(a.r.IntN(int(width(t))))
			if a.r.IntN(2) == 0 {
				v.Imm = int64(width(t)) - []int64{8, 16, 24, 31}[a.r.IntN(4)]
			}
			n := a.add(v, x)
			if a.r.IntN(2) == 0 {
				v.Op = [...]ir.Op{ir.Shl, ir.Shr, ir.Sar}[a.r.IntN(3)]
				a.add(v, n)
			}
			return
		}
		count := a.f.Append(a.b, ir.Value{Op: ir.And, Type: t, Imm: int64(width(t) - 1)}, a.pick(t))
		a.add(v, x, count)
	case a.r.IntN(2) == 0:
		v.Imm = int64(int32(interesting[a.r.IntN(len(interesting))]))
		if v.Op >= ir.Div && v.Op <= ir.SMod && v.Imm == 0 {
			v.Imm = 3
		}
		a.add(v, x)
	default:
		y := a.pick(t)
		if a.r.IntN(8) == 0 {
			y = x
		}
		a.add(v, x, y)
	}
}

func (a *author) width() {
	switch a.r.IntN(12) {
	case 0, 1, 2:
		a.add(ir.Value{Op: ir.Trunc, Type: ir.I32}, a.pick(ir.I64))
	case 3, 4:
		a.add(ir.Value{Op: ir.ZExt, Type: ir.I64}, a.pick(ir.I32))
	case 5:
		a.add(ir.Value{Op: ir.SExt32, Type: ir.I64}, a.pick(ir.I32))
	case 6:
		a.add(ir.Value{Op: [...]ir.Op{ir.SExt8, ir.SExt16}[a.r.IntN(2)], Type: ir.I32}, a.pick(ir.I32))
	case 7:
		a.add(ir.Value{Op: ir.And, Type: ir.I32, Imm: []int64{255, 65535}[a.r.IntN(2)]}, a.pick(ir.I32))
	case 8:
		a.add(ir.Value{Op: ir.Copy, Type: ir.I32}, a.pick(ir.Bool))
	case 9:
		a.add(ir.Value{Op: ir.Swap64, Type: ir.I64}, a.pick(ir.I64))
	case 10:
		n := a.f.Append(a.b, ir.Value{Op: ir.Swap16, Type: ir.I32}, a.pick(ir.I32))
		a.add(ir.Value{Op: ir.And, Type: ir.I32, Imm: 65535}, n)
	default:
		a.add(ir.Value{Op: ir.Swap32, Type: ir.I32}, a.pick(ir.I32))
	}
}

func (a *author) compare() ir.V {
	if a.r.IntN(4) == 0 {
		switch x := a.pick(ir.Bool); a.r.IntN(4) {
		case 0:
			return a.add(ir.Value{Op: ir.Not, Type: ir.Bool}, x)
		case 1:
			return a.add(ir.Value{Op: ir.Compare, Type: ir.Bool, Cond: [...]ir.Cond{ir.EQ, ir.NE}[a.r.IntN(2)], Imm: int64(a.r.IntN(2))},
				x)
		case 2:
			return a.add(ir.Value{Op: ir.And, Type: ir.Bool}, x, a.pick(ir.Bool))
		default:
			return a.add(ir.Value{Op: ir.Or, Type: ir.Bool}, x, a.pick(ir.Bool))
		}
	}
	if a.r.IntN(12) == 0 {
		return a.add(ir.Value{Op: ir.Compare, Type: ir.Bool, Cond: [...]ir.Cond{ir.EQ, ir.NE}[a.r.IntN(2)], Wide: true}, a.pointer())
	}
	t := a.integer()
	v := ir.Value{Op: ir.Compare, Type: ir.Bool, Cond: ir.Cond(a.r.IntN(int(ir.TEST) + 1)), Wide: t == ir.I64}
	if a.r.IntN(2) == 0 {
		v.Imm = int64(int32(interesting[a.r.IntN(len(interesting))]))
		return a.add(v, a.pick(t))
	}
	return a.add(v, a.pick(t), a.pick(t))
}

// access loads or stores; addresses stay within 16 bytes of what they are computed from.
func (a *author) access() {
	var base ir.V
	room := int64(16)
	switch a.r.IntN(6) {
	case 0, 1:
		base = a.context
	case 5:
		base = a.pointer()
	case 2:
		base = a.f.Append(a.b, ir.Value{Op: ir.MapValue, Type: ir.Ptr, Aux: int32(a.r.IntN(2)), Imm: int64(a.r.IntN(3) * 4)})
	default:
		o := int32(a.r.IntN(len(a.f.Frame)))
		base = a.f.Append(a.b, ir.Value{Op: ir.FrameAddr, Type: ir.Ptr, Aux: o})
		room = int64(a.f.Frame[o].Size)
	}
	size := uint8(1 << a.r.IntN(4))
	off := a.r.Int64N(room-int64(size)+1) &^ (int64(size) - 1)
	begin := off == 0
	if a.r.IntN(3) == 0 {
		part := a.r.Int64N(off + 1)
		base = a.f.Append(a.b, ir.Value{Op: ir.Add, Type: ir.Ptr}, base, a.f.Append(a.b, ir.Value{Op: ir.Const, Type: ir.I64, Imm: part}))
		off -= part
	}
	if begin && size <= 2 && a.r.IntN(2) == 0 && room >= 8 {
		index := a.f.Append(a.b, ir.Value{Op: ir.And, Type: ir.I64, Imm: 3}, a.pick(ir.I64))
		base = a.f.Append(a.b, ir.Value{Op: ir.Add, Type: ir.Ptr}, base, index)
	}
	t := ir.I32
	if size == 8 || a.r.IntN(4) == 0 {
		t = ir.I64
	}
	v := ir.Value{Type: t, Size: size, Off: int32(off)}
	switch a.r.IntN(8) {
	case 0, 1, 2, 3:
		v.Op = ir.Load
		v.Signed = size < 8 && a.r.IntN(4) == 0
		a.add(v, base)
	case 4:
		v.Op, v.Type, v.Imm = ir.StoreConst, ir.Void, int64(a.r.IntN(300)-100)
		a.add(v, base)
	case 5:
		if size < 4 {
			return
		}
		v.Op = ir.Atomic
		a.add(v, base, a.pick(t))
	default:
		v.Op, v.Type = ir.Store, ir.Void
		a.add(v, base, a.pick(t))
	}
}

// pointer gives an address with 16 bytes behind it, of which it may be unknown where it leads.
func (a *author) pointer() ir.V {
	if list := a.have[ir.Ptr]; len(list) > 0 && a.r.IntN(3) > 0 {
		return list[a.r.IntN(len(list))]
	}
	switch a.r.IntN(4) {
	case 0:
		return a.f.Append(a.b, ir.Value{Op: ir.FrameAddr, Type: ir.Ptr})
	case 1:
		return a.f.Append(a.b, ir.Value{Op: ir.FrameAddr, Type: ir.Ptr, Aux: 2, Imm: 8})
	case 2:
		return a.f.Append(a.b, ir.Value{Op: ir.MapValue, Type: ir.Ptr, Aux: 1, Imm: 4})
	}
	return a.context
}

func (a *author) call() {
	args := []ir.V{a.pick(ir.I64), a.pick(ir.I32)}
	if a.r.IntN(3) == 0 {
		args = append(args, a.f.Append(a.b, ir.Value{Op: ir.FrameAddr, Type: ir.Ptr, Aux: int32(a.r.IntN(2))}))
	}
	a.add(ir.Value{Op: ir.CallHelper, Type: ir.I64, Imm: int64(a.r.IntN(5))}, args...)
}

// end makes the current block branch by some condition.
func (a *author) end(yes, no ir.B) {
	var x ir.V
	if a.r.IntN(3) == 0 {
		x = a.pick(ir.Bool)
	} else {
		x = a.compare()
	}
	block := &a.f.Blocks[a.b]
	block.Kind, block.Cond, block.X, block.Imm = ir.Branch, ir.NE, x, 0
	if a.r.IntN(4) == 0 {
		block.Cond = ir.EQ
	}
	a.f.Edge(a.b, yes)
	a.f.Edge(a.b, no)
}

func (a *author) inside(b ir.B, body func()) {
	mark := map[ir.Type]int{}
	for _, t := range [...]ir.Type{ir.Bool, ir.I32, ir.I64, ir.Ptr} {
		mark[t] = len(a.have[t])
	}
	a.b = b
	a.depth++
	body()
	a.depth--
	for t, n := range mark {
		a.have[t] = a.have[t][:n]
	}
}

var allTypes = [...]ir.Type{ir.Bool, ir.I32, ir.I64, ir.I32, ir.I64}

func (a *author) branch() {
	yes, no, join := a.f.NewBlock(), a.f.NewBlock(), a.f.NewBlock()
	if a.r.IntN(6) == 0 { // leave early
		a.end(yes, join)
		a.inside(yes, func() { a.statements(); a.finish() })
		a.b = join
		return
	}
	types := allTypes[:a.r.IntN(len(allTypes)+1)]
	var from [2][]ir.V
	pointers := a.r.IntN(3) == 0
	pick := func(i int) {
		for _, t := range types {
			from[i] = append(from[i], a.pick(t))
		}
		if pointers {
			from[i] = append(from[i], a.pointer())
		}
	}
	arm := func(i int, b ir.B) {
		a.inside(b, func() {
			if a.r.IntN(3) > 0 {
				a.statements()
			}
			pick(i)
			a.f.Jump(a.b, join)
		})
	}
	if a.r.IntN(4) == 0 {
		pick(0)
		a.end(join, no)
	} else {
		a.end(yes, no)
		arm(0, yes)
	}
	arm(1, no)
	a.b = join
	if pointers {
		n := len(types)
		a.have[ir.Ptr] = append(a.have[ir.Ptr], a.f.Append(join, ir.Value{Op: ir.Phi, Type: ir.Ptr}, from[0][n], from[1][n]))
	}
	for i, t := range types {
		if a.r.IntN(6) == 0 && a.early(from[0][i]) {
			from[1][i] = from[0][i]
		}
		a.add(ir.Value{Op: ir.Phi, Type: t}, from[0][i], from[1][i])
	}
}

// early reports whether a value can be picked here, and so stands on every path to here.
func (a *author) early(n ir.V) bool { return slices.Contains(a.have[a.f.Values[n].Type], n) }

func (a *author) loop() {
	head, body, out := a.f.NewBlock(), a.f.NewBlock(), a.f.NewBlock()
	limit := int64(a.r.IntN(6))
	zero := a.f.Append(a.b, ir.Value{Op: ir.Const, Type: ir.I32})
	types := allTypes[:a.r.IntN(len(allTypes)+1)]
	start := []ir.V{zero}
	for _, t := range types {
		start = append(start, a.pick(t))
	}
	a.f.Jump(a.b, head)
	a.b = head
	var phis []ir.V
	for i, x := range start {
		t := ir.I32
		if i > 0 {
			t = types[i-1]
		}
		phis = append(phis, a.add(ir.Value{Op: ir.Phi, Type: t}, x))
	}
	c := a.f.Append(head, ir.Value{Op: ir.Compare, Type: ir.Bool, Cond: ir.LT, Imm: limit}, phis[0])
	block := &a.f.Blocks[head]
	block.Kind, block.Cond, block.X = ir.Branch, ir.NE, c
	a.f.Edge(head, body)
	a.f.Edge(head, out)
	if a.r.IntN(4) == 0 { // the program may be made to leave
		inner := a.f.NewBlock()
		a.f.Blocks[body].Kind = ir.MayGoto
		a.f.Edge(body, inner)
		a.f.Edge(body, out)
		body = inner
	}
	a.inside(body, func() {
		a.statements()
		next := []ir.V{a.f.Append(a.b, ir.Value{Op: ir.Add, Type: ir.I32, Imm: 1}, phis[0])}
		for _, t := range types {
			next = append(next, a.pick(t))
		}
		a.f.Jump(a.b, head)
		for i, phi := range phis {
			a.f.Values[phi].Args = append(a.f.Values[phi].Args, next[i])
		}
	})
	a.b = out
}

var params = [...][3]uint64{
	{address(contextRegion, 0), 0, 0},
	{address(contextRegion, 0), 0xffffffffffffffff, 0xffffffff},
	{address(contextRegion, 0), 0x123456789abcdef0, 77},
	{address(contextRegion, 0), 5, 0x80000000},
}

// behaviour is all that can be seen of a run from outside.
func behaviour(f *ir.Func, c Config, seed uint64, p [3]uint64) (string, error) {
	m := newMachine(f, c, seed)
	r, err := m.run(p)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%#x %v %x %x %x", r, m.trace, m.memory[contextRegion], m.memory[mapRegion], m.memory[mapRegion+1]), nil
}

var configs = [...]Config{{}, {NarrowJumps: true}, {NarrowJumps: true, SignedLoads: true}}

// checkRandom makes passes work on a random function, and runs it before and after each.
func checkRandom(t *testing.T, seed uint64, list []pass) {
	t.Helper()
	f := randomFunc(seed)
	if err := f.Verify(); err != nil {
		t.Fatalf("%d: %v\n%s", seed, err, f)
	}
	c := configs[seed%3]
	var want [len(params)]string
	for i, p := range params {
		var err error
		if want[i], err = behaviour(f, c, seed, p); err != nil {
			t.Fatalf("%d: %v\n%s", seed, err, f)
		}
	}
	w := &work{f: f, c: c}
	for k, pass := range list {
		before := f.String()
		pass.run(w)
		if err := f.Verify(); err != nil {
			t.Fatalf("seed %d, pass %d, %s: %v\nbefore\n%s\nafter\n%s", seed, k, pass.name, err, before, f)
		}
		for i, p := range params {
			got, err := behaviour(f, c, seed, p)
			if err != nil || got != want[i] {
				t.Fatalf("seed %d, pass %d, %s, parameters %d: %v\ngot  %s\nwant %s\nbefore\n%s\nafter\n%s", seed, k, pass.name, i, err,
					got, want[i], before, f)
			}
		}
	}
}

func TestRandomFunctionsBehaveTheSame(t *testing.T) {
	n := uint64(1500)
	if testing.Short() {
		n = 300
	}
	for seed := range n {
		checkRandom(t, seed, passes[:])
	}
}

func TestRandomFunctionsBehaveTheSameAfterEachPassAlone(t *testing.T) {
	each := map[string]bool{}
	for _, p := range passes {
		if each[p.name] {
			continue
		}
		each[p.name] = true
		t.Run(p.name, func(t *testing.T) {
			for seed := uint64(10000); seed < 10200; seed++ {
				checkRandom(t, seed, []pass{p, p})
			}
		})
	}
}
