package structops_test

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/structops"
)

// Validate needs no privilege and no kernel: here it checks against the types
// of Linux 6.18 that the tests carry.
func ExampleValidate() {
	types, err := fixture.Open("6.18")
	if err != nil {
		fmt.Println(err)
		return
	}
	two := dsl.Assembly("two", dsl.Proto("u32", "struct sock *sk"), dsl.Mov64Imm(isa.R0, 2), dsl.Exit())
	ops := structops.Ops{
		Type:    "tcp_congestion_ops",
		License: "GPL",
		Members: structops.Members{"name": "go-two", "ssthresh": two, "undo_cwnd": two},
	}
	err = structops.Validate(ops, compile.Target{BTF: types, ByteOrder: isa.Native})
	for _, f := range err.(mistake.Findings) {
		fmt.Printf("%s: %s\n", f.Member, f.Detail)
	}
	// Output:
	// name: the name "go-two" has a character that the kernel refuses: '-'
	// cong_avoid: tcp_congestion_ops needs one of cong_avoid, cong_control; none is set
}

// Members are functions of Go: Go's compiler compares their signatures with the
// fields, and Prepare compares them with the target's prototypes.
func ExamplePrepare() {
	types, err := fixture.Open("6.18")
	if err != nil {
		fmt.Println(err)
		return
	}
	ssthresh := func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Shr(1).Max(2) }
	undoCwnd := func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Max(tp.PriorCwnd()) }
	congAvoid := func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) { tp.CongAvoidAI(tp.SndCwnd(), acked) }
	plan, err := structops.Prepare(tcp.CongestionOps{
		Name: "go_linear", License: "GPL", Ssthresh: ssthresh, UndoCwnd: undoCwnd, CongAvoid: congAvoid,
	}, compile.Target{BTF: types, ByteOrder: isa.Native})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range plan.Programs {
		fmt.Printf("%s: %d instructions\n", p.Member.Declaration(), p.Object.Slots())
	}
	// Output:
	// u32 (*ssthresh)(struct sock *sk): 6 instructions
	// void (*cong_avoid)(struct sock *sk, u32 ack, u32 acked): 6 instructions
	// u32 (*undo_cwnd)(struct sock *sk): 6 instructions
}
