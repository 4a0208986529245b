package ctx_test

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
)

// onlyIPv4 drops packets that are not IPv4.
func onlyIPv4(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	ethernet := x.Packet().Bytes(0, 14, f.ReturnConst(ctx.XDPDrop))
	f.If(ethernet.At(12).BE().U16().Ne(0x0800), f.ReturnConst(ctx.XDPDrop))
	return f.U32(ctx.XDPPass)
}

// An XDP program looks at packets before the kernel's own network code does.
func Example() {
	types, err := fixture.Open("6.18")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = compile.Compile(dsl.Func("only_ipv4", onlyIPv4), compile.Target{BTF: types})
	fmt.Println(err)
	// Output: <nil>
}
