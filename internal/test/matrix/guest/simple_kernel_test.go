//go:build linux && guest

package guest

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/examples/scx_simple/sched"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/kernel/scx"
	"github.com/bpfsmith/bpfsmith/structops"
)

// TestSimpleSchedulers: this machine runs with the schedulers of examples/scx_simple. Tasks run and are counted, and afterwards the kernel
// uses its own scheduler again.
func TestSimpleSchedulers(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.RequireFile(t, schedExt+"state", "the kernel has no sched_ext")
	kerneltest.NoLeaks(t)
	for name, weighted := range map[string]bool{"go_fifo": false, "go_weighted": true} {
		s := sched.New(weighted)
		link, err := structops.Register(s.Ops(name))
		if err != nil {
			t.Fatalf("%s: %+v", name, err)
		}
		defer link.Close()
		wantFile(t, schedExt+"state", "enabled")
		wantFile(t, schedExt+"root/ops", name)
		busy(300 * time.Millisecond)
		counts, err := s.Counts()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %+v", name, counts)
		if counts.Queued == 0 || counts.Dispatched == 0 || counts.Dispatched > counts.Queued {
			t.Errorf("%s: %+v: nothing came through the queue", name, counts)
		}
		if weighted && (counts.Ran == 0 || counts.Nanos == 0) {
			t.Errorf("%s: %+v: nothing ran", name, counts)
		}
		if exit, err := s.Exit(); err != nil || exit.Kind != scx.ExitNone {
			t.Errorf("%s: it ended by itself: %s", name, exit)
		}
		if err := link.Close(); err != nil {
			t.Fatal(err)
		}
		wantFile(t, schedExt+"state", "disabled")
		exit, err := s.Exit()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %s", name, exit)
		if exit.Kind != scx.ExitUnreg || exit.Text() == "" {
			t.Errorf("%s: the end is told as %+v", name, exit)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// busy gives the scheduler work: more computing threads than processors, and some threads that sleep often.
func busy(length time.Duration) {
	end := time.Now().Add(length)
	var threads sync.WaitGroup
	for range 2 * runtime.NumCPU() {
		threads.Go(func() {
			runtime.LockOSThread() // the thread ends with this goroutine
			for time.Now().Before(end) {
			}
		})
		threads.Go(func() {
			runtime.LockOSThread()
			for time.Now().Before(end) {
				time.Sleep(time.Millisecond)
			}
		})
	}
	threads.Wait()
}
