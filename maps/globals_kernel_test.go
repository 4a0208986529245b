//go:build linux

package maps_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/syscall"
)

func TestGlobalWordsAreAtomicAndReadOnlyDataFrozen(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	g := maps.NewGlobal("data", variables{Packets: 40, Last: -1})
	if _, err := g.Uint64("Packets"); !errors.Is(err, maps.ErrNotCreated) {
		t.Errorf("before Create: %v", err)
	}
	created(t, g)
	packets, err := g.Uint64("Packets")
	if err != nil {
		t.Fatal(err)
	}
	last, err := g.Uint32("Last")
	if err != nil {
		t.Fatal(err)
	}
	if packets.Add(2) != 42 || last.Add(1) != 0 {
		t.Errorf("the words are %d and %d", packets.Load(), last.Load())
	}
	if v, err := g.Load(); err != nil || v.Packets != 42 || v.Last != 0 {
		t.Errorf("got %+v, %v", v, err)
	}
	if err := g.Store(variables{Packets: 7}); err != nil || packets.Load() != 7 {
		t.Errorf("stored %d, %v", packets.Load(), err)
	}
	for path, want := range map[string]string{
		"Packet":   `has no field "Packet"; it has Last, Packets, Sizes, Seen`,
		"Sizes[0]": `"Sizes[0]" is a uint16, not an integer of 8 bytes`,
		"Seen":     "not an integer",
	} {
		if _, err := g.Uint64(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Uint64(%q): %v, want … %s", path, err, want)
		}
	}

	r := maps.NewReadOnly("rodata", [2]uint32{1, 2})
	if err := r.Set([2]uint32{3, 4}); err != nil {
		t.Fatal(err)
	}
	created(t, r)
	if err := r.Set([2]uint32{}); !errors.Is(err, maps.ErrFrozen) {
		t.Errorf("after Create: %v", err)
	}
	fd, err := r.FD()
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.MapUpdate(fd, make([]byte, 4), make([]byte, 8), 0); !errors.Is(err, unix.EPERM) {
		t.Errorf("writing read-only data: %v", err)
	}
}

func TestArenaFromUserSpace(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 9)
	t.Parallel()
	a := created(t, maps.NewArena("arena", 16))
	memory, err := a.Memory()
	if err != nil {
		t.Fatal(err)
	}
	w, err := memory.Word64(5 * syscall.PageSize())
	if err != nil {
		t.Fatal(err)
	}
	if w.Add(3) != 3 {
		t.Errorf("the word is %d", w.Load())
	}
}

// TestArenaThatFaults: with BPF_F_SEGV_ON_FAULT, reading a page that no program has allocated would end this process. Neither Create nor
// Open gives such memory to anyone.
func TestArenaThatFaults(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 9)
	t.Parallel()
	a := maps.NewArena("arena", 16)
	a.Spec().Flags |= uint32(syscall.MapSegvOnFault)
	const want = "it has BPF_F_SEGV_ON_FAULT: reading a page that no program has allocated would end this process"
	if err := a.Create(); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	if _, err := a.Memory(); !errors.Is(err, maps.ErrNotCreated) {
		t.Errorf("its memory: %v", err)
	}
}
