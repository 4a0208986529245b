package record

import (
	"slices"
	"sync"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// Code is the part of a program that its author does not see, and that package compile reads. For a program that is written as values,
// it says how to get them. The zero Code is that of programs made of items.
type Code struct {
	Items []Item // for programs made of items, in order: only labels and instructions

	write func(called bool) *Body
	once  [2]sync.Once
	body  [2]*Body
}

// Write sets the function that writes the program's values. It is called once for the program as an entry, and once for the program as
// a function that others call, with arguments in registers.
func (c *Code) Write(write func(called bool) *Body) { c.write = write }

// Structured reports whether the program is written as values.
func (c *Code) Structured() bool { return c.write != nil }

// Body is the function; nil for programs made of items.
func (c *Code) Body(called bool) *Body {
	if c.write == nil {
		return nil
	}
	n := 0
	if called {
		n = 1
	}
	c.once[n].Do(func() { c.body[n] = c.write(called) })
	return c.body[n]
}

// A Body is a written function.
type Body struct {
	IR   *ir.Func
	Subs []Reference // the functions of the object that Aux of calls and of FuncAddr counts
	Maps []Reference // the maps that Aux of MapAddr and MapValue counts

	mu       sync.Mutex // a value that is kept too long may add a mistake at any time
	mistakes []mistake.Finding

	Unfinished bool // the code that writes it panicked
}

// Note adds a mistake.
func (b *Body) Note(m mistake.Finding) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mistakes = append(b.mistakes, m)
}

// Mistakes lists the mistakes so far, in the order in which they were found.
func (b *Body) Mistakes() []mistake.Finding {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.mistakes)
}

// Wrong is the number of mistakes so far.
func (b *Body) Wrong() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.mistakes)
}

// Compares finds the line that compares an argument of the kernel with a number, for equality. Arguments count from 0.
func (b *Body) Compares(argument int, n int64) (at mistake.Position, ok bool) {
	values := b.IR.Values
	isArgument := func(v ir.V) bool {
		for {
			switch x := &values[v]; x.Op {
			case ir.And, ir.Copy, ir.SExt8, ir.SExt16, ir.SExt32, ir.ZExt, ir.Trunc: // it is brought to its width
				v = x.Args[0]
			default:
				return x.Op == ir.Load && x.Aux == ir.ArgumentLoad && int(x.Off) == 8*argument
			}
		}
	}
	isNumber := func(v ir.V) bool { return values[v].Op == ir.Const && values[v].Imm == n }
	for i := range values {
		x := &values[i]
		if x.Op != ir.Compare || x.Cond != ir.EQ && x.Cond != ir.NE || len(x.Args) != 2 {
			continue
		}
		if l, r := x.Args[0], x.Args[1]; isArgument(l) && isNumber(r) || isArgument(r) && isNumber(l) {
			return Position(b.IR.Sites[x.Site]), true
		}
	}
	return mistake.Position{}, false
}
