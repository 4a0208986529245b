//go:build linux

package misuse

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestRefused: programs that only the running kernel, or its whole types, can refuse.
func TestRefused(t *testing.T) {
	kerneltest.RequireExactly(t, 6, 18)
	try := func(p *dsl.Program, o prog.Options) error {
		o.License = "GPL"
		loaded, err := prog.Load(p, o)
		if err == nil {
			loaded.Close()
		}
		return err
	}
	silent := func() *dsl.Program { return dsl.Func("silent", func(f *dsl.Fn) dsl.S32 { return f.S32(0) }) }
	tracing := func(at syscall.AttachType, to string) error {
		return try(silent(), prog.Options{Type: syscall.ProgTypeTracing, AttachType: at, AttachTo: to})
	}
	compare(t, "refused", []row{
		{name: "XDP program loads bytes of a socket buffer", code: func() error {
			return try(dsl.Func("who", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				helper.SkbLoadBytes(f, x, 0, dsl.Local[counts](f), 16) // here
				return f.U32(ctx.XDPPass)
			}), prog.Options{})
		}},
		{name: "congestion control calls any function", code: func() error {
			algorithm := reno()
			algorithm.Init = func(f *dsl.Fn, tp tcp.Sock) {
				f.Kernel("tcp_enter_cwr", tp) // here
			}
			loaded, err := structops.Load(algorithm)
			if err == nil {
				loaded.Close()
			}
			return err
		}},
		{name: "tracepoint with its group", code: func() error { return tracing(syscall.AttachTraceRawTP, "sched/sched_switch") }},
		{name: "tracepoint as a section", code: func() error { return tracing(syscall.AttachTraceRawTP, "tp_btf/sched_switch") }},
		{name: "misspelt function", code: func() error { return tracing(syscall.AttachTraceFEntry, "tcp_slow_strat") }},
		{name: "function of a system call without its prefix", code: func() error {
			return tracing(syscall.AttachTraceFEntry, "sys_openat")
		}},
		{name: "function that only LSM has", code: func() error {
			return try(silent(), prog.Options{Type: syscall.ProgTypeLSM, AttachType: syscall.AttachLSMMAC,
				AttachTo: "bpf_lsm_file_opened"})
		}},
		{name: "a type of the kernel that is misspelt", code: func() error {
			return try(dsl.Func("task", func(f *dsl.Fn) dsl.S32 {
				return helper.GetCurrentTaskBtf(f).To("task").Field("pid").S32() // here
			}), prog.Options{Type: syscall.ProgTypeTracing, AttachType: syscall.AttachTraceFEntry, AttachTo: "tcp_slow_start"})
		}},
		{name: "types were closed", code: func() error {
			types, err := btf.Kernel()
			if err != nil {
				return err
			}
			types.Close()
			return structops.Validate(reno(), compile.Target{BTF: types, ByteOrder: isa.Native})
		}},
		{name: "unknown flags", code: func() error { return try(passing(), prog.Options{Flags: 1 << 20}) }},
		{name: "XDP program that sleeps", code: func() error {
			return try(passing(), prog.Options{Flags: syscall.ProgSleepable})
		}},
		{name: "type that does not exist", code: func() error { return try(silent(), prog.Options{Type: 77}) }},
		{name: "unchecked program", code: func() error {
			return try(dsl.Assembly("raw",
				dsl.LoadMem(isa.W, isa.R1, isa.R1, 0),
				dsl.LoadMem(isa.B, isa.R0, isa.R1, 0), // here
				dsl.Exit(),
			), prog.Options{Type: syscall.ProgTypeXDP, Unchecked: true})
		}},
	})
}
