package misuse

import (
	"sync"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// types618 are the types of Linux 6.18 that TCP's interface has.
var types618 = sync.OnceValues(func() (*btf.Types, error) { return fixture.Open("6.18") })

// linux is Linux 6.18 as a target. It needs no kernel.
func linux() compile.Target {
	types, err := types618()
	if err != nil {
		panic(err)
	}
	return compile.Target{BTF: types, ByteOrder: isa.Native, Kernel: isa.KernelVersion{Major: 6, Minor: 18}}
}

// old is Linux 6.1 as a target.
func old() compile.Target {
	types, err := fixture.Open("6.1")
	if err != nil {
		panic(err)
	}
	return compile.Target{BTF: types, ByteOrder: isa.Native, Kernel: isa.KernelVersion{Major: 6, Minor: 1}}
}

// filter validates an XDP program.
func filter(body func(f *dsl.Fn, x ctx.XDP) dsl.U32) error {
	return prog.Validate(dsl.Func("filter", body), prog.Options{License: "GPL"}, linux())
}

// classify validates a tc program.
func classify(body func(f *dsl.Fn, skb ctx.SKB) dsl.S32) error {
	return prog.Validate(dsl.Func("classify", body), prog.Options{License: "GPL", Type: syscall.ProgTypeSchedCls}, linux())
}

// reno is an algorithm without mistakes.
func reno() tcp.CongestionOps {
	return tcp.CongestionOps{
		Name: "go_mine", License: "GPL",
		Ssthresh:  func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Shr(1).Max(2) },
		UndoCwnd:  func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Max(tp.PriorCwnd()) },
		CongAvoid: func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) { tp.CongAvoidAI(tp.SndCwnd(), acked) },
	}
}

// window validates an algorithm whose cong_avoid is the function.
func window(congAvoid func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32)) error {
	algorithm := reno()
	algorithm.CongAvoid = congAvoid
	return structops.Validate(algorithm, linux())
}

// threshold validates an algorithm whose ssthresh is the function.
func threshold(ssthresh func(f *dsl.Fn, tp tcp.Sock) dsl.U32) error {
	algorithm := reno()
	algorithm.Ssthresh = ssthresh
	return structops.Validate(algorithm, linux())
}

// validate checks an implementation for Linux 6.18.
func validate(impl structops.Implementation) error { return structops.Validate(impl, linux()) }
