package five_test

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/docs/internal/show"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/vm"
)

func sum(f *dsl.Fn, a, b dsl.U64) dsl.U64 {
	return a.Add(b).Mul(a)
}

func Example_sum() {
	list(dsl.Func("sum", sum))
	// Output:
	// r0 = *(u64 *)(r1 +0)
	// r1 = *(u64 *)(r1 +8)
	// r1 += r0
	// r0 *= r1
	// exit
}

// list prints the instructions of a program.
func list(p *dsl.Program) {
	object, err := compile.Compile(p, compile.Target{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, ins := range object.Instructions {
		fmt.Println(ins)
	}
}

// run runs a program with arguments, and prints the result.
func run(p *dsl.Program, args ...uint64) {
	object, err := compile.Compile(p, compile.Target{})
	if err != nil {
		fmt.Println(err)
		return
	}
	program, err := vm.LoadObject(object, nil, vm.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var memory []byte
	for _, arg := range args {
		memory = binary.LittleEndian.AppendUint64(memory, arg) // eight bytes each
	}
	result, err := vm.New(program).Run(context.Background(), memory)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Name, args, "=", result)
}

func Example_run() {
	run(dsl.Func("sum", sum), 3, 4)
	// Output:
	// sum [3 4] = 21
}

// clamp returns n, but at least 10 and at most 20.
func clamp(f *dsl.Fn, n dsl.U64) dsl.U64 {
	result := n.Var()
	f.If(n.Lt(10), func() {
		result.Set(10)
	}).ElseIf(func() dsl.Bool { return n.Gt(20) }, func() {
		result.Set(20)
	})
	return result.Get()
}

func Example_clamp() {
	for _, n := range []uint64{3, 15, 99} {
		run(dsl.Func("clamp", clamp), n)
	}
	// Output:
	// clamp [3] = 10
	// clamp [15] = 15
	// clamp [99] = 20
}

func unrolled(f *dsl.Fn, n dsl.U64) dsl.U64 {
	for _, step := range []int{1, 20, 300} {
		n = n.Mul(n).Add(step)
	}
	return n
}

func Example_unrolled() {
	list(dsl.Func("unrolled", unrolled))
	// Output:
	// r0 = *(u64 *)(r1 +0)
	// r0 *= r0
	// r0 += 1
	// r0 *= r0
	// r0 += 20
	// r0 *= r0
	// r0 += 300
	// exit
}

// triangle is the sum of the numbers below n, for n up to 100.
func triangle(f *dsl.Fn, n dsl.U32) dsl.U32 {
	sum := f.VarU32(0)
	f.ForUpTo(n, 100, func(i dsl.U32) { sum.Inc(i) })
	return sum.Get()
}

func Example_triangle() {
	for _, n := range []uint64{5, 100, 1000} {
		run(dsl.Func("triangle", triangle), n)
	}
	// Output:
	// triangle [5] = 10
	// triangle [100] = 4950
	// triangle [1000] = 4950
}

func Example_careless() {
	_, err := compile.Compile(dsl.Func("careless", careless), compile.Target{})
	for _, finding := range err.(mistake.Findings) {
		show.Error(finding)
	}
	// Output:
	// mistake_test.go:9: careless: the body of If does nothing
	//   help: a Go return leaves only its own Go function; f.Exit() and f.Return(v) leave the program. A
	//     Go variable is set while the program is made; set a variable of the program (f.VarU32) instead
	// mistake_test.go:12: careless: the result is not used
	//   help: numbers do not change: v.Set(v.Add(1)) or v.Inc(1) changes a variable
}

func careful(f *dsl.Fn, n dsl.U64) dsl.U64 {
	f.If(n.Eq(0), func() { f.Return(n) })
	return n.Add(1)
}

func Example_careful() {
	run(dsl.Func("careful", careful), 0)
	run(dsl.Func("careful", careful), 7)
	// Output:
	// careful [0] = 0
	// careful [7] = 8
}
