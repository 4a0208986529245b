package misuse

import (
	"net"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/maps"
)

// TestNumbers: widths, signs and constants.
func TestNumbers(t *testing.T) {
	hits := maps.NewGlobal("hits", uint64(0))
	compare(t, "numbers", []row{
		{name: "sum of two widths", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				return x.RxQueueIndex().Add(helper.KtimeGetNs(f)) // here
			})
		}},
		{name: "sum of signed and unsigned", code: func() error {
			return window(func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
				tp.SetSndCwnd(acked.Add(f.S32(1))) // here
			})
		}},
		{name: "comparison of two widths", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				eth := x.Packet().Bytes(0, 14, f.ReturnConst(ctx.XDPPass))
				f.If(eth.At(12).U16().Eq(x.RxQueueIndex()), f.ReturnConst(ctx.XDPDrop)) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "field is set to a wider number", code: func() error {
			return window(func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
				tp.SetSndCwnd(helper.KtimeGetNs(f)) // here
			})
		}},
		{name: "field is set to a negative number", code: func() error {
			return window(func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
				tp.SetSndCwnd(-1) // here
			})
		}},
		{name: "field is set to a condition", code: func() error {
			return window(func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
				tp.SetSndCwnd(acked.Gt(1)) // here
			})
		}},
		{name: "constant does not fit", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				return f.U8(1).Add(256).U32() // here
			})
		}},
		{name: "fraction", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				return tp.SndCwnd().Mul(0.7) // here
			})
		}},
		{name: "negative shift", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				return tp.SndCwnd().Shl(-1) // here
			})
		}},
		{name: "Go string", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				f.If(x.RxQueueIndex().Eq("0"), f.ReturnConst(ctx.XDPDrop)) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "Go address of a host", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				eth := x.Packet().Bytes(0, 34, f.ReturnConst(ctx.XDPPass))
				f.If(eth.At(26).U32().Eq(net.IPv4(10, 0, 0, 1)), f.ReturnConst(ctx.XDPDrop)) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "operand is nil", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				return tp.SndCwnd().Max(nil) // here
			})
		}},
		{name: "variable is set to another width", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				n := f.VarU32(0)
				n.Set(helper.KtimeGetNs(f)) // here
				return n.U32()
			})
		}},
		{name: "cell is set to another width", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				hits.In(f).U64("").Set(x.RxQueueIndex()) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "atomic with another width", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				hits.In(f).U64("").AtomicAdd(x.RxQueueIndex()) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "result of another width", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				f.If(x.RxQueueIndex().Gt(0), func() {
					f.Return(helper.KtimeGetNs(f)) // here
				})
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "helper's argument of another width", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				helper.Redirect(f, helper.KtimeGetNs(f), 0) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "kernel function's argument of another width", code: func() error {
			return window(func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
				tp.CongAvoidAI(tp.SndCwnd(), acked.U64()) // here
			})
		}},
		{name: "pointer as a number", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				return tp.SndCwnd().Add(tp) // here
			})
		}},
		{name: "condition as a number", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				return tp.SndCwnd().Add(tp.SndCwnd().Gt(2)) // here
			})
		}},
		{name: "division by zero", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				return tp.SndCwnd().Div(0) // here
			})
		}},
		{name: "Printf with too few values", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				f.Printf("cwnd %d of %d", tp.SndCwnd()) // here
				return tp.SndCwnd()
			})
		}},
		{name: "Printf of a number as text", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				f.Printf("cwnd %s", tp.SndCwnd()) // here
				return tp.SndCwnd()
			})
		}},
		{name: "Printf of any value", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				f.Printf("cwnd %v", tp.SndCwnd()) // here
				return tp.SndCwnd()
			})
		}},
		{name: "Go's Printf verb for floats", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				f.Printf("cwnd %.2f", tp.SndCwnd()) // here
				return tp.SndCwnd()
			})
		}},
		{name: "kernel field of another width", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				return tp.Field("inet_conn.icsk_inet.sk.sk_pacing_rate").U32() // here
			})
		}},
	})
}
