//go:build linux

package ten_test

import (
	"context"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/docs/internal/recorded"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

func TestLive(t *testing.T) {
	kerneltest.Require(t)
	defer events.Close()
	defer only.Close()
	loaded, err := prog.Load(dsl.Func("watch", watch), prog.Options{Type: syscall.ProgTypeRawTracepoint, License: "GPL"})
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	if err := only.Store(uint32(os.Getpid())); err != nil {
		t.Fatal(err)
	}
	attached, err := link.AttachRawTracepoint(loaded, link.RawTracepointOptions{Name: "sys_enter"})
	if err != nil {
		t.Fatal(err)
	}
	defer attached.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		unix.Getppid()
		e, err := events.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if e.Call == unix.SYS_GETPPID {
			return
		}
	}
}

// TestKernelSays records what the verifier says about the mistake of this chapter.
func TestKernelSays(t *testing.T) {
	defer events.Close()
	recorded.Refused(t, "testdata/leaky.txt", dsl.Func("leaky", leaky),
		prog.Options{Type: syscall.ProgTypeRawTracepoint, License: "GPL"})
}
