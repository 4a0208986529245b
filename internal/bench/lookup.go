package main

import (
	"os"
	"testing"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/structops"
)

// The kernel's types that Reno needs.
var (
	renoFields    = []string{"snd_cwnd", "snd_ssthresh", "is_cwnd_limited", "max_packets_out", "prior_cwnd"}
	renoFunctions = []string{"tcp_slow_start", "tcp_cong_avoid_ai"}
)

// lookup measures how long it takes to find tcp_congestion_ops, its prototypes, and the fields and functions that Reno uses, from the
// beginning, as in a new process.
func lookup() []row {
	ours := best(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			types, err := btf.Kernel()
			check(b, err)
			_, err = structops.ReadInterface(types, "tcp_congestion_ops", append(renoFunctions, "tcp_sock")...)
			check(b, err)
			for _, f := range renoFields {
				_, err := types.Field("tcp_sock", f)
				check(b, err)
			}
			for _, f := range renoFunctions {
				_, err := types.Lookup(btf.KindFunc, f)
				check(b, err)
			}
			check(b, types.Close())
		}
	})
	peer := best(func(b *testing.B) {
		for range b.N {
			f, err := os.Open("/sys/kernel/btf/vmlinux")
			check(b, err)
			spec, err := cbtf.LoadSpecFromReader(f)
			check(b, err)
			var ops, value, sock *cbtf.Struct
			check(b, spec.TypeByName("tcp_congestion_ops", &ops))
			check(b, spec.TypeByName("bpf_struct_ops_tcp_congestion_ops", &value))
			check(b, spec.TypeByName("tcp_sock", &sock))
			for _, name := range renoFunctions {
				var fn *cbtf.Func
				check(b, spec.TypeByName(name, &fn))
			}
			check(b, f.Close())
		}
	})
	r := row{what: "find types for Reno", unit: "ms", ours: perOp(ours).Seconds() * 1e3, peer: perOp(peer).Seconds() * 1e3,
		bytes: ours.AllocedBytesPerOp(), alloc: ours.AllocsPerOp(), goal: "≤ 1.5 ms, ≤ 300 kB, ≥ 12×"}
	r.missed = r.bytes > 300_000
	return []row{r}
}
