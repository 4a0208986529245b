package compile_test

import "github.com/bpfsmith/bpfsmith/dsl"

// Functions that go where they may not. What is to be found stands beside it; see mistakes_test.go.

func nilBodies() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) {
		f.If(n.Eq(1), nil)                                                    // want "the body of If is nil"
		f.If(n.Eq(2), f.Exit).Else(nil)                                       // want "the body of Else is nil"
		f.If(n.Eq(3), f.Exit).ElseIf(nil, f.Exit)                             // want "the condition of ElseIf is nil"
		f.For(3, nil)                                                         // want "the body of For is nil"
		f.ForUpTo(n, 3, nil)                                                  // want "the body of For is nil"
		f.While(nil, f.Exit)                                                  // want "one is nil"
		f.Block(nil)                                                          // want "the body of Block is nil"
		dsl.Switch(f, n, dsl.Case(nil, 1))                                    // want "the body of Case is nil"
		dsl.Switch(f, n, dsl.Default(nil))                                    // want "the body of Default is nil"
		f.If(n.Eq(4).AndThen(nil), f.Exit)                                    // want "the condition of AndThen is nil"
		f.If(n.Eq(5).OrElse(nil), f.Exit)                                     // want "the condition of OrElse is nil"
		dsl.Pick[dsl.U32](f, n.Eq(6), nil, nil)                               // want "Pick needs two functions"
		f.Call(nil)                                                           // want "the called program is nil"
		f.Loop(n, nil, nil)                                                   // want "the function of Loop is nil"
		f.If(n.Eq(7), f.Exit).ElseIf(func() dsl.Bool { return n.Eq(8) }, nil) // want "the body of ElseIf is nil"
	})
}

func emptyBlocks() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) {
		f.If(n.Eq(1), func() {})                 // want "the body of If does nothing"
		f.If(n.Eq(2), f.Exit).Else(func() {})    // want "the body of Else does nothing"
		f.For(3, func(dsl.U32) {})               // want "the body of For does nothing"
		f.Block(func(func()) {})                 // want "the body of Block does nothing"
		dsl.Switch(f, n, dsl.Case(func() {}, 1)) // want "the body of Case does nothing"
		f.If(n.Eq(3), func() {})                 // want "the body of If does nothing"
	})
}

func elseWithoutIf() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.VarU32) {
		branches := f.If(n.Eq(1), f.Exit)
		n.Set(2)
		branches.Else(f.Exit)                                       // want "Else must follow its If directly"
		branches.ElseIf(func() dsl.Bool { return n.Eq(3) }, f.Exit) // want "ElseIf must follow its If directly"
		other := f.If(n.Eq(4), f.Exit)
		other.Else(func() { n.Set(5) })
		other.Else(f.Exit) // want "Else must follow its If directly"
	})
}

func outsideLoops() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.VarU32) {
		f.Break()    // want "Break is outside a loop"
		f.Continue() // want "Continue is outside a loop"
		f.For(3, func(i dsl.U32) {
			n.Inc(i)
			f.Break()
		})
		f.If(n.Eq(1), f.Break) // want "Break is outside a loop"
	})
}

func leaveOutsideBlock() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.VarU32) {
		var kept func()
		f.Block(func(leave func()) {
			n.Set(1)
			kept = leave
		})
		kept() // want "after its Block has ended"
	})
}

func noBounds() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.VarU32) {
		f.For(n, func(i dsl.U32) { n.Inc(i) })             // want "the number of turns is known only when the program runs"
		f.For(-1, func(i dsl.U32) { n.Inc(i) })            // want "-1 turns"
		f.For(uint64(1)<<63, func(i dsl.U32) { n.Inc(i) }) // want "9223372036854775808 turns"
		f.ForUpTo(n, 0, func(i dsl.U32) { n.Inc(i) })      // want "at most 0 turns"
		f.ForUpTo(n, 1<<24, func(i dsl.U32) { n.Inc(i) })  // want "at most 16777216 turns"
	})
}

func noResult() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) dsl.U32 {
		f.If(n.Eq(1), f.Exit) // want "expected a u32"
		f.If(n.Eq(2), func() {
			f.Return(n.U64()) // want "a U32 and a U64 do not mix"
		})
		return n
	})
}

func noResultAtTheEnd() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) dsl.U32 { // want "the Go function returned no value"
		f.If(n.Eq(1), func() { f.Return(n) })
		return dsl.U32{}
	})
}

func resultOfNothing() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) {
		f.If(n.Eq(1), f.ReturnConst(1)) // want "has no result"
		f.Return(n)                     // want "has no result"
	})
}

func wrongResult() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) dsl.U8 {
		f.If(n.Eq(1), f.ReturnConst(256)) // want "256 does not fit a U8"
		f.If(n.Eq(2), func() {
			f.Return("one") // want "a Go string cannot be an operand"
		})
		return n.U8()
	})
}

func twoDefaults() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) {
		dsl.Switch(f, n.U8(), dsl.Case(f.Exit, 256))                                    // want "256 does not fit a U8"
		dsl.Switch(f, n, dsl.Default(f.Exit), dsl.Case(f.Exit, 1), dsl.Default(f.Exit)) // want "a Switch has more than one Default"
	})
}

func panics() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) dsl.U32 {
		var table []dsl.U32
		f.If(n.Add(1).Eq(7), f.ReturnConst(1))
		return table[3] // want "the Go function panicked: runtime error: index out of range [3] with length 0"
	})
}

func panicsInABlock() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) {
		f.If(n.Eq(1), nil) // want "the body of If is nil"
		f.If(n.Eq(2), func() {
			f.For(3, func(i dsl.U32) {
				panic("on purpose") // want "the Go function panicked: on purpose"
			})
		})
	})
}

func noFunction() *dsl.Program {
	return dsl.Func("p", 7) // want "dsl.Func needs a Go function"
}

func nilFunction() *dsl.Program {
	var fn func(f *dsl.Fn)
	return dsl.Func("p", fn) // want "the Go function is nil"
}

func noFn() *dsl.Program {
	return dsl.Func("p", func() {}) // want "must be a *dsl.Fn"
}

func goIntegers() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n uint32) {}) // want "is a Go uint32"
}

func twoResults() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn) (a, b dsl.U32) { return f.U32(1), f.U32(2) }) // want "2 results"
}

func variadic() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n ...dsl.U32) {}) // want "takes any number of values"
}

func contextAndMore() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, c struct{ dsl.Context }, n dsl.U32) { // want "has a context; it must be the only parameter"
		f.Exit()
	})
}

func recursion() *dsl.Program {
	var p *dsl.Program
	p = dsl.Func("p", func(f *dsl.Fn) {
		f.Call(p) // want "is recursive"
	})
	return p
}

func mistakesInTheOther() *dsl.Program {
	sub := dsl.Func("sub", func(f *dsl.Fn, n dsl.U32) dsl.U32 {
		f.Break() // want "Break is outside a loop"
		return n
	})
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) dsl.U32 {
		f.Continue() // want "Continue is outside a loop"
		return f.Call(sub, n).U32()
	})
}

func tracepointArgument() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, args dsl.RawTracepoint) dsl.U32 {
		return args.Arg(12).U32() // want "argument 12 of a tracepoint"
	})
}
