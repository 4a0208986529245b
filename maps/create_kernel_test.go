//go:build linux

package maps_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/syscall"
)

func TestMapsOfMaps(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	inner := created(t, maps.NewHash[uint32, uint32]("inner", 10))
	a := created(t, maps.NewArrayOf("array of", 4, inner.Spec()))
	h := created(t, maps.NewHashOf[flow]("hash of", 4, inner.Spec()))
	info, err := inner.Info()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.Put(1, inner), h.Put(flow{Protocol: 1}, inner)); err != nil {
		t.Fatal(err)
	}
	for i, got := range []func() (uint32, error){
		func() (uint32, error) { return a.ID(1) },
		func() (uint32, error) { return h.ID(flow{Protocol: 1}) },
	} {
		if id, err := got(); id != info.ID || err != nil {
			t.Errorf("%d: id %d, %v, want %d", i, id, err, info.ID)
		}
	}
	if err := errors.Join(a.Delete(1), h.Delete(flow{Protocol: 1})); err != nil {
		t.Error(err)
	}
	if _, err := a.ID(1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing at 1: %v", err)
	}
	other := created(t, maps.NewHash[uint32, uint64]("other", 10))
	if err := a.Put(0, other); !errors.Is(err, unix.EINVAL) {
		t.Errorf("a map of another kind: %v", err)
	}
	if err := a.Put(0, maps.NewHash[uint32, uint32]("not there", 10)); !errors.Is(err, maps.ErrNotCreated) {
		t.Errorf("a map that is not created: %v", err)
	}
}

func TestPins(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	path := filepath.Join(kerneltest.BPFFS(t), "pinned")
	m := created(t, maps.NewHash[uint32, uint32]("pinned", 10))
	if err := errors.Join(m.Put(1, 2), m.Pin(path)); err != nil {
		t.Fatal(err)
	}
	again := maps.NewHash[uint32, uint32]("pinned", 10)
	defer again.Close()
	if err := again.Open(path); err != nil {
		t.Fatal(err)
	}
	if v, err := again.Lookup(1); v != 2 || err != nil {
		t.Errorf("got %d, %v", v, err)
	}
	if err := again.Open(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("opening twice: %v", err)
	}
	other := maps.NewArray[uint64]("other", 11)
	err := other.Open(path)
	for _, want := range []string{"kind hash, not array", "value size 4, not 8", "maximum number of elements 10, not 11"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("opening a map of another kind: %v, want … %s", err, want)
		}
	}
	ring := created(t, maps.NewRingBuf("ring", 4096))
	if err := ring.Pin(path + "ring"); err != nil {
		t.Fatal(err)
	}
	same := maps.NewRingBuf("ring", 4096)
	if err := same.Open(path + "ring"); err != nil {
		t.Fatal(err)
	}
	defer same.Close()
	if b, err := same.TryRead(); b != nil || err != nil {
		t.Errorf("an empty ring buffer gives %v, %v", b, err)
	}
}

// TestBTFOfMaps asks the kernel, and bpftool where it is installed, what they know
// of the types.
func TestBTFOfMaps(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 2)
	t.Parallel()
	type timed struct {
		Timer dsl.Timer
		Count uint64
	}
	type lesser struct{ A, B uint32 }
	for _, m := range []interface {
		maps.Handle
		Create() error
		Close() error
		Info() (*syscall.MapInfo, error)
	}{
		maps.NewHash[flow, counts]("hash", 4), maps.NewLRUHash[flow, lesser]("lru", 4), maps.NewHash[uint32, timed]("timer", 4),
		maps.NewArray[counts]("array", 4), maps.NewArray[timed]("timers", 4),
		maps.NewPerCPUHash[flow, lesser]("pch", 4), maps.NewPerCPUArray[lesser]("pca", 4), maps.NewLRUPerCPUHash[flow, lesser]("lpch", 4),
		maps.NewLPMTrie[maps.IPv6Prefix, lesser]("trie", 4), maps.NewQueue[lesser]("queue", 4), maps.NewStack[lesser]("stack", 4),
		maps.NewSkStorage[counts]("sk"), maps.NewTaskStorage[counts]("task"), maps.NewCgroupStorage[counts]("cgroup"),
		maps.NewGlobal("data", variables{}), maps.NewReadOnly("rodata", lesser{}),
	} {
		created(t, m)
		info, err := m.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.BTFID == 0 || info.BTFValueTypeID == 0 || info.BTFKeyTypeID == 0 {
			t.Errorf("%v has no types: %+v", m.Spec(), info)
		}
	}
	h := created(t, maps.NewHash[flow, counts]("dumped", 4))
	if err := h.Put(flow{Port: dsl.NetworkOrder16(1), Protocol: 17}, counts{Last: -3, Packets: 99, Seen: true}); err != nil {
		t.Fatal(err)
	}
	bpftool := kerneltest.RequireTool(t, "bpftool", "bpftool", "/usr/sbin/bpftool")
	info, err := h.Info()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(bpftool, "map", "dump", "id", fmt.Sprint(info.ID)).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{`"Protocol": 17`, `"Packets": 99`, `"Last": -3`, `"Seen": true`, `"Sizes": [0`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("bpftool shows\n%s\nwant %s in it", out, want)
		}
	}
}

func TestWhatTheKernelRefusesIsExplained(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	for _, tt := range []struct {
		m    interface{ Create() error }
		want string
	}{
		{maps.NewRingBuf("r", 2), "a ring buffer of 2 bytes: the size must be a power of two and at least a page"},
		{maps.NewHash[uint32, uint32]("h", 0), "its maximum number of elements is 0; must be at least 1"},
		{maps.New(&dsl.MapSpec{Name: "new kind", Type: 250, KeySize: 4, ValueSize: 4, MaxEntries: 1}),
			"this kernel does not have this type of map (map type 250)"},
		{maps.NewArray[[1 << 20]uint64]("big", 1<<31), "more than the kernel can allocate"},
	} {
		if err := tt.m.Create(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want … %s", err, tt.want)
		}
	}
}
