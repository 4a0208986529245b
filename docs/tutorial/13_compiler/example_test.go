package thirteen_test

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/docs/internal/show"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
)

// list prints the instructions of a program.
func list(p *dsl.Program) {
	object, err := compile.Compile(p, compile.Target{})
	if err != nil {
		show.Error(err)
		return
	}
	for _, ins := range object.Instructions {
		fmt.Println(ins)
	}
}

func less(f *dsl.Fn, n dsl.U64) dsl.U64 {
	six := f.U64(2).Mul(3)
	return n.Mul(8).Mod(16).Add(n.Mul(8)).Add(six)
}

func Example_less() {
	list(dsl.Func("less", less))
	// Output:
	// r0 = *(u64 *)(r1 +0)
	// r0 <<= 3
	// r1 = r0
	// r1 &= 15
	// r0 += r1
	// r0 += 6
	// exit
}

func across(f *dsl.Fn, n dsl.U64) dsl.U64 {
	return helper.KtimeGetNs(f).Add(n)
}

func Example_across() {
	list(dsl.Func("across", across))
	// Output:
	// r6 = *(u64 *)(r1 +0)
	// call bpf_ktime_get_ns#5
	// r6 += r0
	// r0 = r6
	// exit
}

func choice(f *dsl.Fn, a, b dsl.U64) dsl.U64 {
	return dsl.Pick(f, a.Gt(b),
		func() dsl.U64 { return a.Mul(3) },
		func() dsl.U64 { return b.Add(7) })
}

func Example_choice() {
	list(dsl.Func("choice", choice))
	// Output:
	// r0 = *(u64 *)(r1 +0)
	// r1 = *(u64 *)(r1 +8)
	// if r0 > r1 goto pc+3
	// r1 += 7
	// r0 = r1
	// exit
	// r0 *= 3
	// exit
}

func Example_wide() {
	list(dsl.Func("wide", wide))
	// Output:
	// mistake_test.go:7: wide: [75]uint64 has 600 bytes; the limit of a frame is 512
	//   help: put it into a map's value
}
