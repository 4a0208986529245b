//go:build linux

package structops_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/attachment"
	"github.com/bpfsmith/bpfsmith/internal/netlab"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
)

// What sockets see when an implementation is registered, updated and removed.

// wantWindowKept looks for 50 ms, a dozen round trips, whether a flow that
// goes on sending keeps its window.
func wantWindowKept(t *testing.T, flow *netlab.Flow, want uint32) {
	t.Helper()
	var acked []uint64
	for range 11 {
		info, err := flow.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Cwnd != want {
			t.Fatalf("the window is %d, it was to stay %d", info.Cwnd, want)
		}
		acked = append(acked, info.BytesAcked)
		time.Sleep(5 * time.Millisecond)
	}
	if acked[0] == acked[len(acked)-1] {
		t.Error("nothing was acknowledged meanwhile, so the window tells nothing")
	}
}

// TestOpenSocketMovesWhenItAsks: an open socket keeps the programs that it
// began with after an update, until it sets the algorithm again: the name is
// the same, but it now means other programs.
func TestOpenSocketMovesWhenItAsks(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	name := uniqueName()
	link := register(t, fixed(name, 9))
	flow := dial(t, newLab(t), name)
	wantWindow(t, flow, 9)
	if err := link.Replace(fixed(name, 31)); err != nil {
		t.Fatal(err)
	}
	wantWindowKept(t, flow, 9)
	if err := flow.SetCongestion(name); err != nil {
		t.Fatal(err)
	}
	wantWindow(t, flow, 31)
	wantWindowKept(t, flow, 31)
}

// TestOpenSocketOutlivesTheLink: a socket keeps its programs when nothing is
// registered any more, and when the name has gone to another implementation.
// Its objects go with it.
func TestOpenSocketOutlivesTheLink(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	name := uniqueName()
	link := register(t, fixed(name, 9))
	o := objectsOf(t, os.Getpid(), name)
	wantComplete(t, o)
	lab := newLab(t)
	flow := dial(t, lab, name)
	wantWindow(t, flow, 9)
	if err := link.Close(); err != nil {
		t.Fatal(err)
	}
	wantUnlisted(t, name)
	if other, err := lab.Dial(t.Context(), name); !errors.Is(err, os.ErrNotExist) {
		if err == nil {
			other.Close()
		}
		t.Errorf("a new socket after Close: %v, want that there is no such algorithm", err)
	}
	wantWindowKept(t, flow, 9)
	if got, err := flow.Congestion(); err != nil || got != name {
		t.Errorf("the socket runs %q (%v), want %q", got, err, name)
	}
	register(t, fixed(name, 23)) // no ErrNameTaken: sockets hold programs, not names
	wantWindow(t, dial(t, lab, name), 23)
	wantWindowKept(t, flow, 9)
	if o.left() == "" {
		t.Error("the programs that a socket runs are gone")
	}
	flow.Close()
	wantGone(t, o)
}

// TestEachMemberRunsItsOwnProgram: init writes one field and cong_avoid
// another, so that a program in the wrong place would show, with two
// implementations at once.
func TestEachMemberRunsItsOwnProgram(t *testing.T) {
	kerneltest.Require(t)
	lab := newLab(t)
	want := map[string]struct{ window, threshold int32 }{uniqueName(): {11, 111}, uniqueName(): {23, 223}}
	for name, w := range want {
		ops := fixed(name, w.window)
		ops.Members["init"] = dsl.Assembly("threshold", dsl.Proto("void", "struct sock *sk"),
			dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0), dsl.StoreFieldImm(isa.R1, "tcp_sock", "snd_ssthresh", w.threshold), dsl.Exit())
		register(t, ops)
	}
	for name, w := range want {
		flow := dial(t, lab, name)
		wantWindow(t, flow, uint32(w.window))
		info, err := flow.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Ssthresh != uint32(w.threshold) {
			t.Errorf("%s: ssthresh is %d, want %d as init wrote it", name, info.Ssthresh, w.threshold)
		}
	}
}

// TestFlagsReachTheKernel: with bit 0 (TCP_CONG_NON_RESTRICTED) every user may
// choose the algorithm, which the kernel lists.
func TestFlagsReachTheKernel(t *testing.T) {
	kerneltest.Require(t)
	allowed := func(name string) bool {
		text, err := os.ReadFile("/proc/sys/net/ipv4/tcp_allowed_congestion_control")
		if err != nil {
			t.Fatal(err)
		}
		return slices.Contains(strings.Fields(string(text)), name)
	}
	for _, flags := range []int{0, 1} {
		name := uniqueName()
		ops := fixed(name, 7)
		ops.Members["flags"] = flags
		link := register(t, ops)
		if got, want := allowed(name), flags == 1; got != want {
			t.Errorf("flags %d: allowed to everybody %v, want %v", flags, got, want)
		}
		if err := link.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestLinkFromSeveralGoroutines: updates of one Link wait for each other, so
// that none finds another's map; then Close ends those that come later.
func TestLinkFromSeveralGoroutines(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	kerneltest.NoLeaks(t)
	name := uniqueName()
	link, err := structops.Register(fixed(name, 7))
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	var wg sync.WaitGroup
	for i := range int32(4) {
		wg.Go(func() {
			for n := range int32(3) {
				if err := link.Replace(fixed(name, 8+4*n+i)); err != nil {
					t.Errorf("update: %v", err)
				}
			}
		})
		wg.Go(func() { link.Done() })
	}
	wg.Wait()
	for range 4 {
		wg.Go(func() {
			if err := link.Replace(fixed(name, 20)); err != nil && !errors.Is(err, attachment.ErrClosed) {
				t.Errorf("update while it closes: %v, want ErrClosed or none", err)
			}
		})
		wg.Go(func() {
			if err := link.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
		wg.Go(func() { <-link.Done() })
	}
	wg.Wait()
	wantUnlisted(t, name)
}
