package seven_test

import (
	"context"
	"fmt"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/vm"
)

// clock returns the time in milliseconds.
var clock = dsl.Assembly("clock",
	dsl.CallHelper(5), // r0 = bpf_ktime_get_ns()
	dsl.Div64Imm(isa.R0, 1_000_000),
	dsl.Exit(),
)

func Example_clock() {
	object, err := compile.Compile(clock, compile.Target{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(isa.Format(object.Instructions, isa.Kernel))
	// Output:
	// call bpf_ktime_get_ns#5
	// r0 /= 1000000
	// exit
}

// machine makes a machine in which time, chance and printing are ours.
func machine(p *dsl.Program) (*vm.Machine, error) {
	object, err := compile.Compile(p, compile.Target{})
	if err != nil {
		return nil, err
	}
	program, err := vm.LoadObject(object, nil, vm.Options{})
	if err != nil {
		return nil, err
	}
	m := vm.New(program)
	m.Now = func() uint64 { return 1_234_567_890 } // nanoseconds
	m.Random = func() uint32 { return 99 }
	m.Print = func(line string) { fmt.Println("printed:", line) }
	return m, nil
}

func Example_now() {
	m, err := machine(clock)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Run(context.Background(), nil))
	// Output:
	// 1234 <nil>
}

// dice throws a die: a number from 1 to 6.
func dice(f *dsl.Fn) dsl.U32 {
	return helper.GetPrandomU32(f).Mod(6).Add(1)
}

func Example_dice() {
	p := dsl.Func("dice", dice)
	object, err := compile.Compile(p, compile.Target{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(isa.Format(object.Instructions, isa.Kernel))
	m, err := machine(p)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Run(context.Background(), nil)) // Random gives 99
	// Output:
	// call bpf_get_prandom_u32#7
	// w0 %= 6
	// w0 += 1
	// exit
	// 4 <nil>
}

func chatty(f *dsl.Fn) dsl.U32 {
	n := helper.GetPrandomU32(f)
	f.Printf("the number is %d", n)
	return n
}

func Example_chatty() {
	m, err := machine(dsl.Func("chatty", chatty))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Run(context.Background(), nil))
	// Output:
	// printed: the number is 99
	// 99 <nil>
}

// start returns how many acknowledged segments slow start leaves over.
func start(f *dsl.Fn, sk tcp.Sock, acked dsl.U32) dsl.U32 {
	return sk.SlowStart(acked)
}

func Example_start() {
	for _, kernel := range []string{"6.12", "6.18"} {
		types, err := fixture.Open(kernel)
		if err != nil {
			fmt.Println(err)
			return
		}
		object, err := compile.Compile(dsl.Func("start", start), compile.Target{BTF: types})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("for Linux", kernel)
		fmt.Print(isa.Format(object.Instructions, isa.Kernel))
	}
	// Output:
	// for Linux 6.12
	// r0 = *(u64 *)(r1 +0)
	// r2 = *(u32 *)(r1 +8)
	// r1 = r0
	// call kernel-function#316
	// exit
	// for Linux 6.18
	// r0 = *(u64 *)(r1 +0)
	// r2 = *(u32 *)(r1 +8)
	// r1 = r0
	// call kernel-function#715
	// exit
}
