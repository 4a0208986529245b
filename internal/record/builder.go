package record

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// A Builder writes a function. It adds values at the end of the block At, and they belong to the line Line.
type Builder struct {
	Func *ir.Func
	At   ir.B
	Line int32 // an index into Func.Sites

	names map[ir.Name]int32
}

// NewBuilder begins a function with that name, in its entry block.
func NewBuilder(name string) Builder {
	return Builder{Func: ir.New(name), names: make(map[ir.Name]int32)}
}

// Emit adds a value.
func (b *Builder) Emit(v ir.Value, args ...ir.V) ir.V {
	v.Site = b.Line
	return b.Func.Append(b.At, v, args...)
}

// Const adds a constant, in the form in which a register holds it.
func (b *Builder) Const(typ ir.Type, n int64) ir.V {
	return b.Emit(ir.Value{Op: ir.Const, Type: typ, Imm: n})
}

// Get reads a variable.
func (b *Builder) Get(typ ir.Type, variable int32) ir.V {
	return b.Emit(ir.Value{Op: ir.VarGet, Type: typ, Aux: variable})
}

// Set gives a variable another value.
func (b *Builder) Set(variable int32, v ir.V) { b.Emit(ir.Value{Op: ir.VarSet, Aux: variable}, v) }

// Variable adds a variable.
func (b *Builder) Variable(typ ir.Type) int32 {
	b.Func.Vars = append(b.Func.Vars, ir.Var{Type: typ, Site: b.Line})
	return int32(len(b.Func.Vars) - 1)
}

// Object adds a piece of the frame with that many bytes, aligned to 8 bytes.
func (b *Builder) Object(name string, size int) int32 {
	b.Func.Frame = append(b.Func.Frame, ir.Object{Name: name, Size: int32(size), Site: b.Line})
	return int32(len(b.Func.Frame) - 1)
}

// FrameAddr is the address of a piece of the frame.
func (b *Builder) FrameAddr(object int32) ir.V {
	return b.Emit(ir.Value{Op: ir.FrameAddr, Type: ir.Ptr, Aux: object})
}

// Name returns the number of something that is looked up in the target.
func (b *Builder) Name(n ir.Name) int32 {
	number, known := b.names[n]
	if !known {
		number = int32(len(b.Func.Names))
		b.Func.Names = append(b.Func.Names, n)
		b.names[n] = number
	}
	return number
}

// Jump ends the block with a jump.
func (b *Builder) Jump(to ir.B) {
	b.Func.Blocks[b.At].Site = b.Line
	b.Func.Jump(b.At, to)
}

// Branch ends the block with a branch on a Bool.
func (b *Builder) Branch(cond ir.V, yes, no ir.B) {
	block := &b.Func.Blocks[b.At]
	block.Kind, block.Cond, block.X, block.Site = ir.Branch, ir.NE, cond, b.Line
	b.Func.Edge(b.At, yes)
	b.Func.Edge(b.At, no)
}

// End ends the block in another way: it leaves the function with x.
func (b *Builder) End(kind ir.Kind, x ir.V) {
	block := &b.Func.Blocks[b.At]
	block.Kind, block.X, block.Site = kind, x, b.Line
}

// Choose computes one of two values of a type. Each of the functions writes the code for one of them.
func (b *Builder) Choose(typ ir.Type, cond ir.V, yes, no func() ir.V) ir.V {
	number := b.Variable(typ)
	one, other, end := b.Func.NewBlock(), b.Func.NewBlock(), b.Func.NewBlock()
	b.Branch(cond, one, other)
	b.At = one
	b.Set(number, yes())
	b.Jump(end)
	b.At = other
	b.Set(number, no())
	b.Jump(end)
	b.At = end
	return b.Get(typ, number)
}
