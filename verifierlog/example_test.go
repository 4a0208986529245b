package verifierlog_test

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/verifierlog"
)

func ExampleParse() {
	r := verifierlog.Parse(`0: R1=ctx() R10=fp0
; h := tp.Field("snd_cwnd") @ reno.go:41
0: (79) r1 = *(u64 *)(r1 +0)
func 'ssthresh' arg0 has btf_id 1208 type STRUCT 'sock'
1: R1=trusted_ptr_tcp_sock()
; h.Set(2) @ reno.go:42
1: (62) *(u32 *)(r1 +1440) = 2
no write support to tcp_sock at off 1440
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`)
	fmt.Println(r)
	// Output:
	// no write support to tcp_sock at off 1440
	// 	at instruction 1: (62) *(u32 *)(r1 +1440) = 2
	// 	from reno.go:42: h.Set(2)
	// 	with R1=trusted_ptr_tcp_sock() R10=fp0
}

func ExampleReport() {
	r := verifierlog.Parse("jump out of range from insn 0 to 11\n" +
		"processed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n")
	fmt.Println(r.Refused(), r.Insn, r.Reason)
	// Output: true 0 jump out of range from insn 0 to 11
}
