package dsl

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"

	"github.com/bpfsmith/bpfsmith/internal/ir"
)

// Func makes a program of a Go function. The function writes the program when it
// is run, once, with values that stand for the arguments:
//
//	// RFC 5681: half the window, at least two segments.
//	func ssthresh(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
//		return tp.SndCwnd().Shr(1).Max(2)
//	}
//
// The signature is what the program takes and gives: after the *Fn, integers
// (U8…S64, or VarU8…VarS64 for those that the program changes) and pointers
// (Ptr, and types that embed it); one result, or none. A parameter that embeds
// [Context] is what R1 holds; others are the arguments that a kernel interface
// passes. Functions that are called by others take up to five.
//
// The Go function must not keep values or f for later. What is wrong with it,
// and with what it wrote, is reported when the program is compiled.
func Func(name string, fn any) *Program {
	p := &Program{Name: name, Pos: Here(0)}
	p.written = &written{fn: reflect.ValueOf(fn)}
	p.Proto = p.readSignature()
	return p
}

// GlobalFunc is Func for a function that is verified by itself, and not once for
// each call of it: whatever its arguments are, it must be sound. They are
// integers and pointers to contexts, or to memory of known size (Linux 5.6).
func GlobalFunc(name string, fn any) *Program {
	p := &Program{Name: name, Pos: Here(0), Global: true}
	p.written = &written{fn: reflect.ValueOf(fn)}
	p.Proto = p.readSignature()
	return p
}

// written is a program's Go function, and what it wrote.
type written struct {
	fn   reflect.Value
	once [2]sync.Once
	body [2]*Body
}

// Body is what the program's Go function writes, nil for programs made with New.
// sub says that it is called by another, with arguments in registers.
func (p *Program) Body(sub bool) *Body {
	w := p.written
	if w == nil {
		return nil
	}
	n := 0
	if sub {
		n = 1
	}
	w.once[n].Do(func() { w.body[n] = p.write(sub) })
	return w.body[n]
}

// Structured reports whether the program was made with Func.
func (p *Program) Structured() bool { return p.written != nil }

// parameter is what types of parameters have.
type parameter interface {
	declaredAs() CType
	bind(f *Fn, v ir.V)
}

func (n *number[T]) declaredAs() CType { return formOf[T]().ctype() }

func (n *number[T]) bind(f *Fn, v ir.V) { n.fn, n.v, n.scope = f, v, f.scope }

func (v *Var[T]) bind(f *Fn, x ir.V) { *v = newVar[T](f, formOf[T](), x) }

func (p *Ptr) declaredAs() CType {
	if p.name == "" {
		return CType{Name: "void", Stars: 1}
	}
	return CType{Name: "struct " + p.name, Stars: 1}
}

func (p *Ptr) bind(f *Fn, v ir.V) { p.fn, p.v, p.scope = f, v, f.scope }

func (p *Ptr) setName(name string) { p.name = name }

// Named is what types that embed Ptr have: the name of the struct that they
// point to.
type Named interface {
	StructName() string
}

// A Context is a pointer that R1 holds when a program begins: types that embed
// it are contexts. Which one a program has, its type says.
type Context struct{ Ptr }

func (Context) context() {}

var fnType = reflect.TypeFor[*Fn]()

// newParameter makes a value of a parameter's or result's type, with its struct
// known.
func newParameter(t reflect.Type) (reflect.Value, parameter, bool) {
	v := reflect.New(t)
	p, ok := v.Interface().(parameter)
	if !ok {
		return v, nil, false
	}
	if named, ok := v.Interface().(Named); ok {
		if setter, ok := v.Interface().(interface{ setName(string) }); ok {
			setter.setName(named.StructName())
		}
	}
	return v, p, true
}

// readSignature declares what the Go function's signature says.
func (p *Program) readSignature() *Prototype {
	proto := &Prototype{Pos: p.Pos, Result: CType{Name: "void"}}
	fail := func(format string, args ...any) *Prototype {
		proto.Err = fmt.Errorf(format, args...)
		return proto
	}
	fn := p.written.fn
	if !fn.IsValid() || fn.Kind() != reflect.Func {
		return fail("dsl.Func takes a Go function such as func(f *dsl.Fn, sk tcp.Sock) dsl.U32, not %v", describeType(fn))
	}
	if fn.IsNil() {
		return fail("the Go function is nil")
	}
	if at := runtime.FuncForPC(fn.Pointer()); at != nil {
		file, line := at.FileLine(at.Entry())
		proto.Pos = Position{File: file, Line: line, Func: at.Name()}
		p.Pos = proto.Pos
	}
	t := fn.Type()
	if t.IsVariadic() || t.NumIn() == 0 || t.In(0) != fnType {
		return fail("the first parameter of %v is no *dsl.Fn", t)
	}
	for i := 1; i < t.NumIn(); i++ {
		_, param, ok := newParameter(t.In(i))
		if !ok {
			return fail("parameter %d of %v is a Go %v: dsl.U8 to dsl.S64, dsl.Ptr and types that embed it may be", i, t, t.In(i))
		}
		proto.Params = append(proto.Params, Param{Type: param.declaredAs()})
	}
	switch t.NumOut() {
	case 0:
	case 1:
		_, result, ok := newParameter(t.Out(0))
		if !ok {
			return fail("the result of %v is a Go %v: dsl.U8 to dsl.S64, dsl.Ptr and types that embed it may be", t, t.Out(0))
		}
		proto.Result = result.declaredAs()
	default:
		return fail("%v has %d results: one or none may be", t, t.NumOut())
	}
	return proto
}

func describeType(v reflect.Value) string {
	if !v.IsValid() {
		return "nil"
	}
	return "a " + v.Type().String()
}

// write runs the Go function.
func (p *Program) write(sub bool) *Body {
	body := &Body{IR: ir.New(p.Name), Sub: sub}
	f := &Fn{program: p, body: body, ir: body.IR, scopes: []scope{{parent: -1, open: true}},
		sites: make(map[uintptr]int32), names: make(map[ir.Name]int32)}
	if p.Proto.Err != nil {
		f.terminate(ir.Return, 0)
		return body // compiling reports it
	}
	f.result = p.Proto.Result
	fn := p.written.fn
	entry := f.entrySite(fn)
	in := []reflect.Value{reflect.ValueOf(f)}
	t := fn.Type()
	for i := 1; i < t.NumIn(); i++ {
		v, param, _ := newParameter(t.In(i))
		_, f.direct = v.Interface().(interface{ context() })
		body.Direct = body.Direct || f.direct
		body.Params = append(body.Params, param.declaredAs())
		in = append(in, v)
	}
	if sub && len(body.Params) > 5 {
		f.mistake(ruleArguments, "", "%s is called with %d arguments; calls take at most 5", p.Name, len(body.Params))
	}
	if body.Direct && len(body.Params) != 1 {
		f.mistake(ruleSignature, "", "%s takes a context, which must be the only parameter", p.Name)
	}
	f.bindParameters(in[1:], entry)
	for i := range in[1:] {
		in[i+1] = in[i+1].Elem()
	}
	f.run(fn, in)
	f.ended = true
	f.findUnused()
	f.correctEntry(entry)
	return body
}

// findUnused notes what was computed and then used nowhere: numbers are values,
// and n.Add(1) does not change n.
func (f *Fn) findUnused() {
	for _, v := range f.computed {
		if int(v) >= len(f.taken) || !f.taken[v] {
			value := &f.ir.Values[v]
			f.mistakeAt(f.ir.Sites[value.Site], ruleUnused, "numbers do not change: v.Set(v.Add(1)) or v.Inc(1) changes a variable", "the result is not used")
		}
	}
}

// correctEntry puts the line where the function begins in the place of that of
// the wrapper that Go makes for method values, which has none.
func (f *Fn) correctEntry(entry int32) {
	wrapper := runtime.FuncForPC(f.ir.Sites[entry])
	method, ok := strings.CutSuffix(wrapper.Name(), "-fm")
	if !ok {
		return
	}
	for _, pc := range f.ir.Sites[entry+1:] {
		if fn := runtime.FuncForPC(pc); fn != nil && fn.Name() == method {
			f.ir.Sites[entry] = fn.Entry() + 1
			return
		}
	}
	if len(f.ir.Sites) > int(entry)+1 { // the method is part of its wrapper: a line in it is better than none
		f.ir.Sites[entry] = f.ir.Sites[entry+1]
	}
}

// bindParameters loads the arguments. In kernel interfaces, R1 has the address
// of an array of 64-bit words; a narrow integer is the low bytes of one.
func (f *Fn) bindParameters(params []reflect.Value, site int32) {
	b := f.body
	emit := func(v ir.Value, args ...ir.V) ir.V {
		v.Site = site
		return f.ir.Append(f.at, v, args...)
	}
	values := make([]ir.V, len(params))
	switch {
	case b.Sub || b.Direct:
		for i, t := range b.Params {
			typ := ir.Ptr
			if t.Integer {
				typ = ir.I64
			}
			values[i] = emit(ir.Value{Op: ir.Param, Type: typ, Imm: int64(min(i+1, 5))})
		}
		for i, t := range b.Params {
			if t.Integer && t.Size < 8 { // callers of all kinds leave the upper bits to chance
				v := emit(ir.Value{Op: ir.Trunc, Type: ir.I32}, values[i])
				values[i] = f.cutAt(site, t, v)
			}
		}
	case len(params) > 0:
		ctx := emit(ir.Value{Op: ir.Param, Type: ir.Ptr, Imm: 1})
		for i, t := range b.Params {
			v := ir.Value{Op: ir.Load, Type: ir.Ptr, Size: 8, Off: int32(8 * i), Aux: argumentLoad}
			if t.Integer {
				v.Type, v.Size = form{uint8(t.Size * 8), t.Signed}.typ(), uint8(t.Size)
			}
			n := emit(v, ctx)
			if t.Integer && t.Signed {
				n = f.cutAt(site, t, n)
			}
			values[i] = n
		}
	}
	for i, p := range params {
		p.Interface().(parameter).bind(f, values[i])
	}
}

// argumentLoad marks loads of arguments, which never change: Aux of Load.
const argumentLoad = 1

// cutAt brings an argument in register form.
func (f *Fn) cutAt(site int32, t CType, v ir.V) ir.V {
	value := ir.Value{Type: ir.I32, Site: site}
	switch {
	case t.Size >= 4:
		return v
	case t.Signed && t.Size == 1:
		value.Op = ir.SExt8
	case t.Signed:
		value.Op = ir.SExt16
	default:
		value.Op, value.Imm = ir.And, 1<<(8*t.Size)-1
	}
	return f.ir.Append(f.at, value, v)
}

// entrySite is the line where the Go function begins.
func (f *Fn) entrySite(fn reflect.Value) int32 {
	f.ir.Sites = append(f.ir.Sites, fn.Pointer()+1) // CallersFrames looks up the instruction before
	return int32(len(f.ir.Sites) - 1)
}

// run calls the Go function, and ends the program with what it returns.
func (f *Fn) run(fn reflect.Value, in []reflect.Value) {
	defer func() {
		if r := recover(); r != nil {
			pos := f.panicked()
			f.running = false
			f.computed = nil // it was not to be the end
			f.body.Unfinished = true
			f.body.Mistakes = append(f.body.Mistakes, Mistake{Pos: pos, Rule: rulePanic, Detail: fmt.Sprintf("the Go function panicked: %v", r)})
			f.ir.Blocks[f.at].Kind = ir.Return
		}
	}()
	f.running = true
	out := fn.Call(in)
	f.running = false
	f.scope = 0
	switch {
	case len(out) == 0:
		f.finish(0)
	case f.dead:
		f.finish(0) // each path has returned before
	default:
		f.finish(f.lastResult(out[0].Interface()))
	}
}

// panicked is the line of Go that panicked: the nearest one outside the language,
// within the Go function.
func (f *Fn) panicked() Position {
	var pcs [64]uintptr
	panicking := false
	for _, pc := range pcs[:runtime.Callers(2, pcs[:])] {
		frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
		switch {
		case frame.Function == "runtime.gopanic":
			panicking = true
		case !panicking || strings.HasPrefix(frame.Function, "runtime."):
		case strings.HasPrefix(frame.Function, "reflect."): // the call of the Go function
			return f.program.Pos
		case !isLanguage(pc):
			return site(pc).position()
		}
	}
	return f.program.Pos
}

// lastResult is what the Go function returned, as a value.
func (f *Fn) lastResult(result any) ir.V {
	if o, ok := result.(interface{ isZero() bool }); ok && o.isZero() {
		f.body.Mistakes = append(f.body.Mistakes, Mistake{Pos: f.program.Pos, Rule: ruleNoResult,
			Detail: fmt.Sprintf("the Go function returned no value: a %v is due on every path", f.result),
			Help:   "return one made from parameters, fields, calls or constants such as f.U32(0)"})
		return f.constant(ir.I64, 0)
	}
	return f.resultOf(result)
}

func (n number[T]) isZero() bool { return n.fn == nil }

func (p Ptr) isZero() bool { return p.fn == nil }

// finish ends the last block, at the line where the function begins.
func (f *Fn) finish(x ir.V) {
	b := &f.ir.Blocks[f.at]
	b.Kind, b.X, b.Site = ir.Return, x, 1
	if x != 0 {
		b.Site = f.ir.Values[x].Site
	}
}
