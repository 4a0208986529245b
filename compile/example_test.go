package compile_test

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

func ExampleCompile() {
	types, err := fixture.Open("6.18")
	if err != nil {
		fmt.Println(err)
		return
	}
	window := dsl.Assembly("window",
		dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0),
		dsl.LoadField(isa.R0, isa.R1, "tcp_sock", "snd_cwnd"),
		dsl.Exit(),
	)
	object, err := compile.Compile(window, compile.Target{BTF: types, ByteOrder: isa.LittleEndian})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, ins := range object.Instructions {
		fmt.Println(ins)
	}
	fmt.Printf("% x\n", object.Code[8:16])
	// Output:
	// r1 = *(u64 *)(r1 +0)
	// r0 = *(u32 *)(r1 +1444)
	// exit
	// 61 10 a4 05 00 00 00 00
}

func ExampleFindings() {
	_, err := compile.Compile(dsl.Assembly("careless",
		dsl.CallHelper(5), // bpf_ktime_get_ns
		dsl.Add64Reg(isa.R0, isa.R1),
		dsl.Exit(),
	), compile.Target{})
	finding := err.(mistake.Findings)[0]
	fmt.Println(finding.Kind)
	fmt.Println(finding.Detail)
	fmt.Println("help:", finding.Help)
	// Output:
	// uninitialised
	// "r0 += r1": r1 has no value here: it was never written, or a call has overwritten it
	// help: a call overwrites r0 to r5: keep the value in r6 to r9 or on the stack, or set r1 again
}
