package vm_test

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/vm"
)

// load compiles a program and makes a machine for it.
func load(t *testing.T, body func(f *dsl.Fn, x ctx.XDP) dsl.U32) *vm.Machine {
	t.Helper()
	return vm.New(compiled(t, body))
}

func compiled(t *testing.T, body func(f *dsl.Fn, x ctx.XDP) dsl.U32) *vm.Program {
	t.Helper()
	object, err := compile.Compile(dsl.Func("test", body), compile.Target{ByteOrder: isa.LittleEndian})
	if err != nil {
		t.Fatal(err)
	}
	p, err := vm.LoadObject(object, nil, vm.Options{Mode: vm.Linux})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// mustRun runs a program, and fails unless its result is want.
func mustRun(t *testing.T, m *vm.Machine, want uint64) {
	t.Helper()
	if got, err := m.Run(t.Context(), make([]byte, 24)); got != want || err != nil {
		t.Fatalf("result %d, %v; want %d", got, err, want)
	}
}

// TestHash: what user space puts is what the program finds, and the other way round; so is what is missing, full and removed.
func TestHash(t *testing.T) {
	for name, h := range map[string]*maps.Hash[uint32, uint64]{
		"hash": maps.NewHash[uint32, uint64]("h", 3), "lru": maps.NewLRUHash[uint32, uint64]("l", 3),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := h.Lookup(1); !errors.Is(err, maps.ErrNotCreated) {
				t.Errorf("before it is created: %v", err)
			}
			m := load(t, func(f *dsl.Fn, x ctx.XDP) dsl.U32 { // adds to key 1, adds key 2, removes key 3
				in := h.In(f)
				v := in.Lookup(f.U32(1))
				f.If(v.IsNil(), func() { f.Return(f.U32(1)) })
				v.U64("").Set(v.U64("").Get().Add(5))
				f.If(in.Put(f.U32(2), f.U64(20)).Ne(0), func() { f.Return(f.U32(2)) })
				f.If(in.Delete(f.U32(3)).Ne(0), func() { f.Return(f.U32(3)) })
				return f.U32(0)
			})
			mustRun(t, m, 1) // key 1 does not exist
			for key := range uint32(3) {
				if key != 2 {
					if err := h.Put(key, uint64(key)); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := h.Delete(0); err != nil {
				t.Fatal(err)
			}
			if err := h.Put(3, 3); err != nil {
				t.Fatal(err)
			}
			mustRun(t, m, 0)
			var err error
			found := map[uint32]uint64{}
			for key, value := range h.All(&err) {
				found[key] = value
			}
			if err != nil || len(found) != 2 || found[1] != 6 || found[2] != 20 {
				t.Errorf("%v, %v", found, err)
			}
			if _, err := h.Lookup(3); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v", err)
			}
			if err := h.Update(1, 9, maps.NoExist); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "use Put") {
				t.Errorf("%v", err)
			}
			for key := range uint32(5) {
				err = h.Put(10+key, 1)
			}
			switch {
			case name == "hash" && (err == nil || !strings.Contains(err.Error(), "it is full, it holds 3 keys")):
				t.Errorf("%v", err)
			case name == "lru" && err != nil:
				t.Error(err)
			}
			if value, err := h.Take(10); name == "hash" && (value != 1 || err != nil) || name == "lru" && err == nil {
				t.Errorf("%d, %v", value, err)
			}
		})
	}
}

// TestArrays: arrays, and a value for each CPU.
func TestArrays(t *testing.T) {
	a, per := maps.NewArray[uint64]("a", 4), maps.NewPerCPUArray[uint32]("p", 2)
	m := load(t, func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
		v := a.In(f).Lookup(f.U32(3))
		f.If(v.IsNil(), func() { f.Return(f.U32(1)) })
		v.U64("").Set(v.U64("").Get().Add(7))
		f.If(a.In(f).Lookup(f.U32(4)).IsNil().Not(), func() { f.Return(f.U32(2)) })
		c := per.In(f).Lookup(f.U32(1))
		f.If(c.IsNil(), func() { f.Return(f.U32(3)) })
		c.U32("").Set(c.U32("").Get().Add(1))
		return f.U32(0)
	})
	mustRun(t, m, 0)
	m.CPU = 2
	mustRun(t, m, 0)
	mustRun(t, m, 0)
	if v, err := a.Lookup(3); v != 21 || err != nil {
		t.Errorf("%d, %v", v, err)
	}
	if v, err := per.Lookup(1); !slices.Equal(v, []uint32{1, 0, 2, 0}) || err != nil {
		t.Errorf("%v, %v", v, err)
	}
}

// TestValuesEnd: a program cannot go from one value of a map to the next.
func TestValuesEnd(t *testing.T) {
	a := maps.NewArray[uint64]("a", 4)
	p, err := vm.LoadInstructions([]isa.Instruction{
		isa.LoadMapFD(isa.R1, 7), isa.StoreImm(isa.W, isa.R10, -4, 1), isa.Mov64Reg(isa.R2, isa.R10), isa.Add64Imm(isa.R2, -4),
		isa.CallHelper(1), isa.LoadMem(isa.DW, isa.R0, isa.R0, 4), isa.Exit(),
	}, vm.Options{Maps: map[int32]*maps.Map{7: &a.Map}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = vm.New(p).Run(t.Context(), nil)
	var fault *vm.Fault
	if !errors.As(err, &fault) || fault.Kind != vm.OutOfBounds ||
		!strings.Contains(fault.Detail, `byte 4 of a value of map "a", which has 8 bytes`) {
		t.Errorf("%v", err)
	}
}

// TestVariables: variables and constants, with atomic words of user space.
func TestVariables(t *testing.T) {
	type settings struct{ Step, Turns uint64 }
	counter := maps.NewGlobal("counter", settings{Turns: 3})
	step := maps.NewReadOnly("step", settings{Step: 5})
	m := load(t, func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
		c, s := counter.In(f), step.In(f)
		c.U64("Turns").Set(c.U64("Turns").Get().Add(s.U64("Step").Get()))
		return f.U32(0)
	})
	mustRun(t, m, 0)
	turns, err := counter.Uint64("Turns")
	if err != nil || turns.Load() != 8 {
		t.Fatalf("%v", err)
	}
	turns.Store(100)
	mustRun(t, m, 0)
	if v, err := counter.Load(); v.Turns != 105 || err != nil {
		t.Errorf("%v, %v", v, err)
	}
	if err := step.Set(settings{}); !errors.Is(err, maps.ErrFrozen) {
		t.Errorf("%v", err)
	}
}

// TestRingBuffer: records arrive in the order of their reservation; a record that was submitted cannot be written.
func TestRingBuffer(t *testing.T) {
	ring := maps.NewRingBuf("r", 4096)
	m := load(t, func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
		room := maps.Reserve[uint64](f, ring)
		f.If(room.IsNil(), func() { f.Return(f.U32(1)) })
		room.U64("").Set(f.U64(77))
		ring.Submit(f, room)
		other := maps.Reserve[uint32](f, ring)
		f.If(other.IsNil(), func() { f.Return(f.U32(2)) })
		ring.Discard(f, other)
		return f.U32(0)
	})
	if record, err := ring.TryRead(); record != nil || err != nil {
		t.Errorf("%v, %v", record, err)
	}
	done := make(chan []byte)
	go func() {
		record, _ := ring.Read(context.Background())
		done <- record
	}()
	mustRun(t, m, 0)
	if record := <-done; !slices.Equal(record, []byte{77, 0, 0, 0, 0, 0, 0, 0}) {
		t.Errorf("%v", record)
	}
	for range 256 { // records of 16 bytes fill the buffer; discarded ones take room until they are passed
		m.Run(t.Context(), make([]byte, 24))
	}
	mustRun(t, m, 1)
	if err := ring.Close(); err != nil {
		t.Error(err)
	}
	late := vm.New(parse(t, "r0 = 0\n*(u8 *)(r1 +0) = 1\nexit", vm.Options{}))
	addr := late.Add(vm.Memory{Name: "the record", Data: make([]byte, 8)})
	late.Remove(addr)
	var fault *vm.Fault
	if _, err := late.Call(t.Context(), addr); !errors.As(err, &fault) || fault.Kind != vm.Released {
		t.Errorf("%v", err)
	}
}

// TestSeries: queues and stacks.
func TestSeries(t *testing.T) {
	q, s := maps.NewQueue[uint32]("q", 2), maps.NewStack[uint32]("s", 2)
	m := load(t, func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
		got := dsl.Local[uint32](f)
		f.If(q.In(f).Pop(got).Ne(0), func() { f.Return(f.U32(1000)) })
		v := got.U32("").Get()
		f.If(s.In(f).Push(v).Ne(0), func() { f.Return(f.U32(2000)) })
		return v
	})
	mustRun(t, m, 1000)
	for n := range uint32(2) {
		if err := q.Push(n + 5); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Push(7); err == nil || !strings.Contains(err.Error(), "it is full") {
		t.Errorf("%v", err)
	}
	mustRun(t, m, 5)
	mustRun(t, m, 6)
	if v, err := s.Pop(); v != 6 || err != nil {
		t.Errorf("%d, %v", v, err)
	}
	if v, err := s.Peek(); v != 5 || err != nil {
		t.Errorf("%d, %v", v, err)
	}
}

// TestTrie: a look-up finds the longest prefix.
func TestTrie(t *testing.T) {
	networks := maps.NewLPMTrie[maps.IPv4Prefix, uint32]("n", 4)
	m := load(t, func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
		key := dsl.Local[maps.IPv4Prefix](f)
		key.U32("Bits").Set(f.U32(32))
		key.U8("Address[0]").Set(f.U8(10))
		key.U8("Address[1]").Set(f.U8(1))
		v := networks.In(f).Lookup(key)
		f.If(v.IsNil(), func() { f.Return(f.U32(0)) })
		return v.U32("").Get()
	})
	mustRun(t, m, 0)
	for text, value := range map[string]uint32{"10.0.0.0/8": 8, "10.1.0.0/16": 16, "10.2.0.0/16": 17, "0.0.0.0/0": 1} {
		key, err := maps.IPv4(netip.MustParsePrefix(text))
		if err == nil {
			err = networks.Put(key, value)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	mustRun(t, m, 16)
}

// TestTailCalls: a program goes on with another one, at most 33 times.
func TestTailCalls(t *testing.T) {
	next, count := maps.NewProgArray("next", 2), maps.NewGlobal("count", uint64(0))
	p := compiled(t, func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
		c := count.In(f).U64("")
		c.Set(c.Get().Add(1))
		next.TailCall(f, x, f.U32(1))
		return f.U32(7)
	})
	m := vm.New(p)
	mustRun(t, m, 7) // nothing is in the array
	if err := m.SetTailCall(next, 1, p); err != nil {
		t.Fatal(err)
	}
	mustRun(t, m, 7)
	if v, err := count.Load(); v != 1+34 || err != nil {
		t.Errorf("%d programs, %v", v, err)
	}
	last := compiled(t, func(f *dsl.Fn, x ctx.XDP) dsl.U32 { return f.U32(9) })
	if err := m.SetTailCall(next, 1, last); err != nil {
		t.Fatal(err)
	}
	mustRun(t, m, 9)
	mustRun(t, m, 9) // and the next run begins with the first program again
	if err := m.SetTailCall(next, 2, last); err == nil {
		t.Error("an index after the last one")
	}
}

// TestClocksAndLines: time, random numbers and printed lines are those of the test.
func TestClocksAndLines(t *testing.T) {
	m := load(t, func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
		f.Printf("now %d, again %x", f.Helper("bpf_ktime_get_ns").U64(), f.U32(255))
		return f.Helper("bpf_get_prandom_u32").U32().Add(f.Helper("bpf_jiffies64").U32())
	})
	var lines []string
	m.Now = func() uint64 { return 5_000_000 }
	m.Random = func() uint32 { return 37 }
	m.Print = func(line string) { lines = append(lines, line) }
	mustRun(t, m, 42)
	if !slices.Equal(lines, []string{"now 5000000, again ff"}) {
		t.Errorf("%q", lines)
	}
}

// TestHandlesStay: a handle is in the machine or in the kernel, and closing it begins anew.
func TestHandlesStay(t *testing.T) {
	h := maps.NewHash[uint32, uint32]("h", 2)
	body := func(f *dsl.Fn, x ctx.XDP) dsl.U32 { return h.In(f).Put(f.U32(1), f.U32(2)).U32() }
	mustRun(t, load(t, body), 0)
	mustRun(t, load(t, body), 0)
	if v, err := h.Lookup(1); v != 2 || err != nil {
		t.Errorf("two machines share it: %d, %v", v, err)
	}
	if err := h.Create(); err == nil || !strings.Contains(err.Error(), "in this process") {
		t.Errorf("%v", err)
	}
	if _, err := h.FD(); err == nil {
		t.Error("it has a descriptor")
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Lookup(1); !errors.Is(err, maps.ErrNotCreated) {
		t.Errorf("%v", err)
	}
}
