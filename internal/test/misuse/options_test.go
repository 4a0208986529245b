package misuse

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestOptions: the type of a program, its place, its licence and what these allow.
func TestOptions(t *testing.T) {
	var unknown compile.Target
	pass := func() *dsl.Program {
		return dsl.Func("pass", func(f *dsl.Fn, x ctx.XDP) dsl.U32 { return f.U32(ctx.XDPPass) })
	}
	silent := func() *dsl.Program { return dsl.Func("silent", func(f *dsl.Fn) dsl.S32 { return f.S32(0) }) }
	compare(t, "options", []row{
		{name: "no licence", code: func() error {
			return prog.Validate(pass(), prog.Options{}, linux())
		}},
		{name: "helper for programs under the GPL", code: func() error {
			p := dsl.Func("trace", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				f.Printf("packet") // here
				return f.U32(ctx.XDPPass)
			})
			return prog.Validate(p, prog.Options{License: "MIT"}, linux())
		}},
		{name: "no type", code: func() error {
			return prog.Validate(silent(), prog.Options{License: "GPL"}, linux())
		}},
		{name: "unknown type", code: func() error {
			return prog.Validate(silent(), prog.Options{License: "GPL", Type: 77}, linux())
		}},
		{name: "tracing without a target", code: func() error {
			return prog.Validate(silent(), prog.Options{License: "GPL", Type: syscall.ProgTypeTracing}, linux())
		}},
		{name: "tracing of a misspelt function", code: func() error {
			return prog.Validate(silent(), prog.Options{License: "GPL", Type: syscall.ProgTypeTracing,
				AttachType: syscall.AttachTraceFEntry, AttachTo: "tcp_slow_strat"}, linux())
		}},
		{name: "tracepoint with its group", code: func() error {
			return prog.Validate(silent(), prog.Options{License: "GPL", Type: syscall.ProgTypeTracing,
				AttachType: syscall.AttachTraceRawTP, AttachTo: "sched/sched_switch"}, linux())
		}},
		{name: "target of a program that has none", code: func() error {
			return prog.Validate(pass(), prog.Options{License: "GPL", AttachTo: "eth0"}, linux())
		}},
		{name: "type and context do not go together", code: func() error {
			return prog.Validate(pass(), prog.Options{License: "GPL", Type: syscall.ProgTypeSchedCls}, linux())
		}},
		{name: "type and attach type do not go together", code: func() error {
			return prog.Validate(pass(), prog.Options{License: "GPL", AttachType: syscall.AttachTCXIngress}, linux())
		}},
		{name: "cgroup program without its place", code: func() error {
			p := dsl.Func("connect", func(f *dsl.Fn, a ctx.SockAddr) dsl.S32 { return f.S32(1) })
			return prog.Validate(p, prog.Options{License: "GPL"}, linux())
		}},
		{name: "result that connect does not have", code: func() error {
			p := dsl.Func("connect", func(f *dsl.Fn, a ctx.SockAddr) dsl.S32 {
				return f.S32(-1) // here
			})
			return prog.Validate(p, prog.Options{License: "GPL", AttachType: syscall.AttachCgroupInet4Connect}, linux())
		}},
		{name: "result that a packet of a cgroup does not have", code: func() error {
			p := dsl.Func("skb", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				return skb.Len().S32() // here
			})
			return prog.Validate(p, prog.Options{License: "GPL", Type: syscall.ProgTypeCgroupSKB,
				AttachType: syscall.AttachCgroupInetIngress}, linux())
		}},
		{name: "XDP program asks for a field of sockets", code: func() error {
			p := dsl.Func("mark", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				return x.Field("mark").U32() // here
			})
			return prog.Validate(p, prog.Options{License: "GPL"}, linux())
		}},
		{name: "write of a read-only field of the context", code: func() error {
			p := dsl.Func("queue", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				x.Field("rx_queue_index").Set(1) // here
				return f.U32(ctx.XDPPass)
			})
			return prog.Validate(p, prog.Options{License: "GPL"}, linux())
		}},
		{name: "reads user memory and may not sleep", code: func() error {
			p := dsl.Func("peek", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				helper.CopyFromUser(f, dsl.Local[counts](f), 16, 4096) // here
				return f.U32(ctx.XDPPass)
			})
			return prog.Validate(p, prog.Options{License: "GPL"}, linux())
		}},
		{name: "kernel function of congestion control in XDP", code: func() error {
			p := dsl.Func("reno", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				return f.Kernel("tcp_reno_ssthresh", x).U32() // here
			})
			return prog.Validate(p, prog.Options{License: "GPL"}, linux())
		}},
		{name: "helper by a misspelt name", code: func() error {
			p := dsl.Func("clock", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				return f.Helper("bpf_ktime_get").U64().U32() // here
			})
			return prog.Validate(p, prog.Options{License: "GPL"}, linux())
		}},
		{name: "helper of another name space", code: func() error {
			p := dsl.Func("clock", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				return f.Helper("ktime_get_ns").U64().U32() // here
			})
			return prog.Validate(p, prog.Options{License: "GPL"}, linux())
		}},
		{name: "helper's result as a pointer", code: func() error {
			p := dsl.Func("clock", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				return f.Helper("bpf_ktime_get_ns").Ptr("task_struct").Field("pid").S32().U32() // here
			})
			return prog.Validate(p, prog.Options{License: "GPL"}, linux())
		}},
		{name: "unknown kernel", code: func() error {
			p := dsl.Func("reno", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				return f.Kernel("tcp_reno_ssthresh", x).U32() // here
			})
			return prog.Validate(p, prog.Options{License: "GPL"}, unknown)
		}},
	})
}
