package misuse

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/kernel/scx"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/structops"
)

// TestOps: implementations of kernel interfaces.
func TestOps(t *testing.T) {
	two := func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return f.U32(2) }
	avoid := func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) { tp.CongAvoidAI(tp.SndCwnd(), acked) }
	members := func(change structops.Members) error {
		all := structops.Members{"name": "go_mine", "ssthresh": two, "undo_cwnd": two, "cong_avoid": avoid}
		for name, value := range change {
			all[name] = value
		}
		return validate(structops.Ops{Type: "tcp_congestion_ops", License: "GPL", Members: all})
	}
	changed := func(change func(algorithm *tcp.CongestionOps)) error {
		algorithm := reno()
		change(&algorithm)
		return validate(algorithm)
	}
	compare(t, "ops", []row{
		{name: "nothing is set", code: func() error { return validate(tcp.CongestionOps{}) }},
		{name: "no ssthresh", code: func() error {
			return changed(func(algorithm *tcp.CongestionOps) { algorithm.Ssthresh = nil })
		}},
		{name: "no name", code: func() error {
			return changed(func(algorithm *tcp.CongestionOps) { algorithm.Name = "" })
		}},
		{name: "name with a dash", code: func() error {
			return changed(func(algorithm *tcp.CongestionOps) { algorithm.Name = "go-reno" })
		}},
		{name: "long name", code: func() error {
			return changed(func(algorithm *tcp.CongestionOps) { algorithm.Name = "my_first_congestion_control" })
		}},
		{name: "no licence", code: func() error {
			return changed(func(algorithm *tcp.CongestionOps) { algorithm.License = "" })
		}},
		{name: "another licence", code: func() error {
			return changed(func(algorithm *tcp.CongestionOps) { algorithm.License = "Apache-2.0" })
		}},
		{name: "licence of SPDX", code: func() error {
			return changed(func(algorithm *tcp.CongestionOps) { algorithm.License = "GPL-2.0-only" })
		}},
		{name: "flags that programs may not set", code: func() error {
			return changed(func(algorithm *tcp.CongestionOps) { algorithm.Flags = 1 << 9 })
		}},
		{name: "misspelt member", code: func() error { return members(structops.Members{"sstresh": two}) }},
		{name: "member in Go's spelling", code: func() error { return members(structops.Members{"CwndEvent": two}) }},
		{name: "misspelt struct", code: func() error {
			return validate(structops.Ops{Type: "tcp_congestion_op", License: "GPL", Members: structops.Members{"name": "go_mine"}})
		}},
		{name: "struct that is no interface", code: func() error {
			return validate(structops.Ops{Type: "tcp_sock", License: "GPL", Members: structops.Members{"name": "go_mine"}})
		}},
		{name: "no struct", code: func() error {
			return validate(structops.Ops{License: "GPL", Members: structops.Members{"name": "go_mine"}})
		}},
		{name: "function for a member of data", code: func() error { return members(structops.Members{"name": two}) }},
		{name: "text for a function", code: func() error { return members(structops.Members{"ssthresh": "tcp_reno_ssthresh"}) }},
		{name: "number for the name", code: func() error { return members(structops.Members{"name": 7}) }},
		{name: "text for a number", code: func() error { return members(structops.Members{"flags": "ecn"}) }},
		{name: "member of the kernel", code: func() error { return members(structops.Members{"owner": uint64(1)}) }},
		{name: "nil for a function", code: func() error { return members(structops.Members{"ssthresh": nil}) }},
		{name: "parameter of another width", code: func() error {
			return members(structops.Members{"cong_avoid": func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U64) { // here
				tp.CongAvoidAI(tp.SndCwnd(), acked.U32())
			}})
		}},
		{name: "parameter is missing", code: func() error {
			return members(structops.Members{"cong_avoid": func(f *dsl.Fn, tp tcp.Sock, acked dsl.U32) { // here
				tp.CongAvoidAI(tp.SndCwnd(), acked)
			}})
		}},
		{name: "one parameter more", code: func() error {
			return members(structops.Members{"ssthresh": func(f *dsl.Fn, tp tcp.Sock, acked dsl.U32) dsl.U32 { return acked }}) // here
		}},
		{name: "no result", code: func() error {
			return members(structops.Members{"ssthresh": func(f *dsl.Fn, tp tcp.Sock) {}}) // here
		}},
		{name: "signed result", code: func() error {
			return members(structops.Members{"ssthresh": func(f *dsl.Fn, tp tcp.Sock) dsl.S32 { return f.S32(-1) }}) // here
		}},
		{name: "context instead of arguments", code: func() error {
			return members(structops.Members{"ssthresh": func(f *dsl.Fn, x ctx.XDP) dsl.U32 { return x.RxQueueIndex() }}) // here
		}},
		{name: "function that is no program", code: func() error {
			return members(structops.Members{"ssthresh": func(cwnd uint32) uint32 { return cwnd / 2 }}) // here
		}},
		{name: "misspelt field", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				return tp.Field("snd_cwn").U32() // here
			})
		}},
		{name: "field of an inner struct", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				return tp.Field("icsk_retransmits").U8().U32() // here
			})
		}},
		{name: "field through a pointer", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				return tp.Field("inet_conn.icsk_ca_ops.flags").U32() // here
			})
		}},
		{name: "write of a read-only field", code: func() error {
			return window(func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
				tp.Field("srtt_us").Set(1) // here
			})
		}},
		{name: "struct as a number", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				return tp.Field("inet_conn.icsk_ack").U32() // here
			})
		}},
		{name: "misspelt kernel function", code: func() error {
			return window(func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
				f.Kernel("tcp_slow_strat", tp, acked) // here
			})
		}},
		{name: "kernel function with too few arguments", code: func() error {
			return window(func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
				f.Kernel("tcp_slow_start", tp) // here
			})
		}},
		{name: "kernel function's arguments exchanged", code: func() error {
			return window(func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
				f.Kernel("tcp_slow_start", acked, tp) // here
			})
		}},
		{name: "misspelt constant", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				return f.EnumValue("tcp_ca_state", "TCP_CA_Losss") // here
			})
		}},
		{name: "misspelt enum", code: func() error {
			return threshold(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				return f.EnumValue("tcp_ca_states", "TCP_CA_Loss") // here
			})
		}},
		{name: "argument of later kernels", code: func() error {
			algorithm := reno()
			algorithm.CongAvoid = nil
			algorithm.CongControl = func(f *dsl.Fn, tp tcp.Sock, ack dsl.U32, flag dsl.S32, rs tcp.RateSample) {
				tp.SetSndCwnd(ack.Max(2)) // here
			}
			return structops.Validate(algorithm, old())
		}},
		{name: "scheduler without a name", code: func() error { return scheduler(scx.Ops{License: "GPL"}) }},
		{name: "scheduler waits for a minute", code: func() error {
			return scheduler(scx.Ops{Name: "mine", License: "GPL", TimeoutMs: 60_000})
		}},
		{name: "scheduler with unknown flags", code: func() error {
			return scheduler(scx.Ops{Name: "mine", License: "GPL", Flags: 1 << 40})
		}},
		{name: "queue is made where nothing may sleep", code: func() error {
			return scheduler(scx.Ops{Name: "mine", License: "GPL", Enqueue: func(f *dsl.Fn, p scx.Task, flags dsl.U64) {
				scx.CreateDSQ(f, 7, -1) // here
				p.Dispatch(7, scx.SliceDfl, flags)
			}})
		}},
		{name: "queue is made without Sleepable", code: func() error {
			return scheduler(scx.Ops{Name: "mine", License: "GPL", Init: func(f *dsl.Fn) dsl.S32 {
				return scx.CreateDSQ(f, 7, -1) // here
			}})
		}},
		{name: "task is dispatched where it starts to run", code: func() error {
			return scheduler(scx.Ops{Name: "mine", License: "GPL", Running: func(f *dsl.Fn, p scx.Task) {
				p.Dispatch(scx.DSQGlobal, scx.SliceDfl, 0) // here
			}})
		}},
		{name: "write of a task's priority", code: func() error {
			return scheduler(scx.Ops{Name: "mine", License: "GPL", Running: func(f *dsl.Fn, p scx.Task) {
				p.Field("prio").Set(1) // here
			}})
		}},
	})
}

// scheduler checks a scheduler for Linux 6.12, whose types the tests have.
func scheduler(ops scx.Ops) error {
	types, err := fixture.Open(fixture.Scheduler)
	if err != nil {
		return err
	}
	target := linux()
	target.BTF, target.Kernel = types, isa.KernelVersion{Major: 6, Minor: 12}
	return structops.Validate(ops, target)
}
