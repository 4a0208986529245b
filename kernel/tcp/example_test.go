package tcp_test

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/structops"
)

// congAvoid handles an acknowledgement as Reno does. It doubles the window in each round trip until the window reaches the threshold, and
// then adds one segment in each round trip.
func congAvoid(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
	left := acked.Var()
	f.If(tp.SndCwnd().Lt(tp.SndSsthresh()), func() {
		left.Set(tp.SlowStart(left))
		f.If(left.Eq(0), f.Exit)
	})
	tp.CongAvoidAI(tp.SndCwnd(), left)
}

// One program works on kernels with different structs: the offsets are looked up for each kernel.
func Example() {
	program := dsl.Func("cong_avoid", congAvoid)
	for _, kernel := range fixture.Kernels() {
		types, err := fixture.Open(kernel)
		if err != nil {
			fmt.Println(err)
			return
		}
		if _, err := compile.Compile(program, compile.Target{BTF: types}); err != nil {
			fmt.Println(err)
			return
		}
		field, err := types.Field("tcp_sock", "snd_cwnd")
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("Linux %s: compiled, snd_cwnd at %d\n", kernel, field.Offset)
	}
	// Output:
	// Linux 6.1: compiled, snd_cwnd at 1776
	// Linux 6.12: compiled, snd_cwnd at 1500
	// Linux 6.18: compiled, snd_cwnd at 1444
}

// An algorithm is a struct of functions. It is compared here with the types of three kernels; structops.Register does the same with the
// running one, and makes the kernel use it.
func ExampleCongestionOps() {
	ops := tcp.CongestionOps{
		Name: "go_reno", License: "GPL",
		Ssthresh:  func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Shr(1).Max(2) },
		CongAvoid: congAvoid,
		UndoCwnd:  func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Max(tp.PriorCwnd()) },
	}
	for _, kernel := range fixture.Kernels() {
		types, err := fixture.Open(kernel)
		if err != nil {
			fmt.Println(err)
			return
		}
		plan, err := structops.Prepare(ops, compile.Target{BTF: types})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("Linux %s: %d programs for %s\n", kernel, len(plan.Programs), plan.Name)
	}
	// Output:
	// Linux 6.1: 3 programs for go_reno
	// Linux 6.12: 3 programs for go_reno
	// Linux 6.18: 3 programs for go_reno
}

// The state of a congestion control is a struct of cells in the socket.
func ExampleCA() {
	type state struct{ LastMax, Losses dsl.CellU32 }
	program := dsl.Func("ssthresh", func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
		ca := tcp.CA[state](tp)
		ca.LastMax.Set(tp.SndCwnd())
		ca.Losses.Set(ca.Losses.Add(1))
		return tp.SndCwnd().Shr(1).Max(2)
	})
	types, err := fixture.Open("6.18")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = compile.Compile(program, compile.Target{BTF: types})
	fmt.Println(err)
	// Output: <nil>
}
