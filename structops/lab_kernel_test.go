//go:build linux

package structops_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/netlab"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
)

// What the kernel tests share: names that no other test has, algorithms that can be recognised by their window, and flows that use them.

var names atomic.Uint32

// uniqueName is a name for an algorithm that no other test, nor another run
// of the tests on this machine, uses: at most 15 bytes.
func uniqueName() string {
	return fmt.Sprintf("t_%d_%d", os.Getpid()%1_000_000, names.Add(1))
}

// listed reports whether sockets may choose an algorithm.
func listed(t testing.TB, name string) bool {
	t.Helper()
	text, err := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
	if err != nil {
		t.Fatal(err)
	}
	return slices.Contains(strings.Fields(string(text)), name)
}

// fixed is an algorithm whose window is that many segments, whatever happens:
// its cong_avoid writes snd_cwnd. The window shows which program ran.
func fixed(name string, window int32) structops.Ops {
	sk := dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0)
	pinned := dsl.Assembly(fmt.Sprintf("window_%d", window), dsl.Proto("void", "struct sock *sk", "u32 ack", "u32 acked"),
		sk, dsl.StoreFieldImm(isa.R1, "tcp_sock", "snd_cwnd", window), dsl.Exit())
	reduced := dsl.Assembly("ssthresh", dsl.Proto("u32", "struct sock *sk"), dsl.Mov64Imm(isa.R0, 2), dsl.Exit())
	undo := dsl.Assembly("undo", dsl.Proto("u32", "struct sock *sk"),
		sk, dsl.LoadField(isa.R0, isa.R1, "tcp_sock", "snd_cwnd"), dsl.Exit())
	return structops.Ops{Type: "tcp_congestion_ops", License: "GPL", Members: structops.Members{
		"name": name, "ssthresh": reduced, "undo_cwnd": undo, "cong_avoid": pinned}}
}

// register makes the kernel use an implementation until the test ends.
func register(t testing.TB, ops structops.Ops) *structops.Link {
	t.Helper()
	link, err := structops.Register(ops)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() {
		if err := link.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return link
}

// newLab is a fast link on which no window of these tests loses packets.
func newLab(t *testing.T) *netlab.Lab {
	t.Helper()
	kerneltest.RequireTUN(t)
	lab, err := netlab.New(t.Context(), netlab.Link{Rate: 100_000_000, Delay: 2 * time.Millisecond, Queue: 1000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lab.Close() })
	return lab
}

// dial opens a flow that sends as fast as its algorithm allows.
func dial(t *testing.T, lab *netlab.Lab, name string) *netlab.Flow {
	t.Helper()
	flow, err := lab.Dial(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { flow.Close() })
	flow.Fill()
	return flow
}

// wantWindow waits until a flow has that window.
func wantWindow(t *testing.T, flow *netlab.Flow, want uint32) {
	t.Helper()
	var got uint32
	eventually(t, fmt.Sprintf("a window of %d", want), func() bool {
		info, err := flow.Info()
		if err != nil {
			t.Fatal(err)
		}
		got = info.Cwnd
		return got == want
	}, func() string { return fmt.Sprintf("it is %d", got) })
}

// patience is how long the kernel may take for work that it does later. It is usually short, but longer on a busy machine.
const patience = 30 * time.Second

// eventually waits until something has happened elsewhere in the kernel.
func eventually(t testing.TB, what string, happened func() bool, otherwise func() string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !happened(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s within %v: %s", what, patience, otherwise())
		}
	}
}

// wantUnlisted waits until an algorithm is gone.
func wantUnlisted(t testing.TB, name string) {
	t.Helper()
	eventually(t, "end of "+name, func() bool { return !listed(t, name) }, func() string { return "it is listed" })
}
