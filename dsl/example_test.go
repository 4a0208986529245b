package dsl_test

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/mistake"
)

func ExampleNew() {
	// RFC 5681: half the window, at least two segments.
	items := []dsl.Item{
		dsl.Proto("u32", "struct sock *sk"),
		dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0),
		dsl.LoadField(isa.R0, isa.R1, "tcp_sock", "snd_cwnd"),
		dsl.Rsh32Imm(isa.R0, 1),
		dsl.JGE32Imm(isa.R0, 2, "out"),
		dsl.Mov64Imm(isa.R0, 2),
		dsl.Label("out"),
		dsl.Exit(),
	}
	ssthresh := dsl.Assembly("ssthresh", items...)
	fmt.Println(ssthresh.Name, ssthresh.Proto)
	for _, item := range items[1:] {
		fmt.Println(" ", item)
	}
	// Output:
	// ssthresh u32 (struct sock *sk)
	//   r1 = *(u64 *)(r1 +0)
	//   r0 = tcp_sock.snd_cwnd
	//   w0 >>= 1
	//   jump to "out"
	//   r0 = 2
	//   out:
	//   exit
}

// A Go function is run once, with values that stand for its arguments. Its operations on them are the program. The target's types decide
// where fields are.
func ExampleFunc() {
	ssthresh := dsl.Func("ssthresh", func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
		return tp.SndCwnd().Shr(1).Max(2) // half the window, at least two segments
	})
	types, err := fixture.Open("6.18")
	if err != nil {
		fmt.Println(err)
		return
	}
	object, err := compile.Compile(ssthresh, compile.Target{BTF: types, ByteOrder: isa.LittleEndian})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, ins := range object.Instructions {
		fmt.Println(ins)
	}
	// Output:
	// r1 = *(u64 *)(r1 +0)
	// r0 = *(u32 *)(r1 +1444)
	// w0 >>= 1
	// if w0 >= 0x2 goto pc+1
	// r0 = 2
	// exit
}

// Go's own for and if decide what is written; f.For and f.If are decided when the
// program runs.
func ExampleFn_If() {
	largest := dsl.Func("largest", func(f *dsl.Fn, a, b, c dsl.U64) dsl.U64 {
		most := a.Var()
		for _, n := range []dsl.U64{b, c} { // written twice
			f.If(n.Gt(most), func() { most.Set(n) })
		}
		return most.Get()
	})
	object, err := compile.Compile(largest, compile.Target{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, ins := range object.Instructions {
		fmt.Println(ins)
	}
	// Output:
	// r0 = *(u64 *)(r1 +0)
	// r2 = *(u64 *)(r1 +8)
	// r1 = *(u64 *)(r1 +16)
	// if r2 <= r0 goto pc+1
	// r0 = r2
	// if r1 <= r0 goto pc+1
	// r0 = r1
	// exit
}

// Nothing panics, and nothing is left out silently. Mistakes are reported together when the program is compiled.
func ExampleFn() {
	careless := dsl.Func("careless", func(f *dsl.Fn, n dsl.U32, total dsl.U64) dsl.U64 {
		n.Add(1)
		f.If(n.Eq(0), func() {})
		return total.Add(n)
	})
	_, err := compile.Compile(careless, compile.Target{})
	for _, finding := range err.(mistake.Findings) {
		fmt.Printf("%s: %s\n", finding.Kind, finding.Detail)
	}
	// Output:
	// unused-result: the result is not used
	// empty-block: the body of If does nothing
	// mixed-widths: a U64 and a U32 do not mix
}
