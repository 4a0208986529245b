package eleven_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/docs/internal/recorded"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/structops"
)

// TestKernelSays records what the verifier says about the mistake of this chapter.
func TestKernelSays(t *testing.T) {
	recorded.RefusedOps(t, "testdata/behind.txt", structops.Ops{Type: "tcp_congestion_ops", License: "GPL", Members: structops.Members{
		"name":       "go_behind11",
		"ssthresh":   behind,
		"cong_avoid": func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) { tp.RenoCongAvoid(ack, acked) },
		"undo_cwnd":  func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.RenoUndoCwnd() },
	}})
}
