package compile_test

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/maps"
)

// Functions with statements that would leave no trace in the program. What is to be found stands beside them; see mistakes_test.go.

func neverReached() *dsl.Program {
	m := maps.NewHash[uint32, uint32]("m", 8)
	return dsl.Func("p", func(f *dsl.Fn, tp tcp.Sock, n dsl.VarU32) {
		f.If(n.Eq(1), func() {
			f.Exit()
			n.Set(2) // want "this is never reached"
			n.Set(3) // the second of two in a row
		})
		f.If(n.Eq(2), func() {
			f.Exit()
			tp.SetSndCwnd(2) // want "this is never reached"
		}).Else(func() {
			f.Helper("bpf_ktime_get_ns")
			f.Exit()
		})
		m.In(f).Put(1, 2) // want "this is never reached: all paths before it leave with Exit"
	})
}

func neverReachedInLoops() *dsl.Program {
	sub := dsl.Func("sub", func(f *dsl.Fn, n dsl.U32) {})
	return dsl.Func("p", func(f *dsl.Fn, tp tcp.Sock, n dsl.VarU32) dsl.U32 {
		f.For(3, func(i dsl.U32) {
			f.If(n.Eq(1), func() {
				f.Break()
				n.Inc(1) // want "this is never reached"
			})
			f.Continue()
			f.Call(sub, n) // want "this is never reached"
		})
		f.Block(func(leave func()) {
			leave()
			f.If(n.Eq(1), func() { n.Set(2) }) // want "this is never reached"
		})
		dsl.Switch(f, n, dsl.Case(func() {
			f.Return(1)
			f.Return(2) // want "this is never reached"
		}, 1), dsl.Default(f.ReturnConst(3)))
		tp.SlowStart(n) // want "this is never reached"
		return f.U32(7)
	})
}

// reachedAfterAll has nothing that is wrong but one line: code after branches of which one goes on.
func reachedAfterAll() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.VarU32) dsl.U32 {
		f.If(n.Eq(1), f.ReturnConst(1))
		n.Set(2)
		f.For(3, func(i dsl.U32) {
			f.If(i.Eq(1), f.Break)
			n.Inc(1)
		})
		f.For(3, func(i dsl.U32) {
			n.Inc(1)
			f.Break()
		})
		f.While(func() dsl.Bool { return n.Lt(9) }, func() { n.Inc(1) })
		f.If(n.Eq(3), f.ReturnConst(1)).Else(func() { n.Inc(1) })
		f.If(n.Eq(4), f.ReturnConst(1)).Else(f.ReturnConst(2))
		n.Set(1) // want "this is never reached"
		return n.Get()
	})
}

func zeroVariable() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) {
		var v dsl.VarU32
		v.Set(n)        // want "this value was never made\n\thelp: make variables with x.Var() or f.VarU32(0)"
		v.Inc(n.Add(1)) // want "this value was never made"
		v.Set(1)        // want "this value was never made\n\thelp: make variables"
	})
}

func zeroCell() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U64) {
		var c dsl.CellU64
		c.AtomicAdd(n) // want "this value was never made"
		c.Inc(1)       // want "this value was never made"
	})
}

func zeroState() *dsl.Program {
	type state struct{ Count, Last dsl.CellU32 }
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) {
		var ca state
		ca.Count.Set(0) // want "this value was never made"
	})
}

func zeroPointer() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) {
		var tp tcp.Sock
		tp.SetSndCwnd(n) // want "this value was never made"
		tp.SlowStart(n)  // want "this value was never made"
	})
}

func zeroFn() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) {
		var g *dsl.Fn
		g.If(n.Eq(1), f.Exit) // want "this value was never made"
	})
}

func zeroMap() *dsl.Program {
	m := maps.NewHash[uint32, uint32]("m", 8)
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) {
		m.In(nil).Put(1, 2) // want "this value was never made"
	})
}

func cases() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) {
		dsl.Switch(f, n,
			dsl.Case(f.Exit),          // want "the Case has no values, so it never runs\n\thelp: use Default"
			dsl.Case(f.Exit, 1, 2, 1), // want "the value 1 is already in the Case at mistakes_dropped_test.go:"
			dsl.Case(f.Exit, 3, 2),    // want "the value 2 is already in the Case at mistakes_dropped_test.go:"
			dsl.Case(f.Exit, n.Add(1)))
		dsl.Switch(f, n) // want "the Switch has no cases"
	})
}

func unusedConditions() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) {
		n.Eq(1).AndThen(func() dsl.Bool { return n.Eq(2) })                                   // want "the result is not used"
		n.Eq(1).OrElse(func() dsl.Bool { return n.Eq(2) })                                    // want "the result is not used"
		dsl.Pick(f, n.Eq(1), func() dsl.U32 { return n }, func() dsl.U32 { return f.U32(1) }) // want "the result is not used"
	})
}

func unusedBody() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) dsl.U32 {
		f.If(n.Eq(1), func() {
			n.Var()
			f.ReturnConst(2) // want "ReturnConst does not leave, it makes a body for If and the like\n\thelp: f.Return(2) leaves here"
		})
		return n
	})
}

func appendedItems() *dsl.Program {
	p := dsl.Func("p", func(f *dsl.Fn, n dsl.U32) { f.If(n.Eq(1), f.Exit) })
	p.Append(
		dsl.Exit(), // want "items are appended to a program that is a Go function"
	)
	return p
}

func declaredTwice() *dsl.Program {
	return dsl.Assembly("p", // want "the prototype is declared twice, at mistakes_dropped_test.go:161 and mistakes_dropped_test.go:162"
		dsl.Proto("u32"),
		dsl.Proto("u64"),
		dsl.Mov64Imm(r0, 0),
		dsl.Exit())
}
