package random

import "math/rand/v2"

// Generate makes the program for a seed.
func Generate(seed uint64) *Program {
	g := &generator{rand: newRand(seed, 0x5eed), p: &Program{Level: 1}}
	if g.chance(15) {
		g.p.Level = 4
	}
	subs := 0
	if g.chance(40) {
		subs = 1 + g.IntN(3)
	}
	for n := range subs + 1 {
		g.p.Funcs = append(g.p.Funcs, &Func{Type: g.anyType()})
		if n == 0 {
			continue
		}
		f := g.p.Funcs[n]
		f.Pointer = g.chance(40)
		most := 5
		if f.Pointer {
			most--
		}
		for range g.IntN(most + 1) {
			f.Params = append(f.Params, Param{ID: g.id(), Type: g.anyType(), Var: g.chance(30)})
		}
	}
	for n := range g.p.Funcs {
		g.function(n)
	}
	return g.p
}

// A generator writes a function at random.
type generator struct {
	rand    *rand.Rand
	p       *Program
	n       int // the function
	f       *Func
	left    int // statements that may still be made
	depth   int // blocks that are open
	turns   int // how often the present block runs
	loops   int // that are open
	blocks  []int
	visible []binding
}

// A binding is a name that is in scope.
type binding struct {
	id    int
	typ   Type
	isVar bool // it may be set
	fixed bool // it is a variable, but may not be set
}

func (g *generator) IntN(n int) int          { return g.rand.IntN(n) }
func (g *generator) chance(percent int) bool { return g.rand.IntN(100) < percent }
func (g *generator) anyType() Type           { return Type(g.rand.IntN(int(numTypes))) }

func (g *generator) id() int {
	g.p.IDs++
	return g.p.IDs
}

func (g *generator) see(id int, t Type, isVar bool) {
	g.visible = append(g.visible, binding{id: id, typ: t, isVar: isVar})
}

// function writes the body of a function.
func (g *generator) function(n int) {
	g.n, g.f = n, g.p.Funcs[n]
	g.visible, g.loops, g.blocks, g.depth, g.turns = nil, 0, nil, 0, 1
	for _, p := range g.f.Params {
		g.see(p.ID, p.Type, p.Var)
	}
	g.f.Locals = g.IntN(3)
	g.left = 4 + g.IntN(30)
	if n > 0 {
		g.f.Locals = g.IntN(2)
		g.left = 1 + g.IntN(8)
	}
	var body []*Stmt
	if n == 0 || g.chance(30) {
		start := 2 + g.IntN(5)
		if g.chance(25) { // more values than there are registers
			start = 10 + g.IntN(25)
		}
		for range start {
			body = append(body, g.bind(g.expr(g.anyType(), g.IntN(2))))
		}
	}
	for g.left > 0 {
		body = append(body, g.statement())
	}
	body = append(body, g.outputs()...)
	g.f.Body, g.f.Result = body, g.expr(g.f.Type, 3)
}

// outputs writes the values of the names to the context.
func (g *generator) outputs() []*Stmt {
	var list []*Stmt
	if g.n > 0 && !g.f.Pointer {
		return nil
	}
	for _, b := range g.visible {
		if g.chance(70) {
			list = append(list, &Stmt{Kind: Store, Type: b.typ, Place: g.placeIn(0, b.typ), X: g.name(b)})
		}
	}
	return list
}

// bind gives an expression a name.
func (g *generator) bind(x *Expr) *Stmt {
	s := &Stmt{Kind: Let, Type: x.Type, ID: g.id(), X: x}
	if g.chance(35) {
		s.Kind = Declare
	}
	g.see(s.ID, s.Type, s.Kind == Declare)
	return s
}

// block writes statements in a block of their own.
func (g *generator) block(turns int) []*Stmt {
	visible, left, before := len(g.visible), g.left, g.turns
	g.depth++
	g.turns *= turns
	g.left = min(g.left, 1+g.IntN(5))
	used := g.left
	list := []*Stmt{{Kind: Nothing}}
	if g.left > 0 {
		list = list[:0]
	}
	for g.left > 0 {
		list = append(list, g.statement())
	}
	if g.chance(12) {
		list = append(list, g.exit())
	}
	list = append(list, &Stmt{Kind: Nothing})
	g.visible, g.left, g.turns = g.visible[:visible], left-used, before
	g.depth--
	return list
}

// exit leaves a block, a loop or the function.
func (g *generator) exit() *Stmt {
	switch {
	case g.loops > 0 && g.chance(60):
		if g.chance(50) {
			return &Stmt{Kind: Break}
		}
		return &Stmt{Kind: Continue}
	case len(g.blocks) > 0 && g.chance(60):
		return &Stmt{Kind: Leave, ID: g.blocks[g.IntN(len(g.blocks))]}
	}
	return &Stmt{Kind: Return, X: g.expr(g.f.Type, 2)}
}

const (
	mostTurns = 24
	mostDepth = 4
)

// statement writes any statement.
func (g *generator) statement() *Stmt {
	g.left--
	if g.depth >= mostDepth || g.chance(60) {
		return g.simple()
	}
	switch g.IntN(12) {
	case 0, 1, 2, 3:
		return g.branches()
	case 4, 5:
		return g.cases()
	case 6:
		id := g.id()
		g.blocks = append(g.blocks, id)
		s := &Stmt{Kind: Block, ID: id, Bodies: [][]*Stmt{g.block(1)}}
		g.blocks = g.blocks[:len(g.blocks)-1]
		return s
	}
	if g.turns*2 > mostTurns {
		return g.branches()
	}
	return g.loop()
}

func (g *generator) branches() *Stmt {
	s := &Stmt{Kind: If}
	for range 1 + g.IntN(3) {
		s.Conds = append(s.Conds, g.condition(2))
		s.Bodies = append(s.Bodies, g.block(1))
		if g.chance(60) {
			break
		}
	}
	if g.chance(50) {
		s.Bodies = append(s.Bodies, g.block(1))
	}
	return s
}

func (g *generator) cases() *Stmt {
	x := g.expr(g.anyType(), 2)
	s := &Stmt{Kind: Switch, X: x}
	seen := make(map[uint64]bool) // a value that is in two cases is a mistake
	for range 1 + g.IntN(3) {
		var values []uint64
		for range 1 + g.IntN(2) {
			v := g.edge(x.Type)
			if g.chance(60) {
				v = arithmetics[x.Type].convert(uint64(g.IntN(4)))
			}
			if !seen[v] {
				seen[v] = true
				values = append(values, v)
			}
		}
		if values == nil {
			continue
		}
		s.Cases = append(s.Cases, values)
		s.Bodies = append(s.Bodies, g.block(1))
	}
	if g.chance(60) {
		s.Bodies = append(s.Bodies, g.block(1))
	}
	return s
}

func (g *generator) loop() *Stmt {
	turns := 1 + g.IntN(min(8, mostTurns/g.turns))
	s := &Stmt{Kind: For, ID: g.id(), Type: U32, N: turns}
	visible := len(g.visible)
	switch {
	case g.p.Level >= 4 && g.chance(40):
		s.Kind, s.Conds = While, []*Expr{g.condition(2)}
		g.visible = append(g.visible, binding{id: s.ID, typ: U32, fixed: true})
	case g.chance(50):
		s.Kind, s.X = ForUpTo, g.expr(U32, 2)
		fallthrough
	default:
		g.see(s.ID, U32, false)
	}
	g.loops++
	s.Bodies = [][]*Stmt{g.block(turns)}
	g.loops--
	g.visible = g.visible[:visible]
	return s
}

// simple writes a statement without blocks.
func (g *generator) simple() *Stmt {
	t := g.anyType()
	switch n := g.IntN(20); {
	case n < 5:
		return g.bind(g.expr(t, 4))
	case n < 9:
		if v, ok := g.pickName(func(b binding) bool { return b.isVar }); ok {
			kind := Set
			if g.chance(30) {
				kind = Inc
			}
			return &Stmt{Kind: kind, ID: v.id, Type: v.typ, X: g.expr(v.typ, 3)}
		}
	case n < 14:
		if p := g.place(t); p != nil {
			kind := Store
			if g.chance(25) {
				kind = StoreInc
			}
			return &Stmt{Kind: kind, Type: t, Place: p, X: g.expr(t, 3)}
		}
	case n < 16:
		if s := g.call(); s != nil {
			return s
		}
	case n == 16:
		if s := g.copy(); s != nil {
			return s
		}
	case n == 17 && g.p.Level >= 4:
		if s := g.atomic(); s != nil {
			return s
		}
	case n == 18:
		return &Stmt{Kind: Helper, N: g.IntN(3)}
	}
	return g.bind(g.expr(t, 3))
}

// call calls one of the functions after this one.
func (g *generator) call() *Stmt {
	later := len(g.p.Funcs) - 1 - g.n
	if later == 0 {
		return nil
	}
	sub := g.n + 1 + g.IntN(later)
	f := g.p.Funcs[sub]
	s := &Stmt{Kind: Call, Sub: sub, Type: f.Type}
	if f.Pointer {
		if g.f.Locals == 0 {
			return nil
		}
		s.Place = &Place{Object: 1 + g.IntN(g.f.Locals)}
	}
	for _, p := range f.Params {
		s.Args = append(s.Args, g.expr(p.Type, 2))
	}
	s.ID = g.id()
	g.see(s.ID, s.Type, false)
	return s
}

// copy copies memory to a local.
func (g *generator) copy() *Stmt {
	if g.f.Locals == 0 {
		return nil
	}
	n := 1 + g.IntN(16)
	first := 0
	if g.n > 0 && !g.f.Pointer {
		first = 1
	}
	from := &Place{Object: first + g.IntN(g.f.Locals+1-first), Off: g.IntN(recordSize - n)}
	to := &Place{Object: 1 + g.IntN(g.f.Locals), Off: g.IntN(recordSize - n)}
	if from.Object == to.Object { // the helper does not define what happens to bytes that are in both
		from.Off, to.Off = g.IntN(recordSize/2-n), recordSize/2+g.IntN(recordSize/2-n)
	}
	return &Stmt{Kind: Copy, N: n, From: from, Place: to}
}

// atomic writes an atomic operation on a local.
func (g *generator) atomic() *Stmt {
	if g.f.Locals == 0 {
		return nil
	}
	t := [...]Type{U32, U64, S32, S64}[g.IntN(4)]
	s := &Stmt{Kind: AtomicAdd + Kind(g.IntN(6)), Type: t, Place: g.placeIn(1+g.IntN(g.f.Locals), t), X: g.expr(t, 2)}
	s.Place.Big = false
	if s.Place.Index != nil { // the verifier refuses atomic operations at an address in the frame that it does not know
		*s.Place = Place{Object: s.Place.Object, Off: 8}
	}
	if s.Kind == CompareExchange {
		s.Args = []*Expr{g.expr(t, 1)}
	}
	s.ID = g.id()
	g.see(s.ID, t, false)
	return s
}

func newRand(seed, stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }
