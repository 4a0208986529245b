package random

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/bpfsmith/bpfsmith/dsl"
)

// context is the argument of programs.
type context struct{ dsl.Context }

// Build writes the program. It is for BPF_PROG_TYPE_SYSCALL: such programs may read and write their context freely.
func (p *Program) Build() *dsl.Program {
	programs := make([]*dsl.Program, len(p.Funcs))
	for n := len(p.Funcs) - 1; n >= 0; n-- {
		programs[n] = p.build(n, programs)
	}
	programs[0].Sleepable = true
	return programs[0]
}

// build makes a Go function with the signature of the tree's function.
func (p *Program) build(n int, programs []*dsl.Program) *dsl.Program {
	f := p.Funcs[n]
	in := []reflect.Type{reflect.TypeFor[*dsl.Fn]()}
	if n == 0 {
		in = append(in, reflect.TypeFor[context]())
	} else if f.Pointer {
		in = append(in, reflect.TypeFor[dsl.Ptr]())
	}
	for _, param := range f.Params {
		in = append(in, parameterType(param))
	}
	t := reflect.FuncOf(in, []reflect.Type{parameterType(Param{Type: f.Type})}, false)
	fn := reflect.MakeFunc(t, func(args []reflect.Value) []reflect.Value {
		b := &builder{fn: args[0].Interface().(*dsl.Fn), f: f, programs: programs, names: make(map[int]value), leave: make(map[int]func()),
			objects: []dsl.Ptr{{}}}
		args = args[1:]
		if n == 0 || f.Pointer {
			b.objects[0] = args[0].Interface().(dsl.StructPtr).Pointer()
			args = args[1:]
		}
		for i, param := range f.Params {
			b.names[param.ID] = wrap(args[i].Interface())
		}
		for range f.Locals {
			b.objects = append(b.objects, dsl.Local[record](b.fn).Ptr)
		}
		b.statements(f.Body)
		if leave(f.Body) {
			return []reflect.Value{reflect.Zero(t.Out(0))}
		}
		return []reflect.Value{reflect.ValueOf(b.expr(f.Result).get().operand())}
	})
	return dsl.Func(functionName(n), fn.Interface())
}

func functionName(n int) string {
	if n == 0 {
		return "entry"
	}
	return fmt.Sprint("sub", n)
}

func parameterType(p Param) reflect.Type {
	ints := [...]reflect.Type{reflect.TypeFor[dsl.U8](), reflect.TypeFor[dsl.U16](), reflect.TypeFor[dsl.U32](),
		reflect.TypeFor[dsl.U64](),
		reflect.TypeFor[dsl.S8](), reflect.TypeFor[dsl.S16](), reflect.TypeFor[dsl.S32](), reflect.TypeFor[dsl.S64]()}
	vars := [...]reflect.Type{reflect.TypeFor[dsl.VarU8](), reflect.TypeFor[dsl.VarU16](), reflect.TypeFor[dsl.VarU32](),
		reflect.TypeFor[dsl.VarU64](),
		reflect.TypeFor[dsl.VarS8](), reflect.TypeFor[dsl.VarS16](), reflect.TypeFor[dsl.VarS32](), reflect.TypeFor[dsl.VarS64]()}
	if p.Var {
		return vars[p.Type]
	}
	return ints[p.Type]
}

// A builder writes one function.
type builder struct {
	fn       *dsl.Fn
	f        *Func
	programs []*dsl.Program
	names    map[int]value
	leave    map[int]func()
	objects  []dsl.Ptr
}

func (b *builder) statements(list []*Stmt) {
	for _, s := range list {
		b.statement(s)
		if s.leaves() {
			return // code that is never reached is a mistake
		}
	}
}

// leave reports whether no path goes on after some statements.
func leave(list []*Stmt) bool { return slices.ContainsFunc(list, (*Stmt).leaves) }

// leaves reports whether no path goes on after a statement.
func (s *Stmt) leaves() bool {
	all := func() bool { return !slices.ContainsFunc(s.Bodies, func(list []*Stmt) bool { return !leave(list) }) }
	switch s.Kind {
	case Leave, Break, Continue, Return:
		return true
	case If:
		return len(s.Bodies) > len(s.Conds) && all()
	case Switch:
		return len(s.Bodies) > len(s.Cases) && all()
	case Block:
		return all() && !s.isLeft(s.ID)
	}
	return false
}

// isLeft reports whether a statement, or one that is reached in it, leaves the block with that number.
func (s *Stmt) isLeft(block int) bool {
	if s.Kind == Leave {
		return s.ID == block
	}
	for _, list := range s.Bodies {
		for _, inner := range list {
			if inner.isLeft(block) {
				return true
			}
			if inner.leaves() {
				break
			}
		}
	}
	return false
}

func (b *builder) body(list []*Stmt) func() { return func() { b.statements(list) } }

func (b *builder) statement(s *Stmt) {
	f := b.fn
	switch s.Kind {
	case Nothing:
		f.U32(0)
	case Helper:
		f.Helper([...]string{"bpf_ktime_get_ns", "bpf_get_smp_processor_id", "bpf_get_prandom_u32"}[s.N])
	case Let:
		b.name(s.ID, b.expr(s.X).get())
	case Declare:
		b.names[s.ID] = b.expr(s.X).variable()
	case Set:
		b.names[s.ID].set(b.operand(s.X))
	case Inc:
		b.names[s.ID].inc(b.operand(s.X))
	case Store:
		o := b.operand(s.X)
		b.cell(s.Type, s.Place).set(o)
	case StoreInc:
		o := b.operand(s.X)
		b.cell(s.Type, s.Place).inc(o)
	case If:
		b.branches(s)
	case Switch:
		b.cases(s)
	case For:
		f.For(s.N, b.counted(s))
	case ForUpTo:
		f.ForUpTo(b.operand(s.X), s.N, b.counted(s))
	case While:
		i := wrap(f.VarU32(0))
		b.names[s.ID] = i
		f.While(func() dsl.Bool {
			return i.compare(Lt, s.N).AndThen(func() dsl.Bool { return b.condition(s.Conds[0]) })
		}, func() {
			i.inc(1)
			b.statements(s.Bodies[0])
		})
	case Block:
		f.Block(func(leave func()) {
			b.leave[s.ID] = leave
			b.statements(s.Bodies[0])
		})
	case Leave:
		b.leave[s.ID]()
	case Break:
		f.Break()
	case Continue:
		f.Continue()
	case Return:
		f.Return(b.operand(s.X))
	case Call:
		b.call(s)
	case Copy:
		f.Helper("bpf_probe_read_kernel", b.objects[s.Place.Object].Offset(s.Place.Off), s.N, b.objects[s.From.Object].Offset(s.From.Off))
	default:
		var o []dsl.Operand
		for _, a := range s.Args {
			o = append(o, b.operand(a))
		}
		o = append(o, b.operand(s.X))
		b.name(s.ID, b.cell(s.Type, s.Place).atomic(s.Kind, o...))
	}
}

// name gives a value a name. It also sets a variable that is never read, because unused values are mistakes.
func (b *builder) name(id int, v value) {
	b.names[id] = v
	v.variable()
}

func (b *builder) counted(s *Stmt) func(dsl.U32) {
	return func(i dsl.U32) {
		b.names[s.ID] = wrap(i)
		b.statements(s.Bodies[0])
	}
}

func (b *builder) branches(s *Stmt) {
	branches := b.fn.If(b.condition(s.Conds[0]), b.body(s.Bodies[0]))
	for i, cond := range s.Conds[1:] {
		branches = branches.ElseIf(func() dsl.Bool { return b.condition(cond) }, b.body(s.Bodies[i+1]))
	}
	if n := len(s.Conds); len(s.Bodies) > n {
		branches.Else(b.body(s.Bodies[n]))
	}
}

func (b *builder) cases(s *Stmt) {
	var arms []dsl.SwitchCase
	for i, values := range s.Cases {
		var o []dsl.Operand
		for _, v := range values {
			o = append(o, goNumber(s.X.Type, v))
		}
		arms = append(arms, dsl.Case(b.body(s.Bodies[i]), o...))
	}
	if n := len(s.Cases); len(s.Bodies) > n {
		arms = append(arms, dsl.Default(b.body(s.Bodies[n])))
	}
	b.expr(s.X).cases(b.fn, arms)
}

func (b *builder) call(s *Stmt) {
	var o []dsl.Operand
	if s.Place != nil {
		o = append(o, b.objects[s.Place.Object])
	}
	for _, a := range s.Args {
		o = append(o, b.operand(a))
	}
	r := b.fn.Call(b.programs[s.Sub], o...)
	results := [...]func() value{
		U8: func() value { return wrap(r.U8()) }, U16: func() value { return wrap(r.U16()) }, U32: func() value { return wrap(r.U32()) },
		U64: func() value { return wrap(r.U64()) },
		S8:  func() value { return wrap(r.S8()) }, S16: func() value { return wrap(r.S16()) }, S32: func() value { return wrap(r.S32()) },
		S64: func() value { return wrap(r.S64()) },
	}
	b.names[s.ID] = results[s.Type]()
}

// operand is an expression as an operand of another one: directly as a Go constant or a variable, if the tree says so.
func (b *builder) operand(e *Expr) dsl.Operand {
	switch {
	case e.Op == Const && e.Raw:
		return goNumber(e.Type, e.Value)
	case e.Op == Name && e.Raw:
		return b.names[e.ID].operand()
	case e.Op == Cell && e.Raw:
		return b.cell(e.Type, e.Place).operand()
	}
	return b.expr(e).get().operand()
}

func (b *builder) expr(e *Expr) value {
	switch e.Op {
	case Const:
		return constant(b.fn, e.Type, e.Value)
	case Name:
		return b.names[e.ID]
	case Cell:
		return b.cell(e.Type, e.Place)
	case Shl, Shr:
		x := b.expr(e.Args[0])
		return x.shift(e.Op, b.operand(e.Args[1]))
	case Neg, Not, Swap:
		return b.expr(e.Args[0]).unary(e.Op)
	case Convert:
		return b.expr(e.Args[0]).convert(e.Type)
	case Pick:
		arm := func(e *Expr) func() value { return func() value { return b.expr(e) } }
		return constant(b.fn, e.Type, 0).pick(b.fn, b.condition(e.Args[0]), arm(e.Args[1]), arm(e.Args[2]))
	case Number:
		if e.Type == U8 {
			return wrap(b.condition(e.Args[0]).U8())
		}
		return wrap(b.condition(e.Args[0]).U32())
	}
	x, y := b.expr(e.Args[0]), e.Args[1]
	if (e.Op == Div || e.Op == Mod) && y.Op == Const && y.Value == 0 { // a Go constant that is 0 is a mistake there
		return x.binary(e.Op, b.expr(y).get().operand())
	}
	return x.binary(e.Op, b.operand(y))
}

func (b *builder) condition(e *Expr) dsl.Bool {
	switch e.Op {
	case Both:
		return b.condition(e.Args[0]).And(b.condition(e.Args[1]))
	case Either:
		return b.condition(e.Args[0]).Or(b.condition(e.Args[1]))
	case NotBool:
		return b.condition(e.Args[0]).Not()
	case AndThen:
		return b.condition(e.Args[0]).AndThen(func() dsl.Bool { return b.condition(e.Args[1]) })
	case OrElse:
		return b.condition(e.Args[0]).OrElse(func() dsl.Bool { return b.condition(e.Args[1]) })
	}
	x := b.expr(e.Args[0])
	return x.compare(e.Op, b.operand(e.Args[1]))
}

// cell is the memory at a place.
func (b *builder) cell(t Type, p *Place) value {
	object := b.objects[p.Object]
	switch r := dsl.RefTo[record](object); {
	case p.Index != nil:
		return b.element(t, r, p)
	case p.Path != "":
		return cellOf(t, r, p.Path)
	}
	return cellAt(t, object, p.Off, p.Big)
}

func (b *builder) element(t Type, r dsl.Ref[record], p *Place) value {
	i := b.expr(p.Index).binary(And, p.Count-1).operand()
	switch p.Array {
	case "W":
		return cellAt(t, dsl.Index[uint32](r, p.Array, i).Ptr, 0, false)
	case "Y":
		return cellAt(t, dsl.Index[uint8](r, p.Array, i).Ptr, 0, false)
	}
	return cellOf(t, dsl.Index[pair](r, p.Array, i), p.In)
}
