//go:build linux

package prog_test

import (
	"os"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestReadsWithoutTrust: a program walks from the task that runs it to its parent,
// through pointers that are only numbers to the verifier.
func TestReadsWithoutTrust(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	type family struct{ Process, Parent, Nobody int32 }
	read := number(t, family{Nobody: -1})
	if got := runOnce(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		task := dsl.PtrFrom(helper.GetCurrentTask(f), "task_struct")
		parent := task.Field("real_parent").Probe().Ptr("task_struct")
		nobody := dsl.PtrFrom(f.U64(0), "task_struct").Field("tgid").Probe().S32()
		all := read.In(f)
		all.S32("Process").Set(task.Field("tgid").Probe().S32())
		all.S32("Parent").Set(parent.Field("tgid").Probe().S32())
		all.S32("Nobody").Set(nobody)
		return f.S32(0)
	}); got != 0 {
		t.Fatalf("the program gives %d", got)
	}
	want := family{Process: int32(os.Getpid()), Parent: int32(os.Getppid())}
	if got, err := read.Load(); got != want || err != nil {
		t.Errorf("read %+v, %v, want %+v", got, err, want)
	}
}

// TestPinnedLinkStays: what is attached under a name in a BPF file system outlives
// the link, until the name is removed.
func TestPinnedLinkStays(t *testing.T) {
	kerneltest.Require(t)
	path := kerneltest.BPFFS(t) + "/link"
	g := counter(t)
	p := loaded(t, counting(g, 0), prog.Options{License: "GPL", Type: syscall.ProgTypeRawTracepoint})
	attached, err := link.AttachRawTracepoint(p, link.RawTracepointOptions{Name: "sys_enter"})
	if err != nil {
		t.Fatal(err)
	}
	if err := attached.Pin(path); err != nil {
		t.Fatal(err)
	}
	if err := attached.Close(); err != nil {
		t.Fatal(err)
	}
	before := runs(t, g)
	os.Getppid()
	if after := runs(t, g); after == before {
		t.Errorf("%d runs before and after a system call: nothing is attached any more", after)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
