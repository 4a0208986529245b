package prog_test

import (
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A wrongProgram is a program as somebody who begins writes it, with the message that it gets.
type wrongProgram struct {
	name    string
	program *dsl.Program
	options prog.Options
	want    []string // all of these are in the message; none: the program is right
	not     string   // this is not in the message
	long    bool
}

// XDP programs, by what they do.
func xdp(body func(f *dsl.Fn, x ctx.XDP) dsl.U32) *dsl.Program { return dsl.Func("p", body) }

// twoFrames are two functions that use some bytes of stack each.
func twoFrames(size int16) *dsl.Program {
	use := dsl.StoreImm(isa.DW, isa.R10, -size, 1)
	sub := dsl.Assembly("sub", use, dsl.Mov64Imm(isa.R0, 0), dsl.Exit())
	return dsl.Assembly("p", use, dsl.Call(sub), dsl.Mov64Imm(isa.R0, 0), dsl.Exit())
}

type lockedNumber struct {
	Lock dsl.SpinLock
	N    uint32
}

func wrongPrograms() []wrongProgram {
	counts := maps.NewHash[uint32, uint64]("counts", 8)
	locks := maps.NewHash[uint32, lockedNumber]("locks", 8)
	at := func(t syscall.ProgType, a syscall.AttachType, to string) prog.Options {
		return prog.Options{Type: t, AttachType: a, AttachTo: to}
	}
	returns := func(n uint32) *dsl.Program { return dsl.Func("p", func(f *dsl.Fn) dsl.U32 { return f.U32(n) }) }
	watches := dsl.Func("p", func(f *dsl.Fn) { f.If(helper.KtimeGetNs(f).Gt(5), f.Exit) })
	return []wrongProgram{
		// Results.
		{"a hook of connect returns 5", returns(5), at(syscall.ProgTypeCgroupSockAddr, syscall.AttachCgroupInet4Connect, ""),
			[]string{"the result is 5; programs for cgroup_inet4_connect must return 0 to 1"}, "", false},
		{"a hook of recvmsg returns 0", returns(0), at(syscall.ProgTypeCgroupSockAddr, syscall.AttachCgroupUDP4RecvMsg, ""),
			[]string{"the result is 0; programs for cgroup_udp4_recvmsg must return 1"}, "", false},
		{"cgroup_skb returns 2 on the way in", returns(2), at(syscall.ProgTypeCgroupSKB, 0, ""),
			[]string{"the result is 2; programs for cgroup_inet_ingress must return 0 to 1"}, "", false},
		{"cgroup_skb returns 2 on the way out", returns(2), at(syscall.ProgTypeCgroupSKB, syscall.AttachCgroupInetEgress, ""), nil,
			"", false},
		{"sock_ops returns 2", returns(2), at(syscall.ProgTypeSockOps, 0, ""), []string{"must return 0 to 1"}, "", false},
		{"netfilter returns 2", returns(2), at(syscall.ProgTypeNetfilter, 0, ""), []string{"must return 0 to 1"}, "", false},
		{"fentry returns 1", returns(1), at(syscall.ProgTypeTracing, syscall.AttachTraceFEntry, "tcp_v4_rcv"),
			[]string{"the result is 1; programs for trace_fentry must return 0"}, "", false},
		{"a kprobe returns 7", returns(7), at(syscall.ProgTypeKprobe, 0, ""), nil, "", false},
		{"a kprobe has no result", watches, at(syscall.ProgTypeKprobe, 0, ""), nil, "", false},
		{"fentry has no result", watches, at(syscall.ProgTypeTracing, syscall.AttachTraceFEntry, "tcp_v4_rcv"), nil, "", false},
		{"XDP has no result", dsl.Func("p", func(f *dsl.Fn, x ctx.XDP) { helper.KtimeGetNs(f) }), prog.Options{},
			[]string{"the Go function has no result, but the kernel acts on the result of xdp programs", "return a dsl.U32"}, "", false},

		// Pointers that are numbers now.
		{"the packet has moved", xdp(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
			p := x.Packet().Bytes(0, 14, f.ReturnConst(2))
			helper.XdpAdjustHead(f, x, 4)
			return p.At(0).U32().Get()
		}), prog.Options{}, []string{"an old address in the packet: bpf_xdp_adjust_head, at ", "may have moved the packet",
			"help: after the call, get the addresses"}, "is a number", false},
		{"the packet has moved before the comparison", xdp(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
			packet := x.Packet()
			helper.XdpAdjustHead(f, x, 4)
			return packet.Bytes(8, 14, f.ReturnConst(2)).At(0).U32().Get()
		}), prog.Options{}, []string{"bpf_xdp_adjust_head, at "}, "is a number", false},
		{"the comparison with nil is inverted", xdp(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
			v := counts.In(f).Lookup(1)
			f.If(v.NotNil(), f.ReturnConst(2))
			return v.U64("").Get().U32()
		}), prog.Options{}, []string{"it is nil on this path: the comparison at ", "the wrong way round"}, "is a number", false},
		{"nil is passed to a helper", xdp(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
			v := counts.In(f).Lookup(1)
			f.If(v.NotNil(), f.ReturnConst(2))
			counts.In(f).Put(1, v)
			return f.U32(2)
		}), prog.Options{}, []string{"it is nil on this path: the comparison at "}, "is a number", false},

		// Results of calls.
		{"a helper without a result", xdp(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
			v := locks.In(f).Lookup(f.U32(1))
			f.If(v.IsNil(), f.ReturnConst(2))
			return f.Helper("bpf_ringbuf_submit", v, 0).U32()
		}), prog.Options{}, []string{"bpf_ringbuf_submit has no result", "as a statement"}, "r0", false},
		{"a kernel function without a result", xdp(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
			f.Kernel("bpf_rcu_read_lock")
			return f.Kernel("bpf_rcu_read_unlock").U32()
		}), prog.Options{}, []string{"bpf_rcu_read_unlock has no result", "as a statement"}, "r0", false},
		{"a function without a result", xdp(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
			return f.Call(dsl.Func("count", func(f *dsl.Fn) { helper.KtimeGetNs(f) })).U32()
		}), prog.Options{}, []string{`"count" has no result`}, "r0", false},
		{"a callback without a result", xdp(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
			turn := dsl.Func("turn", func(f *dsl.Fn, i dsl.U32, data dsl.Ptr) { helper.KtimeGetNs(f) })
			return f.Loop(3, turn, dsl.Local[uint64](f))
		}), prog.Options{}, []string{`bpf_loop calls back "turn", which has no result`, "f.U64(0) to continue"}, "r0", false},

		// One finding for each cause.
		{"two locks", xdp(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
			v := locks.In(f).Lookup(f.U32(1))
			f.If(v.IsNil(), f.ReturnConst(2))
			f.Locked(v.Part("Lock"), func() { f.If(v.U32("N").Get().Eq(1), f.ReturnConst(1)) })
			f.Locked(v.Part("Lock"), func() { f.If(v.U32("N").Get().Eq(1), f.ReturnConst(1)) })
			return f.U32(2)
		}), prog.Options{}, []string{"the spin lock of bpf_spin_lock",
			"is still held at the end of the program, on a path from the comparison at ",
			"\nmessages_test.go"}, "", false},
		{"one pointer used twelve times", xdp(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
			v := counts.In(f).Lookup(1)
			for i := range 12 {
				f.If(x.IngressIfindex().Eq(i), func() { v.U64("").Inc(1) })
			}
			return f.U32(2)
		}), prog.Options{}, []string{"may be nil", "the same mistake is at 11 places more"}, "\nmessages_test.go", false},

		// Fields.
		{"a field behind a pointer", xdp(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
			return dsl.PtrFrom(helper.GetCurrentTask(f), "tcp_sock").Field("inet_conn.icsk_ca_ops.flags").U32()
		}), prog.Options{}, []string{"inet_conn.icsk_ca_ops is a pointer",
			`.Field("inet_conn.icsk_ca_ops").Ptr("tcp_congestion_ops").Field("flags")`}, "", false},
		{"a field behind a pointer, in instructions", dsl.Assembly("p",
			dsl.LoadField(isa.R0, isa.R1, "tcp_sock", "inet_conn.icsk_ca_ops.flags"), dsl.Exit()), at(syscall.ProgTypeSocketFilter, 0, ""),
			[]string{`LoadField(dst, src, "tcp_sock", "inet_conn.icsk_ca_ops"), then LoadField(dst, dst, "tcp_congestion_ops", "flags")`},
			"", false},

		// Go.
		{"any number of parameters", dsl.Func("p", func(f *dsl.Fn, x ...ctx.XDP) dsl.U32 { return f.U32(2) }),
			at(syscall.ProgTypeXDP, 0, ""), []string{"takes any number of values (...)"}, "first parameter", false},
		{"a fraction", xdp(func(f *dsl.Fn, x ctx.XDP) dsl.U32 { return x.IngressIfindex().Mul(0.7) }), prog.Options{},
			[]string{"a Go float64 cannot be an operand; expected a U32 or a Go constant that is an integer",
				"programs compute with integers", ".Mul(7).Div(10)"}, "", false},
		{"a whole number as a float", xdp(func(f *dsl.Fn, x ctx.XDP) dsl.U32 { return x.IngressIfindex().Add(2.0) }), prog.Options{},
			[]string{"write 2"}, "Div", false},

		// Loops.
		{"ten million turns", xdp(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
			n := f.U32(0).Var()
			f.For(10_000_000, func(i dsl.U32) { n.Inc(i) })
			return n.Get()
		}), prog.Options{}, []string{"For: 10000000 turns", "use f.Range, f.Loop or f.While"}, "", false},
		{"two million turns", xdp(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
			n := f.U32(0).Var()
			f.For(2_000_000, func(i dsl.U32) { n.Inc(i) })
			return n.Get()
		}), prog.Options{}, []string{"For: 2000000 turns; the verifier follows every turn, but at most 1000000 instructions",
			"use f.Range, f.Loop or f.While"}, "", false},
		{"two million turns, and a way out", xdp(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
			n := f.U32(0).Var()
			f.For(2_000_000, func(i dsl.U32) { n.Inc(i); f.If(i.Eq(10), f.Break) })
			return n.Get()
		}), prog.Options{}, nil, "", false},
		{"a Go loop", xdp(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
			n := f.U32(0).Var()
			for range 10_000_000 {
				n.Inc(x.IngressIfindex())
			}
			return n.Get()
		}), prog.Options{}, []string{"the Go function writes more than", "f.Range, f.Loop or f.While"}, "returned no value", true},

		// The stack (check_max_stack_depth).
		{"two frames of a socket filter", twoFrames(304), at(syscall.ProgTypeSocketFilter, 0, ""),
			[]string{"use 608 bytes of stack together; the limit is 512"}, "", false},
		{"two frames of a kprobe", twoFrames(304), at(syscall.ProgTypeKprobe, 0, ""), nil, "", false},
		{"two frames of a tracepoint", twoFrames(304), at(syscall.ProgTypeTracepoint, 0, ""), nil, "", false},
	}
}

// TestWordsOfMistakes reads the messages of programs that are wrong, and compiles some that look alike and are right.
func TestWordsOfMistakes(t *testing.T) {
	types := types(t)
	for _, tt := range wrongPrograms() {
		t.Run(tt.name, func(t *testing.T) {
			if tt.long && testing.Short() {
				return // it writes four million operations
			}
			tt.options.License = "GPL"
			err := prog.Validate(tt.program, tt.options, compile.Target{BTF: types})
			if len(tt.want) == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil {
				t.Fatal("no mistake is found")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\n\tdoes not say %q", err, want)
				}
			}
			if tt.not != "" && strings.Contains(err.Error(), tt.not) {
				t.Errorf("%v\n\tsays %q", err, tt.not)
			}
		})
	}
}
