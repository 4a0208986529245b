//go:build linux

package maps_test

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

const (
	r0, r1, r2, r3, r4, r5, r6, r7, fp = isa.R0, isa.R1, isa.R2, isa.R3, isa.R4, isa.R5, isa.R6, isa.R7, isa.R10
	dw, w, h, b                        = isa.DW, isa.W, isa.H, isa.B
)

// Helpers by number (include/uapi/linux/bpf.h, ___BPF_FUNC_MAPPER).
const (
	mapLookupElem     = 1
	tailCall          = 12
	mapPushElem       = 87
	spinLock          = 93
	spinUnlock        = 94
	skStorageGet      = 107
	ringbufOutput     = 130
	ringbufReserve    = 131
	ringbufDiscard    = 133
	taskStorageGet    = 156
	getCurrentTaskBTF = 158
	timerInit         = 169
	timerSetCallback  = 170
	timerStart        = 171
	dynptrRead        = 201
	userRingbufDrain  = 209
	cgrpStorageGet    = 210
	storageGetFCreate = 1
	clockMonotonic    = 1
)

// packet is the input of the programs. They do not read it.
var packet = make([]byte, 64)

// run loads a program, runs it once and gives its result.
func run(t *testing.T, kind syscall.ProgType, items ...[]dsl.Item) uint32 {
	t.Helper()
	l, err := prog.Load(dsl.Assembly("test", slices.Concat(items...)...), prog.Options{License: "GPL", Type: kind})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer l.Close()
	in := prog.Input{Data: packet}
	if kind == syscall.ProgTypeRawTracepoint {
		in = prog.Input{Context: make([]byte, 8)}
	}
	out, err := l.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	return out.Result
}

// lookup looks up the key at fp-24, and continues with the value in r6 if there is one.
func lookup(m maps.Handle) []dsl.Item {
	return []dsl.Item{
		dsl.LoadMap(r1, m.Spec()),
		dsl.Mov64Reg(r2, fp),
		dsl.Add64Imm(r2, -24),
		dsl.CallHelper(mapLookupElem),
		dsl.JEQ64Imm(r0, 0, "out"),
		dsl.Mov64Reg(r6, r0),
	}
}

// key is a key of 4 bytes at fp-24, followed by zeros.
func key(n int32) []dsl.Item {
	return []dsl.Item{dsl.StoreImm(dw, fp, -16, 0), dsl.StoreImm(dw, fp, -8, 0), dsl.StoreImm(dw, fp, -24, 0), dsl.StoreImm(w, fp, -24, n)}
}

// add adds to a number of 64 bits in the value.
func add(off int16, n int32) []dsl.Item {
	return []dsl.Item{dsl.Mov64Imm(r1, n), dsl.AtomicAdd64(r6, off, r1)}
}

// end returns 1, or 0 at the place for no value.
func end() []dsl.Item {
	return []dsl.Item{dsl.Mov64Imm(r0, 1), dsl.Exit(), dsl.Label("out"), dsl.Mov64Imm(r0, 0), dsl.Exit()}
}

func TestTablesFromPrograms(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	type table interface {
		maps.Handle
		Create() error
		Close() error
		Lookup(uint32) (uint64, error)
		Put(uint32, uint64) error
	}
	for _, m := range []table{
		maps.NewHash[uint32, uint64]("hash", 10),
		maps.NewLRUHash[uint32, uint64]("lru", 100),
		maps.NewArray[uint64]("array", 10),
	} {
		created(t, m)
		if err := m.Put(3, 40); err != nil {
			t.Fatal(err)
		}
		if got := run(t, syscall.ProgTypeSocketFilter, key(3), lookup(m), add(0, 2), end()); got != 1 {
			t.Errorf("%v: the program finds nothing", m.Spec())
		}
		if v, err := m.Lookup(3); v != 42 || err != nil {
			t.Errorf("%v: %d, %v, want 42", m.Spec(), v, err)
		}
	}

	trie := created(t, maps.NewLPMTrie[maps.IPv4Prefix, uint64]("trie", 10))
	whole := maps.IPv4Prefix{}
	if err := trie.Put(whole, 1); err != nil {
		t.Fatal(err)
	}
	if got := run(t, syscall.ProgTypeSocketFilter, key(32), lookup(trie), add(0, 2), end()); got != 1 {
		t.Error("the program finds no prefix")
	}
	if v, err := trie.Lookup(whole); v != 3 || err != nil {
		t.Errorf("%d, %v, want 3", v, err)
	}
}

func TestPerCPUFromPrograms(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	cpus, err := syscall.PossibleCPUs()
	if err != nil {
		t.Fatal(err)
	}
	type table interface {
		maps.Handle
		Create() error
		Close() error
		Lookup(uint32) ([]uint64, error)
		Put(uint32, []uint64) error
	}
	for _, m := range []table{
		maps.NewPerCPUHash[uint32, uint64]("hash", 10),
		maps.NewLRUPerCPUHash[uint32, uint64]("lru", 100),
		maps.NewPerCPUArray[uint64]("array", 10),
	} {
		created(t, m)
		if err := m.Put(3, make([]uint64, cpus)); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			run(t, syscall.ProgTypeSocketFilter, key(3), lookup(m), add(0, 2), end())
		}
		values, err := m.Lookup(3)
		sum := uint64(0)
		for _, v := range values {
			sum += v
		}
		if sum != 6 || err != nil {
			t.Errorf("%v: %v, %v, want a sum of 6", m.Spec(), values, err)
		}
	}
}

func TestQueuesFromPrograms(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	q := maps.NewQueue[uint32]("queue", 4)
	s := maps.NewStack[uint32]("stack", 4)
	defer q.Close()
	defer s.Close()
	push := func(m maps.Handle, n int32) []dsl.Item {
		return []dsl.Item{
			dsl.StoreImm(w, fp, -4, n), dsl.LoadMap(r1, m.Spec()), dsl.Mov64Reg(r2, fp), dsl.Add64Imm(r2, -4), dsl.Mov64Imm(r3, 0),
			dsl.CallHelper(mapPushElem),
		}
	}
	exit := []dsl.Item{dsl.Mov64Imm(r0, 0), dsl.Exit()}
	run(t, syscall.ProgTypeSocketFilter, push(q, 1), push(q, 2), push(s, 1), push(s, 2), exit)
	first, errQ := q.Pop() // loading has created them
	last, errS := s.Pop()
	if first != 1 || last != 2 || errQ != nil || errS != nil {
		t.Errorf("popped %d and %d, %v, %v", first, last, errQ, errS)
	}
}

func TestStorageFromPrograms(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 9)
	sk := created(t, maps.NewSkStorage[uint64]("sk"))
	const skbSk = 168 // struct __sk_buff, sk
	got := run(t, syscall.ProgTypeSchedCls, []dsl.Item{
		dsl.LoadMem(dw, r2, r1, skbSk),
		dsl.JEQ64Imm(r2, 0, "out"),
		dsl.LoadMap(r1, sk.Spec()),
		dsl.Mov64Imm(r3, 0),
		dsl.Mov64Imm(r4, storageGetFCreate),
		dsl.CallHelper(skStorageGet),
		dsl.JEQ64Imm(r0, 0, "out"),
		dsl.StoreImm(dw, r0, 0, 5),
		dsl.LoadMem(dw, r0, r0, 0),
		dsl.Exit(),
		dsl.Label("out"),
		dsl.Mov64Imm(r0, 0),
		dsl.Exit(),
	})
	if got != 5 {
		t.Errorf("storage of a socket: %d", got)
	}

	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	task := created(t, maps.NewTaskStorage[uint64]("task"))
	const pidfdThread = unix.O_EXCL
	self, err := unix.PidfdOpen(unix.Gettid(), pidfdThread)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(self)
	if err := task.Put(self, 40); err != nil {
		t.Fatal(err)
	}
	run(t, syscall.ProgTypeRawTracepoint, []dsl.Item{
		dsl.CallHelper(getCurrentTaskBTF),
		dsl.Mov64Reg(r2, r0),
		dsl.LoadMap(r1, task.Spec()),
		dsl.Mov64Imm(r3, 0),
		dsl.Mov64Imm(r4, 0),
		dsl.CallHelper(taskStorageGet),
		dsl.JEQ64Imm(r0, 0, "out"),
		dsl.Mov64Reg(r6, r0),
	}, add(0, 2), end())
	if v, err := task.Lookup(self); v != 42 || err != nil {
		t.Errorf("storage of a task: %d, %v", v, err)
	}

	home := int(kerneltest.OwnCgroup(t).Fd())
	group := created(t, maps.NewCgroupStorage[uint64]("cgroup"))
	p, err := prog.Load(dsl.Assembly("cgroup", slices.Concat([]dsl.Item{
		dsl.CallHelper(getCurrentTaskBTF),
		dsl.LoadField(r1, r0, "task_struct", "cgroups"),
		dsl.LoadField(r2, r1, "css_set", "dfl_cgrp"),
		dsl.LoadMap(r1, group.Spec()),
		dsl.Mov64Imm(r3, 0),
		dsl.Mov64Imm(r4, storageGetFCreate),
		dsl.CallHelper(cgrpStorageGet),
		dsl.JEQ64Imm(r0, 0, "out"),
		dsl.Mov64Reg(r6, r0),
	}, add(0, 1), []dsl.Item{dsl.Label("out"), dsl.Mov64Imm(r0, 0), dsl.Exit()})...),
		prog.Options{License: "GPL", Type: syscall.ProgTypeTracing, AttachType: syscall.AttachTraceRawTP, AttachTo: "sys_enter"})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer p.Close()
	attached, err := link.AttachTracing(p, link.TracingOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer attached.Close()
	os.Getppid()
	if v, err := group.Lookup(home); v == 0 || err != nil {
		t.Errorf("storage of a cgroup: %d, %v", v, err)
	}
}

func TestReferencesFromPrograms(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	progs := created(t, maps.NewProgArray("programs", 3))
	leaf, err := prog.Load(dsl.Assembly("leaf", dsl.Mov64Imm(r0, 77), dsl.Exit()),
		prog.Options{License: "GPL", Type: syscall.ProgTypeSocketFilter})
	if err != nil {
		t.Fatal(err)
	}
	defer leaf.Close()
	if err := progs.Put(2, leaf.FD()); err != nil {
		t.Fatal(err)
	}
	call := func(index int32) []dsl.Item {
		return []dsl.Item{dsl.LoadMap(r2, progs.Spec()), dsl.Mov64Imm(r3, index), dsl.CallHelper(tailCall),
			dsl.Mov64Imm(r0, 1), dsl.Exit()}
	}
	if got := run(t, syscall.ProgTypeSocketFilter, call(2)); got != 77 {
		t.Errorf("the tail call gives %d", got)
	}
	if got := run(t, syscall.ProgTypeSocketFilter, call(1)); got != 1 {
		t.Errorf("a tail call into nothing gives %d", got)
	}
	if info, err := leaf.Info(); err != nil {
		t.Error(err)
	} else if id, err := progs.ID(2); id != info.ID || err != nil {
		t.Errorf("id %d, %v", id, err)
	}

	inner := created(t, maps.NewArray[uint64]("inner", 4))
	array := created(t, maps.NewArrayOf("array of", 4, inner.Spec()))
	hash := created(t, maps.NewHashOf[uint32]("hash of", 4, inner.Spec()))
	if err := errors.Join(array.Put(2, inner), hash.Put(2, inner)); err != nil {
		t.Fatal(err)
	}
	for _, outer := range []maps.Handle{array, hash} {
		second := []dsl.Item{dsl.Mov64Reg(r1, r6), dsl.Mov64Reg(r2, fp), dsl.Add64Imm(r2, -24), dsl.CallHelper(mapLookupElem),
			dsl.JEQ64Imm(r0, 0, "out"), dsl.Mov64Reg(r6, r0)}
		if got := run(t, syscall.ProgTypeSocketFilter, key(2), lookup(outer), second, add(0, 21), end()); got != 1 {
			t.Errorf("%v: nothing is found", outer.Spec())
		}
	}
	if v, err := inner.Lookup(2); v != 42 || err != nil {
		t.Errorf("%d, %v, want 42", v, err)
	}
}

func TestGlobalsFromPrograms(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	// The verifier does not reach the access that it would refuse, but only because it knows the data.
	settings := maps.NewReadOnly("settings", [2]uint32{0, 1})
	data := maps.NewGlobal("data", variables{Packets: 40})
	defer settings.Close()
	defer data.Close()
	field, err := data.Spec().Value.Field("Packets")
	if err != nil {
		t.Fatal(err)
	}
	got := run(t, syscall.ProgTypeSocketFilter, []dsl.Item{
		dsl.LoadMapData(r1, settings.Spec(), 4),
		dsl.LoadMem(w, r1, r1, 0),
		dsl.JEQ64Imm(r1, 1, "known"),
		dsl.LoadMem(dw, r0, r1, 0),
		dsl.Label("known"),
		dsl.LoadMapData(r6, data.Spec(), uint32(field.Offset)),
	}, add(0, 2), []dsl.Item{dsl.LoadMem(dw, r0, r6, 0), dsl.Exit()})
	if got != 42 {
		t.Errorf("the program gives %d", got)
	}
	if word, err := data.Uint64("Packets"); err != nil || word.Load() != 42 {
		t.Errorf("user space sees %d, %v", word.Load(), err)
	}
}

func TestKernelsFieldsInValues(t *testing.T) {
	kerneltest.RequireLinux(t, 5, 15)
	t.Parallel()
	locked := created(t, maps.NewHash[uint32, counts]("locked", 4))
	if err := locked.Put(1, counts{Packets: 1, Seen: true}); err != nil {
		t.Fatal(err)
	}
	field := func(path string) int16 {
		f, err := locked.Spec().Value.Field(path)
		if err != nil {
			t.Fatal(err)
		}
		return int16(f.Offset)
	}
	if got := run(t, syscall.ProgTypeSchedCls, key(1), lookup(locked),
		[]dsl.Item{dsl.Mov64Reg(r1, r6), dsl.CallHelper(spinLock)},
		[]dsl.Item{dsl.StoreImm(dw, r6, field("Packets"), 2), dsl.StoreImm(b, r6, field("Seen"), 0)},
		[]dsl.Item{dsl.Mov64Reg(r1, r6), dsl.CallHelper(spinUnlock)}, end()); got != 1 {
		t.Error("nothing is found")
	}
	if v, err := locked.LookupLocked(1); err != nil || v.Packets != 2 || v.Seen {
		t.Errorf("%+v, %v", v, err)
	}

	type timed struct {
		Timer dsl.Timer
		Count uint64
	}
	timers := created(t, maps.NewArray[timed]("timers", 2))
	later := dsl.Assembly("later",
		dsl.Proto("u64", "void *map", "u32 *key", "void *value"),
		dsl.StoreImm(dw, r3, 16, 42),
		dsl.Mov64Imm(r0, 0),
		dsl.Exit(),
	)
	if got := run(t, syscall.ProgTypeSchedCls, key(1), lookup(timers), []dsl.Item{
		dsl.Mov64Reg(r1, r6), dsl.LoadMap(r2, timers.Spec()), dsl.Mov64Imm(r3, clockMonotonic), dsl.CallHelper(timerInit),
		dsl.Mov64Reg(r1, r6), dsl.LoadFunc(r2, later), dsl.CallHelper(timerSetCallback),
		dsl.Mov64Reg(r1, r6), dsl.Mov64Imm(r2, 1000), dsl.Mov64Imm(r3, 0), dsl.CallHelper(timerStart),
	}, end()); got != 1 {
		t.Error("nothing is found")
	}
	deadline := time.Now().Add(5 * time.Second)
	for {
		v, err := timers.Lookup(1)
		if err != nil {
			t.Fatal(err)
		}
		if v.Count == 42 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the timer did not call")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestArenaFromPrograms(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 9)
	t.Parallel()
	arena := created(t, maps.NewArena("arena", 8))
	memory, err := arena.Memory()
	if err != nil {
		t.Fatal(err)
	}
	word, err := memory.Word64(8)
	if err != nil {
		t.Fatal(err)
	}
	word.Store(40)
	got := run(t, syscall.ProgTypeSocketFilter, []dsl.Item{
		dsl.LoadMapData(r6, arena.Spec(), 8),
		dsl.AddrSpaceCast(r6, r6, 1),
	}, add(0, 2), []dsl.Item{dsl.LoadMem(dw, r0, r6, 0), dsl.Exit()})
	if got != 42 || word.Load() != 42 {
		t.Errorf("the program gives %d, user space sees %d", got, word.Load())
	}
}

// TestOneHandleManyPrograms: a map is created once, by the program that is loaded first.
func TestOneHandleManyPrograms(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	g := maps.NewGlobal("runs", uint64(0))
	defer g.Close()
	count := dsl.Assembly("count", slices.Concat([]dsl.Item{dsl.LoadMapData(r6, g.Spec(), 0)}, add(0, 1),
		[]dsl.Item{dsl.Mov64Imm(r0, 0), dsl.Exit()})...)
	done := make(chan error)
	for range 4 {
		go func() {
			l, err := prog.Load(count, prog.Options{License: "GPL", Type: syscall.ProgTypeSocketFilter})
			if err == nil {
				_, err = l.Run(prog.Input{Data: packet})
				l.Close()
			}
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n, err := g.Load(); n != 4 || err != nil {
		t.Errorf("%d runs, %v, want 4", n, err)
	}
	if !bytes.Equal(packet, make([]byte, len(packet))) {
		t.Error("the packet was written")
	}
}
