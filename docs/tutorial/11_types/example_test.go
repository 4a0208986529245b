package eleven_test

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/docs/internal/show"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/vm"
)

func Example_offsets() {
	for _, kernel := range []string{"6.1", "6.12", "6.18"} {
		types, err := fixture.Open(kernel)
		if err != nil {
			fmt.Println(err)
			return
		}
		field, err := types.Field("tcp_sock", "snd_cwnd")
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%-5s %d bytes at offset %d\n", kernel, field.Size, field.Offset)
	}
	// Output:
	// 6.1   4 bytes at offset 1776
	// 6.12  4 bytes at offset 1500
	// 6.18  4 bytes at offset 1444
}

func window(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd() }

func Example_compile() {
	list(dsl.Func("window", window), "6.1")
	list(dsl.Func("window", window), "6.18")
	// Output:
	// for Linux 6.1
	//     r1 = *(u64 *)(r1 +0)
	//     r0 = *(u32 *)(r1 +1776)
	//     exit
	// for Linux 6.18
	//     r1 = *(u64 *)(r1 +0)
	//     r0 = *(u32 *)(r1 +1444)
	//     exit
}

// list prints the instructions of a program for a kernel.
func list(p *dsl.Program, kernel string) {
	types, err := fixture.Open(kernel)
	if err != nil {
		fmt.Println(err)
		return
	}
	object, err := compile.Compile(p, compile.Target{BTF: types})
	if err != nil {
		show.Error(err)
		return
	}
	fmt.Println("for Linux", kernel)
	for _, ins := range object.Instructions {
		fmt.Println("   ", ins)
	}
}

func rehashes(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
	n := f.VarU32(0)
	f.IfField("tcp_sock", "plb_rehash", func() {
		n.Set(tp.Field("plb_rehash").U32())
	})
	return n.Get()
}

func Example_missing() {
	list(dsl.Func("rehashes", rehashes), "6.1")
	list(dsl.Func("rehashes", rehashes), "6.18")
	// Output:
	// for Linux 6.1
	//     r0 = 0
	//     exit
	// for Linux 6.18
	//     r1 = *(u64 *)(r1 +0)
	//     r0 = *(u32 *)(r1 +2248)
	//     exit
}

func Example_object() {
	types, err := fixture.Open("6.1")
	if err != nil {
		fmt.Println(err)
		return
	}
	object, err := compile.Compile(dsl.Func("window", window), compile.Target{BTF: types})
	if err != nil {
		fmt.Println(err)
		return
	}
	program, err := vm.LoadObject(object, types, vm.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := vm.New(program)
	socket := vm.NewStruct(types, "tcp_sock")
	socket.Set("snd_cwnd", 10)
	address, err := m.Object(socket)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Run(context.Background(), binary.LittleEndian.AppendUint64(nil, address)))
	// Output:
	// 10 <nil>
}

func Example_misspelt() {
	list(dsl.Func("misspelt", func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
		return tp.Field("snd_cwd").U32()
	}), "6.18")
	// Output:
	// example_test.go:122: misspelt: tcp_sock.snd_cwd: no member "snd_cwd"
	//   help: did you mean snd_cwnd?
}
