package misuse

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestFunctions: Go functions that cannot be programs.
func TestFunctions(t *testing.T) {
	check := func(p *dsl.Program) error {
		return prog.Validate(p, prog.Options{License: "GPL", Type: syscall.ProgTypeXDP}, linux())
	}
	compare(t, "functions", []row{
		{name: "no Fn", code: func() error {
			return check(dsl.Func("pass", func(x ctx.XDP) dsl.U32 { return x.RxQueueIndex() })) // here
		}},
		{name: "Fn by value", code: func() error {
			return check(dsl.Func("pass", func(f dsl.Fn, x ctx.XDP) dsl.U32 { return x.RxQueueIndex() })) // here
		}},
		{name: "variadic", code: func() error {
			return check(dsl.Func("pass", func(f *dsl.Fn, n ...dsl.U32) dsl.U32 { return n[0] })) // here
		}},
		{name: "Go integer as parameter", code: func() error {
			return check(dsl.Func("pass", func(f *dsl.Fn, n uint32) dsl.U32 { return f.U32(n) })) // here
		}},
		{name: "Go integer as result", code: func() error {
			return check(dsl.Func("pass", func(f *dsl.Fn, x ctx.XDP) uint32 { return ctx.XDPPass })) // here
		}},
		{name: "constant of an enum as result", code: func() error {
			return check(dsl.Func("pass", func(f *dsl.Fn, x ctx.XDP) int { return ctx.XDPPass })) // here
		}},
		{name: "result and error", code: func() error {
			return check(dsl.Func("pass", func(f *dsl.Fn, x ctx.XDP) (dsl.U32, error) { return f.U32(2), nil })) // here
		}},
		{name: "a constant instead of a function", code: func() error {
			return check(dsl.Func("pass", ctx.XDPPass)) // here
		}},
		{name: "nil function", code: func() error {
			var later func(f *dsl.Fn, x ctx.XDP) dsl.U32
			return check(dsl.Func("pass", later)) // here
		}},
		{name: "pointer to a context", code: func() error {
			return check(dsl.Func("pass", func(f *dsl.Fn, x *ctx.XDP) dsl.U32 { return x.RxQueueIndex() })) // here
		}},
		{name: "context and another parameter", code: func() error {
			return check(dsl.Func("pass", func(f *dsl.Fn, x ctx.XDP, n dsl.U32) dsl.U32 { return n })) // here
		}},
		{name: "a struct of the kernel as context", code: func() error {
			return check(dsl.Func("pass", func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd() })) // here
		}},
		{name: "XDP program without a result", code: func() error {
			return check(dsl.Func("pass", func(f *dsl.Fn, x ctx.XDP) {})) // here
		}},
		{name: "result was never set", code: func() error {
			return check(dsl.Func("pass", func(f *dsl.Fn, x ctx.XDP) (action dsl.U32) { return })) // here
		}},
		{name: "no program", code: func() error {
			return check(nil)
		}},
	})
}
