package cc

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/structops"
)

// all are our algorithms, with names that begin with a prefix.
func all(prefix string, hz uint32) []tcp.CongestionOps {
	return []tcp.CongestionOps{Reno(prefix + "reno"), Cubic(prefix+"cubic", hz), DCTCP(prefix + "dctcp"), BBR(prefix+"bbr", hz)}
}

// clangs has the slots of the code that clang -O2 makes from the kernel's own CUBIC and DCTCP in C with CO-RE, at v3 (make bench-code
// measures them again).
func clangs(algorithm string) map[string]int {
	switch algorithm {
	case "go_cubic":
		return map[string]int{"init": 26, "cwnd_event": 20, "cong_avoid": 277, "ssthresh": 23, "set_state": 29, "pkts_acked": 94,
			"undo_cwnd": 3}
	case "go_dctcp":
		return map[string]int{"init": 97, "ssthresh": 20, "in_ack_event": 40, "set_state": 43, "cwnd_event": 55, "undo_cwnd": 9,
			"cong_avoid": 6}
	}
	return nil
}

// TestCodeIsSmallerThanClangs: no function is larger than clang's, and all together
// have at most 80 % of its slots. With -v it prints what is compiled.
func TestCodeIsSmallerThanClangs(t *testing.T) {
	types, err := fixture.Open("6.18")
	if err != nil {
		t.Fatal(err)
	}
	for _, level := range []isa.Level{isa.V3, isa.V4} {
		for _, ops := range all("go_", 250) {
			plan, err := structops.Prepare(ops, compile.Target{BTF: types, ByteOrder: isa.LittleEndian, Level: level})
			if err != nil {
				t.Fatal(err)
			}
			total, theirs := 0, 0
			for _, p := range plan.Programs {
				total += p.Object.Slots()
				if clang, ok := clangs(plan.Name)[p.Member.Name]; ok {
					theirs += clang
					if p.Object.Slots() > clang {
						t.Errorf("%s.%s, %v: %d slots, clang's has %d", plan.Name, p.Member.Name, level, p.Object.Slots(), clang)
					}
				}
				t.Logf("%s.%s, %v: %d\n%s", plan.Name, p.Member.Name, level, p.Object.Slots(), p.Object.AppendListing(nil))
			}
			t.Logf("%s, %v: %d slots", plan.Name, level, total)
			if theirs > 0 && total*10 > theirs*8 {
				t.Errorf("%s, %v: %d slots in all, clang's has %d", plan.Name, level, total, theirs)
			}
		}
	}
}
