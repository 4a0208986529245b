package isa_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	. "github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A stand is what programs refer to in the kernel.
type stand struct {
	linux KernelVersion
	types *btf.Types

	notes *syscall.FD // an array map of one element with room for a batch's buffer
	data  *syscall.FD // an array map of one element that holds numbers
	arena *syscall.FD // nil before Linux 6.9
	btf   *syscall.FD // describes two functions

	entry, callback btf.ID // the functions
}

// arenaAt is where an arena's pages are for the process that maps them. Nobody does here.
const arenaAt = 1 << 44

func newStand(t *testing.T, linux KernelVersion) *stand {
	t.Helper()
	s := &stand{linux: linux}
	var err error
	if s.types, err = btf.Kernel(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.types.Close() })
	// One pass for all names that are looked up below.
	if err := s.types.Find("tcp_congestion_ops", "tcp_reno_ssthresh", "tcp_reno_undo_cwnd", "bpf_rcu_read_lock", "bpf_rcu_read_unlock",
		"bpf_arena_alloc_pages", "bpf_arena_free_pages", "bpf_prog_active", "runqueues"); err != nil {
		t.Fatal(err)
	}
	s.notes = s.create(t, syscall.MapCreateAttr{Type: syscall.MapTypeArray, KeySize: 4, ValueSize: bufferSize,
		MaxEntries: 1, Name: "notes"})
	s.data = s.create(t, syscall.MapCreateAttr{Type: syscall.MapTypeArray, KeySize: 4, ValueSize: uint32(8 * len(numbers)), MaxEntries: 1,
		Name: "numbers"})
	var value []byte
	for _, v := range numbers {
		value = binary.NativeEndian.AppendUint64(value, v)
	}
	if err := syscall.MapUpdate(s.data, make([]byte, 4), value, syscall.UpdateAny); err != nil {
		t.Fatal(err)
	}
	if linux.AtLeast(KernelVersion{Major: 6, Minor: 9}) {
		s.arena = s.create(t, syscall.MapCreateAttr{Type: syscall.MapTypeArena, MaxEntries: 4, Flags: syscall.MapMmapable,
			Extra: arenaAt, Name: "arena"})
	}
	var b btf.Builder
	long := b.Int("long", 8, true)
	pointer := b.Pointer(0)
	s.entry = b.Func("entry", b.FuncProto(long, btf.Param{Name: "ctx", Type: pointer}), btf.Static)
	s.callback = b.Func("callback",
		b.FuncProto(long, btf.Param{Name: "index", Type: long}, btf.Param{Name: "ctx", Type: pointer}), btf.Static)
	raw, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if s.btf, err = syscall.BTFLoad(raw); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.btf.Close() })
	return s
}

// create creates a map for the time of the test.
func (s *stand) create(t *testing.T, a syscall.MapCreateAttr) *syscall.FD {
	t.Helper()
	fd, err := syscall.MapCreate(&a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fd.Close() })
	return fd
}

// moduleFunction finds a function of a module: its id, and the module's BTF for fd_array; nil if the module is not loaded, or the
// kernel doesn't show its types.
func (s *stand) moduleFunction(t *testing.T, module, name string) (btf.ID, *syscall.FD) {
	t.Helper()
	types, err := btf.Module(module, s.types)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer types.Close()
	id, err := types.Lookup(btf.KindFunc, name)
	if err != nil {
		t.Fatal(err)
	}
	for object, err := range syscall.AllBTFIDs() {
		if err != nil {
			t.Fatal(err)
		}
		fd, err := syscall.BTFFDByID(object)
		if errors.Is(err, fs.ErrNotExist) {
			continue // gone since it was listed
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { fd.Close() })
		info, err := syscall.BTFInfoByFD(fd)
		if err != nil {
			t.Fatal(err)
		}
		if info.Name == module {
			return id, fd
		}
	}
	t.Fatalf("module %s has types, and no BTF object", module)
	return 0, nil
}

// lookup is the id of a type of the running kernel.
func (s *stand) lookup(t *testing.T, kind btf.Kind, name string) btf.ID {
	t.Helper()
	id, err := s.types.Lookup(kind, name)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
