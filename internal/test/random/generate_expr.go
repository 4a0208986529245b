package random

import "math"

// edge is in most cases a number at which arithmetic changes.
func (g *generator) edge(t Type) uint64 {
	var n uint64
	width := 8 * t.Bytes()
	switch g.IntN(8) {
	case 0:
		n = 0
	case 1:
		n = 1
	case 2:
		n = math.MaxUint64
	case 3: // the least, of signed numbers
		n = 1 << (width - 1)
	case 4: // the greatest
		n = 1<<(width-1) - 1
	case 5:
		n = 1<<g.IntN(64) + uint64(g.IntN(3)) - 1
	case 6:
		n = uint64(g.IntN(70))
	case 7:
		n = g.rand.Uint64()
	}
	return arithmetics[t].convert(n)
}

// constant is a constant expression.
func (g *generator) constant(t Type) *Expr {
	return &Expr{Op: Const, Type: t, Value: g.edge(t), Raw: g.chance(70)}
}

func (g *generator) name(b binding) *Expr {
	return &Expr{Op: Name, Type: b.typ, ID: b.id, Raw: g.chance(60)}
}

// pickName picks a name, more often one of the later names.
func (g *generator) pickName(ok func(binding) bool) (binding, bool) {
	var fit []binding
	for _, b := range g.visible {
		if ok(b) {
			fit = append(fit, b)
		}
	}
	if len(fit) == 0 {
		return binding{}, false
	}
	return fit[max(g.IntN(len(fit)), g.IntN(len(fit)))], true
}

// place is memory for a number, nil when the function has none.
func (g *generator) place(t Type) *Place {
	first := 0
	if g.n > 0 && !g.f.Pointer {
		first = 1
	}
	if first > g.f.Locals {
		return nil
	}
	return g.placeIn(first+g.IntN(g.f.Locals+1-first), t)
}

func (g *generator) placeIn(object int, t Type) *Place {
	if g.n > 0 || object > 0 { // a record
		switch g.IntN(3) {
		case 0:
			if p := g.member(t); p != nil {
				p.Object = object
				return p
			}
		case 1:
			if p := g.element(t); p != nil {
				p.Object = object
				return p
			}
		}
		return &Place{Object: object, Off: g.IntN(recordSize/t.Bytes()) * t.Bytes(), Big: g.chance(10)}
	}
	size := ContextSize
	if g.chance(30) { // overlapping with other numbers
		size = 32
	}
	return &Place{Off: g.IntN(size/t.Bytes()) * t.Bytes(), Big: g.chance(10)}
}

func (g *generator) member(t Type) *Place {
	var fit []member
	for _, m := range members {
		if m.typ == t {
			fit = append(fit, m)
		}
	}
	if fit == nil {
		return nil
	}
	m := fit[g.IntN(len(fit))]
	return &Place{Off: m.off, Path: m.path}
}

func (g *generator) element(t Type) *Place {
	at := g.IntN(len(elements))
	for i := range elements {
		if e := elements[(at+i)%len(elements)]; e.typ == t {
			p := e.place
			p.Index = g.expr(Type(g.IntN(4)), 1)
			return &p
		}
	}
	return nil
}

// leaf is an expression without parts.
func (g *generator) leaf(t Type) *Expr {
	if g.chance(60) {
		if b, ok := g.pickName(func(b binding) bool { return b.typ == t }); ok {
			return g.name(b)
		}
	}
	if g.chance(60) {
		if p := g.place(t); p != nil {
			return &Expr{Op: Cell, Type: t, Place: p, Raw: g.chance(60)}
		}
	}
	return g.constant(t)
}

// expr is an expression of a type. With depth 0 it has no parts.
func (g *generator) expr(t Type, depth int) *Expr {
	if depth == 0 || g.chance(12) {
		return g.leaf(t)
	}
	depth--
	e := &Expr{Type: t}
	switch n := g.IntN(24); {
	case n < 11:
		e.Op = Add + Op(g.IntN(int(Max-Add)+1))
		e.Args = []*Expr{g.expr(t, depth), g.expr(t, depth)}
		if g.chance(25) {
			e.Args[1] = g.constant(t)
		}
	case n < 14:
		e.Op = Shl + Op(g.IntN(2))
		e.Args = []*Expr{g.expr(t, depth), g.count(t, depth)}
	case n < 16:
		e.Op = Neg + Op(g.IntN(3))
		e.Args = []*Expr{g.expr(t, depth)}
	case n < 20:
		e.Op = Convert
		from := g.anyType()
		if b, ok := g.pickName(func(binding) bool { return true }); ok && g.chance(50) {
			e.Args = []*Expr{g.name(b)}
			break
		}
		e.Args = []*Expr{g.expr(from, depth)}
	case n < 22:
		e.Op = Pick
		e.Args = []*Expr{g.condition(depth), g.expr(t, depth), g.expr(t, depth)}
	case n < 23 && (t == U8 || t == U32):
		e.Op = Number
		e.Args = []*Expr{g.condition(depth)}
	default:
		return g.leaf(t)
	}
	return e
}

// count is the count of a shift: near the width, or any number.
func (g *generator) count(t Type, depth int) *Expr {
	kind := Type(g.IntN(4))
	width := 8 * t.Bytes()
	switch g.IntN(4) {
	case 0:
		return &Expr{Op: Const, Type: kind, Value: arithmetics[kind].convert(uint64(g.IntN(width + 2))), Raw: true}
	case 1:
		return &Expr{Op: Const, Type: kind, Value: g.edge(kind), Raw: g.chance(50)}
	case 2:
		mask := &Expr{Op: Const, Type: kind, Value: arithmetics[kind].convert(uint64(2*width - 1)), Raw: true}
		return &Expr{Op: And, Type: kind, Args: []*Expr{g.expr(kind, depth), mask}}
	}
	return g.expr(kind, depth)
}

// condition is an expression that is true or false.
func (g *generator) condition(depth int) *Expr {
	e := &Expr{Type: Bool}
	if depth == 0 || g.chance(60) {
		t := g.anyType()
		e.Op = Eq + Op(g.IntN(int(Has-Eq)+1))
		e.Args = []*Expr{g.expr(t, depth), g.expr(t, depth)}
		if g.chance(40) {
			e.Args[1] = g.constant(t)
		}
		return e
	}
	depth--
	if g.chance(20) {
		e.Op, e.Args = NotBool, []*Expr{g.condition(depth)}
		return e
	}
	e.Op = [...]Op{Both, Either, AndThen, OrElse}[g.IntN(4)]
	e.Args = []*Expr{g.condition(depth), g.condition(depth)}
	return e
}

// Context makes the input of a program for a seed: numbers of all widths, many of them edges.
func Context(seed uint64) []byte {
	g := &generator{rand: newRand(seed, 0xc0de)}
	b := make([]byte, ContextSize)
	c := &frame{objects: [][]byte{b}}
	for off := 0; off < len(b); {
		t := g.anyType()
		if off%t.Bytes() != 0 {
			t = U8
		}
		c.store(t, &Place{Off: off}, g.edge(t))
		off += t.Bytes()
	}
	return b
}
