package misuse

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/maps"
)

// TestDropped: statements that would do nothing.
func TestDropped(t *testing.T) {
	flows := maps.NewHash[uint32, uint64]("flows", 1024)
	compare(t, "dropped", []row{
		{name: "sum as a statement", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				n := tp.SndCwnd()
				n.Add(1) // here
				return n
			})
		}},
		{name: "sum of a variable as a statement", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				n := tp.SndCwnd().Var()
				n.Sub(1) // here
				return n.U32()
			})
		}},
		{name: "comparison as a statement", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				tp.SndCwnd().Lt(tp.SndSsthresh()) // here
				return tp.SndCwnd()
			})
		}},
		{name: "And as a statement", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				c := tp.SndCwnd().Lt(tp.SndSsthresh())
				c.And(tp.SndCwnd().Gt(2)) // here
				f.If(c, f.ReturnConst(2))
				return tp.SndCwnd()
			})
		}},
		{name: "statement after Exit", code: func() error {
			return window(func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
				f.If(acked.Eq(0), func() {
					f.Exit()
					tp.SetSndCwnd(2) // here
				})
				tp.SetSndCwnd(3)
			})
		}},
		{name: "statement after Return", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				f.If(x.RxQueueIndex().Eq(0), func() {
					f.Return(ctx.XDPDrop)
					flows.In(f).Put(0, 1) // here
				})
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "statement after Break", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				n := f.VarU32(0)
				f.For(4, func(i dsl.U32) {
					f.If(i.Eq(x.RxQueueIndex()), func() {
						f.Break()
						n.Set(i) // here
					})
				})
				return n.U32()
			})
		}},
		{name: "variable that was only declared", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				var n dsl.VarU32
				n.Set(1) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "cell that was only declared", code: func() error {
			return window(func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
				var state struct{ Count dsl.CellU32 }
				state.Count.Set(1) // here
				tp.CongAvoidAI(tp.SndCwnd(), acked)
			})
		}},
		{name: "value that was only declared", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				var half dsl.U32
				return half.Max(2) // here
			})
		}},
		{name: "case without values", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				dsl.Switch(f, x.RxQueueIndex(),
					dsl.Case(f.ReturnConst(ctx.XDPDrop)), // here
					dsl.Default(f.ReturnConst(ctx.XDPPass)))
				return f.U32(ctx.XDPAborted)
			})
		}},
		{name: "same value in two cases", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				dsl.Switch(f, x.RxQueueIndex(),
					dsl.Case(f.ReturnConst(ctx.XDPDrop), 1, 2),
					dsl.Case(f.ReturnConst(ctx.XDPTx), 2, 3)) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "switch without cases", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				dsl.Switch(f, x.RxQueueIndex()) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "Go return in a body", code: func() error {
			return window(func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
				f.If(tp.IsCwndLimited().Eq(0), func() { // here
					//lint:ignore S1023 that is the mistake
					return
				})
				tp.CongAvoidAI(tp.SndCwnd(), acked)
			})
		}},
		{name: "Go variable set in a body", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				action := uint32(ctx.XDPPass)
				f.If(x.RxQueueIndex().Gt(0), func() { // here
					action = ctx.XDPDrop
				})
				return f.U32(action)
			})
		}},
		{name: "Go loop around a statement", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				n := x.RxQueueIndex()
				for range 3 {
					n.Shl(1) // here
				}
				return n
			})
		}},
		{name: "body is nil", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				f.If(x.RxQueueIndex().Gt(0), nil) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "two Elses", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				n := f.VarU32(0)
				b := f.If(x.RxQueueIndex().Gt(0), func() { n.Set(1) })
				b.Else(func() { n.Set(2) })
				b.Else(func() { n.Set(3) }) // here
				return n.U32()
			})
		}},
		{name: "ElseIf later than Else", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				n := f.VarU32(0)
				b := f.If(x.RxQueueIndex().Gt(0), func() { n.Set(1) })
				b.Else(func() { n.Set(2) })
				b.ElseIf(func() dsl.Bool { return n.Eq(1) }, func() { n.Set(3) }) // here
				return n.U32()
			})
		}},
		{name: "the time is not used", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				now := helper.KtimeGetNs(f)
				now.Shr(20).U32() // here
				return f.U32(ctx.XDPPass)
			})
		}},
	})
}
