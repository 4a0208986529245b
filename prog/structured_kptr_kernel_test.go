//go:build linux

package prog_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/kernel/scx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// holder is a value that owns an object of the kernel, or does not.
type holder struct {
	Mask  dsl.KernelPtr[scx.BPFCPUMask]
	Times uint64
}

// question is what user space asks the program that keeps a set of processors.
type question struct{ CPU, Keep uint32 }

// TestValuesOwnObjects: a set of processors stays in a map from one run of a
// program to the next, until one takes it out.
func TestValuesOwnObjects(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 12)
	t.Parallel()
	holders := made(t, maps.NewArray[holder]("holders", 1))
	keep := dsl.Func("keep", func(f *dsl.Fn, q dsl.ContextOf[question]) dsl.S32 {
		v := holders.In(f).Lookup(0)
		f.If(v.IsNil(), f.ReturnConst(-1))
		v.U64("Times").Inc(1)
		f.If(q.U32("Keep").Ne(0), func() { // a set of one processor, in place of what is there
			fresh := scx.CpumaskCreate(f)
			f.If(fresh.IsNil(), f.ReturnConst(-int64(unix.ENOMEM)))
			scx.CpumaskSetCPU(f, q.U32("CPU"), fresh)
			old := scx.BPFCPUMask{Ptr: v.Exchange("Mask", fresh)}
			f.If(old.NotNil(), old.CpumaskRelease)
			f.Return(0)
		})
		has := f.S32(-int32(unix.ENOENT)).Var()
		f.RCU(func() { // what is there now; another processor may take it out meanwhile
			now := scx.BPFCPUMask{Ptr: v.Owned("Mask")}
			f.If(now.NotNil(), func() { has.Set(scx.CpumaskTestCPU(f, q.U32("CPU"), now).U32().S32()) })
		})
		f.If(q.U32("CPU").Eq(63), func() { // take it out
			old := scx.BPFCPUMask{Ptr: v.Exchange("Mask", nil)}
			f.If(old.NotNil(), old.CpumaskRelease)
		})
		return has.Get()
	})
	p := loaded(t, keep, prog.Options{License: "GPL", Type: syscall.ProgTypeSyscall})
	for i, step := range []struct {
		question
		want int32
	}{
		{question{CPU: 1}, -int32(unix.ENOENT)},
		{question{CPU: 1, Keep: 1}, 0},
		{question{CPU: 1}, 1},
		{question{CPU: 0}, 0},
		{question{CPU: 0, Keep: 1}, 0},
		{question{CPU: 1}, 0},
		{question{CPU: 0}, 1},
		{question{CPU: 63}, 0},
		{question{CPU: 0}, -int32(unix.ENOENT)},
	} {
		in, err := maps.Encode(step.question)
		if err != nil {
			t.Fatal(err)
		}
		out, err := p.Run(prog.Input{Context: in})
		if err != nil {
			t.Fatal(err)
		}
		if got := int32(out.Result); got != step.want {
			t.Errorf("step %d, %+v: %d, want %d", i, step.question, got, step.want)
		}
	}
	if v, err := holders.Lookup(0); v.Times != 9 || err != nil {
		t.Errorf("%+v, %v", v, err)
	}
}

// TestOwnedObjectsMistakes: a field of another type is named in the message.
func TestOwnedObjectsMistakes(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	holders := maps.NewArray[holder]("holders", 1)
	_, err := prog.Load(dsl.Func("wrong", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		v := holders.In(f).Lookup(0)
		f.If(v.IsNil(), f.ReturnConst(0))
		v.Exchange("Times", nil)
		return v.U64("Mask").S32()
	}), prog.Options{License: "GPL", Type: syscall.ProgTypeSchedCls})
	var findings mistake.Findings
	if !errors.As(err, &findings) || len(findings) < 2 || !strings.Contains(err.Error(), "declare it as a dsl.KernelPtr") ||
		!strings.Contains(err.Error(), `"Mask" of dsl.KernelPtr`) {
		t.Errorf("got %v", err)
	}
}
