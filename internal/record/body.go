package record

import (
	"slices"
	"sync"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// Code is what package compile takes of a program besides what its author sees: of one that is written as values, how to get
// them. The zero Code is that of programs made of items.
type Code struct {
	Items []Item // of programs made of items, in order: labels and instructions only

	write func(called bool) *Body
	once  [2]sync.Once
	body  [2]*Body
}

// Write says what writes the function. It is called once for the function as an entry, and once for the function as one that
// others call, with arguments in registers.
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
	Subs []Reference // what Aux of calls and of FuncAddr counts: other functions of the object
	Maps []Reference // what Aux of MapAddr and MapValue counts

	mu       sync.Mutex // values that are kept too long may bring mistakes at any time
	mistakes []mistake.Finding

	Unfinished bool // what writes it panicked
}

// Note adds a mistake.
func (b *Body) Note(m mistake.Finding) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mistakes = append(b.mistakes, m)
}

// Mistakes lists what was wrong so far, in the order in which it was met.
func (b *Body) Mistakes() []mistake.Finding {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.mistakes)
}

// Wrong is how many mistakes there are.
func (b *Body) Wrong() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.mistakes)
}
