package arg_test

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/dsl/arg"
)

// Sock is what bpfsmith gen writes for a struct.
type Sock struct{ dsl.Ptr }

func (Sock) StructName() string { return "tcp_sock" }

// SlowStart is what it writes for a kernel function: tcp_slow_start takes a u32.
func (p Sock) SlowStart(acked dsl.Operand) dsl.U32 {
	return p.Kernel("tcp_slow_start", arg.U32(acked)).U32()
}

func Example() {
	p := dsl.Func("grow", func(f *dsl.Fn, tp Sock) dsl.U32 { return tp.SlowStart(2) })
	fmt.Println(p.Proto)
	// Output: u32 (struct tcp_sock *)
}
