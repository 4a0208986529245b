//go:build linux

package maps_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	gomaps "maps"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// created makes a map for the test.
func created[M interface {
	Create() error
	Close() error
}](t testing.TB, m M) M {
	t.Helper()
	if err := m.Create(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func TestHashFromUserSpace(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	h := maps.NewHash[flow, counts]("flows", 100)
	if _, err := h.Lookup(flow{}); !errors.Is(err, maps.ErrNotCreated) || !strings.Contains(err.Error(), `map "flows"`) {
		t.Errorf("before Create: %v", err)
	}
	created(t, h)
	if err := h.Create(); err != nil {
		t.Errorf("the second Create: %v", err)
	}
	key := flow{dsl.NetworkOrder32(0x7f000001), dsl.NetworkOrder16(80), 6, [1]uint8{}}
	value := counts{Last: -7, Packets: 1 << 40, Sizes: [4]uint16{1, 2, 3, 4}, Name: [7]uint8{'a', 'b'}, Seen: true}
	if _, err := h.Lookup(key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing key: %v", err)
	}
	if err := h.Update(key, value, maps.Exist); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("replacing what is not there: %v", err)
	}
	if err := h.Put(key, value); err != nil {
		t.Fatal(err)
	}
	if err := h.Update(key, value, maps.NoExist); !errors.Is(err, fs.ErrExist) {
		t.Errorf("creating what is there: %v", err)
	}
	if got, err := h.Lookup(key); err != nil || got != value {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := h.LookupLocked(key); err != nil || got != value {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := h.Update(key, value, maps.Any|maps.Lock); err != nil {
		t.Error(err)
	}
	if err := h.Delete(key); err != nil {
		t.Error(err)
	}
	if err := h.Delete(key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("deleting what is not there: %v", err)
	}
}

func TestIterationAndBatches(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	h := created(t, maps.NewHash[uint32, uint64]("squares", 5000))
	want := make(map[uint32]uint64)
	var keys []uint32
	var values []uint64
	for i := range uint32(3000) {
		want[i] = uint64(i) * uint64(i)
		keys, values = append(keys, i), append(values, want[i])
	}
	if n, err := h.PutAll(keys, values); n != len(keys) || err != nil {
		t.Fatalf("%d set, %v", n, err)
	}
	if n, err := h.PutAll(keys, values[1:]); n != 0 || !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("too few values: %d set, %v", n, err)
	}
	got := make(map[uint32]uint64)
	var err error
	for k, v := range h.All(&err) {
		got[k] = v
	}
	if err != nil || !gomaps.Equal(got, want) {
		t.Errorf("%d of %d elements, %v", len(got), len(want), err)
	}
	for range h.All(&err) {
		break
	}
	if n, err := h.DeleteAll(keys[:1000]); n != 1000 || err != nil {
		t.Errorf("%d deleted, %v", n, err)
	}
	if v, err := h.Take(1000); v != 1000000 || err != nil {
		t.Errorf("took %d, %v", v, err)
	}
	n := 0
	for k, v := range h.Drain(&err) {
		if n++; v != want[k] {
			t.Errorf("%d at %d", v, k)
		}
	}
	for range h.All(nil) {
		n++
	}
	if n != 1999 || err != nil {
		t.Errorf("%d drained, %v, want 1999", n, err)
	}
	h.Close()
	for range h.All(&err) {
		t.Error("an element of a closed map")
	}
	if !errors.Is(err, maps.ErrNotCreated) {
		t.Errorf("iteration of a closed map: %v", err)
	}
}

func TestArraysFromUserSpace(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	a := created(t, maps.NewArray[int16]("small", 3))
	if err := a.Put(2, -5); err != nil {
		t.Fatal(err)
	}
	if err := a.Put(3, 1); err == nil {
		t.Error("there is no element 3")
	}
	var err error
	var got []string
	for i, v := range a.All(&err) {
		got = append(got, fmt.Sprint(i, "=", v))
	}
	if fmt.Sprint(got) != "[0=0 1=0 2=-5]" || err != nil {
		t.Errorf("elements %v, %v", got, err)
	}
}

func TestPerCPUFromUserSpace(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	cpus, err := syscall.PossibleCPUs()
	if err != nil {
		t.Fatal(err)
	}
	values := make([][3]uint8, cpus)
	for i := range values {
		values[i] = [3]uint8{uint8(i), 1, 2}
	}
	a := created(t, maps.NewPerCPUArray[[3]uint8]("percpu array", 2))
	if err := a.Put(1, values); err != nil {
		t.Fatal(err)
	}
	if got, err := a.Lookup(1); err != nil || fmt.Sprint(got) != fmt.Sprint(values) {
		t.Errorf("got %v, %v", got, err)
	}
	if err := a.Put(1, values[:cpus-1]); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("a value too few: %v", err)
	}
	n := 0
	for _, v := range a.All(&err) {
		n += len(v)
	}
	if n != 2*cpus || err != nil {
		t.Errorf("%d values, %v", n, err)
	}
	for _, h := range []*maps.PerCPUHash[uint16, [3]uint8]{maps.NewPerCPUHash[uint16, [3]uint8]("percpu hash", 10),
		maps.NewLRUPerCPUHash[uint16, [3]uint8]("lru percpu", 100)} {
		created(t, h)
		if err := h.Put(7, values); err != nil {
			t.Fatal(err)
		}
		n := 0
		for k, v := range h.All(&err) {
			if n++; k != 7 || fmt.Sprint(v) != fmt.Sprint(values) {
				t.Errorf("%d: %v", k, v)
			}
		}
		if n != 1 || err != nil {
			t.Errorf("%d elements, %v", n, err)
		}
		if err := h.Delete(7); err != nil {
			t.Error(err)
		}
	}
	lru := created(t, maps.NewLRUHash[uint32, uint32]("lru", 64))
	for i := range uint32(1000) {
		if err := lru.Put(i, i); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTrieFromUserSpace(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	key := func(text string) maps.IPv4Prefix {
		k, err := maps.IPv4(netip.MustParsePrefix(text))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	trie := created(t, maps.NewLPMTrie[maps.IPv4Prefix, uint32]("routes", 10))
	for text, v := range map[string]uint32{"10.0.0.0/8": 8, "10.1.0.0/16": 16, "0.0.0.0/0": 0} {
		if err := trie.Put(key(text), v); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string]uint32{"10.1.2.3/32": 16, "10.2.2.3/32": 8, "11.1.1.1/32": 0} {
		if got, err := trie.Lookup(key(text)); err != nil || got != want {
			t.Errorf("%s is in a /%d, %v, want /%d", text, got, err, want)
		}
	}
	var err error
	n := 0
	for k, v := range trie.All(&err) {
		if n++; k.Prefix().Bits() != int(v) {
			t.Errorf("%v: %d", k.Prefix(), v)
		}
	}
	if n != 3 || err != nil {
		t.Errorf("%d prefixes, %v", n, err)
	}
	if err := trie.Delete(key("10.1.0.0/16")); err != nil {
		t.Error(err)
	}
}

func TestQueueAndStackFromUserSpace(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	q, s := created(t, maps.NewQueue[uint16]("queue", 2)), created(t, maps.NewStack[uint16]("stack", 2))
	for _, v := range []uint16{1, 2} {
		if err := errors.Join(q.Push(v), s.Push(v)); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Push(3); !errors.Is(err, unix.E2BIG) {
		t.Errorf("push into a full queue: %v", err)
	}
	if err := q.PushOver(3); err != nil {
		t.Error(err)
	}
	if v, err := q.Peek(); v != 2 || err != nil {
		t.Errorf("peek gives %d, %v", v, err)
	}
	for _, want := range [][2]uint16{{2, 2}, {3, 1}} {
		a, errA := q.Pop()
		b, errB := s.Pop()
		if a != want[0] || b != want[1] || errA != nil || errB != nil {
			t.Errorf("pop gives %d and %d, %v, %v", a, b, errA, errB)
		}
	}
	if _, err := q.Pop(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("pop of an empty queue: %v", err)
	}
}

func TestStorageFromUserSpace(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 2)
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	task, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(task)
	cgroup, err := os.Open(kerneltest.Cgroup(t))
	if err != nil {
		t.Fatal(err)
	}
	defer cgroup.Close()
	type storage interface {
		Create() error
		Close() error
		Lookup(int) (counts, error)
		Put(int, counts) error
		Delete(int) error
		Spec() *dsl.MapSpec
	}
	for _, tt := range []struct {
		m  storage
		fd uintptr
	}{
		{maps.NewSkStorage[counts]("sk"), file.Fd()},
		{maps.NewTaskStorage[counts]("task"), uintptr(task)},
		{maps.NewCgroupStorage[counts]("cgroup"), cgroup.Fd()},
		{maps.NewInodeStorage[counts]("inode"), cgroup.Fd()},
	} {
		if err := tt.m.Create(); tt.m.Spec().Type == dsl.MapInodeStorage && errors.Is(err, unix.EINVAL) {
			t.Logf("without CONFIG_BPF_LSM: %v", err)
			continue
		}
		m, fd := created(t, tt.m), int(tt.fd)
		if err := m.Put(fd, counts{Packets: 3}); err != nil {
			t.Errorf("%v: %v", m.Spec(), err)
			continue
		}
		if v, err := m.Lookup(fd); err != nil || v.Packets != 3 {
			t.Errorf("%v: %+v, %v", m.Spec(), v, err)
		}
		if err := m.Delete(fd); err != nil {
			t.Errorf("%v: %v", m.Spec(), err)
		}
		if _, err := m.Lookup(fd); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v: %v", m.Spec(), err)
		}
		if err := m.Put(-1, counts{}); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%v: %v", m.Spec(), err)
		}
	}
}

func TestRingBufIsCancelledAndClosed(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	r := created(t, maps.NewRingBuf("ring", 4096))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := r.Read(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if _, err := r.Read(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	done := make(chan error)
	for range 2 {
		go func() { _, err := r.Read(context.Background()); done <- err }()
	}
	time.Sleep(10 * time.Millisecond)
	r.Close()
	for range 2 {
		if err := <-done; !errors.Is(err, fs.ErrClosed) && !errors.Is(err, maps.ErrNotCreated) { // the latter if it had not begun
			t.Errorf("a closed ring buffer gives %v", err)
		}
	}
	if _, err := r.Read(context.Background()); !errors.Is(err, maps.ErrNotCreated) {
		t.Errorf("got %v", err)
	}
}
