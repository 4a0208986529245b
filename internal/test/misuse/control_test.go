package misuse

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
)

type guarded struct {
	Lock  dsl.SpinLock
	_     [4]uint8
	Count uint64
}

// TestControl: branches, loops, calls and sections.
func TestControl(t *testing.T) {
	values := maps.NewArray[guarded]("values", 4)
	hits := maps.NewGlobal("hits", uint64(0))
	tails := maps.NewProgArray("tails", 4)
	double := dsl.Func("double", func(f *dsl.Fn, n dsl.U32) dsl.U32 { return n.Shl(1) })
	compare(t, "control", []row{
		{name: "break outside of a loop", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				f.If(x.RxQueueIndex().Gt(0), f.Break) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "continue outside of a loop", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				f.If(x.RxQueueIndex().Gt(0), func() {
					f.Continue() // here
				})
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "turns are not constant", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				n := f.VarU32(0)
				f.For(x.RxQueueIndex(), func(i dsl.U32) { n.Inc(1) }) // here
				return n.U32()
			})
		}},
		{name: "too many turns", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				n := f.VarU32(0)
				f.For(10_000_000, func(i dsl.U32) { n.Inc(1) }) // here
				return n.U32()
			})
		}},
		{name: "many long turns", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				n := f.VarU32(0)
				f.For(1_000_000, func(i dsl.U32) { n.Set(n.Mul(7).Xor(i).Add(x.RxQueueIndex())) }) // here
				return n.U32()
			})
		}},
		{name: "negative number of turns", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				n := f.VarU32(0)
				f.ForUpTo(x.RxQueueIndex(), -1, func(i dsl.U32) { n.Inc(1) }) // here
				return n.U32()
			})
		}},
		{name: "value of a block used outside", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				var bucket dsl.U32
				f.If(x.RxQueueIndex().Gt(0), func() { bucket = x.RxQueueIndex().Shr(1) })
				return bucket.Add(1) // here
			})
		}},
		{name: "value of another function", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				inner := dsl.Func("inner", func(g *dsl.Fn) dsl.U32 {
					return x.RxQueueIndex() // here
				})
				return f.Call(inner).U32()
			})
		}},
		{name: "value kept in a Go variable", code: func() error {
			var kept dsl.U32
			first := dsl.Func("first", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				kept = x.RxQueueIndex()
				return kept
			})
			if err := prog.Validate(first, prog.Options{License: "GPL"}, linux()); err != nil {
				return err
			}
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				return f.U32(1).Add(kept) // here
			})
		}},
		{name: "too many arguments", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				return f.Call(double, x.RxQueueIndex(), 1).U32() // here
			})
		}},
		{name: "argument of another type", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				return f.Call(double, helper.KtimeGetNs(f)).U32() // here
			})
		}},
		{name: "result of a call of another type", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				return f.Call(double, x.RxQueueIndex()).U64().U32() // here
			})
		}},
		{name: "function with six parameters", code: func() error {
			six := dsl.Func("six", func(f *dsl.Fn, a, b, c, d, e, g dsl.U32) dsl.U32 { return a.Add(g) }) // here
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				return f.Call(six, 1, 2, 3, 4, 5, 6).U32() // here
			})
		}},
		{name: "function calls itself", code: func() error {
			var down *dsl.Program
			down = dsl.Func("down", func(f *dsl.Fn, n dsl.U32) dsl.U32 {
				f.If(n.Eq(0), f.ReturnConst(0))
				return f.Call(down, n.Sub(1)).U32() // here
			})
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 { return f.Call(down, x.RxQueueIndex()).U32() })
		}},
		{name: "Go function is called as a program", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				var missing *dsl.Program
				return f.Call(missing, 1).U32() // here
			})
		}},
		{name: "callback with another signature", code: func() error {
			turn := dsl.Func("turn", func(f *dsl.Fn, i dsl.U32) dsl.S64 { return f.S64(0) })
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				f.Loop(100, turn, dsl.Local[counts](f)) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "callback with data of another type", code: func() error {
			turn := dsl.Func("turn", func(f *dsl.Fn, i dsl.U32, data dsl.Ref[counts]) dsl.S64 {
				data.U64("Packets").Inc(1)
				return f.S64(0)
			})
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				f.Loop(100, turn, dsl.Local[event](f)) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "callback's result", code: func() error {
			turn := dsl.Func("turn", func(f *dsl.Fn, i dsl.U32, data dsl.Ref[counts]) dsl.S64 {
				return i.S64() // here
			})
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				f.Loop(100, turn, dsl.Local[counts](f)) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "two locks", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				a, b := values.In(f).Lookup(0), values.In(f).Lookup(1)
				f.If(a.NotNil().And(b.NotNil()), func() {
					f.Locked(a.Part("Lock"), func() {
						f.Locked(b.Part("Lock"), func() { // here
							b.U64("Count").Inc(1)
						})
					})
				})
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "call while a lock is held", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				v := values.In(f).Lookup(0)
				f.If(v.NotNil(), func() {
					f.Locked(v.Part("Lock"), func() {
						v.U64("Count").Set(helper.KtimeGetNs(f)) // here
					})
				})
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "exit while a lock is held", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				v := values.In(f).Lookup(0)
				f.If(v.NotNil(), func() {
					f.Locked(v.Part("Lock"), func() {
						f.If(v.U64("Count").Gt(9), func() {
							f.Return(ctx.XDPDrop) // here
						})
						v.U64("Count").Inc(1)
					})
				})
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "lock that is none", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				v := values.In(f).Lookup(0)
				f.If(v.NotNil(), func() {
					f.Locked(v, func() { v.U64("Count").Inc(1) })               // the lock is the first field
					f.Locked(v.Part("Count"), func() { v.U64("Count").Inc(1) }) // here
				})
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "tail call of a map that has no programs", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				f.TailCall(x, values.Spec(), 0) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "tail call without the context", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				tails.TailCall(f, x.Data(), 0) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "exit of a function that has a result", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				f.If(x.RxQueueIndex().Gt(0), f.Exit) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "result of a function that has none", code: func() error {
			return window(func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
				f.If(acked.Eq(0), func() {
					f.Return(0) // here
				})
				tp.CongAvoidAI(tp.SndCwnd(), acked)
			})
		}},
		{name: "Go index outside of a slice", code: func() error {
			limits := []uint32{1, 2, 3}
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				n := f.VarU32(0)
				for i := range 4 {
					n.Set(limits[i]) // here
				}
				return n.U32()
			})
		}},
		{name: "loop without a condition", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				f.While(nil, func() { hits.In(f).U64("").Inc(1) }) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "kernel may not have the field", code: func() error {
			algorithm := reno()
			algorithm.Ssthresh = func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				n := f.VarU32(0)
				f.IfField("tcp_sock", "no_such_field", func() { n.Set(tp.Field("no_such_field").U32()) })
				return tp.Field("no_such_field").U32().Add(n) // here
			}
			return validate(algorithm)
		}},
	})
}
