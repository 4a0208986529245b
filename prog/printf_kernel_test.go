//go:build linux

package prog_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestPrintfPrints: the kernel's trace has what a program prints, for up to three values and for more.
func TestPrintfPrints(t *testing.T) {
	kerneltest.RequireLinux(t, 5, 16) // bpf_trace_vprintk
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tracefs", 0, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	recordTrace(t, filepath.Join(dir, "tracing_on"))
	mark := fmt.Sprintf("bpfsmith-%d", os.Getpid())
	p := loaded(t, dsl.Func("prints", func(f *dsl.Fn, skb ctx.SKB) dsl.U32 {
		length := skb.Len()
		f.Printf(mark+" length %d 0x%04x %d", length, length, -2)
		f.Printf(mark+" %d %d %d %d%%", uint64(1)<<63, length.Gt(10), f.S8(-3), length.Shr(1))
		return f.U32(0)
	}), prog.Options{Type: syscall.ProgTypeSocketFilter, License: "GPL"})
	// Without the Ethernet header. The kernel records nothing while somebody reads the trace, and another test may do that: so more than
	// one run is tried.
	want := []string{mark + " length 86 0x0056 -2\n", mark + " 9223372036854775808 1 -3 43%\n"}
	var trace string
	for range 20 {
		if _, err := p.Run(prog.Input{Data: make([]byte, 100)}); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "trace"))
		if err != nil {
			t.Fatal(err)
		}
		if trace = string(text); strings.Contains(trace, want[0]) && strings.Contains(trace, want[1]) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%q are not in the trace:\n%s", want, tail(trace, 5))
}

// recordTrace makes the kernel record its trace for this test. It may be off: a program, or the kernel itself after a warning, turns it
// off.
func recordTrace(t *testing.T, file string) {
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(before)) == "1" {
		return
	}
	if err := os.WriteFile(file, []byte("1"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(file, before, 0); err != nil {
			t.Error(err)
		}
	})
}

// tail is the last lines of a text.
func tail(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
