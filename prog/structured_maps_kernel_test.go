//go:build linux

package prog_test

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// Maps of all kinds: one handle, which a program uses and user space.

// classifier loads a program of the type that may do most.
func classifier(t *testing.T, body func(f *dsl.Fn, skb ctx.SKB) dsl.S32) *prog.Loaded {
	t.Helper()
	return loaded(t, dsl.Func("test", body), prog.Options{License: "GPL", Type: syscall.ProgTypeSchedCls})
}

// result runs a program once.
func result(t *testing.T, p *prog.Loaded) int32 {
	t.Helper()
	out, err := p.Run(prog.Input{Data: packet})
	if err != nil {
		t.Fatal(err)
	}
	return int32(out.Result)
}

// runOnce writes, loads and runs a program.
func runOnce(t *testing.T, body func(f *dsl.Fn, skb ctx.SKB) dsl.S32) int32 {
	t.Helper()
	return result(t, classifier(t, body))
}

// made creates a map for the test.
func made[M interface {
	Create() error
	Close() error
}](t *testing.T, m M) M {
	t.Helper()
	if err := m.Create(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// flow and usage are a key and a value with parts.
type flow struct {
	From, To dsl.BE32
	Port     dsl.BE16
	Protocol uint8
	_        uint8
}

type usage struct {
	Packets uint64
	PerKind [4]uint32
	Last    struct {
		Length, Flags uint16
		_             [4]uint8
	}
}

func TestHashBothSides(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	flows := made(t, maps.NewHash[flow, usage]("flows", 16))
	known := flow{From: dsl.NetworkOrder32(0x0a000001), Port: dsl.NetworkOrder16(53), Protocol: 17}
	gone := flow{Port: dsl.NetworkOrder16(80)}
	if err := errors.Join(flows.Put(known, usage{Packets: 40}), flows.Put(gone, usage{})); err != nil {
		t.Fatal(err)
	}
	if got := runOnce(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		key := dsl.Local[flow](f)
		key.U32("From").Set(0x0a000001)
		key.U16("Port").Set(53)
		key.U8("Protocol").Set(17)
		v := flows.In(f).Lookup(key)
		f.If(v.IsNil(), f.ReturnConst(-1))
		v.U64("Packets").AtomicAdd(2)
		v.U32("PerKind[3]").Set(9)
		v.U16("Last.Length").Set(skb.Len().U16())

		key.U16("Port").Set(54)
		fresh := dsl.Local[usage](f)
		fresh.U64("Packets").Set(1)
		f.If(flows.In(f).Update(key, fresh, maps.NoExist).Ne(0), f.ReturnConst(-2))
		f.If(flows.In(f).Update(key, fresh, maps.NoExist).Ne(-int(unix.EEXIST)), f.ReturnConst(-3))

		other := dsl.Local[flow](f)
		other.U16("Port").Set(80)
		f.If(flows.In(f).Delete(other).Ne(0), f.ReturnConst(-4))
		f.If(flows.In(f).Delete(other).Ne(-int(unix.ENOENT)), f.ReturnConst(-5))
		return f.S32(0)
	}); got != 0 {
		t.Fatalf("the program gives %d", got)
	}
	want := usage{Packets: 42, PerKind: [4]uint32{3: 9}}
	want.Last.Length = uint16(len(packet))
	if v, err := flows.Lookup(known); v != want || err != nil {
		t.Errorf("%+v, %v, want %+v", v, err, want)
	}
	known.Port = dsl.NetworkOrder16(54)
	if v, err := flows.Lookup(known); v.Packets != 1 || err != nil {
		t.Errorf("inserted: %+v, %v", v, err)
	}
	if _, err := flows.Lookup(gone); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("removed: %v", err)
	}
}

func TestArraysBothSides(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	squares := made(t, maps.NewArray[uint64]("squares", 10))
	each := made(t, maps.NewPerCPUArray[uint64]("each", 2))
	hash := made(t, maps.NewPerCPUHash[uint16, uint64]("hash", 2))
	p := classifier(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		f.For(10, func(i dsl.U32) {
			v := squares.In(f).Lookup(i)
			f.If(v.IsNil(), f.Continue)
			v.U64("").Set(i.U64().Mul(i.U64()))
		})
		mine := each.In(f).Lookup(1)
		f.If(mine.IsNil(), f.ReturnConst(-1))
		mine.U64("").Inc(5)
		f.If(hash.In(f).Put(7, f.U64(11)).Ne(0), f.ReturnConst(-2))
		return f.S32(0)
	})
	if first, second := result(t, p), result(t, p); first != 0 || second != 0 {
		t.Fatal("the program fails")
	}
	for i := range uint32(10) {
		if v, err := squares.Lookup(i); v != uint64(i)*uint64(i) || err != nil {
			t.Errorf("squares[%d] = %d, %v", i, v, err)
		}
	}
	sum := func(values []uint64, err error) (sum uint64) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		for _, v := range values {
			sum += v
		}
		return sum
	}
	if got := sum(each.Lookup(1)); got != 10 {
		t.Errorf("the sum over the processors is %d, want 10", got)
	}
	if got := sum(hash.Lookup(7)); got%11 != 0 || got == 0 {
		t.Errorf("the hash of each processor has %d", got)
	}
}

func TestLRUForgets(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	recent := made(t, maps.NewLRUHash[uint32, uint32]("recent", 64))
	if got := runOnce(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		failed := f.S32(0).Var()
		f.For(1000, func(i dsl.U32) {
			f.If(recent.In(f).Put(i, i.Mul(2)).Ne(0), func() { failed.Inc(1) })
		})
		return failed.Get()
	}); got != 0 {
		t.Errorf("%d of 1000 could not be inserted", got)
	}
	if v, err := recent.Lookup(999); v != 1998 || err != nil {
		t.Errorf("the last one: %d, %v", v, err)
	}
	if _, err := recent.Lookup(0); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the first one is still there: %v", err)
	}
}

func TestTrieFindsLongestPrefix(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	routes := made(t, maps.NewLPMTrie[maps.IPv4Prefix, uint32]("routes", 8))
	address := number(t, uint32(0))
	for bits, next := range map[uint32]uint32{8: 1, 16: 2} {
		if err := routes.Put(maps.IPv4Prefix{Bits: bits, Address: [4]uint8{10, 1, 0, 0}}, next); err != nil {
			t.Fatal(err)
		}
	}
	p := classifier(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		key := dsl.Local[maps.IPv4Prefix](f)
		key.U32("Bits").Set(32)
		key.Part("Address").At(0).BE().U32().Set(address.In(f).U32(""))
		next := routes.In(f).Lookup(key)
		f.If(next.IsNil(), f.ReturnConst(0))
		return next.U32("").S32()
	})
	for a, next := range map[uint32]int32{0x0a010203: 2, 0x0a020203: 1, 0x0b010203: 0} {
		if err := address.Store(a); err != nil {
			t.Fatal(err)
		}
		if got := result(t, p); got != next {
			t.Errorf("%#x goes to %d, want %d", a, got, next)
		}
	}
}

func TestQueuesBothSides(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	queue, stack := made(t, maps.NewQueue[flow]("queue", 3)), made(t, maps.NewStack[uint32]("stack", 3))
	if err := errors.Join(stack.Push(1), stack.Push(2), queue.Push(flow{Protocol: 6})); err != nil {
		t.Fatal(err)
	}
	if got := runOnce(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		top, head := dsl.Local[uint32](f), dsl.Local[flow](f)
		f.If(stack.In(f).Peek(top).Ne(0), f.ReturnConst(-1))
		f.If(stack.In(f).Pop(top).Ne(0), f.ReturnConst(-2))
		f.If(stack.In(f).Push(f.U32(30)).Ne(0), f.ReturnConst(-3))
		f.If(queue.In(f).Pop(head).Ne(0), f.ReturnConst(-4))
		f.If(queue.In(f).Pop(dsl.Local[flow](f)).Ne(-int(unix.ENOENT)), f.ReturnConst(-5))
		head.U16("Port").Set(443)
		f.If(queue.In(f).PushOver(head).Ne(0), f.ReturnConst(-6))
		return top.U32("").S32()
	}); got != 2 {
		t.Errorf("the program gives %d, want 2", got)
	}
	if v, err := stack.Pop(); v != 30 || err != nil {
		t.Errorf("the stack gives %d, %v", v, err)
	}
	if v, err := queue.Pop(); v != (flow{Protocol: 6, Port: dsl.NetworkOrder16(443)}) || err != nil {
		t.Errorf("the queue gives %+v, %v", v, err)
	}
}

// TestStoragesBothSides: values that go with a task and a cgroup. It is not parallel, because the value of the cgroup counts all that this
// process does.
func TestStoragesBothSides(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 9)
	tasks, groups := made(t, maps.NewTaskStorage[uint64]("tasks")), made(t, maps.NewCgroupStorage[uint64]("groups"))
	home := kerneltest.OwnCgroup(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const pidfdThread = unix.O_EXCL
	self, err := unix.PidfdOpen(unix.Gettid(), pidfdThread)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(self)
	if _, err := tasks.Lookup(self); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("before: %v", err)
	}
	p := loaded(t, dsl.Func("storages", func(f *dsl.Fn, regs dsl.Ptr, id dsl.S64) dsl.S32 {
		f.If(id.Ne(unix.SYS_GETPPID), f.ReturnConst(0))
		task := helper.GetCurrentTaskBtf(f).To("task_struct")
		mine := tasks.In(f).LookupOrCreate(task)
		f.If(mine.NotNil(), func() { mine.U64("").Inc(1) })
		f.RCU(func() { // cgroups is a pointer that RCU guards
			group := groups.In(f).LookupOrCreate(task.Field("cgroups").Ptr("css_set").Field("dfl_cgrp").Ptr("cgroup"))
			f.If(group.NotNil(), func() { group.U64("").AtomicAdd(1) })
		})
		return f.S32(0)
	}), prog.Options{License: "GPL", Type: syscall.ProgTypeTracing, AttachType: syscall.AttachTraceRawTP, AttachTo: "sys_enter"})
	attached, err := link.AttachTracing(p, link.TracingOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer attached.Close()
	unix.Getppid()
	unix.Getppid()
	if n, err := tasks.Lookup(self); n != 2 || err != nil {
		t.Errorf("the task has %d, %v, want 2", n, err)
	}
	if n, err := groups.Lookup(int(home.Fd())); n < 2 || err != nil {
		t.Errorf("the cgroup has %d, %v", n, err)
	}
}

// TestSocketStorageBothSides: a program counts what a socket sends, where user
// space finds it by the socket.
func TestSocketStorageBothSides(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 6)
	t.Parallel()
	sent := made(t, maps.NewSkStorage[usage]("sent"))
	p := classifier(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		sk := skb.Sk()
		f.If(sk.IsNil(), f.ReturnConst(tcPass))
		full := helper.SkFullsock(f, sk)
		f.If(full.IsNil(), f.ReturnConst(tcPass))
		v := sent.In(f).LookupOrCreate(full)
		f.If(v.NotNil(), func() {
			v.U64("Packets").AtomicAdd(1)
			v.U16("Last.Length").Set(skb.Len().U16())
		})
		return f.S32(tcPass)
	})
	kerneltest.InNetns(t, func() error {
		attached, err := link.AttachTCX(p, link.TCXOptions{Interface: kerneltest.Loopback, Attach: syscall.AttachTCXEgress})
		if err != nil {
			return err
		}
		defer attached.Close()
		conn, _, err := listen()
		if err != nil {
			return err
		}
		defer conn.Close()
		sender, err := net.DialUDP("udp4", nil, conn.LocalAddr().(*net.UDPAddr))
		if err != nil {
			return err
		}
		defer sender.Close()
		for range 3 {
			if _, err := sender.Write(make([]byte, 100)); err != nil {
				return err
			}
		}
		raw, err := sender.SyscallConn()
		if err != nil {
			return err
		}
		var v usage
		if err := errors.Join(raw.Control(func(fd uintptr) { v, err = sent.Lookup(int(fd)) }), err); err != nil {
			return err
		}
		if v.Packets != 3 || v.Last.Length != 14+20+8+100 {
			t.Errorf("the socket has sent %+v", v)
		}
		return nil
	})
}

func TestTailCallsAndMapsOfMaps(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	next := made(t, maps.NewProgArray("next", 4))
	leaf := classifier(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 { return skb.Len().S32().Add(1000) })
	if err := next.Put(2, leaf.FD()); err != nil {
		t.Fatal(err)
	}
	index := number(t, uint32(2))
	p := classifier(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		next.TailCall(f, skb, index.In(f).U32(""))
		return f.S32(-1) // there was none
	})
	if got := result(t, p); got != int32(len(packet))+1000 {
		t.Errorf("the tail call gives %d", got)
	}
	if err := index.Store(3); err != nil {
		t.Fatal(err)
	}
	if got := result(t, p); got != -1 {
		t.Errorf("a tail call into nothing gives %d", got)
	}

	first, second := made(t, maps.NewArray[uint64]("first", 2)), made(t, maps.NewArray[uint64]("second", 2))
	both := made(t, maps.NewHashOf[uint32]("both", 2, first.Spec()))
	if err := errors.Join(both.Put(1, first), both.Put(2, second)); err != nil {
		t.Fatal(err)
	}
	p = classifier(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		inner := both.In(f).Lookup(index.In(f).U32(""))
		f.If(inner.IsNil(), f.ReturnConst(-1))
		key := dsl.Local[uint32](f)
		key.U32("").Set(1)
		v := maps.LookupIn[uint64](f, inner, key)
		f.If(v.IsNil(), f.ReturnConst(-2))
		v.U64("").AtomicAdd(1)
		return f.S32(0)
	})
	for i, want := range []int32{-1, 0, 0, -1} {
		if err := index.Store(uint32(i)); err != nil {
			t.Fatal(err)
		}
		if got := result(t, p); got != want {
			t.Errorf("the map of key %d: %d, want %d", i, got, want)
		}
	}
	a, errA := first.Lookup(1)
	b, errB := second.Lookup(1)
	if a != 1 || b != 1 || errA != nil || errB != nil {
		t.Errorf("%d in the first, %d in the second, %v, %v", a, b, errA, errB)
	}
}

// TestGlobalsBothSides: programs and user space add to one variable at the same time, and read-only data decides which code the verifier
// keeps.
func TestGlobalsBothSides(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	settings := maps.NewReadOnly("settings", usage{Packets: 3, PerKind: [4]uint32{1: 5}})
	t.Cleanup(func() { settings.Close() })
	total := number(t, usage{})
	p := classifier(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		s := settings.In(f)
		// The verifier knows that this is 3; otherwise it would refuse the address 0.
		f.If(s.U64("Packets").Ne(3), func() { f.Return(skb.Offset(0).At(4000).S32()) })
		total.In(f).U64("Packets").AtomicAdd(s.U64("Packets"))
		total.In(f).U32("PerKind[1]").AtomicOr(s.U32("PerKind[1]"))
		return f.S32(0)
	})
	word, err := total.Uint64("Packets")
	if err != nil {
		t.Fatal(err)
	}
	const times = 10_000
	done := make(chan error, 1)
	go func() {
		_, err := p.Run(prog.Input{Data: packet, Repeat: times})
		done <- err
	}()
	for range times {
		word.Add(1)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if v, err := total.Load(); v.Packets != 4*times || v.PerKind[1] != 5 || err != nil {
		t.Errorf("%+v, %v, want %d packets", v, err, 4*times)
	}
}

// asBytes is a number as records have it.
func asBytes(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

func TestRingBufsBothWays(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 1)
	t.Parallel()
	up, down := made(t, maps.NewRingBuf("up", uint32(syscall.PageSize()))), made(t, maps.NewUserRingBuf("down",
		uint32(syscall.PageSize())))
	type sums struct{ Sum, Count uint64 }
	each := dsl.Func("each", func(f *dsl.Fn, message dsl.Ptr, data dsl.Ref[sums]) dsl.U64 {
		n := dsl.Local[uint32](f)
		f.If(f.Helper("bpf_dynptr_read", n, f.U32(4), message, f.U32(0), f.U64(0)).S64().Ne(0), f.ReturnConst(1))
		data.U64("Sum").Inc(n.U32("").U64())
		data.U64("Count").Inc(1)
		return f.U64(0)
	})
	p := classifier(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		s := dsl.Local[sums](f)
		read := down.Receive(f, each, s)
		thrown := maps.Reserve[usage](f, up)
		f.If(thrown.NotNil(), func() { up.Discard(f, thrown) })
		room := maps.Reserve[sums](f, up)
		f.If(room.IsNil(), f.ReturnConst(-1))
		room.U64("Sum").Set(s.U64("Sum"))
		room.U64("Count").Set(s.U64("Count"))
		up.Submit(f, room)
		f.If(up.Output(f, s, 8, 0).Ne(0), f.ReturnConst(-2))
		return read.S32()
	})
	for n := range uint32(10) {
		if err := down.Write(asBytes(n)); err != nil {
			t.Fatal(err)
		}
	}
	if got := result(t, p); got != 10 {
		t.Errorf("the program has read %d", got)
	}
	record, err := up.TryRead()
	if err != nil {
		t.Fatal(err)
	}
	if v, err := maps.Decode[sums](record); v != (sums{45, 10}) || err != nil {
		t.Errorf("a record of %+v, %v", v, err)
	}
	if record, err = up.TryRead(); !slices.Equal(record, binary.NativeEndian.AppendUint64(nil, 45)) || err != nil {
		t.Errorf("what was put out: %v, %v", record, err)
	}
	if record, err = up.TryRead(); record != nil || err != nil {
		t.Errorf("one more: %v, %v", record, err)
	}
}

// TestPerCPUHashRemoves: a program removes what user space has put in for all
// processors.
func TestPerCPUHashRemoves(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	counts := made(t, maps.NewPerCPUHash[uint32, uint64]("counts", 4))
	cpus, err := syscall.PossibleCPUs()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(counts.Put(1, make([]uint64, cpus)), counts.Put(2, make([]uint64, cpus))); err != nil {
		t.Fatal(err)
	}
	if got := runOnce(t, func(f *dsl.Fn, skb ctx.SKB) dsl.S32 { return counts.In(f).Delete(1).S32() }); got != 0 {
		t.Errorf("the program gives %d", got)
	}
	if _, err := counts.Lookup(1); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the key that was removed: %v", err)
	}
	if _, err := counts.Lookup(2); err != nil {
		t.Errorf("the other key: %v", err)
	}
}
