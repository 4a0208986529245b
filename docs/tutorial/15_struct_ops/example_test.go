package fifteen_test

import (
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/docs/internal/show"
	"github.com/bpfsmith/bpfsmith/structops"
)

func Example_interface() {
	types, err := fixture.Open("6.18")
	if err != nil {
		fmt.Println(err)
		return
	}
	congestion, err := structops.ReadInterface(types, "tcp_congestion_ops")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, member := range congestion.Members {
		if declaration := member.Declaration(); strings.ContainsAny(member.Name[:1], "cs") && strings.Contains(declaration, "(*") {
			fmt.Println(declaration)
		}
	}
	// Output:
	// u32 (*ssthresh)(struct sock *sk)
	// void (*cong_avoid)(struct sock *sk, u32 ack, u32 acked)
	// void (*set_state)(struct sock *sk, u8 new_state)
	// void (*cwnd_event)(struct sock *sk, enum tcp_ca_event ev)
	// void (*cong_control)(struct sock *sk, u32 ack, int flag, const struct rate_sample *rs)
	// u32 (*sndbuf_expand)(struct sock *sk)
}

func Example_prepare() {
	types, err := fixture.Open("6.18")
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := structops.Prepare(two, compile.Target{BTF: types})
	if err != nil {
		show.Error(err)
		return
	}
	for _, p := range plan.Programs {
		fmt.Println(p.Member.Name, "has", p.Object.Slots(), "instructions")
	}
	// Output:
	// ssthresh has 2 instructions
	// cong_avoid has 6 instructions
	// undo_cwnd has 3 instructions
}

func Example_fourth() {
	types, err := fixture.Open("6.18")
	if err != nil {
		fmt.Println(err)
		return
	}
	show.Error(structops.Validate(fourth, compile.Target{BTF: types}))
	// Output:
	// mistake_test.go:16: cong_avoid: "r2 = *(u64 *)(r1 +24)": argument 3 does not exist: cong_avoid has 3
	//   tcp_congestion_ops.cong_avoid is void (*)(struct sock *sk, u32 ack, u32 acked)
	//   help: arguments are counted from 0: 0 (sk) at offset 0, 1 (ack) at offset 8, 2 (acked) at offset
	//     16; did you mean offset 16?
	// example_test.go:64: name: the name "go-fourth" has a character that the kernel refuses: '-'
	//   help: a name has 1 to 15 of the characters A-Z a-z 0-9 _ .
}
