package random

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Run computes the program's result. It changes the context as the program does.
func (p *Program) Run(context []byte) (result uint64) {
	r := &run{p: p, steps: 1 << 22}
	return r.call(0, context, nil)
}

type run struct {
	p     *Program
	steps int
}

// A frame is one call of a function.
type frame struct {
	*run
	f       *Func
	names   map[int]uint64
	objects [][]byte
	result  uint64
	leaving int // which block is left
}

// A way says what follows a statement.
type way uint8

const (
	onward way = iota
	toBreak
	toContinue
	toLeave
	toReturn
)

func (r *run) call(n int, pointed []byte, args []uint64) uint64 {
	f := r.p.Funcs[n]
	c := &frame{run: r, f: f, names: make(map[int]uint64), objects: [][]byte{pointed}}
	for range f.Locals {
		c.objects = append(c.objects, make([]byte, recordSize))
	}
	for i, p := range f.Params {
		c.names[p.ID] = args[i]
	}
	if c.statements(f.Body) == toReturn {
		return c.result
	}
	return c.expr(f.Result)
}

func (c *frame) statements(list []*Stmt) way {
	for _, s := range list {
		if c.steps--; c.steps < 0 {
			panic("the program does not end")
		}
		if w := c.statement(s); w != onward {
			return w
		}
	}
	return onward
}

func (c *frame) statement(s *Stmt) way {
	switch s.Kind {
	case Nothing, Helper:
	case Let, Declare, Set:
		c.names[s.ID] = c.expr(s.X)
	case Inc:
		c.names[s.ID] = arithmetics[s.Type].binary(Add, c.names[s.ID], c.expr(s.X))
	case Store:
		c.store(s.Type, s.Place, c.expr(s.X))
	case StoreInc:
		c.store(s.Type, s.Place, arithmetics[s.Type].binary(Add, c.load(s.Type, s.Place), c.expr(s.X)))
	case If:
		for i, cond := range s.Conds {
			if c.condition(cond) {
				return c.statements(s.Bodies[i])
			}
		}
		if len(s.Bodies) > len(s.Conds) {
			return c.statements(s.Bodies[len(s.Conds)])
		}
	case Switch:
		x := c.expr(s.X)
		for i, values := range s.Cases {
			if slices.Contains(values, x) {
				return c.statements(s.Bodies[i])
			}
		}
		if len(s.Bodies) > len(s.Cases) {
			return c.statements(s.Bodies[len(s.Cases)])
		}
	case For, ForUpTo:
		n := uint64(s.N)
		if s.Kind == ForUpTo {
			n = min(n, c.expr(s.X))
		}
		for i := range n {
			c.names[s.ID] = i
			if w := c.statements(s.Bodies[0]); w == toBreak {
				break
			} else if w == toLeave || w == toReturn {
				return w
			}
		}
	case While:
		c.names[s.ID] = 0
		for c.names[s.ID] < uint64(s.N) && c.condition(s.Conds[0]) {
			c.names[s.ID]++
			if w := c.statements(s.Bodies[0]); w == toBreak {
				break
			} else if w == toLeave || w == toReturn {
				return w
			}
		}
	case Block:
		if w := c.statements(s.Bodies[0]); w != toLeave || c.leaving != s.ID {
			return w
		}
	case Leave:
		c.leaving = s.ID
		return toLeave
	case Break:
		return toBreak
	case Continue:
		return toContinue
	case Return:
		c.result = c.expr(s.X)
		return toReturn
	case Call:
		var args []uint64
		for _, a := range s.Args {
			args = append(args, c.expr(a))
		}
		var pointed []byte
		if s.Place != nil {
			pointed = c.objects[s.Place.Object]
		}
		c.names[s.ID] = c.call(s.Sub, pointed, args)
	case Copy:
		from, to := c.bytes(s.From, s.N), c.bytes(s.Place, s.N)
		copy(to, slices.Clone(from))
	default:
		c.atomic(s)
	}
	return onward
}

func (c *frame) atomic(s *Stmt) {
	x := c.expr(s.X)
	old := c.load(s.Type, s.Place)
	c.names[s.ID] = old
	switch s.Kind {
	case AtomicAdd:
		x = arithmetics[s.Type].binary(Add, old, x)
	case AtomicAnd:
		x = old & x
	case AtomicOr:
		x = old | x
	case AtomicXor:
		x = old ^ x
	case CompareExchange:
		if old != c.expr(s.Args[0]) {
			x = old
		}
	case Exchange:
	default:
		panic(fmt.Sprint("statement ", s.Kind))
	}
	c.store(s.Type, s.Place, x)
}

func (c *frame) condition(e *Expr) bool { return c.expr(e) != 0 }

func truth(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func (c *frame) expr(e *Expr) uint64 {
	arg := func(i int) uint64 { return c.expr(e.Args[i]) }
	switch e.Op {
	case Const:
		return e.Value
	case Name:
		return c.names[e.ID]
	case Cell:
		return c.load(e.Type, e.Place)
	case Add, Sub, Mul, Div, Mod, And, Or, Xor, Min, Max:
		return arithmetics[e.Type].binary(e.Op, arg(0), arg(1))
	case Shl, Shr:
		return arithmetics[e.Type].shift(e.Op, arg(0), arg(1))
	case Neg, Not, Swap:
		return arithmetics[e.Type].unary(e.Op, arg(0))
	case Convert:
		return arithmetics[e.Type].convert(arg(0))
	case Pick:
		if arg(0) != 0 {
			return arg(1)
		}
		return arg(2)
	case Number:
		return arg(0)
	case Both, AndThen:
		return truth(arg(0) != 0 && arg(1) != 0)
	case Either, OrElse:
		return truth(arg(0) != 0 || arg(1) != 0)
	case NotBool:
		return truth(arg(0) == 0)
	}
	return truth(arithmetics[e.Args[0].Type].compare(e.Op, arg(0), arg(1)))
}

func (c *frame) bytes(p *Place, n int) []byte {
	at := p.Off
	if p.Index != nil {
		at += int(c.expr(p.Index)%uint64(p.Count))*p.Size + p.InOff
	}
	return c.objects[p.Object][at : at+n]
}

// order is the byte order of a place. Tests run on the same machine as the kernel.
func (p *Place) order() binary.ByteOrder {
	if p.Big {
		return binary.BigEndian
	}
	return binary.NativeEndian
}

func (c *frame) load(t Type, p *Place) uint64 {
	b := c.bytes(p, t.Bytes())
	switch len(b) {
	case 1:
		return arithmetics[t].convert(uint64(b[0]))
	case 2:
		return arithmetics[t].convert(uint64(p.order().Uint16(b)))
	case 4:
		return arithmetics[t].convert(uint64(p.order().Uint32(b)))
	}
	return p.order().Uint64(b)
}

func (c *frame) store(t Type, p *Place, x uint64) {
	b := c.bytes(p, t.Bytes())
	switch len(b) {
	case 1:
		b[0] = uint8(x)
	case 2:
		p.order().PutUint16(b, uint16(x))
	case 4:
		p.order().PutUint32(b, uint32(x))
	default:
		p.order().PutUint64(b, x)
	}
}
