package dsl

import (
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Result is the result of a call. The caller chooses its type with a method: a number
// of some width, a Bool or a pointer. A function without a result has nothing to read.
type Result struct {
	_     [0]func()
	fn    *Fn
	v     ir.V
	scope int32
	at    *pointee // of a pointer, what is known of the memory
	void  string   // the function that was called, if it has no result
	from  *Program // the program that was called, if its result has a type
}

func (r Result) value() ir.V {
	if r.void != "" {
		r.fn.mistake(mistake.NoResult, "call it as a statement, without a method after the call", "%s has no result", r.void)
	}
	return r.fn.take(r.fn, r.v, r.scope, ir.I64)
}

// number is the result as a number of a width: U8 to S64 are its methods.
func (r Result) number(w record.Width) number {
	if !r.fn.usable() {
		return number{fn: r.fn.unmade()}
	}
	r.checkType(numberType(w))
	return r.converted(w)
}

// Bool is true when a function with a C bool as its result returned true. Like all results of calls, it may stay unused.
func (r Result) Bool() Bool {
	if !r.fn.usable() {
		return Bool{fn: r.fn.unmade()}
	}
	r.checkType(boolType)
	return r.fn.isTrue(r.converted(record.U8).v)
}

func (r Result) converted(w record.Width) number {
	f := r.fn
	v := r.value()
	f.site()
	return f.newNumber(w, f.b.Convert(w, record.U64, v))
}

// checkType compares the type that a result is read as with the one that the called program returns.
func (r Result) checkType(as CType) {
	if r.from == nil || r.from.Proto.Result == as {
		return
	}
	returned := r.from.Proto.Result
	help := "read it with .Bool()"
	if returned != boolType {
		help = "read it with ." + strings.ToUpper(returned.Name) + "(), and convert that"
	}
	r.fn.mistake(mistake.MixedWidths, help, "%q returns %s; it is read as %s", r.from.Name, phrase.A(returned.String()),
		phrase.A(as.String()))
}

// Ptr is the result as a pointer to a struct of that name; the name is "" when it points to something else.
func (r Result) Ptr(structName string) Ptr {
	if !r.fn.usable() {
		return Ptr{fn: r.fn.unmade()}
	}
	f := r.fn
	p := f.newPtr(f.emit(ir.Value{Op: ir.Copy, Type: ir.Ptr}, r.value()), structName)
	if structName == "" {
		p.at = r.at
	}
	return p
}

// arguments converts the operands of a call to values.
func (f *Fn) arguments(what string, operands []Operand) []ir.V {
	const most = linux.MostCallArguments
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
		if o.Structured() && o.Proto.Err == nil && o.Proto.Result.Void() {
			f.mistake(mistake.NoResult, "let it return a dsl.U64: f.U64(0) to continue, and f.U64(1) to stop",
				"%s calls back %s, which has no result", what, quoted(o.Name))
		}
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
	f.mistake(mistake.BadArguments, "use a value, a pointer, a Go constant, a map or a function",
		"argument %d of %s is a Go %s", i+1, what, typeName(o))
	return f.b.Const(ir.I64, 0)
}

// Helper calls a helper by its name, such as "bpf_ktime_get_ns". Package helper
// has a Go function for each one.
func (f *Fn) Helper(name string, operands ...Operand) Result {
	if !f.statement() {
		return Result{}
	}
	id, ok := linux.HelperID(name)
	if !ok {
		f.mistake(mistake.BadArguments,
			"use a name of enum bpf_func_id, such as bpf_ktime_get_ns; call kernel functions with f.Kernel",
			"there is no helper %s", strconv.Quote(name))
		return f.call(ir.Value{Op: ir.Const, Type: ir.I64})
	}
	h := linux.HelperByID(id)
	r := f.callHelper(name, f.arguments(name, f.checkHelper(h, operands))...)
	r.at = valueFrom(h, operands)
	if h.Result == linux.ResultNone && h.C == "void" { // package helper reads the results of others, used or not
		r.void = name
	}
	return r
}

// valueFrom is what is known of the memory that a helper returns, from the map that it is called with.
func valueFrom(h *linux.Helper, operands []Operand) *pointee {
	if h.Result != linux.ResultValue {
		return nil
	}
	for i := range min(len(h.Args), len(operands)) {
		m := mapBehind(operands[i])
		switch {
		case h.Args[i].Kind != linux.ArgMap || m == nil:
		case m.Inner != nil:
			return &pointee{inner: m.Inner}
		case m.Value != nil:
			return &pointee{typ: m.Value.Type}
		}
	}
	return nil
}

// callHelper calls a helper whose name is known to exist.
func (f *Fn) callHelper(name string, args ...ir.V) Result {
	id, _ := linux.HelperID(name)
	aux := f.b.Name(ir.Name{Kind: ir.HelperName, Name: ir.HelperEnum, Path: name})
	return f.call(ir.Value{Op: ir.CallHelper, Type: ir.I64, Imm: int64(id), Aux: aux}, args...)
}

// Kernel calls a kernel function by its name. The compiler compares the
// number and the types of the arguments with the target's BTF. The packages that
// bpfsmith gen makes have Go functions for kernel functions.
func (f *Fn) Kernel(name string, operands ...Operand) Result {
	if !f.statement() {
		return Result{}
	}
	args := f.arguments(name, f.checkTyped(name, operands))
	call := ir.Value{Op: ir.KernelCall, Type: ir.I64, Aux: f.b.Name(ir.Name{Kind: ir.KernelName, Name: name})}
	for i, o := range operands[:min(len(operands), linux.MostCallArguments)] {
		call.Imm |= int64(passedAs(o)) << (8 * i)
	}
	return f.call(call, args...)
}

// passedAs is what compile has to know of an argument to compare it with the parameter; see record.PassedBool.
func passedAs(o Operand) record.Width {
	if c, ok := goInteger(o); ok {
		if c.n < 0 && !c.over {
			return record.PassedNegative
		}
		return record.PassedConst
	}
	switch o := o.(type) {
	case Bool:
		return record.PassedBool
	case numeric:
		return o.num().width
	}
	return 0
}

// Kernel calls a kernel function whose first parameter is p.
func (p Ptr) Kernel(name string, operands ...Operand) Result {
	if !p.fn.statement() {
		return Result{}
	}
	return p.fn.Kernel(name, append([]Operand{p}, operands...)...)
}

// Call calls another function of the object, with up to five arguments.
func (f *Fn) Call(sub *Program, operands ...Operand) Result {
	if !f.statement() {
		return Result{}
	}
	if sub == nil {
		f.mistake(mistake.NilBody, "", "the called program is nil")
		return f.call(ir.Value{Op: ir.Const, Type: ir.I64})
	}
	args := f.arguments(sub.Name, operands)
	if proto := sub.Proto; proto != nil && proto.Err == nil && len(proto.Params) != len(operands) {
		f.mistake(mistake.BadArguments, "", "%s", phrase.Arguments(sub.Name, len(proto.Params), len(operands)))
	} else if proto != nil && proto.Err == nil {
		for i, o := range operands {
			f.checkArgument(sub, i, proto.Params[i].Type, o)
		}
	}
	result := f.call(ir.Value{Op: ir.CallSub, Type: ir.I64, Aux: f.sub(sub)}, args...)
	switch proto := sub.Proto; {
	case proto == nil || proto.Err != nil: // raw instructions, or a mistake that is reported elsewhere
	case proto.Result.Void():
		result.void = quoted(sub.Name)
	case proto.Result.Integer:
		result.from = sub
	}
	return result
}

// checkArgument compares an argument with the declared parameter.
func (f *Fn) checkArgument(sub *Program, i int, want CType, o Operand) {
	if c, ok := goInteger(o); ok {
		if want.Integer && !c.fits(want.width()) {
			f.mistake(mistake.BadConstant, "", "argument %d of %s: %v does not fit %s", i+1, sub.Name, c, phrase.A(want.String()))
		}
		return
	}
	var got CType
	switch o := o.(type) {
	case pointer:
		if want.Stars == 0 {
			f.mistake(mistake.BadArguments, "", "%s", phrase.Argument(i+1, sub.Name, "a pointer", phrase.A(want.String())))
		} else {
			f.checkPassed(sub, i, o)
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
		f.mistake(mistake.MixedWidths, "", "%s", phrase.Argument(i+1, sub.Name, phrase.A(got.String()), phrase.A(want.String())))
	}
}

func (f *Fn) call(v ir.Value, args ...ir.V) Result {
	return Result{fn: f, v: f.emit(v, args...), scope: f.scope}
}

// sub returns the number of a function of the object.
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

// MapData points into the value of an array map with one element, offset bytes after its
// start. Such a map holds variables that the program shares with user space.
func (f *Fn) MapData(m *MapSpec, offset int) Ptr {
	if !f.usable() {
		return Ptr{fn: f.unmade()}
	}
	return f.newPtr(f.emit(ir.Value{Op: ir.MapValue, Type: ir.Ptr, Aux: f.mapNumber(m), Imm: int64(offset)}), "")
}

// ArenaPtr makes a pointer from an address in an arena. Such addresses come from Alloc
// of the arena, from user space, or from memory in the arena. The program must use the
// arena's MapSpec before. The verifier does not check the range of the pointer: where
// the arena has no page, a load reads 0 and a store does nothing. ISA v4, Linux 6.9
// (addr_space_cast).
func ArenaPtr(address U64) Ptr {
	f := address.n.fn
	if !f.usable() {
		return Ptr{fn: f.unmade()}
	}
	v := address.num().read(f)
	return f.newPtr(f.emit(ir.Value{Op: ir.ToArena, Type: ir.Ptr}, v), "")
}

// ArenaAddress converts a pointer that ArenaPtr made back to an address. The address can
// be stored in the arena; programs and user space can follow it.
func (p Ptr) ArenaAddress() U64 {
	f := p.fn
	if !f.usable() {
		return U64{number{fn: f.unmade()}}
	}
	return f.newU64(f.emit(ir.Value{Op: ir.FromArena, Type: ir.I64}, p.pointer(f)))
}

// Loop calls a function n times (bpf_loop, Linux 5.17). The verifier checks the function
// once, not for each turn. The function has two parameters: the number of the turn, a
// U32, and the pointer data. When data is nil, it has only the first. It returns 0 to
// continue or 1 to stop. The result is the number of turns.
func (f *Fn) Loop(n Operand, turn *Program, data StructPtr) U32 {
	if !f.statement() {
		return U32{}
	}
	if turn == nil {
		f.mistake(mistake.NilBody, "make one with dsl.Func", "the function of Loop is nil")
		return f.U32(0)
	}
	count := f.value32(n)
	return f.Helper("bpf_loop", count, turn, data, 0).U32()
}

// value32 is an operand of 32 bits as a number.
func (f *Fn) value32(o Operand) U32 {
	if !f.usable() {
		return U32{number{fn: f.unmade()}}
	}
	return f.newU32(f.value(record.U32, o))
}

// Range runs body n times, with 0, 1, … n-1. The verifier knows that the
// loop ends, however large n is. It uses the kernel's open-coded iterators (kernel
// functions bpf_iter_num_*, Linux 6.4).
func (f *Fn) Range(n Operand, body func(i U32)) {
	if !f.statement() {
		return
	}
	it := f.newPtr(f.frameAddr(f.object("iterator", linux.NumIteratorSize)), "bpf_iter_num")
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

// object adds a piece to the frame, aligned to 8 bytes.
func (f *Fn) object(name string, size int) int32 {
	f.site()
	return f.b.Object(name, size)
}

func (f *Fn) frameAddr(object int32) ir.V {
	f.site()
	return f.b.FrameAddr(object)
}

// TailCall continues in another program: entry index of a program array. It returns
// only when the array has no such entry.
func (f *Fn) TailCall(ctx StructPtr, programs *MapSpec, index Operand) {
	if !f.statement() {
		return
	}
	f.Helper("bpf_tail_call", ctx, programs, f.value32(index))
}

// reference pairs a program or a map with its name.
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
