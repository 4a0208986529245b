//go:build linux

package prog_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// Loops, calls, and fields of the kernel in values: locks, timers.

// pair is a value whose two halves belong together.
type pair struct {
	Lock          dsl.SpinLock
	Left, Right   uint32
	_             [4]uint8
	Moves, Copies uint64
}

// TestLockedValuesFitTogether: one program moves from left to right while user
// space reads; under the lock the sum is always the same.
func TestLockedValuesFitTogether(t *testing.T) {
	kerneltest.RequireLinux(t, 5, 1)
	t.Parallel()
	pairs := made(t, maps.NewHash[uint32, pair]("pairs", 1))
	if err := pairs.Put(0, pair{Left: 1_000_000}); err != nil {
		t.Fatal(err)
	}
	p := classifier(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		v := pairs.In(f).Lookup(0)
		f.If(v.IsNil(), f.ReturnConst(-1))
		f.Locked(v.Part("Lock"), func() {
			v.U32("Left").Set(v.U32("Left").Sub(1))
			v.U32("Right").Inc(1)
			v.U64("Moves").Inc(1)
		})
		return f.S32(0)
	})
	const times = 50_000
	done := make(chan struct{})
	var runs sync.WaitGroup
	for range 2 {
		runs.Go(func() {
			if out, err := p.Run(prog.Input{Data: packet, Repeat: times}); err != nil || out.Result != 0 {
				t.Errorf("%+v, %v", out, err)
			}
		})
	}
	go func() { runs.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		v, err := pairs.LookupLocked(0)
		if err != nil {
			t.Fatal(err)
		}
		if v.Left+v.Right != 1_000_000 || uint64(v.Right) != v.Moves {
			t.Fatalf("between two moves: %+v", v)
		}
	}
	if v, err := pairs.LookupLocked(0); v.Moves != 2*times || err != nil {
		t.Errorf("%+v, %v, want %d moves", v, err, 2*times)
	}
}

// alarm is a value with a timer.
type alarm struct {
	Timer dsl.Timer
	Rings uint64
}

// TestTimerCallsAgain: a program winds a timer up, which calls a function three
// times, long after the program has ended.
func TestTimerCallsAgain(t *testing.T) {
	kerneltest.RequireLinux(t, 5, 15)
	t.Parallel()
	const clockMonotonic, wait = 1, uint64(time.Millisecond)
	alarms := made(t, maps.NewArray[alarm]("alarms", 2))
	ring := dsl.Func("ring", func(f *dsl.Fn, m dsl.Ptr, key dsl.Ref[uint32], v dsl.Ref[alarm]) dsl.S32 {
		v.U64("Rings").Inc(key.U32("").U64()) // by 1: that is its key
		f.If(v.U64("Rings").Lt(3), func() { helper.TimerStart(f, v.Part("Timer"), wait, f.U64(0)) })
		return f.S32(0)
	})
	if got := runOnce(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		v := alarms.In(f).Lookup(1)
		f.If(v.IsNil(), f.ReturnConst(-1))
		timer := v.Part("Timer")
		f.If(helper.TimerInit(f, timer, alarms.Spec(), f.U64(clockMonotonic)).Ne(0), f.ReturnConst(-2))
		f.If(helper.TimerSetCallback(f, timer, ring).Ne(0), f.ReturnConst(-3))
		return helper.TimerStart(f, timer, wait, f.U64(0)).S32()
	}); got != 0 {
		t.Fatalf("the program gives %d", got)
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		if v, err := alarms.Lookup(1); v.Rings == 3 || err != nil || time.Now().After(deadline) {
			if v.Rings != 3 || err != nil {
				t.Errorf("it rang %d times, %v", v.Rings, err)
			}
			return
		}
	}
}

// TestLoopsOfAllKinds add the numbers below n; n is known only when they run, except for For.
func TestLoopsOfAllKinds(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 9)
	t.Parallel()
	n := number(t, uint32(100))
	type state struct{ Sum, Turns uint64 }
	turn := dsl.Func("turn", func(f *dsl.Fn, i dsl.U32, s dsl.Ref[state]) dsl.S64 {
		f.If(i.Eq(90), f.ReturnConst(1)) // leaves the loop
		s.U64("Sum").Inc(i.U64())
		return f.S64(0)
	})
	for name, loop := range map[string]func(f *dsl.Fn, sum dsl.VarU32){
		"For": func(f *dsl.Fn, sum dsl.VarU32) {
			f.For(100, func(i dsl.U32) {
				f.If(i.Eq(90), f.Break)
				sum.Inc(i)
			})
		},
		"ForUpTo": func(f *dsl.Fn, sum dsl.VarU32) {
			f.ForUpTo(n.In(f).U32(""), 200, func(i dsl.U32) {
				f.If(i.Ge(90), f.Continue)
				sum.Inc(i)
			})
		},
		"Range": func(f *dsl.Fn, sum dsl.VarU32) {
			f.Range(n.In(f).U32(""), func(i dsl.U32) {
				f.If(i.Eq(90), f.Break)
				sum.Inc(i)
			})
		},
		"While": func(f *dsl.Fn, sum dsl.VarU32) {
			i := f.U32(0).Var()
			f.While(func() dsl.Bool { return i.Lt(n.In(f).U32("")) }, func() {
				f.If(i.Eq(90), f.Break)
				sum.Inc(i)
				i.Inc(1)
			})
		},
		"Loop": func(f *dsl.Fn, sum dsl.VarU32) {
			s := dsl.Local[state](f)
			f.If(f.Loop(n.In(f).U32(""), turn, s).Ne(91), f.ReturnConst(-1))
			sum.Set(s.U64("Sum").U32())
		},
	} {
		if got := runOnce(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
			sum := f.U32(0).Var()
			loop(f, sum)
			return sum.S32()
		}); got != 90*89/2 {
			t.Errorf("%s: the sum is %d, want %d", name, got, 90*89/2)
		}
	}
}

// TestCallsOfAllKinds: functions with five arguments, of all widths. The verifier follows them at each call, or verifies them separately.
func TestCallsOfAllKinds(t *testing.T) {
	kerneltest.RequireLinux(t, 5, 6)
	t.Parallel()
	body := func(f *dsl.Fn, a dsl.S8, b dsl.U16, c dsl.S32, d dsl.U64, e dsl.VarU32) dsl.S64 {
		e.Inc(1)
		return a.S64().Mul(1000).Add(b.S64()).Add(c.S64()).Sub(d.S64()).Add(e.S64())
	}
	n := number(t, int64(-3))
	for name, sub := range map[string]*dsl.Program{"subprogram": dsl.Func("five", body), "global function": dsl.GlobalFunc("five", body)} {
		if got := runOnce(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
			v := n.In(f).S64("")
			return f.Call(sub, v.S8(), v.U16(), v.S32(), f.U64(7), f.U32(41)).S64().S32()
		}); got != -3000+65533-3-7+42 {
			t.Errorf("%s: %d, want %d", name, got, -3000+65533-3-7+42)
		}
	}
	// A global function may be given memory, which may be nil.
	filled := dsl.GlobalFunc("filled", func(f *dsl.Fn, v dsl.Ref[usage]) dsl.S32 {
		f.If(v.IsNil(), f.ReturnConst(-1))
		v.U32("PerKind[2]").Set(5)
		return v.U64("Packets").S32()
	})
	if got := runOnce(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		v := dsl.Local[usage](f)
		v.U64("Packets").Set(6)
		got := f.Call(filled, v).S32()
		return got.Mul(10).Add(v.U32("PerKind[2]").S32())
	}); got != 65 {
		t.Errorf("the function of memory: %d, want 65", got)
	}
}

// TestDynptrsReachWholePackets: a dynptr of the packet reads bytes that direct access may not reach. A dynptr of a ring buffer has a
// length that is known only at run time.
func TestDynptrsReachWholePackets(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	t.Parallel()
	type dynptr struct{ Opaque [2]uint64 }
	ring := made(t, maps.NewRingBuf("ring", uint32(syscall.PageSize())))
	length := number(t, uint32(5))
	if got := runOnce(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		whole, buffer := dsl.Local[dynptr](f), dsl.Local[[4]uint8](f)
		f.If(f.Kernel("bpf_dynptr_from_skb", skb, 0, whole).S32().Ne(0), f.ReturnConst(-1))
		last := f.Kernel("bpf_dynptr_slice", whole, 30, buffer, 4).Ptr("")
		f.If(last.IsNil(), f.ReturnConst(-2))

		room := dsl.Local[dynptr](f)
		reserved := helper.RingbufReserveDynptr(f, ring.Spec(), length.In(f).U32(""), f.U64(0), room)
		f.If(reserved.Ne(0), func() {
			helper.RingbufDiscardDynptr(f, room, f.U64(0)) // also of what was not reserved
			f.Return(-3)
		})
		helper.DynptrWrite(f, room, f.U32(1), last, f.U32(4), f.U64(0))
		helper.RingbufSubmitDynptr(f, room, f.U64(0))
		return last.At(0).BE().S32().Get()
	}); got != 0x7f000001 { // the address that the packet goes to
		t.Errorf("the last four bytes are %#x", got)
	}
	record, err := ring.TryRead()
	if err != nil || len(record) != 5 || record[1] != 127 || record[4] != 1 {
		t.Errorf("the record is %v, %v", record, err)
	}
}

// TestVerifierIsToldTheLine: what only the verifier knows comes back with the line
// of Go.
func TestVerifierIsToldTheLine(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	settings := maps.NewReadOnly("settings", uint64(4))
	t.Cleanup(func() { settings.Close() })
	_, err := prog.Load(dsl.Func("careless", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		f.If(settings.In(f).U64("").Ne(3), func() { // known to be so
			f.Return(skb.Offset(0).At(4000).S32()) // past the end of the context
		})
		return f.S32(0)
	}), prog.Options{License: "GPL", Type: syscall.ProgTypeSchedCls})
	if err == nil || !strings.Contains(err.Error(), "structured_control_kernel_test.go:") {
		t.Errorf("got %v", err)
	}
}
