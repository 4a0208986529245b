package dsl

import (
	"strconv"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Result is what a call gave. Whoever called knows what it is: a number of
// some width, a pointer, or nothing.
type Result struct {
	_     [0]func()
	fn    *Fn
	v     ir.V
	scope int32
}

func (r Result) value() ir.V { return r.fn.take(r.fn, r.v, r.scope, ir.I64) }

// number is the result as a number of a width: U8 to S64 are its methods.
func (r Result) number(w record.Width) number {
	if !r.fn.usable() {
		return number{}
	}
	f := r.fn
	v := r.value()
	f.site()
	return f.newNumber(w, f.b.Convert(w, record.U64, v))
}

// Bool is whether a function that gives a bool gave true. As of other results of calls, it need not be used.
func (r Result) Bool() Bool {
	if !r.fn.usable() {
		return Bool{}
	}
	return r.fn.isTrue(r.number(record.U8).v)
}

// Ptr is the result as a pointer to a struct of that name, "" when it is not one.
func (r Result) Ptr(structName string) Ptr {
	if !r.fn.usable() {
		return Ptr{}
	}
	f := r.fn
	return f.newPtr(f.emit(ir.Value{Op: ir.Copy, Type: ir.Ptr}, r.value()), structName)
}

// arguments are operands of a call, as values.
func (f *Fn) arguments(what string, operands []Operand) []ir.V {
	const most = 5
	if len(operands) > most {
		f.mistake(mistake.BadArguments, "", "%s is called with %d arguments; the limit is %d", what, len(operands), most)
		operands = operands[:most]
	}
	args := make([]ir.V, len(operands))
	for i, o := range operands {
		args[i] = f.argument(what, i, o)
	}
	return args
}

func (f *Fn) argument(what string, i int, o Operand) ir.V {
	switch o := o.(type) {
	case *Program:
		return f.emit(ir.Value{Op: ir.FuncAddr, Type: ir.Ptr, Aux: f.sub(o)})
	case *MapSpec:
		return f.emit(ir.Value{Op: ir.MapAddr, Type: ir.Ptr, Aux: f.mapNumber(o)})
	}
	if c, ok := goInteger(o); ok {
		return f.b.Const(ir.I64, c.n)
	}
	if v, _, ok := f.readOperand(o); ok {
		return v
	}
	f.mistake(mistake.BadArguments, "use a value, a pointer, a Go constant, a map or a function", "argument %d of %s is a Go %s", i+1, what, typeName(o))
	return f.b.Const(ir.I64, 0)
}

// Helper calls a helper by its name, such as "bpf_ktime_get_ns". Package helper
// has a Go function for each one.
func (f *Fn) Helper(name string, operands ...Operand) Result {
	if !f.usable() {
		return Result{}
	}
	id, ok := linux.HelperID(name)
	if !ok {
		f.mistake(mistake.BadArguments, "helpers have the names of enum bpf_func_id, such as bpf_ktime_get_ns; kernel functions are called with f.Kernel", "there is no helper %s", strconv.Quote(name))
		return f.call(ir.Value{Op: ir.Const, Type: ir.I64})
	}
	return f.callHelper(name, f.arguments(name, f.checkHelper(linux.HelperByID(id), operands))...)
}

// callHelper calls a helper that there is.
func (f *Fn) callHelper(name string, args ...ir.V) Result {
	id, _ := linux.HelperID(name)
	aux := f.b.Name(ir.Name{Kind: ir.HelperName, Name: ir.HelperEnum, Path: name})
	return f.call(ir.Value{Op: ir.CallHelper, Type: ir.I64, Imm: int64(id), Aux: aux}, args...)
}

// Kernel calls a kernel function by its name. How many arguments it takes, and
// which, is compared with the target's BTF when compiling. The packages that
// bpfsmith gen makes have Go functions for them.
func (f *Fn) Kernel(name string, operands ...Operand) Result {
	if !f.usable() {
		return Result{}
	}
	args := f.arguments(name, f.checkTyped(name, operands))
	return f.call(ir.Value{Op: ir.KernelCall, Type: ir.I64, Aux: f.b.Name(ir.Name{Kind: ir.KernelName, Name: name})}, args...)
}

// Kernel calls a kernel function whose first parameter is p.
func (p Ptr) Kernel(name string, operands ...Operand) Result {
	if !p.fn.usable() {
		return Result{}
	}
	return p.fn.Kernel(name, append([]Operand{p}, operands...)...)
}

// Call calls another function of the object, with up to five arguments.
func (f *Fn) Call(sub *Program, operands ...Operand) Result {
	if !f.usable() {
		return Result{}
	}
	if sub == nil {
		f.mistake(mistake.NilBody, "", "the called program is nil")
		return f.call(ir.Value{Op: ir.Const, Type: ir.I64})
	}
	args := f.arguments(sub.Name, operands)
	if proto := sub.Proto; proto != nil && proto.Err == nil && len(proto.Params) != len(operands) {
		f.mistake(mistake.BadArguments, "", "%s needs %d arguments, but is called with %d", sub.Name, len(proto.Params), len(operands))
	} else if proto != nil && proto.Err == nil {
		for i, o := range operands {
			f.checkArgument(sub, i, proto.Params[i].Type, o)
		}
	}
	return f.call(ir.Value{Op: ir.CallSub, Type: ir.I64, Aux: f.sub(sub)}, args...)
}

// checkArgument compares an argument with the declared parameter.
func (f *Fn) checkArgument(sub *Program, i int, want CType, o Operand) {
	if c, ok := goInteger(o); ok {
		if want.Integer && !c.fits(want.width()) {
			f.mistake(mistake.BadConstant, "", "argument %d of %s: %v does not fit a %v", i+1, sub.Name, c, want)
		}
		return
	}
	var got CType
	switch o := o.(type) {
	case pointer:
		if want.Stars == 0 {
			f.mistake(mistake.BadArguments, "", "argument %d of %s is a pointer; expected a %v", i+1, sub.Name, want)
		}
		return
	case numeric:
		got = numberType(o.num().width)
	case Bool:
		got = boolType
	default:
		return
	}
	if got != want {
		f.mistake(mistake.MixedWidths, "", "argument %d of %s is a %v; expected a %v", i+1, sub.Name, got, want)
	}
}

func (f *Fn) call(v ir.Value, args ...ir.V) Result {
	return Result{fn: f, v: f.emit(v, args...), scope: f.scope}
}

// sub numbers a function of the object.
func (f *Fn) sub(p *Program) int32 {
	for i, known := range f.body.Subs {
		if known.To == p {
			return int32(i)
		}
	}
	f.body.Subs = append(f.body.Subs, reference(p.name(), p))
	return int32(len(f.body.Subs) - 1)
}

func (f *Fn) mapNumber(m *MapSpec) int32 {
	for i, known := range f.body.Maps {
		if known.To == m {
			return int32(i)
		}
	}
	f.body.Maps = append(f.body.Maps, reference(m.name(), m))
	return int32(len(f.body.Maps) - 1)
}

// MapData is the value of a map that is an array of one element: variables
// which user space shares.
func (f *Fn) MapData(m *MapSpec, offset int) Ptr {
	if !f.usable() {
		return Ptr{}
	}
	return f.newPtr(f.emit(ir.Value{Op: ir.MapValue, Type: ir.Ptr, Aux: f.mapNumber(m), Imm: int64(offset)}), "")
}

// ArenaPtr makes a pointer of an address in an arena: of those that Alloc of the
// arena gives, that user space has, and that are stored in an arena. The program
// must use the arena, by its MapSpec, before. The verifier does not ask how far the
// pointer goes: where no page is, reading gives 0 and writing does nothing. ISA v4,
// Linux 6.9 (addr_space_cast).
func ArenaPtr(address U64) Ptr {
	f := address.n.fn
	if !f.usable() {
		return Ptr{}
	}
	v := address.num().read(f)
	return f.newPtr(f.emit(ir.Value{Op: ir.ToArena, Type: ir.Ptr}, v), "")
}

// ArenaAddress is a pointer that ArenaPtr made, as an address again: it may be
// stored in the arena, for programs and for user space to follow.
func (p Ptr) ArenaAddress() U64 {
	f := p.fn
	if !f.usable() {
		return U64{}
	}
	return f.newU64(f.emit(ir.Value{Op: ir.FromArena, Type: ir.I64}, p.pointer(f)))
}

// Loop calls a function n times, without the verifier walking through each
// turn (bpf_loop, Linux 5.17). The function takes the number of the turn, a U32,
// and a pointer, which is data, and gives 0 to go on or 1 to stop. The result is
// the number of turns.
func (f *Fn) Loop(n Operand, turn *Program, data StructPtr) U32 {
	if !f.usable() {
		return U32{}
	}
	if turn == nil || data == nil {
		f.mistake(mistake.NilBody, "", "Loop needs a function and a pointer; one is nil")
		return f.U32(0)
	}
	count := f.value32(n)
	return f.Helper("bpf_loop", count, turn, data, 0).U32()
}

// value32 is an operand of 32 bits as a number.
func (f *Fn) value32(o Operand) U32 {
	if !f.usable() {
		return U32{}
	}
	return f.newU32(f.value(record.U32, o))
}

// Range runs body n times, with 0, 1, … n-1. The verifier follows it as a loop
// that ends some time, however large n is (open-coded iterators: kernel
// functions bpf_iter_num_*, Linux 6.4).
func (f *Fn) Range(n Operand, body func(i U32)) {
	if !f.usable() {
		return
	}
	it := f.newPtr(f.frameAddr(f.object("iterator", 8)), "bpf_iter_num")
	f.Kernel("bpf_iter_num_new", it, 0, S32{f.newNumber(record.S32, f.value(record.U32, n))})
	head, turn, end, out := f.b.Func.NewBlock(), f.b.Func.NewBlock(), f.b.Func.NewBlock(), f.b.Func.NewBlock()
	f.b.Jump(head)
	f.begin(head)
	next := f.Kernel("bpf_iter_num_next", it).Ptr("")
	f.b.Branch(f.condition(next.NotNil()), turn, end)
	f.begin(turn)
	i := next.At(0).U32().num().read(f)
	f.turn("Range", loop{head, end}, i, body)
	f.b.Jump(head)
	f.begin(end)
	f.Kernel("bpf_iter_num_destroy", it)
	f.b.Jump(out)
	f.begin(out)
}

// object adds a piece of the frame, aligned to 8 bytes as all of them.
func (f *Fn) object(name string, size int) int32 {
	f.site()
	return f.b.Object(name, size)
}

func (f *Fn) frameAddr(object int32) ir.V {
	f.site()
	return f.b.FrameAddr(object)
}

// TailCall goes on with another program, which is entry index of a program
// array, and does not come back; when there is none, it comes back.
func (f *Fn) TailCall(ctx StructPtr, programs *MapSpec, index Operand) {
	if !f.usable() {
		return
	}
	f.Helper("bpf_tail_call", ctx, programs, f.value32(index))
}

// reference is what a value leads to: something with a name.
func reference(name string, to any) record.Reference { return record.Reference{Name: name, To: to} }

func (p *Program) name() string {
	if p == nil {
		return ""
	}
	return p.Name
}

func (m *MapSpec) name() string {
	if m == nil {
		return ""
	}
	return m.Name
}
