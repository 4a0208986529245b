package btf_test

import (
	"fmt"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
)

// The examples read the types of Linux 6.18, carved to what congestion
// controls meet. btf.Kernel gives those of the running kernel in its place.

func ExampleTypes_Field() {
	types, err := fixture.Open("6.18")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, path := range []string{"snd_cwnd", "is_cwnd_limited", "snd_cwdn"} {
		f, err := types.Field("tcp_sock", path)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%s: %d bytes at %d, bits %d\n", f.Path, f.Size, f.Offset, f.BitSize)
	}
	// Output:
	// snd_cwnd: 4 bytes at 1444, bits 0
	// is_cwnd_limited: 1 bytes at 1463, bits 1
	// tcp_sock.snd_cwdn: no member "snd_cwdn"; did you mean snd_cwnd?
}

func ExampleDeclaration() {
	types, err := fixture.Open("6.18")
	if err != nil {
		fmt.Println(err)
		return
	}
	id, err := types.Lookup(btf.KindFunc, "tcp_slow_start")
	if err != nil {
		fmt.Println(err)
		return
	}
	set, err := types.Decode(id)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(btf.Declaration(set.Type(id).(*cbtf.Func).Type, "tcp_slow_start"))
	// Output: u32 tcp_slow_start(struct tcp_sock *tp, u32 acked)
}
